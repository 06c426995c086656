#!/bin/bash
# Two runs at once on the same sites: in one project the lock keeps them apart; from two machines the slower one is told who was
# faster, and what the faster one did stays.
. "$(dirname "$0")/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"
[ -x "$SLIPWAY" ] || skip_or_fail "there is no program at $SLIPWAY"
fake_start --project demo=s1,s2,s3
json() { fake_json "$tmp/out" "$1"; }

# A machine of NAME's: a project directory of its own.
machine() {
	mkdir -p "$1/manifests" "$1/dist"
	echo '{ "slipway": 1, "name": "shop", "builds": { "app": { "dir": "dist" } }, "targets": { "s1": {}, "s2": {}, "s3": {} } }' \
		>"$1/slipway.json"
	echo '{ "kind": "firebase", "project": "demo" }' >"$1/manifests/kiosks.json"
}
build() { echo "<title>$2</title>" >"$1/dist/index.html"; }
on() { run env SLIPWAY_USER="$1@desk" "$SLIPWAY" -C "$tmp/$1" "${@:2}"; }
until_true() { local i=0; until "$@"; do i=$((i + 1)); [ $i -lt 3000 ] || return 1; sleep 0.01; done; }
later_than() { [ "$(date +%s)" -gt "$(stat -c %Y "$1")" ]; } # its release id is a later one
asked() { [ "$(fake_counter "$1")" -ge "$2" ]; }
title() { fake_tree "$1" "$tmp/live" && sed 's/<[^>]*>//g' "$tmp/live/index.html"; }
titles() { echo "$(title s1) $(title s2) $(title s3)"; }
rows() { json '" ".join(t["result"] for t in d["targets"])'; }
# slow MS UPLOADS WHO ARGS...: a deploy whose uploads take so long that it is staging while others do things.
slow() {
	local who=$3
	fake reset_counters '{}' >/dev/null
	fake latency "{\"upload\":$1}" >/dev/null
	env SLIPWAY_USER="$who@desk" "$SLIPWAY" -C "$tmp/$who" deploy --json "${@:4}" >"$tmp/$who.out" 2>"$tmp/$who.err" </dev/null &
	slow_pid=$!
	eval "slow_$who=$!"
	until_true asked upload "$2" || fail "the slow run never came to its uploads" "$(cat "$tmp/$who.err")"
	fake latency '{"upload":0}' >/dev/null
}
slow_end() {
	local pid=slow_$1
	rc=0
	wait "${!pid}" || rc=$?
	cp "$tmp/$1.out" "$tmp/out"
	out=$(cat "$tmp/$1.out") err=$(cat "$tmp/$1.err")
}

machine ana
machine bo
build ana one
build ana zero
on ana deploy
build ana one
on ana deploy
exits 0 "the sites serve something"

## one directory

build ana two
slow 2500 3 ana
on ana deploy --json
exits 5 "a second run in the same directory: exit 5"
like "$(json 'd["error"]["message"]')" "ana@desk .*pid $slow_pid" "it names the holder"
like "$(json 'd["error"]["message"] + d["error"]["hint"]')" 'for deploy.*lock-timeout' "what for, and what to do"
on ana rollback --json
exits 5 "a rollback as well"
on ana status
exits 0 "to look needs no lock"
slow_end ana
exits 0 "the first run is not disturbed"
is "$(titles)" "two two two" "and everything is live"

build ana three
slow 2000 3 ana
on ana deploy --lock-timeout 30s --json
exits 0 "--lock-timeout waits"
is "$(rows)" "unchanged unchanged unchanged" "and finds that what it wants is there"
slow_end ana
exits 0 "which the first run did"
for s in s1 s2 s3; do is "$(fake state | python3 -c 'import json,sys; print(json.load(sys.stdin)["sites"][sys.argv[1]]["releases"])' \
	$s)" 4 \
	"$s: nothing went live twice"; done

build ana four
slow 2000 3 ana
build ana five
on ana deploy --lock-timeout 30s --json
exits 0 "--lock-timeout with another build"
is "$(rows)" "deployed deployed deployed" "deploys it when the first is over"
slow_end ana
exits 0 "which went well too"
is "$(titles)" "five five five" "the last one is live"

build ana six
slow 2000 1 ana s1
on ana deploy --skip-locked --json
exits 3 "--skip-locked goes on with the rest"
is "$(rows)" "skipped deployed deployed" "and leaves the one that is held"
slow_end ana
is "$(titles)" "six six six" "which has its own run"

## two machines

build ana seven
build bo other
slow 3000 3 ana
on bo deploy s1 --json
exits 0 "another machine deploys one of the sites meanwhile"
other=$(json 'd["release"]')
slow_end ana
exits 3 "the slower run: exit 3"
is "$(rows)" "failed deployed deployed" "it fails where it was overtaken, and only there"
like "$(json 'd["targets"][0]["error"]["message"]')" "^moved: $other went live" "it says what went live"
like "$(json 'd["targets"][0]["error"]["message"]')" "at 20[0-9T:.-]*Z by bo@desk" "when, and who did it"
is "$(json 'd["targets"][0]["live"]')" "$other" "and what the site serves"
is "$(titles)" "other seven seven" "nothing is lost: the faster one's release stays"
on ana status --json
is "$(json 'd["targets"][0]["live"]')" "$other" "status agrees"
on ana deploy --json
exits 0 "asked again, it does what it is asked for"
is "$(titles)" "seven seven seven" "now that it knows what is there"

build ana eight
build bo nine
slow 3000 3 ana
on bo deploy
slow_end ana
exits 4 "overtaken on every site: exit 4"
is "$(rows)" "failed failed failed" "on each"
like "$(json '[t["error"]["message"] for t in d["targets"]]')" "(moved: .* by bo@desk.*){3}" "with who did it"
is "$(titles)" "nine nine nine" "the faster one's stay"

# The slower one may be the later one: what counts is what happened while it was at work.
on ana deploy --json
is "$(titles)" "eight eight eight" "asked again, it does what it is asked for"
build bo ten
build ana eleven
slow 3500 3 bo
until_true later_than "$tmp/bo.out"
slow 5000 3 ana
slow_end bo
exits 0 "who began first is through first"
slow_end ana
exits 4 "who began while it was at work is overtaken: exit 4"
like "$(json '[t["error"]["message"] for t in d["targets"]]')" "(moved: .* by bo@desk.*){3}" "and told by whom"
is "$(titles)" "ten ten ten" "what was live first stays"

## what is said to be live was looked at, though a deploy need not look before it begins

on ana deploy
build bo twelve
on bo deploy --json
twelve=$(json 'd["release"]')
build ana thirteen
fake_fault '{"kind":"create","do":"status","status":403,"site":"s2"}'
on ana deploy s2 --json
exits 4 "a deploy that is refused where somebody else has deployed"
is "$(json 'd["targets"][0]["live"]')" "$twelve" "tells what is live, not what the record says"
fake_fault '{"kind":"create","do":"reset_before"}'
on ana deploy s3 --json
exits 4 "one that reaches nobody"
is "$(json 'd["targets"][0]["result"], d["targets"][0]["live"]')" "('pending', None)" "does not say what it cannot know"
fake_fault '[]'
slow 20000 1 ana s1
kill -INT "$slow_pid"
slow_end ana
exits 8 "an interrupted one"
is "$(json 'd["targets"][0]["live"]')" "$twelve" "tells what is live"
on ana deploy
exits 0 "and the next one"
is "$(titles)" "thirteen thirteen thirteen" "knows what to do"
