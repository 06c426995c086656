#!/usr/bin/env bash
# Directories with nothing but firebase.json and .firebaserc, deployed by the official client and by slipway, each to a stand-in of its
# own: every site must serve the same files, byte for byte, with the same configuration. Where slipway means to differ, that is
# checked as well. For `make test-peers`.
. "$(dirname "$0")/e2e/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"
. "$lib_repo/tests/e2e/official.sh"
need node npm diff
official_install

site=$tmp/site
many=$(seq -s, -f 's%g' 40)

# What all sites serve: a line a file and a line a configuration.
live() {
	python3 - "$fake_url" <<'P'
import json, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
get = lambda path: json.load(opener.open(sys.argv[1] + "/_fake/" + path))
for site in sorted(get("state")["sites"]):
    d = get("site/" + site)
    if d["version"]:
        print(site, "config", json.dumps(d["config"], sort_keys=True))
        for path, digest in sorted(d["contents"].items()):
            print(site, digest, json.dumps(path))
P
}
# both ARG...: deploys with either: $tmp/theirs and $their_rc, $tmp/ours and $rc. What hooks wrote into $tmp/log: $their_log, $log
both() {
	rm -rf "$tmp/saved" && cp -a "$site" "$tmp/saved" && : >"$tmp/log"
	fake_start --project "demo=demo,$many" --project other=other --allow-owner
	base=$fake_url
	cd "$site" || exit 1
	official deploy "$@"
	their_rc=$rc their_log=$(cat "$tmp/log") their_out=$out$err
	live >"$tmp/theirs"
	fake_stop

	cd "$tmp" && rm -rf "$site" && cp -a "$tmp/saved" "$site" && : >"$tmp/log"
	fake_start --project "demo=demo,$many" --project other=other
	run "$SLIPWAY" -C "$site" deploy "$@"
	log=$(cat "$tmp/log")
	live >"$tmp/ours"
	fake_stop
}
# same SITES NAME [ARG...]: both deploy that many sites, equally
same() {
	both "${@:3}"
	is "$their_rc $(cut -d' ' -f1 "$tmp/theirs" | sort -u | wc -l)" "0 $1" "$2: the official client deploys" || diag "$their_out"
	exits 0 "$2: slipway deploys"
	ok diff "$tmp/theirs" "$tmp/ours" -- "$2: the same files, the same configuration"
}
files() { # NAME...: in public, each with content of its own
	local f
	for f in "$@"; do
		mkdir -p "$site/public/$(dirname "./$f")"
		printf 'content of %s\n' "$f" >"$site/public/$f"
	done
}
anew() {
	rm -rf "$site" && mkdir -p "$site/public"
	printf '{ "projects": { "default": "demo" } }\n' >"$site/.firebaserc"
	files index.html assets/app.js
}
hosting() { cat >"$site/firebase.json"; }

## One site, as init of the official client writes it

anew
files .hidden .well-known/assetlinks.json a/.x node_modules/x/y.js a/node_modules/z.js firebase.json a/firebase.json firebase-debug.log \
	a/firebase-debug.1.log .firebase/x .firebase/sub/y .hid/f 404.html
: >"$site/public/empty"
hosting <<'J'
{ "hosting": { "public": "public", "ignore": ["firebase.json", "**/.*", "**/node_modules/**"],
  "rewrites": [{ "source": "**", "destination": "/index.html" }] } }
J
same 1 "one site"
printf '{ "projects": { "staging": "other", "prod": "demo" } }\n' >"$site/.firebaserc"
same 1 "another alias" -P staging
like "$(head -1 "$tmp/ours")" '^other ' "another alias: the site of that project"

## What is ignored

anew
files .dot .hid/f .well-known/x b/.well-known/y a/1.txt a/b/2.txt a.txt c/a/3.txt app.js.map assets/app.js.map node_modules/m.js \
	x/node_modules/deep/m.js notes.md README.md img/1.png img/2.jpg img/a.png 'sp ace/f.txt' a1 a2 ab abb 'b~' '#note' '!bang' Upper.TXT \
	one.test.js two.js __tests__/t.js
