#!/bin/bash
# SIGINT finishes or abandons within 2 s: exit 8, what is live is printed; a second one leaves at once.
. "$(dirname "$0")/shop.sh"
fault=$SLIPWAY_BUILD/tests/tools/faultline
[ -x "$fault" ] || skip_or_fail "faultline is not built: make test builds it"
"$fault" true 2>/dev/null || skip_or_fail "this machine lets no process be traced"
shop
until_true() { local i=0; until "$@"; do i=$((i + 1)); [ $i -lt 3000 ] || return 1; sleep 0.01; done; }
sw deploy
build_is b
for i in $(seq 300); do printf '%s\n' "$i" >"$p/dist/many$i.txt"; done
cp -a "$p/dist" "$tmp/builds/many"

# A slow disk: every state-changing call takes 20 ms, so staging 900 files takes 20 s and more.
slow() {
	: >"$tmp/points"
	"$fault" -d 20 -o "$tmp/points" -p "$tmp/pid" "$SLIPWAY" -C "$p" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null &
	tracer=$!
}
staging() { [ "$(grep -c many "$tmp/points")" -gt 20 ]; }
now_ms() { echo $(($(date +%s%N) / 1000000)); }

slow deploy --json
ok until_true staging -- "the run is staging"
start=$(now_ms)
kill -INT "$(cat "$tmp/pid")"
wait "$tracer"
rc=$?
took=$(($(now_ms) - start))
out=$(cat "$tmp/out") err=$(cat "$tmp/err")
exits 8 "SIGINT: exit 8"
ok test "$took" -lt 2500 -- "within 2 s (took $took ms)"
all_serve a
is "$(json 'd["exit"], d["totals"]["interrupted"] > 0')" '[8, true]' "--json prints its document"
like "$(json '[t["live"] for t in d["targets"]]')" "^\[\"$(live alpha)\"" "what is live is told"
not_ok ls "$srv"/*/.slipway/lock -- "the locks are given back"

slow deploy
ok until_true staging -- "a second run is staging"
start=$(now_ms)
kill -TERM "$(cat "$tmp/pid")"
kill -INT "$(cat "$tmp/pid")"
wait "$tracer"
rc=$?
took=$(($(now_ms) - start))
exits 8 "two signals: exit 8"
ok test "$took" -lt 1000 -- "at once (took $took ms)"
all_serve a

sw deploy
exits 0 "the same command again succeeds"
all_serve many
is "$(find "$srv" -name '*.partial')" "" "nothing half made is left"
