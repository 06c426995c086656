#!/usr/bin/env bash
# Somebody removed the release that is live: visitors find nothing, and status must not call that live.
. "$(dirname "$0")/lib.sh"

mkdir -p dist targets manifests srv
echo '{ "slipway": 1, "name": "gone", "builds": { "b": { "dir": "dist" } }, "environments": { "production": {} },
  "defaults": { "build": "b" } }' > slipway.json
echo '{ "kind": "dir", "root": "srv/${target}" }' > manifests/here.json
echo '{ "host": "here" }' > targets/a.json
for v in one two; do
	echo $v > dist/index.html
	run "$SLIPWAY" deploy
	exits 0 "$v is deployed"
done
run "$SLIPWAY" status --exit-code
exits 0 "status agrees"
release=$(readlink srv/a/current)
chmod -R u+w "srv/a/$release" && rm -r "srv/a/$release"
run "$SLIPWAY" status --exit-code
exits 1 "a live link that leads nowhere is a difference"
like "$out" 'drifted' "and drift"
like "$out$err" 'is gone' "and is said"
run "$SLIPWAY" rollback
exits 0 "it can be rolled back"
is "$(cat srv/a/current/index.html)" one "to the release before"
rm -r srv/a && rm -rf .slipway
for v in one two; do echo $v > dist/index.html; "$SLIPWAY" deploy -q > /dev/null 2>&1; done
release=$(readlink srv/a/current)
chmod -R u+w "srv/a/$release" && rm -r "srv/a/$release"
run "$SLIPWAY" deploy
exits 0 "or deployed anew"
is "$(cat srv/a/current/index.html)" two "with the same build"