entries=''
n=0
while IFS= read -r rules; do
	n=$((n + 1))
	entries="$entries${entries:+,}
	{ \"site\": \"s$n\", \"public\": \"public\", \"ignore\": [$rules] }"
done <<J
"**/.*"
"**/.*/**"
"**/node_modules/**"
"node_modules"
"a", "c/"
"a/"
"a/**"
"a/*"
"*.txt"
"**/*.txt"
"/index.html"
"./a.txt"
"**/*.map", "*.md"
"*.{md,map}"
"img/{1,2}.*"
"img/*.@(png|gif)"
"!(a*|i*)"
"+(a|b)"
"a?(b)"
"ab*(b)"
"a[0-9]"
"[!a]*"
"a[^1]"
"!index.html"
"!bang", "\\\\!bang"
"#note"
"sp ace/**"
"SP*/**"
"**/__tests__/**", "**/*.test.js"
"*"
"{a,c/a}/**"
"a/**/2.txt"
"**/b/**"
"upper.txt"
"$site/public/a/**"
"assets", "assets/**/"
""
J
printf '{ "hosting": [%s] }\n' "$entries" | hosting
same "$n" "ignore in $n ways"

## Names

anew
files 'with space.txt' 'per%20cent.txt' '100%.txt' 'hash#tag.txt' 'what?.txt' "single'quote.txt" 'double"quote.txt' '日本語/ファイル.txt' \
	'emoji🙂.txt' 'ümlaut.txt' $'nfd-u\xcc\x88.txt' '[brackets].txt' '{braces}.txt' '(parens).txt' '+plus.txt' 'a&b.txt' 'semi;colon.txt' \
	'-dash.txt' 'com,ma.txt' 'star*.txt' 'tilde~.txt' "dollar\$HOME.txt" 'back`tick.txt' '...' 'a..b' ' leading' 'trailing ' \
	CASE.txt case.txt '@at' '!bang' 'a=b' 'co:lon' 'pi|pe' '<angle>' 'deep/1/2/3/4/5/6/7/8/9/file' \
	"$(printf 'long%.0s' {1..60})" 'no-extension' 'x.tar.gz'
ln -s assets/app.js "$site/public/link.js"
ln -s assets "$site/public/linked"
chmod 600 "$site/public/assets/app.js"
hosting <<<'{ "hosting": { "public": "public" } }'
same 1 "names of all kinds"
is "$(grep -c link "$tmp/ours")" 2 "names of all kinds: links are followed"

## Configuration

anew
files fr/index.html i18n/fr/index.html
hosting <<'J'
{
	/* comments, both kinds */
	"hosting": [ // targets and sites
		{ "target": "one", "public": "public", "cleanUrls": true, "trailingSlash": true,
			"appAssociation": "NONE", "i18n": { "root": "/i18n" },
			"rewrites": [
				{ "source": "/api/**", "function": "api" },
				{ "source": "/eu/**", "function": "eu", "region": "europe-west1" },
				{ "source": "/obj", "function": { "functionId": "obj", "region": "us-east1" } },
				{ "source": "/run/**", "run": { "serviceId": "srv" } },
				{ "source": "/run2/**", "run": { "serviceId": "srv", "region": "europe-west4" } },
				{ "source": "/l/**", "dynamicLinks": true },
				{ "glob": "/g/**", "destination": "/index.html" },
				{ "regex": "^/r/(.*)$", "destination": "/index.html" },
				{ "source": "no-slash/**", "destination": "/index.html" },
				{ "source": "!/@(js|css)/**", "destination": "/index.html" } ] },
		{ "target": "two", "public": "public", "cleanUrls": false, "trailingSlash": false, "appAssociation": "AUTO",
			"redirects": [
				{ "source": "/a", "destination": "/b" },
				{ "source": "/c/:id", "destination": "/d/:id", "type": 302 },
				{ "source": "/e/:rest*", "destination": "https://x.example/:rest", "type": 308 },
				{ "regex": "/f/(?P<n>[0-9]+)", "destination": "/g/:n", "type": 301 },
				{ "glob": "/g", "source": "/ignored", "destination": "/h" } ] },
		{ "site": "s1", "public": "public", "trailingSlash": null,
			"headers": [
				{ "source": "**/*.@(js|css)", "headers": [{ "key": "Cache-Control", "value": "max-age=31536000" }] },
				{ "source": "**", "headers": [
					{ "key": "X-A", "value": "1" }, { "key": "X-A", "value": "2" }, { "key": "X-B", "value": "ü \"q\"" }] },
				{ "regex": "\\.html$", "headers": [] } ] },
		{ "site": "s2", "public": "public" },
		{ "site": "s3", "public": "public", "rewrites": [], "redirects": [], "headers": [] },
		{ "site": "s4", "redirects": [{ "source": "**", "destination": "https://new.example", "type": 301 }] },
		{ "target": "nested", "public": "public",
			"hosting": { "public": "public", "target": "", "ignore": ["**/*.js"],
				"rewrites": [{ "source": "**", "destination": "/index.html" }] } } ],
	"firestore": { "rules": "none" }, "emulators": { "hosting": { "port": 5000 } }
}
J
cat >"$site/.firebaserc" <<'J'
{ "projects": { "default": "demo" }, "etags": {},
  "targets": { "demo": { "hosting": { "one": ["s10"], "two": ["s11"], "nested": ["s12"] }, "storage": { "x": ["y"] } } } }
J
same 7 "configuration" --only hosting
like "$err" 'the "hosting" inside an entry is ignored' "configuration: slipway says what the official client keeps to itself"
same 1 "--only with a target" --only hosting:two
same 2 "--only with a site and a target" --only hosting:s2,hosting:one
sed -i 's/"firestore": .*/"other": 1/' "$site/firebase.json"
same 5 "--except" --except hosting:nested,hosting:s3

## Hooks

anew
hosting <<J
{ "hosting": [
	{ "target": "one", "public": "public",
	  "predeploy": ["echo \$GCLOUD_PROJECT >public/built.txt", "cat \$RESOURCE_DIR/built.txt >>$tmp/log"],
	  "postdeploy": "echo after one in \$PROJECT_DIR >>$tmp/log" },
	{ "target": "two", "public": "public", "predeploy": "echo before two >>$tmp/log", "postdeploy": ["echo after two >>$tmp/log"] } ] }
J
cat >"$site/.firebaserc" <<'J'
{ "projects": { "default": "demo" }, "targets": { "demo": { "hosting": { "one": ["s1"], "two": ["s2"] } } } }
J
same 2 "hooks"
is "$log" "$their_log" "hooks: they ran alike, with the same environment"
like "$log" "before two.*after one in $site" "hooks: all of them"
same 1 "hooks of one target" --only hosting:two
is "$log" "$their_log" "hooks of one target: only those"
hosting <<<'{ "hosting": { "public": "public", "predeploy": "false" } }'
both
is "$their_rc$(cat "$tmp/theirs")" 1 "a hook that fails ends the official client"
exits 7 "and slipway"
is "$(cat "$tmp/ours")" "" "with nothing deployed"

## Where slipway means to differ

anew
hosting <<<'{ "hosting": { "public": "public", "predeploy": "MODE=prod sh -c '"'echo \$MODE >public/mode.txt'"'" } }'
both
is "$their_rc $(grep -c mode.txt "$tmp/theirs")" "0 0" "a hook with a = is passed over by the official client, silently"
exits 0 "slipway runs it"
is "$(grep -c mode.txt "$tmp/ours")" 1 "and deploys what it made"

anew
files .env .git/config
printf -- '-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----\n' >"$site/public/server.key"
hosting <<<'{ "hosting": { "public": "public", "ignore": ["**/node_modules/**"] } }'
both
is "$their_rc $(grep -c '/\.env\|/\.git/config\|/server\.key' "$tmp/theirs")" "0 3" "the official client publishes secrets"
exits 7 "slipway refuses the build"
is "$(cat "$tmp/ours")" "" "before anything is deployed"
hosting <<<'{ "hosting": { "public": "public", "allow_unsafe": [".env", ".git/**", "server.key"] } }'
same 1 "secrets that firebase.json allows, in a key that the official client passes over"

anew
hosting <<<'{ "hosting": { "public": "public" } }'
sed -i 's/"public" }/"public", "ignore": ["**"] }/' "$site/firebase.json"
both
is "$their_rc $(cat "$tmp/theirs")" "0 demo config {}" "the official client publishes a site without a file"
exits 7 "slipway takes that for a mistake"
hosting <<<'{ "hosting": { "public": "public" } }'
ln -s /etc/hostname "$site/public/outside"
both
is "$their_rc $(grep -c outside "$tmp/theirs")" "0 1" "the official client follows links out of the build"
exits 7 "slipway refuses them"
rm "$site/public/outside"
files 'back\slash' $'new\nline'
both
is "$their_rc $(wc -l <"$tmp/theirs")" "0 5" "the official client deploys names with backslashes and control characters"
exits 7 "slipway refuses them as well"
rm "$site/public/"{back*,new*}
files slipway.json .slipway/x
both
is "$their_rc $(grep -c slipway "$tmp/theirs")" "0 2" "what is slipway's own is a file like others to the official client"
exits 0 "slipway deploys"
is "$(grep -c slipway "$tmp/ours")" 0 "without its own documents"
