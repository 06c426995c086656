#!/usr/bin/env bash
# Secrets: a plan works without them and says so; a deploy leaves them nowhere but in what is served.
. "$(dirname "$0")/lib.sh"
[ -x "$SLIPWAY" ] || skip_or_fail "there is no program at $SLIPWAY"

mkdir www project project/targets project/manifests project/dist && cd project || exit 1
cat >slipway.json <<'END'
{ "slipway": 1, "name": "demo", "builds": { "web": { "dir": "dist" } },
  "defaults": { "render": ["config.js"], "vars": { "TOKEN": { "env": "DEMO_TOKEN" } } } }
END
# shellcheck disable=SC2016
echo '{ "kind": "dir", "root": "../www/${target}" }' >manifests/local.json
for target in amarin bua; do echo '{}' >targets/$target.json; done
echo one >dist/index.html
# shellcheck disable=SC2016
echo 'export const token = "{{TOKEN}}", no = "{{other}} ${TOKEN}";' >dist/config.js

run "$SLIPWAY" plan
exits 0 "a plan needs no secret"
run "$SLIPWAY" deploy
exits 2 "a deploy does"
like "$err" '1 secret is missing: env DEMO_TOKEN is not set' "and names it, once for both targets"

export DEMO_TOKEN='hun"ter/2+hunter'
run "$SLIPWAY" deploy --events ../events -v -m "now with $DEMO_TOKEN"
exits 0 "with it"
is "$(cat ../www/bua/current/config.js)" 'export const token = "hun\"ter/2+hunter", no = "{{other}} ${TOKEN}";' \
	"it is written as the file's kind wants it"
is "$(cd .. && grep -rlE 'hun.*ter/2' . | grep -vE '^./www/[a-z]+/releases/')" "" "and stands nowhere else"
run "$SLIPWAY" history --json
like "$out" '"now with ' "the message is kept"
unlike "$out" 'ter/2' "without it"
run "$SLIPWAY" deploy
like "$out" 'unchanged +2' "the same value again is no change"

unset DEMO_TOKEN
run "$SLIPWAY" plan
exits 0 "a plan without it"
like "$out" '~ config.js \(known at deploy\)' "says that the file may change"
like "$out" '2 targets: 0 to change, 0 unchanged, 2 known at deploy' "and counts it apart"
echo two >dist/index.html
run "$SLIPWAY" plan
like "$out" '~ config.js \(known at deploy\), ~ index.html' "beside what does change"
like "$out" '2 targets: 2 to change, 0 unchanged' "which counts"
