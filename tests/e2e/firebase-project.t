#!/usr/bin/env bash
# A firebase.json project as it is: what check and init make of it, its options, and what is ignored. No service is asked.
. "$(dirname "$0")/lib.sh"

site=$tmp/site
sw() { run "$SLIPWAY" -C "$site" "$@"; }
# lines of "problems" in the JSON document on stdout: LEVEL FILE:LINE:COLUMN
problems() {
	python3 -c 'import json, sys
for p in json.load(sys.stdin)["problems"]: print(p["level"], "%s:%s:%s" % (p["file"], p["line"], p["column"]))' <"$tmp/out"
}
# $hidden: what `check --explain` says is hidden, or not known
hidden() {
	sw check --explain "$1"
	hidden=$(sed -n '/^hidden from the build/,$p' <<<"$out" | tail -n +2 | awk '{ print $1 }' | sort | tr '\n' ' ')
}

# The shape that a real company has.
mkdir -p "$site/dist" && printf 'one' >"$site/dist/index.html"
cat >"$site/firebase.json" <<'END'
{
  // the kiosks
  "hosting": [
    { "public": "dist", "target": "jarupa", "predeploy": "touch ran",
      "hosting": { "public": "dist", "target": "", "ignore": ["firebase.json", "**/.*", "**/node_modules/**"],
        "rewrites": [{ "source": "**", "destination": "/index.html" }] } },
    { "public": "dist", "target": "purchase-limit",
      "hosting": { "public": "dist", "target": "", "ignore": ["firebase.json", "**/.*", "**/node_modules/**"],
        "rewrites": [{ "source": "**", "destination": "/index.html" }] } },
    { "public": "dist", "target": "default",
      "hosting": { "public": "dist", "target": "", "rewrites": [] } }
  ],
  "firestore": { "rules": "firestore.rules" }
}
END
cat >"$site/.firebaserc" <<'END'
{ "projects": { "staging": "tpb-kiosk-fe-vue" },
  "targets": { "tpb-kiosk-fe-vue": { "hosting": { "purchase-limit": ["purchase-limit"], "jarupa": ["tpb-kiosk-jarupa"] } } } }
END
sw check
exits 2 "a target that .firebaserc does not know is an error, as it is for firebase"
like "$out" 'firebase.json:10:35: error: entry 3 of hosting is for target "default", which .firebaserc gives no site in project tpb' \
	"with its place"
like "$out" 'add to .firebaserc: "targets": \{ "tpb-kiosk-fe-vue": \{ "hosting": \{ "default": \["SITE"\] \} \} \}' "and what to add"
like "$out" 'leave it out: --only hosting:jarupa,hosting:purchase-limit' "or how to go on"
like "$out" 'firebase.json:5:7: warning: the "hosting" inside an entry is ignored.*ignore, rewrites never applied; 2 more entries have' \
	"one warning names what the inner hosting lost"
unlike "$out" 'firestore' "other products are nobody's business"
sw deploy
exits 2 "so deploy ends before anything is done"
not_ok test -e "$site/ran" -- "not even a hook runs"
sw check --except hosting:default
exits 0 "without that entry all is well"
sw check --json
is "$(problems)" "$(printf '%s\n' 'warning firebase.json:5:7' 'error firebase.json:10:35')" "the JSON document has the places, too"
sw check --only hosting:jarupa --explain jarupa
exits 0 "--explain"
like "$out" 'jarupa in tpb-kiosk-fe-vue: host hosting \(firebase\), build dist, from firebase.json' "names the project"
like "$out" 'site +tpb-kiosk-jarupa +firebase.json:4:' "and where a value comes from"
mkdir -p "$site/src/deep"
run "$SLIPWAY" -C "$site/src/deep" check --only hosting:jarupa
exits 0 "it is found from below"
sw plan --only hosting:jarupa
not_ok test -e "$site/ran" -- "plan runs no hook"

# Options.
sw check --only hosting:nobody
exits 2 "--only with an unknown name"
like "$err" 'there is jarupa, purchase-limit, default' "lists what there is"
sw check --only functions
exits 2 "--only with another product"
like "$err" 'slipway deploys hosting and nothing else' "says so"
sw check --only jarupa
like "$err" 'hosting:jarupa, or name the target: slipway deploy jarupa' "a bare name: how to say it"
sw check --only hosting --except hosting:default
exits 2 "--only and --except together"
sw check --except hosting
exits 2 "nothing left"
sw status -P prod --only hosting:jarupa
exits 2 "-P takes an id that is no alias, and looks for its targets"
like "$err" 'which .firebaserc gives no site in project prod' "under the id"
sw status -P 'No Such'
exits 2 "-P with neither"
sw status -e production --only hosting:jarupa
exits 2 "-e"
like "$err" 'chosen with -P' "points to -P"
mkdir -p "$XDG_CONFIG_HOME/configstore"
printf '{ "activeProjects": { "%s": "used-project" } }\n' "$site" >"$XDG_CONFIG_HOME/configstore/firebase-tools.json"
sw status --only hosting:jarupa
like "$err" 'no site in project used-project' "the project that firebase use chose"
rm "$XDG_CONFIG_HOME/configstore/firebase-tools.json"
printf '{ "slipway": 1, "builds": { "web": { "dir": "dist" } } }\n' >"$site/src/slipway.json"
run "$SLIPWAY" -C "$site/src/deep" check --only hosting
exits 2 "a nearer slipway.json wins, and takes no --only"
like "$err" 'name the targets' "but names"
run "$SLIPWAY" -C "$site/src/deep" check -P staging
exits 2 "nor -P"
rm "$site/src/slipway.json"
sed 's/"target": "default"/"site": "fe-default"/' "$site/firebase.json" >"$site/firebase.prod.json"
run "$SLIPWAY" check --config "$site/firebase.prod.json"
exits 0 "--config names another firebase.json"

