#!/bin/bash
# Two runs at once; a holder that slept past its lease; waiting; skipping.
. "$(dirname "$0")/shop.sh"
fault=$SLIPWAY_BUILD/tests/tools/faultline
[ -x "$fault" ] || skip_or_fail "faultline is not built: make test builds it"
shop
until_true() { local i=0; until "$@"; do i=$((i + 1)); [ $i -lt 2000 ] || return 1; sleep 0.01; done; }
# Starts COMMAND... and has it sleep before the first state-changing call that names TEXT.
hold() {
	local text=$1
	shift
	"$fault" -m "$text" -H "$tmp/nap" "$SLIPWAY" -C "$p" "$@" >"$tmp/first.out" 2>"$tmp/first.err" </dev/null &
	holder=$!
	until_true test -e "$tmp/nap.held"
}
wake() { rm -f "$tmp/nap.held"; wait "$holder"; }

build_is c
sw deploy
build_is a
sw deploy
build_is b
hold .partial deploy
before=$(host_state)
sw deploy --json
exits 5 "while a run stages, another exits 5"
like "$(json 'd["error"]["message"]')" "ana@desk" "and names the holder"
like "$(json 'd["error"]["message"] + str(d["error"]["hint"])')" "slipway unlock" "and how to free the lock"
is "$(json 'd["ok"], d["exit"]')" '[false, 5]' "--json: not ok, 5"
is "$(host_state)" "$before" "and writes nothing"
sw rollback
exits 5 "rollback waits its turn as well"
sw status
exits 0 "status needs no lock"
sw plan
exits 0 "nor does plan"
sw unlock alpha
isnt "$rc" 0 "a live lock is not freed without --force"
like "$out$err" "ana@desk" "the holder is shown"
wake
is $? 0 "the first run ends well"
all_serve b
not_ok ls "$srv"/*/.slipway/lock -- "no lock is left"

# A lock on one target only: --skip-locked goes on with the rest.
build_is c
hold .partial deploy alpha
printf 'second\n' >"$p/dist/second.txt"
sw deploy --skip-locked --json
exits 3 "--skip-locked: exit 3"
is "$(rows 't["result"]')" "skipped deployed deployed" "the held target is skipped"
wake
is $? 0 "the holder ends well"
# Waiting for the lock.
sw deploy
exits 0 "the rest follows"
build_is a
hold .partial deploy alpha --again
build_is b
"$SLIPWAY" -C "$p" deploy --lock-timeout 60s --again >"$tmp/second.out" 2>&1 </dev/null &
second=$!
wake
wait "$second"
is $? 0 "--lock-timeout waits for the holder"
all_serve b

# A holder that slept past its lease loses before it renames.
build_is c
printf 'sleeper\n' >"$p/dist/sleeper.txt"
hold .partial deploy alpha --again
sed -i 's/"expires": *"[^"]*"/"expires":"2001-01-01T00:00:00Z"/' "$srv/alpha/.slipway/lock"
like "$(cat "$srv/alpha/.slipway/lock")" '2001-01-01' "the sleeper's lease has run out"
rm "$p/dist/sleeper.txt"
build_is a
sw deploy alpha --again
exits 0 "an expired lease is taken over"
ok serves alpha a -- "and the new holder deploys"
taken=$(live alpha)
wake
code=$?
isnt "$code" 0 "the sleeper fails when it wakes"
is "$(live alpha)" "$taken" "and renames nothing"
ok serves alpha a -- "what the new holder made live is whole"
like "$(cat "$tmp/first.out" "$tmp/first.err")" "lock" "the sleeper says that it lost its lock"
printf 'later\n' >"$p/dist/later.txt"
sw deploy alpha
exits 0 "no lock is in the way afterwards"
is "$(find "$srv/alpha/releases" -name '*.partial')" "" "and the sleeper's leftovers are swept"
