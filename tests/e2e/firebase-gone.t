#!/usr/bin/env bash
# Versions that go and versions that stay: a rollback passes over what somebody deleted, and says so; prune leaves what a preview
# serves.
. "$(dirname "$0")/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"
[ -x "$SLIPWAY_BUILD/tests/fake/firebase-server" ] || skip_or_fail "there is no stand-in: make test-programs"
fake_start --project p=bern,chur --allow-owner
export SLIPWAY_USER=ana@desk

mkdir -p kiosk/dist kiosk/targets kiosk/manifests && cd kiosk || exit 1
echo '{ "slipway": 1, "name": "kiosk", "builds": { "app": { "dir": "dist" } } }' >slipway.json
echo '{ "kind": "firebase", "project": "p" }' >manifests/kiosks.json
echo '{ "host": "kiosks" }' | tee targets/bern.json >targets/chur.json
json() { fake_json "$tmp/out" "$1"; }
version() { fake_site "$1" 'd["version"]'; }
release() { # CONTENT [ARG...]: prints the id
	echo "<p>$1</p>" >dist/index.html
	run "$SLIPWAY" deploy --json "${@:2}"
	json 'd["release"]'
}
delete() { # VERSION: as somebody would in the console
	curl -sS --fail --noproxy '*' -X DELETE -H 'Authorization: Bearer owner' "$fake_url/v1beta1/sites/bern/versions/${1##*/}" >/dev/null
}

first=$(release one)
second=$(release two)
gone=$(version bern)
third=$(release three)
isnt "$third" "$second" "three releases"

# ---- what is gone is passed over
ok delete "$gone" -- "the second one of bern is deleted"
run "$SLIPWAY" rollback --dry-run --json
is "$(json '[(m["place"], m["to"]) for m in d["moves"]]')" "[('bern', '$first'), ('chur', '$second')]" "each goes to the last that is there"
run "$SLIPWAY" rollback bern -m 'white screen'
exits 0 "a rollback"
like "$out$err" "passes over $second, which is gone from there" "says what it passed over"
is "$(fake_site bern 'd["labels"]["slipway-release"]')" "$first" "serves the first one"
run "$SLIPWAY" rollback chur
exits 0 "of the other"
unlike "$out$err" "passes over" "where nothing is gone nothing is said"
run "$SLIPWAY" rollback bern --to "$second"
exits 0 "back to what is gone"
like "$out" 'unchanged +1 +bern' "is as far back as there is anything"

# ---- what a preview serves is not pruned
release four >/dev/null
run "$SLIPWAY" deploy bern --channel pr-7
exits 0 "a preview"
run "$SLIPWAY" promote bern --channel pr-7
exits 0 "made live"
shown=$(fake_site bern 'd["labels"]["slipway-release"]')
for build in five six seven; do release $build >/dev/null; done
run "$SLIPWAY" prune bern --keep 1 --dry-run --json
planned=$(json 'sorted(d["targets"][0]["dropped"])')
unlike "$planned" "$shown" "prune would leave what the preview serves"
run "$SLIPWAY" prune bern --keep 1 --json
exits 0 "and does"
is "$(json 'sorted(d["targets"][0]["dropped"])')" "$planned" "what was planned is what was done"
is "$(fake_site bern?channel=pr-7 'd["labels"]["slipway-release"]')" "$shown" "the preview is as it was"
run "$SLIPWAY" channel-delete pr-7 bern -y
exits 0 "the preview is deleted"
run "$SLIPWAY" prune bern --keep 1 --json
like "$(json 'd["targets"][0]["dropped"]')" "$shown" "without the preview it goes"
