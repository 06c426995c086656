#!/bin/bash
# What is asked of Firebase, request by request: nothing that the API does not need.
. "$(dirname "$0")/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"
[ -x "$SLIPWAY" ] || skip_or_fail "there is no program at $SLIPWAY"
fake_start --sites k:20@demo
export SLIPWAY_USER=ana@desk
kinds="d['list'], d['create'], d['populate'], d['upload'], d['finalize'], d['release'], d['files']"

mkdir -p project/manifests project/dist && cd project || exit 1
python3 -c 'import json
print(json.dumps({"slipway": 1, "name": "shop", "builds": {"app": {"dir": "dist"}}, "defaults": {"render": ["config.js"]},
	"targets": {"k%d" % n: {"vars": {"ID": n}} for n in range(1, 21)}}))' >slipway.json
echo '{ "kind": "firebase", "project": "demo" }' >manifests/kiosks.json
echo '<title>one</title>' >dist/index.html
echo 'the same' >dist/app.js
echo 'id = {{ID}}' >dist/config.js

# asked NAME WANTED ARGS...: runs slipway ARGS; WANTED is "list create populate upload finalize release files"; and one token, no more.
asked() {
	local name=$1 wanted=$2 all=1 n
	shift 2
	fake reset_counters '{}' >/dev/null
	run "$SLIPWAY" "$@"
	exits 0 "$name"
	fake counters >"$tmp/counters"
	is "$(fake_json "$tmp/counters" "' '.join(str(n) for n in ($kinds))")" "$wanted" \
		"asks (list create populate upload finalize release files)"
	for n in $wanted; do all=$((all + n)); done
	is "$(fake_json "$tmp/counters" "d['token'], d['requests'], d['errors']")" "(1, $all, 0)" "beside one token, and nothing else"
}

asked "the first deploy" "40 20 20 60 20 20 0" deploy
asked "nothing changed: one request a site" "20 0 0 0 0 0 0" deploy
asked "status" "20 0 0 0 0 0 0" status
asked "releases" "20 0 0 0 0 0 0" releases
asked "a plan of no change" "20 0 0 0 0 0 0" plan
echo '<title>two</title>' >dist/index.html
asked "a plan of a change reads the file lists" "20 0 0 0 0 0 20" plan
asked "one file changed: the record tells what is live, so the look comes with the fence" "20 20 20 20 20 20 0" deploy
asked "a rollback: two requests a site" "20 0 0 0 0 20 0" rollback
asked "and forward again" "20 0 0 0 0 20 0" rollback --to "$("$SLIPWAY" releases k1 --json | python3 -c '
import json, sys
print(json.load(sys.stdin)["targets"][0]["releases"][0]["id"])')"
echo '<title>three</title>' >dist/index.html
rm -rf .slipway
asked "without a record, one file changed" "40 20 20 20 20 20 0" deploy
rm -rf .slipway
asked "without a record, nothing changed" "20 0 0 0 0 0 0" deploy

# ---- check --online tries what a deploy needs
fake reset_counters '{}' >/dev/null
run "$SLIPWAY" check --online k1 k2
exits 0 "check --online"
like "$out" 'k1: ok: site k1 of project demo can be read' "the site can be read"
like "$out" 'k2: ok: versions can be created there, and deleted' "and changed"
fake counters >"$tmp/counters"
is "$(fake_json "$tmp/counters" "d['create'], d['delete'], d['requests']")" "(2, 2, 7)" "by making a version and deleting it again"
fake_fault '{"kind":"create","site":"k1","do":"status","status":403}'
run "$SLIPWAY" check --online k1 k2
exits 4 "who may not deploy"
like "$out" 'k1: error: POST .*versions: answered 403' "is told so"
like "$out" 'role Firebase Hosting Admin' "with what is missing"
unlike "$out" 'serves nothing' "and nothing untrue"
fake_fault '{"kind":"delete","site":"k1","do":"lost","nth":1}'
run "$SLIPWAY" check --online k1
exits 0 "a lost answer is asked for again"
fake_fault '{"site":"k2","do":"stall"}'
run timeout -s INT 1 "$SLIPWAY" check --online k1 k2
like "$out" 'k1: ok: versions can be created there' "who is interrupted has seen what was looked at"
like "$out" 'k2  interrupted' "and is told what was not"
fake_fault '{"kind":"delete","site":"k1","do":"status","status":403}'
run "$SLIPWAY" check --online k1
like "$out" 'k1: error: [0-9a-f]{16} was created to try it and cannot be deleted' "what is left behind is named"
fake_fault '[]'
run env -u GOOGLE_APPLICATION_CREDENTIALS HOME="$tmp" "$SLIPWAY" check --online k1 k2
exits 4 "check --online without credentials"
like "$out" 'k1, k2  failed in open' "says so of each target"

# ---- libcurl is loaded when it is needed
mkdir "$tmp/lib" && : >"$tmp/lib/libcurl.so.4"
export LD_LIBRARY_PATH=$tmp/lib
run "$SLIPWAY" deploy
exits 4 "without a usable libcurl no site can be asked"
like "$out" 'libcurl\.so\.4' "which is said"
like "$out" 'hint: slipway needs libcurl' "with what to do"
run "$SLIPWAY" history
exits 0 "what asks nobody does not need it"
