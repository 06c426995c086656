#!/usr/bin/env bash
# Preview channels against the stand-in for Firebase Hosting: deploy --channel, channels, promote, rollback of it, disable, enable,
# channel-delete; and a directory beside the sites.
. "$(dirname "$0")/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"
[ -x "$SLIPWAY_BUILD/tests/fake/firebase-server" ] || skip_or_fail "there is no stand-in: make test-programs"
schema() { /usr/bin/python3 "$lib_repo/tests/e2e/schema.py" "$lib_repo/manifests/schema/result" "$1" <"$tmp/out"; }
fake_start --project p=jarupa,lanta --local-urls
export FIREBASE_HOSTING_URL=http://localhost:$fake_port SLIPWAY_USER=ana@desk

mkdir -p kiosk/dist kiosk/targets kiosk/manifests && cd kiosk || exit 1
echo '{ "slipway": 1, "name": "kiosk", "builds": { "app": { "dir": "dist" } } }' >slipway.json
echo '{ "kind": "firebase", "project": "p" }' >manifests/kiosks.json
echo '{ "kind": "dir", "root": "www" }' >manifests/here.json
echo '{ "host": "kiosks" }' | tee targets/jarupa.json >targets/lanta.json
echo '{ "host": "here" }' >targets/cms.json
echo '<p>one</p>' >dist/index.html
echo 'app()' >dist/app.js
page() { curl -sS --noproxy '*' "$1/"; }
json() { fake_json "$tmp/out" "$1"; }

run "$SLIPWAY" deploy -m first
exits 0 "a first release everywhere"
first=$(fake_site jarupa 'd["labels"]["slipway-release"]')
echo '<p>two</p>' >dist/index.html

# ---- deploy to a channel
for name in live '' 'a b' 'ä'; do
	run "$SLIPWAY" deploy --channel "$name"
	exits 2 "no channel can be called \"$name\""
done
for time in 31d 0d 7 soon; do
	run "$SLIPWAY" deploy --channel pr-42 --expires "$time"
	exits 2 "--expires $time"
done
run "$SLIPWAY" deploy --expires 7d
exits 2 "--expires without a channel"
run "$SLIPWAY" plan --channel feature/pr_42 jarupa
exits 0 "a plan for a channel"
like "$out" 'jarupa@feature-pr-42: first release, 2 files' "names it, and it holds nothing yet"
run "$SLIPWAY" deploy --channel pr-42 --expires 2d -m two
exits 3 "the sites have the preview, the directory has no channels"
like "$out" $'cms@pr-42 .*failed in open\n +a dir host has no channels' "and says so"
like "$out" 'jarupa@pr-42 +http://jarupa--pr-42-[0-9a-f]*\.localhost:' "the address of the preview is shown"
url=$(grep -o 'http://jarupa--pr-42[^ ]*' "$tmp/out")
is "$(page "$url")" '<p>two</p>' "where the new page is seen"
is "$(page "http://localhost:$fake_port/_site/jarupa")" '<p>one</p>' "and visitors see the old one"
run "$SLIPWAY" deploy --channel pr-42 --json --except cms
exits 0 "again"
ok schema deploy -- "its document follows the schema"
is "$(json '[(t["place"], t["result"], t["url"]) for t in d["targets"]][0]')" "('jarupa@pr-42', 'unchanged', '$url')" \
	"unchanged, with its address"
run "$SLIPWAY" deploy --channel pr-42 --expires 9d --json jarupa
is "$(json '[t["result"] for t in d["targets"]]')" "['unchanged']" "the same once more, for longer"
run "$SLIPWAY" channels jarupa lanta
like "$out" "jarupa +pr-42 +[^ ]+ +in (8|9) d .*pr-42 +[^ ]+ +in (1|2) d " "lives longer, and only that one"
fake_fault '{"site":"jarupa","kind":"channel","do":"status","status":403}'
run "$SLIPWAY" deploy --channel pr-42 --expires 9d jarupa
exits 4 "a preview whose time may not be changed has failed"
like "$out" 'jarupa@pr-42 +failed in switch' "and is told so"
fake_fault "[]"
run "$SLIPWAY" history jarupa --json
is "$(json '[e["result"] for e in d["history"]][0]')" failed "history has it"
run "$SLIPWAY" deploy --channel pr-42 --expires 9d --retry-failed --json --except cms
exits 0 "and --retry-failed does it again"
is "$(json '[(t["place"], t["result"]) for t in d["targets"]]')" "[('jarupa@pr-42', 'unchanged')]" "there only"

# ---- looking
run "$SLIPWAY" channels --json
exits 0 "channels"
ok schema channels -- "its document follows the schema"
is "$(json '[t["channels"] and [c["name"] for c in t["channels"]] for t in d["targets"]]')" \
	"[None, ['live', 'pr-42'], ['live', 'pr-42']]" "of each target"
is "$(json 'd["targets"][1]["channels"][0]["expires"], d["targets"][1]["channels"][1]["url"]')" "(None, '$url')" \
	"live never ends, the preview has its address"
