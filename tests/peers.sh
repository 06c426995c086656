#!/usr/bin/env bash
# Comparisons with programs that come from npm, for `make test-peers`; `make test` needs none of them.
#   globs: the committed vectors, which the units hold ours against, are what npm's glob 10 and minimatch 9 say today.
#   firebase: the official client gets along with the stand-in of tests/fake/firebase, which is how we know that it is faithful.
# What slipway makes of a firebase.json project, against what that client makes of it, is in peers-parity.sh.
# The packages stay in build/npm: installing the official client takes minutes.
. "$(dirname "$0")/e2e/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"
. "$lib_repo/tests/e2e/official.sh"
need node npm diff openssl

## Globs

run "$lib_repo/tests/tools/npm.sh" install glob@10 minimatch@9
[ "$rc" = 0 ] || skip_or_fail "$err"
run node "$lib_repo/tests/tools/glob-vectors.mjs" "$out/node_modules"
exits 0 "the peer writes its vectors"
ok diff "$lib_repo/tests/data/glob-vectors.json" "$tmp/out" -- "the committed vectors are the peer's"

## The official Firebase client against the stand-in

official_install

mkdir -p site/public/assets site/public/.well-known site/public/node_modules/x
cd site || exit 1
printf '<!doctype html><h1>kiosk</h1>\n' >public/index.html
printf 'let kiosk = 1;\n' >public/assets/app.1a2b.js
printf '{"version":3}\n' >public/assets/app.1a2b.js.map
printf '[]\n' >public/.well-known/assetlinks.json
printf '# notes\n' >'public/read me ü%.md'
printf 'hidden\n' >public/.hidden
printf 'x\n' >public/node_modules/x/index.js
: >public/empty.txt
cat >firebase.json <<'J'
{
	// comments are allowed
	"hosting": [{
		"target": "kiosk", "public": "public", "ignore": ["**/.*", "**/node_modules/**", "**/*.map"],
		"rewrites": [{ "source": "/api/**", "function": "api" }, { "source": "**", "destination": "/index.html" }],
		"redirects": [{ "source": "/old/:id", "destination": "/new/:id", "type": 302 }, { "regex": "^/x/.*", "destination": "/" }],
		"headers": [{ "source": "**/*.js", "headers": [{ "key": "Cache-Control", "value": "max-age=31536000" }] }],
		"cleanUrls": true, "trailingSlash": false, "i18n": { "root": "/" }
	}]
}
J
printf '{"projects":{"default":"demo"},"targets":{"demo":{"hosting":{"kiosk":["shop"]}}}}\n' >.firebaserc

firebase() { official --project demo "$@"; }
# The live tree of a site is what the client lists: everything but what `ignore` names.
same_tree() { # SITE NAME
	rm -rf "$tmp/live"
	fake_tree "$1" "$tmp/live"
	ok diff -r "$tmp/want" "$tmp/live" -- "$2"
}
want_tree() {
	rm -rf "$tmp/want" && cp -r public "$tmp/want" && rm -r "$tmp/want/node_modules" "$tmp/want/.hidden" "$tmp/want/assets/app.1a2b.js.map"
}

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$tmp/tls.key" -out "$tmp/tls.pem" -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost 2>/dev/null
fake_start --project demo=shop,shop-b --allow-owner
base=$fake_url
firebase deploy --only hosting -m 'from the peer'
exits 0 "the official client deploys"
want_tree
same_tree shop "what is live is what it found"
fake site/shop >"$tmp/peer-site.json"
is "$(fake_json "$tmp/peer-site.json" 'd["message"], d["labels"]')" "('from the peer', {'deployment-tool': 'cli-firebase'})" \
	"with its message and label"
is "$(fake_json "$tmp/peer-site.json" 'd["config"]["rewrites"]')" \
	"[{'glob': '/api/**', 'function': 'api'}, {'glob': '**', 'path': '/index.html'}]" "its rewrites"
is "$(fake_json "$tmp/peer-site.json" 'd["config"]["redirects"]')" \
	"[{'glob': '/old/:id', 'location': '/new/:id', 'statusCode': 302}, {'regex': '^/x/.*', 'location': '/'}]" "its redirects"
is "$(fake_json "$tmp/peer-site.json" 'd["config"]["headers"]')" \
	"[{'glob': '**/*.js', 'headers': {'Cache-Control': 'max-age=31536000'}}]" "its headers"
is "$(fake_json "$tmp/peer-site.json" '[d["config"][k] for k in ("cleanUrls", "trailingSlashBehavior", "i18n")]')" \
	"[True, 'REMOVE', {'root': '/'}]" "and the rest"
is "$(fake_counter uploads) $(fake_counter errors)" "$(find "$tmp/want" -type f -exec sha256sum {} + | cut -c1-64 | sort -u | wc -l) 0" \
	"each content was uploaded once, and nothing was refused"

firebase hosting:channel:deploy pr-1 --expires 1d
exits 0 "it deploys to a preview channel"
is "$(fake_site 'shop?channel=pr-1' 'len(d["files"])')" "$(find "$tmp/want" -type f | wc -l)" "which then has the files"
is "$(fake_counter uploads)" "$(fake_counter upload)" "without sending anything again"
firebase hosting:clone shop:live shop-b:live
exits 0 "it clones to another site"
same_tree shop-b "which is then the same"
firebase hosting:channel:delete pr-1 --site shop --force
exits 0 "it deletes the channel"
firebase hosting:disable --site shop-b --force
exits 0 "it disables a site"
is "$(fake_site shop-b 'd["version"]')" None "which then serves nothing"
fake_stop

# Over TLS it asks for a token, as it does from Google.
fake_start --project demo=shop --refresh-token refresh-me --cert "$tmp/tls.pem" --key "$tmp/tls.key" --tls-port 0
base=https://localhost:$fake_tls_port
firebase deploy --only hosting:kiosk
exits 0 "it deploys over TLS"
same_tree shop "the same files"
is "$(fake_counter token), $(fake_site shop 'd["release"]["releaseUser"]["email"]')" "1, user@example.com" "with a token that it asked for"
