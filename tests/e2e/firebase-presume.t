#!/usr/bin/env bash
# A deploy that does not look first where the ledger knows the place: what if the record was old, or the id is used again.
. "$(dirname "$0")/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"

fake_start --project demo=a,b
export SLIPWAY_USER=ana@desk
project() { # DIR: the same project, as two people have it
	mkdir -p "$1/dist" "$1/targets" "$1/manifests"
	echo '{ "slipway": 1, "name": "shop", "builds": { "app": { "dir": "dist" } } }' >"$1/slipway.json"
	manifest "$1" ''
	echo '{}' >"$1/targets/a.json"
	echo '{}' >"$1/targets/b.json"
}
manifest() { echo "{ \"kind\": \"firebase\", \"project\": \"demo\"$2 }" >"$1/manifests/kiosks.json"; }
build() { echo "<title>$2</title>" >"$1/dist/index.html"; }
in_dir() { run "$SLIPWAY" -C "$tmp/$1" "${@:2}"; }
release() { fake_site "$1" 'd["labels"]["slipway-release"]'; }
parent() { fake_site "$1" 'd["labels"].get("slipway-parent")'; }
page() { curl -s "$fake_url/_site/$1/"; }
finalized() { # versions of a site that are whole but never were released
	fake state >"$tmp/state.json"
	fake_json "$tmp/state.json" "sum(v == 'FINALIZED' for v in d['sites']['$1']['versions'].values()) - d['sites']['$1']['releases']"
}

project "$tmp/mine" && project "$tmp/yours"
build "$tmp/mine" one && in_dir mine deploy
exits 0 "the first deploy"
first=$(release a)

# ---- one request less ----
build "$tmp/mine" two && fake reset_counters '{}' >/dev/null && in_dir mine deploy
exits 0 "the second one"
is "$(fake_counter list)" 2 "each site's releases are read once"
is "$(fake_counter requests)" 13 "and nothing is asked twice"
is "$(parent a)" "$first" "the parent is what was live"

# ---- somebody else was there ----
build "$tmp/yours" three && in_dir yours deploy -m 'by ben'
exits 0 "another machine deploys"
theirs=$(release a)
# A release id is a time in seconds: an id of the same second counts as newer than ours.
now=$(date +%s)
until [ "$(date +%s)" != "$now" ]; do :; done
build "$tmp/mine" four && in_dir mine deploy
exits 0 "the first machine again, whose record is old"
like "$err" "the record was old: $theirs is live" "it says so"
is "$(page a)" '<title>four</title>' "what was asked for is live"
is "$(parent a)" "$theirs" "and names what it replaced"
is "$(finalized a)" 0 "nothing whole is left lying about"

# ---- what was rolled back elsewhere is held, and not released ----
in_dir yours rollback -m 'white screen'
exits 0 "the other machine takes it back"
build "$tmp/mine" five && in_dir mine deploy
exits 0 "another build goes out"
in_dir yours rollback -m 'again'
exits 0 "and is taken back as well"
build "$tmp/mine" four && in_dir mine deploy
exits 4 "the first bad build is held"
like "$out$err" 'rolled back' "with the reason"
is "$(page a)" '<title>three</title>' "and was not released"
is "$(finalized a)" -2 "its staging is gone (two releases are of versions that were there)"

# ---- the id of a run that was cut short is used again, its old configuration is not ----
build "$tmp/mine" six
fake_fault '{ "kind": "release", "site": "b", "do": "status", "status": 403 }'
in_dir mine deploy
exits 3 "one of two fails"
fake faults '[]' >/dev/null
manifest "$tmp/mine" ', "cleanUrls": true'
in_dir mine deploy
exits 0 "the configuration changes, and the same build goes out"
is "$(fake_site a 'd["config"].get("cleanUrls")')" True "where it was live already it has the new configuration"
is "$(fake_site b 'd["config"].get("cleanUrls")')" True "where it was staged already as well"
in_dir mine deploy
exits 0 "the same again"
like "$out" 'unchanged +2' "has nothing to do"
