#!/bin/bash
# Sites that somebody else deploys to as well: versions without our labels, made as the official client makes them. They are seen,
# listed, compared, gone back to, and never removed by the way.
. "$(dirname "$0")/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"
need gzip sha256sum
[ -x "$SLIPWAY" ] || skip_or_fail "there is no program at $SLIPWAY"
fake_start --project demo=s1,s2 --allow-owner
export FIREBASE_HOSTING_URL=http://localhost:$fake_port SLIPWAY_USER=ana@desk
json() { fake_json "$tmp/out" "$1"; }
row() { json "next(($1) for t in d['targets'] if t['place'] == 's1')"; }

auth=(-H 'Authorization: Bearer owner')
api() { curl -sS --fail-with-body --noproxy '*' "${auth[@]}" -H 'Content-Type: application/json' "$fake_url/v1beta1/$1" "${@:2}"; }
of() { python3 -c 'import json,sys; d = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }
# official SITE DIR MESSAGE: what the official client asks for when it deploys DIR. Leaves the version's id in $version.
official() {
	local site=projects/demo/sites/$1 file hash files='' name url
	name=$(api "$site/versions" -d '{"status":"CREATED","labels":{"deployment-tool":"cli-firebase"}}' | of 'd["name"]')
	rm -rf "$tmp/zip" && mkdir "$tmp/zip"
	for file in $(cd "$2" && find . -type f); do
		gzip -9n <"$2/$file" >"$tmp/zip/body"
		hash=$(sha256sum <"$tmp/zip/body" | cut -d' ' -f1)
		mv "$tmp/zip/body" "$tmp/zip/$hash"
		files="$files${files:+,}\"${file#.}\":\"$hash\""
	done
	api "$name:populateFiles" -d "{\"files\":{$files}}" >"$tmp/populated"
	url=$(of 'd.get("uploadUrl")' <"$tmp/populated")
	for hash in $(of '" ".join(d.get("uploadRequiredHashes", []))' <"$tmp/populated"); do
		curl -sS --fail --noproxy '*' "${auth[@]}" --data-binary "@$tmp/zip/$hash" "$url/$hash"
	done
	api "$name?updateMask=status,config" -X PATCH -d '{"status":"FINALIZED","config":{}}' >/dev/null
	api "$site/channels/live/releases?versionName=$name" -d "{\"message\":\"$3\"}" >/dev/null
	version=${name##*/}
}
versions() { fake state | of "' '.join(sorted(k for k, v in d['sites']['$1']['versions'].items() if v != 'DELETED'))"; }

mkdir -p f1 f2 project/manifests project/dist && cd project || exit 1
echo '{ "slipway": 1, "name": "shop", "builds": { "app": { "dir": "dist" } }, "targets": { "s1": {}, "s2": {} } }' >slipway.json
echo '{ "kind": "firebase", "project": "demo", "cleanUrls": true }' >manifests/kiosks.json
for i in $(seq 200); do echo "console.log('a line that is there $i times')"; done >dist/app.js
echo '<title>ours</title>' >dist/index.html
echo new >dist/new.txt
cp dist/app.js "$tmp/f1/app.js"
cp dist/app.js "$tmp/f2/app.js"
echo '<title>first</title>' >"$tmp/f1/index.html"
echo '<title>second</title>' >"$tmp/f2/index.html"
echo gone >"$tmp/f2/old.txt"
official s1 "$tmp/f1" 'from the official client'
first=$version
official s1 "$tmp/f2" 'once more'
second=$version

## looking

run "$SLIPWAY" status --json
exits 0 "status"
is "$(row 't["live"], t["health"], t["note"]')" "('$second', 'live', 'not deployed by slipway')" \
	"knows the version, and that it is not ours"
is "$(json 'd["targets"][1]["health"]')" empty "a site that nobody has deployed to is empty"
run "$SLIPWAY" releases s1 --json
exits 0 "releases"
is "$(json '[(r["id"], r["live"], r["foreign"]) for r in d["targets"][0]["releases"]]')" \
	"[('$second', True, True), ('$first', False, True)]" "lists both, newest first, as foreign"
is "$(json '[r["message"] for r in d["targets"][0]["releases"]]')" "['once more', 'from the official client']" "with their messages"
run "$SLIPWAY" releases s1
like "$out" "$second .*foreign" "and says so to people"

fake reset_counters '{}' >/dev/null
run "$SLIPWAY" plan s1 --json
exits 0 "a plan"
is "$(fake_counter files)" 1 "reads the file list"
is "$(row '[x["path"] for x in t["add"]], [x["path"] for x in t["change"]], [x["path"] for x in t["remove"]]')" \
	"(['new.txt'], ['app.js', 'index.html'], ['old.txt'])" "and tells each difference"
like "$(row '{x["path"]: x["why"] for x in t["change"]}')" "'app.js': '[a-z ]*(compress|encod)" \
	"what was compressed by others may be the same"
like "$(row '[(c["key"], c["from"], c["to"]) for c in t["config"]]')" "\('cleanUrls', None, (True|'true')\)" "and the configuration"
is "$(fake_counter release)" 0 "it changes nothing"
run "$SLIPWAY" plan s1 --compare-content --json
exits 0 "a plan that compares contents"
like "$(row '{x["path"]: x["why"] for x in t["change"]}')" "'app.js': 'new-encoding', 'index.html': 'content differs'" \
	"finds out which is which"

## deploying over it, and back

run "$SLIPWAY" deploy --json
exits 0 "a deploy over it"
ours=$(json 'd["release"]')
is "$(row 't["previous"], t["live"]')" "('$second', '$ours')" "tells what was there"
fake_tree s1 "$tmp/live"
ok diff -r dist "$tmp/live" -- "and puts ours in its place"
run "$SLIPWAY" releases s1 --json
is "$(json '[(r["id"], r["foreign"], r["parent"]) for r in d["targets"][0]["releases"]][:2]')" \
	"[('$ours', False, '$second'), ('$second', True, None)]" "its parent is the foreign one"

before=$(versions s1)
run "$SLIPWAY" prune --keep 1 --json
exits 0 "prune"
is "$(versions s1)" "$before" "leaves foreign versions alone"

fake reset_counters '{}' >/dev/null
run "$SLIPWAY" rollback s1 -m 'white screen' --json
exits 0 "a rollback to the foreign one"
is "$(fake_counter list) $(fake_counter release) $(fake_counter requests)" "1 1 3" "with 2 requests and the token"
is "$(fake_site s1 'd["version"]')" "$second" "it is live again"
rm -rf "$tmp/live"
fake_tree s1 "$tmp/live"
ok diff -r "$tmp/f2" "$tmp/live" -- "as it was"
run "$SLIPWAY" deploy s1 --json
is "$(row 't["result"]')" held "ours is held, since it was left"
run "$SLIPWAY" rollback s1 --to "$first" --json
exits 0 "and further back, by its name"
is "$(fake_site s1 'd["version"]')" "$first" "to the first one"
run "$SLIPWAY" deploy s1 --again --json
exits 0 "ours again"

# Somebody else deploys over ours, knowing nothing of us.
official s1 "$tmp/f1" 'hotfix'
third=$version
run "$SLIPWAY" status s1 --json
exits 0 "status after somebody else's deploy"
is "$(row 't["live"]')" "$third" "tells what is live"
isnt "$(row 't["note"]')" None "and that it is not what we left"
run "$SLIPWAY" deploy s1 --json
exits 0 "the same build once more"
is "$(row 't["result"], t["previous"]')" "('deployed', '$third')" "is not unchanged: it takes the foreign one's place"
isnt "$(row 't["live"]')" "$ours" "as a release of its own"

before=$(versions s1)
run "$SLIPWAY" prune s1 --keep 1 --json
exits 0 "prune again"
for v in $first $second $third; do like "$(versions s1)" "$v" "$v is still there"; done
isnt "$(versions s1)" "$before" "though ours were pruned"
run "$SLIPWAY" prune s1 --keep 1 --foreign --json
exits 0 "prune --foreign"
unlike "$(versions s1)" "$first" "drops them too"
live=$(fake_site s1 'd["version"]')
like "$(versions s1)" "$live" "but never what is live"
run "$SLIPWAY" verify s1
exits 0 "which is whole"