# What stands in it is judged where it stands.
cp "$site/firebase.json" "$tmp/company.json"
bad() {
	printf '%s\n' "$1" >"$site/firebase.json"
	sw check
	exits 2 "$3"
	like "$out$err" "$2" "$3: told where"
}
bad '{ "hosting": { "public": "dist", "site": "s", } }' 'firebase.json:1:4[0-9]: ' "a trailing comma"
bad '{ "hosting": "hosting.json" }' 'firebase.json:1:14: ' "a string"
bad '{ "hosting": {} }' 'firebase.json:1:14: error: hosting has no "public"' "an empty object"
bad '{ "hosting": { "source": ".", "site": "s" } }' 'builds no web framework' "a web framework"
bad '{ "hosting": { "public": "../dist", "site": "s" } }' 'outside the directory' "a public outside"
bad '{ "hosting": [{ "public": "a", "site": "s" }, { "public": "b", "site": "s" }] }' 'entry 2 .* is for site "s", as entry 1 is' \
	"a site twice"
bad '{ "hosting": { "public": "dist", "site": "s", "redirects": [{ "source": "/a" }] } }' \
	'firebase.json:1:61: error: "destination" is missing' "a redirect to nowhere"
printf '{ "hosting": { "public": "dist", "unknown": 1, "headers": [{ "source": "**", "headers": [], "unknown": 2 }] } }' \
	>"$site/firebase.json"
sw check
exits 0 "unknown keys are no errors"
like "$out" 'firebase.json:1:34: warning: unknown key "unknown"' "but warnings"
like "$out" 'firebase.json:1:93: warning: unknown key "unknown"' "inside values, too"
like "$out" 'hint: no site is named: "tpb-kiosk-fe-vue", called like the project' "and the default site is told"

# What is ignored: what the official client ignores. What is refused stays refused.
d=$site/dist
mkdir -p "$d/.well-known" "$d/.hid" "$d/node_modules/x" "$d/.firebase/sub" "$d/a" "$d/.slipway"
for f in .dot .hid/f .well-known/x node_modules/x/y.js a/.x a/firebase-debug.log firebase-debug.2.log .firebase/x .firebase/sub/y 'b~' \
	.slipway/z slipway.json a/app.js.map; do printf 'x' >"$d/$f"; done
hosting() { printf '{ "hosting": { "public": "dist", "site": "s"%s } }\n' "$1" >"$site/firebase.json"; }
hosting ''
hidden s
is "$hidden" ".firebase/x .slipway/ a/firebase-debug.log firebase-debug.2.log slipway.json " "without rules nearly nothing is ignored"
hosting ', "ignore": ["firebase.json", "**/.*", "**/node_modules/**"]'
hidden s
is "$hidden" ".dot .firebase/x .slipway/ a/.x a/firebase-debug.log firebase-debug.2.log node_modules/ slipway.json " "the usual rules"
hosting ', "ignore": ["*.map", "a", "/index.html", "!b~", "'"$d"'/a/**"]'
hidden s
is "$hidden" ".firebase/x .slipway/ a/ firebase-debug.2.log slipway.json " "patterns match whole paths; absolute ones the absolute path"
like "$out$err" '"!b~" hides only a file with a ! in its name' "a negation is warned of"
printf 'SECRET=1' >"$d/.env"
hosting ', "ignore": ["**/.*"]'
hidden s
like "$hidden" '^not ' "a build with .env is refused although a rule hides it"
like "$out" '\.env: an environment file' "by name"
hosting ', "ignore": ["**/.*"], "allow_unsafe": [".env"]'
hidden s
like "$hidden" '^.dot .env ' "unless allow_unsafe of the entry names it"
rm "$d/.env"

# init lifts it.
cp "$tmp/company.json" "$site/firebase.json"
sw init
exits 0 "init on the company's shape"
like "$out" 'note: for project tpb-kiosk-fe-vue \(the only alias, staging\)' "says for which project"
like "$out" 'note: jarupa: "hosting" inside the entry has no effect.*its ignore, rewrites never applied: move up' "what was lost"
like "$out" 'entry 3 of hosting is for target "default".*it was left out' "and what is left out"
ok grep -q '"x-was-ignored"' "$site/targets/jarupa.json" -- "what was ignored is kept"
not_ok grep -q environments "$site/slipway.json" -- "aliases do not become environments"
sw check
exits 0 "check accepts the result"
unlike "$out" 'firebase.json' "which is now the project"
before=$(cd "$site" && find . -name '*.json' -exec md5sum {} + | sort)
sw init
exits 2 "a second init refuses"
is "$(cd "$site" && find . -name '*.json' -exec md5sum {} + | sort)" "$before" "and changes nothing"
