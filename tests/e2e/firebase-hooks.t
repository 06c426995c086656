#!/usr/bin/env bash
# A firebase.json project is deployed to (a stand-in for) Firebase Hosting: what arrives where, filters, hooks.
. "$(dirname "$0")/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"

fake_start --project prod-p=prod-p,one,two-a,two-b,moved --project stg-p=stg-one,stg-two
site=$tmp/site log=$tmp/log
sw() { run "$SLIPWAY" -C "$site" "$@"; }
# the live version's name; empty when nothing is live
version() { fake_site "$1" 'd.get("version") or ""'; }
versions() { # of all sites, in the order of their names
	fake state >"$tmp/state.json"
	fake_json "$tmp/state.json" '" ".join((s["channels"].get("live") or {}).get("version") or "-" for _, s in sorted(d["sites"].items()))'
}
config() { fake_site "$1" '__import__("json").dumps(d["config"], sort_keys=True)'; }
serves() {
	rm -rf "$tmp/live"
	fake_tree "$1" "$tmp/live"
	ok diff -r "$2" "$tmp/live" -- "$3"
}
# what the hooks wrote since the last time
logged() {
	is "$(tr '\n' ' ' <"$log")" "$1" "$2"
	: >"$log"
}

mkdir -p "$site/dist/.well-known" "$site/dist/node_modules/x" && : >"$log"
printf 'one' >"$site/dist/index.html"
printf 'link' >"$site/dist/.well-known/assetlinks.json"
printf 'dot' >"$site/dist/.dot"
printf 'map' >"$site/dist/app.js.map"
printf 'module' >"$site/dist/node_modules/x/y.js"
cat >"$site/.firebaserc" <<'END'
{ "projects": { "default": "prod-p", "staging": "stg-p" },
  "targets": { "prod-p": { "hosting": { "one": ["one"], "two": ["two-a", "two-b"] } },
               "stg-p": { "hosting": { "one": ["stg-one"], "two": ["stg-two"] } } } }
END
cat >"$site/firebase.json" <<END
{ "hosting": [
  { "target": "two", "public": "dist", "ignore": ["firebase.json", "**/.*", "**/node_modules/**", "**/*.map"], "cleanUrls": true,
    "rewrites": [{ "source": "**", "destination": "/index.html" }], "hosting": { "headers": [] },
    "predeploy": ["MODE=two sh -c 'echo pre \$MODE >>$log'"], "postdeploy": "echo post two >>$log" },
  { "target": "one", "public": "dist",
    "predeploy": "echo pre \$GCLOUD_PROJECT \$PROJECT_DIR \$RESOURCE_DIR >>$log", "postdeploy": ["echo post one >>$log"] },
  { "site": "moved", "redirects": [{ "source": "**", "destination": "https://new.example", "type": 301 }],
    "postdeploy": "echo moved >>$log" } ] }
END
cp -a "$site/dist" "$tmp/all"
mkdir -p "$tmp/few/.well-known"
cp "$site/dist/index.html" "$tmp/few" && cp "$site/dist/.well-known/assetlinks.json" "$tmp/few/.well-known"

sw plan
exits 0 "plan"
like "$out" 'one: first release, 5 files' "counts every file where nothing is ignored"
like "$out" 'two/two-a, two/two-b: first release, 2 files' "and what the rules leave elsewhere"
logged '' "no hook runs"
sw deploy -m first
exits 0 "deploy"
like "$err" '^project prod-p \(alias default\), as deployer' "the first line says which project, and why"
like "$err" 'the "hosting" inside an entry is ignored' "what is ignored is told"
serves one "$tmp/all" "one: all of it, dot files and node_modules too"
serves two-a "$tmp/few" "two: what the rules leave, on its first site"
serves two-b "$tmp/few" "and on its second"
is "$(config two-a)" '{"cleanUrls": true, "rewrites": [{"glob": "**", "path": "/index.html"}]}' "with its configuration"
is "$(fake_site moved 'len(d["files"])')" 0 "a site of redirects has no files"
is "$(config moved)" '{"redirects": [{"glob": "**", "location": "https://new.example", "statusCode": 301}]}' "but its redirects"
is "$(version stg-one)" '' "the other project has nothing"
logged "pre two pre prod-p $site $site/dist post two post one moved " "hooks ran in the order of the entries, before and after, once"

first=$(versions) one=$(version one) two_a=$(version two-a)
sw deploy
exits 0 "again"
is "$(versions)" "$first" "nothing is released"
logged "pre two pre prod-p $site $site/dist " "and nothing comes after that"