run "$SLIPWAY" channels jarupa
like "$out" "jarupa +pr-42 +[0-9]{8}-[0-9]{6}-[0-9a-f]{8} +in (8|9) d +$url" "for people, with its end"
run "$SLIPWAY" status --channel pr-42 --except cms
like "$out" 'jarupa@pr-42 +live +.*two' "status of the channel"
run "$SLIPWAY" status jarupa
like "$out" "jarupa +live +$first" "and of what visitors see"
run "$SLIPWAY" releases jarupa --channel pr-42 --json
is "$(json 'len(d["targets"][0]["releases"])')" 1 "releases of the channel"
run "$SLIPWAY" verify --channel pr-42 --except cms
exits 0 "verify of the channel"
run "$SLIPWAY" check --online --channel pr-42 jarupa
exits 0 "check --online of the channel"
run "$SLIPWAY" check --channel pr-42
exits 2 "check without --online has no channels"

# ---- promote
run "$SLIPWAY" promote jarupa
exits 2 "promotion between environments comes later"
run "$SLIPWAY" promote --channel nope jarupa
exits 4 "from a channel that is not there"
like "$out" 'it has no channel nope' "says so"
fake reset_counters "{}" >/dev/null
run "$SLIPWAY" promote --channel pr-42 -n jarupa
exits 0 "a dry run"
like "$out" "jarupa +$first +(->|→) +[0-9]{8}-" "says where it would go"
run "$SLIPWAY" promote --channel pr-42 -m fine --except cms --json
exits 0 "promote"
ok schema promote -- "its document follows the schema"
is "$(json '[t["result"] for t in d["targets"]], d["targets"][0]["previous"] == "'"$first"'"')" "(['deployed', 'deployed'], True)" \
	"both are switched"
is "$(page "http://localhost:$fake_port/_site/jarupa")" '<p>two</p>' "visitors see the preview's page"
is "$(fake_counter upload) $(fake_counter populate)" "0 0" "and nothing was sent for it"
second=$(fake_site jarupa 'd["labels"]["slipway-release"]')
run "$SLIPWAY" promote --channel pr-42 jarupa
like "$out" 'unchanged +1' "once is enough"
run "$SLIPWAY" deploy --except cms
like "$out" 'unchanged +2' "the same build is there already"
run "$SLIPWAY" rollback -m 'white screen' --except cms
exits 0 "it can be rolled back"
is "$(fake_site jarupa 'd["labels"]["slipway-release"]')" "$first" "to what it took over from"
run "$SLIPWAY" promote --channel pr-42 jarupa
exits 4 "what was rolled back is held"
like "$out" 'rolled back .* by ana@desk: white screen' "and says why"
run "$SLIPWAY" promote --channel pr-42 --again jarupa
exits 0 "unless --again"

# ---- disable, enable
run "$SLIPWAY" disable
exits 2 "disable wants a TARGET"
run "$SLIPWAY" disable jarupa
exits 2 "and asks"
is "$(page "http://localhost:$fake_port/_site/jarupa")" '<p>two</p>' "nothing was done"
run "$SLIPWAY" disable jarupa cms -y -m broken --json
exits 3 "a site can be disabled, a directory cannot"
ok schema disable -- "its document follows the schema"
is "$(json '[(t["result"], t["live"]) for t in d["targets"]][1], d["targets"][0]["error"]["message"]')" \
	"(('deployed', None), 'a dir host cannot be disabled')" "the site serves nothing"
unlike "$(page "http://localhost:$fake_port/_site/jarupa")" two "visitors get nothing"
run "$SLIPWAY" status jarupa
like "$out" 'jarupa +empty .*disabled .* by ana@desk: broken' "status says why"
run "$SLIPWAY" disable jarupa -y
like "$out" 'served nothing before' "twice is once"
run "$SLIPWAY" enable jarupa lanta --json
exits 0 "enable"
ok schema enable -- "its document follows the schema"
is "$(json '[(t["result"], t["live"]) for t in d["targets"]][0]')" "('deployed', '$second')" "what it served is back"
is "$(json 'd["targets"][1]["result"]')" unchanged "and one that was not disabled is left alone"
is "$(page "http://localhost:$fake_port/_site/jarupa")" '<p>two</p>' "visitors see it"

# ---- delete
run "$SLIPWAY" channel-delete pr-42
exits 2 "deleting asks"
run "$SLIPWAY" channel-delete pr-42 jarupa -y --json
exits 0 "deleting one"
ok schema channel-delete -- "its document follows the schema"
is "$(json '[(t["place"], t["deleted"]) for t in d["targets"]]')" "[('jarupa@pr-42', True)]" "is told"
run "$SLIPWAY" channel-delete pr-42 -y
exits 0 "where it is gone, or never was, there is nothing to do"
like "$out" 'cms@pr-42 +had none' "a directory has none"
like "$out" 'jarupa@pr-42 +had none' "this one is gone"
like "$out" 'lanta@pr-42 +deleted' "this one is deleted now"
run "$SLIPWAY" channels --json
is "$(json '[t["channels"] and len(t["channels"]) for t in d["targets"]]')" "[None, 1, 1]" "only live is left"
run "$SLIPWAY" history jarupa
like "$out" 'jarupa@pr-42 +channel-delete +deployed' "the record tells the deletion"
like "$out" 'jarupa +promote +deployed' "and the promotion"