printf 'two' >"$site/dist/index.html"
sw deploy --only hosting:one
exits 0 "--only"
now=$(versions)
is "${now/$(version one)/$one}" "$first" "leaves the others alone"
isnt "$(version one)" "$one" "deploys the one"
logged "pre prod-p $site $site/dist post one " "and runs its hooks only"
sw deploy --except hosting:one,hosting:moved two/two-a
exits 0 "--except, and a place by name"
then=$(versions)
isnt "$(version two-a)" "$two_a" "deploys that"
is "${then/$(version two-a)/$two_a}" "$now" "and no other"
logged "pre two post two " "with its target's hooks"
sw deploy
exits 0 "the rest"
: >"$log"

# The other project of the same directory.
sw deploy -P staging --except hosting:moved
exits 0 "-P"
like "$err" '^project stg-p \(-P staging\)' "says so"
isnt "$(version stg-one)" '' "deploys to that project's sites"
logged "pre two pre stg-p $site $site/dist post two post one " "hooks know the project"
sw status -P staging --except hosting:moved --json
is "$(fake_json "$tmp/out" '{t["health"] for t in d["targets"]}')" "{'live'}" "its status is its own"
sw status --exit-code
exits 0 "and so is that of the first"

# A hook that fails.
cp "$site/firebase.json" "$tmp/firebase.json"
before=$(versions)
printf 'three' >"$site/dist/index.html"
sed -i "s|\"predeploy\": \"echo pre.*RESOURCE_DIR >>$log\"|\"predeploy\": \"echo broken >\&2; exit 3\"|" "$site/firebase.json"
sw deploy
exits 7 "a failing predeploy"
like "$err" 'broken' "its output is shown"
like "$err" 'predeploy of one: its command ended with 3' "and it is named"
is "$(versions)" "$before" "nothing is released"
logged "pre two " "no hook runs after it"
sw deploy --only hosting:two
exits 0 "the hook of a target that is not deployed does not matter"
: >"$log"
sed "s|\"postdeploy\": \"echo post two >>$log\"|\"postdeploy\": [\"exit 4\", \"echo never >>$log\"]|" "$tmp/firebase.json" \
	>"$site/firebase.json"
printf 'four' >"$site/dist/index.html"
sw deploy
exits 3 "a failing postdeploy"
like "$err" 'postdeploy of two: its command ended with 4' "is named"
serves two-b "$(cp "$site/dist/index.html" "$tmp/few" && echo "$tmp/few")" "what was deployed stays"
logged "pre two pre prod-p $site $site/dist post one " "the others' run all the same"
cp "$tmp/firebase.json" "$site/firebase.json"

# A site that fails keeps its entry's hook from running, and no other's.
printf 'five' >"$site/dist/index.html"
fake_fault '{"kind":"create","site":"two-b","do":"status","status":403}'
sw deploy
exits 3 "one site refuses"
logged "pre two pre prod-p $site $site/dist post one " "its entry is not done"
fake_fault '[]'
sw deploy --retry-failed
exits 0 "--retry-failed"
logged "pre two post two " "is, and its hook comes"

# The build is read after predeploy; what it must not hold is refused all the same.
sed 's|"predeploy": \["MODE.*log.\?"\]|"predeploy": "echo SECRET=1 >dist/.env"|' "$tmp/firebase.json" >"$site/firebase.json"
before=$(versions)
sw deploy --only hosting:two
exits 7 "predeploy writes a .env"
like "$err" '\.env' "which is refused although a rule hides it"
is "$(versions)" "$before" "nothing is released"
rm "$site/dist/.env"

# Interrupted in a hook.
mkfifo "$tmp/begun"
sed "s|\"predeploy\": \\[\"MODE.*log'\"\\]|\"predeploy\": \"echo x >$tmp/begun; exec sleep 60\"|" "$tmp/firebase.json" \
	>"$site/firebase.json"
"$SLIPWAY" -C "$site" deploy --only hosting:two >"$tmp/out" 2>"$tmp/err" &
pid=$!
read -r _ <"$tmp/begun"
kill -INT "$pid"
rc=0
wait "$pid" || rc=$?
out=$(cat "$tmp/out") err=$(cat "$tmp/err")
exits 8 "interrupted in a hook"
is "$(versions)" "$before" "nothing is released"
cp "$tmp/firebase.json" "$site/firebase.json"

sw rollback --only hosting:one -m 'white screen'
exits 0 "rollback of one"
printf 'four' >"$tmp/all/index.html"
serves one "$tmp/all" "serves what it did before"
logged '' "without hooks"
