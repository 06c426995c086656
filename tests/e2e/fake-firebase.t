#!/usr/bin/env bash
# The stand-in for Firebase Hosting, driven with curl: a whole deploy, and everything that it must refuse.
. "$(dirname "$0")/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"
need curl openssl gzip sha256sum

fake_start --project demo=shop,shop-b --project other=foreign --refresh-token good-refresh
site=/v1beta1/sites/shop

# call METHOD PATH [BODY] [CURL-ARG...]: $status and $body
call() {
	local method=$1 path=$2
	local data=(${3:+--data-binary "$3"})
	shift "$(($# < 3 ? $# : 3))"
	status=$(curl -sS -m 60 -o "$tmp/body" -w '%{http_code}' -X "$method" -H "Authorization: Bearer ${token-}" \
		-H 'Content-Type: application/json' "${data[@]}" "$@" "$fake_url$path") || status="curl $?"
	body=$(tr -d '\0' <"$tmp/body")
}
of() { fake_json "$tmp/body" "$1"; }
# answers STATUS ERE NAME: what the last call said
answers() {
	if [ "$status" = "$1" ] && [[ $body =~ $2 ]]; then pass "$3"; else fail "$3" "status $status, wanted $1, $2" "body: $body"; fi
}
# refused STATUS-NAME METHOD PATH BODY NAME
refused() {
	local want=$1 name=$5 code
	case $want in
	INVALID_ARGUMENT | FAILED_PRECONDITION) code=400 ;;
	UNAUTHENTICATED) code=401 ;;
	PERMISSION_DENIED) code=403 ;;
	NOT_FOUND) code=404 ;;
	ALREADY_EXISTS) code=409 ;;
	RESOURCE_EXHAUSTED) code=429 ;;
	esac
	call "$2" "$3" "$4"
	answers "$code" "\"status\":\"$want\"" "$name"
}

## Tokens

base64url() { base64 -w0 | tr '+/' '-_' | tr -d '='; }
fake_json sa.json 'd["private_key"]' | sed 's/\\n/\n/g' >key.pem
email=$(fake_json sa.json 'd["client_email"]')
scope=https://www.googleapis.com/auth/firebase
openssl genrsa -out wrong.pem 2048 2>/dev/null
jwt() { # AUD IAT LIFE [ISS] [SCOPE] [KEY] [ALG]
	local head claims
	head=$(printf '{"alg":"%s","typ":"JWT"}' "${7:-RS256}" | base64url)
	claims=$(printf '{"iss":"%s","scope":"%s","aud":"%s","iat":%d,"exp":%d}' "${4:-$email}" "${5:-$scope}" "$1" "$2" $(($2 + $3)))
	claims=$(printf %s "$claims" | base64url)
	printf '%s.%s.%s' "$head" "$claims" "$(printf %s "$head.$claims" | openssl dgst -sha256 -sign "${6:-key.pem}" | base64url)"
}
exchange() { # PATH JWT
	status=$(curl -sS -m 60 -o "$tmp/body" -w '%{http_code}' "$fake_url$1" --data-urlencode assertion="$2" \
		--data-urlencode grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer) || status="curl $?"
	body=$(cat "$tmp/body")
}
now=$(date +%s)
is "$(stat -c %a sa.json)" 600 "the service account is nobody else's to read"
for path in /token /oauth2/v4/token; do
	exchange "$path" "$(jwt "$fake_url$path" "$now" 3600)"
	answers 200 '"access_token":"ya29' "a JWT is exchanged at $path"
done
token=$(of 'd["access_token"]')
is "$(of 'd["expires_in"]')" 3600 "the token's life is told"
denied() { # NAME JWT
	exchange /token "$2"
	answers 400 '"error":"invalid_grant"' "$1"
}
denied "a JWT signed by another key" "$(jwt "$fake_url/token" "$now" 3600 '' '' wrong.pem)"
denied "a JWT for another endpoint" "$(jwt https://oauth2.googleapis.com/token "$now" 3600)"
denied "a JWT for the other token path" "$(jwt "$fake_url/oauth2/v4/token" "$now" 3600)"
denied "a JWT of an unknown account" "$(jwt "$fake_url/token" "$now" 3600 nobody@example.com)"
denied "a JWT that has expired" "$(jwt "$fake_url/token" $((now - 7200)) 3600)"
denied "a JWT from the future" "$(jwt "$fake_url/token" $((now + 3600)) 60)"
denied "a JWT that lives too long" "$(jwt "$fake_url/token" "$now" 3700)"
denied "a JWT without a useful scope" "$(jwt "$fake_url/token" "$now" 3600 '' https://www.googleapis.com/auth/drive)"
denied "a JWT with another algorithm" "$(jwt "$fake_url/token" "$now" 3600 '' '' key.pem none)"
denied "a JWT that is cut off" "$(jwt "$fake_url/token" "$now" 3600 | cut -c1-200)"
refresh() { status=$(curl -sS -m 60 -o "$tmp/body" -w '%{http_code}' "$@" "$fake_url/oauth2/v3/token"); body=$(cat "$tmp/body"); }
refresh -d 'grant_type=refresh_token&client_id=i&client_secret=s&refresh_token=good-refresh'
answers 200 access_token "a refresh token in a form"
refresh -F grant_type=refresh_token -F client_id=i -F client_secret=s -F refresh_token=good-refresh -F scope=
answers 200 access_token "a refresh token in a multipart form, as the official client sends it"
refresh -d 'grant_type=refresh_token&client_id=i&client_secret=s&refresh_token=bad'
answers 400 invalid_grant "a refresh token that nobody issued"
refresh -d 'grant_type=refresh_token&refresh_token=good-refresh'
answers 400 invalid_client "a refresh token without its client"
refresh -d 'grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=x'
answers 400 unsupported_grant_type "v3 takes no JWT"

good=$token
token=wrong refused UNAUTHENTICATED GET $site/channels/live '' "a wrong bearer"
token=owner refused UNAUTHENTICATED GET $site/channels/live '' "owner, unless it was allowed"
token='' refused UNAUTHENTICATED GET $site/channels/live '' "no bearer"
token=$good

## A whole deploy

call GET /v1beta1/projects/demo/sites
is "$(of '[s["name"] for s in d["sites"]]')" "['projects/demo/sites/shop', 'projects/demo/sites/shop-b']" "the sites of a project"
call GET /v1beta1/projects/-/sites/shop-b
is "$(of 'd["type"] + " " + d["defaultUrl"]')" "USER_SITE https://shop-b.web.app" "one site, by the wildcard project"
call GET $site/channels/live
is "$(of '"release" in d')" False "nothing is live yet"

config='{"rewrites":[{"glob":"/app/**","path":"/index.html"}],
	"redirects":[{"glob":"/old/:id","location":"/new/:id","statusCode":302}],
	"headers":[{"glob":"**/*.js","headers":{"Cache-Control":"no-cache","X-Kiosk":"yes"}}],
	"cleanUrls":true,"trailingSlashBehavior":"REMOVE"}'
call POST $site/versions "{\"status\":\"CREATED\",\"labels\":{\"slipway-tree\":\"abc\"},\"config\":$config}"
answers 200 '"status":"CREATED"' "a version is created, with its configuration"
v=$(of 'd["name"]')
like "$v" '^sites/shop/versions/[0-9a-f]{16}$' "its name has the form it was asked in"
is "$(of 'd["labels"]["slipway-tree"] + str(d["config"]["cleanUrls"])')" abcTrue "labels and configuration come back"
content() { # NAME TEXT: $tmp/NAME.gz, its hash in the variable NAME
	printf '%s' "$2" | gzip -9n >"$tmp/$1.gz"
	printf -v "$1" '%s' "$(sha256sum <"$tmp/$1.gz" | cut -d' ' -f1)"
}
content index '<h1>shop</h1>'
content app 'let a = 1'
content about '<h1>about</h1>'
call POST "/v1beta1/$v:populateFiles" \
	"{\"files\":{\"/index.html\":\"$index\",\"/a/app.js\":\"$app\",\"/b.js\":\"$app\",\"/gone.txt\":\"$app\"}}"
is "$(of '" ".join(sorted(d["uploadRequiredHashes"]))')" "$(printf '%s\n' "$index" "$app" | sort | paste -sd' ')" \
	"each missing hash is asked for once"
is "$(of 'd["uploadUrl"]')" "$fake_url/upload/$v/files" "the upload goes to this server"
call POST "/v1beta1/$v:populateFiles" "{\"files\":{\"/gone.txt\":\"\",\"/about.html\":\"$about\"}}"
is "$(of 'd["uploadRequiredHashes"]')" "['$about']" "a further call asks only for its own"
call GET "/v1beta1/$v/files?status=EXPECTED&pageSize=2"
is "$(of '[f["path"] for f in d["files"]]')" "['/a/app.js', '/about.html']" "expected files, by page"
call GET "/v1beta1/$v/files?status=EXPECTED&pageToken=$(of 'd["nextPageToken"]')"
is "$(of '[f["path"] + f["status"] for f in d["files"]]'),$(of '"nextPageToken" in d')" "['/b.jsEXPECTED', '/index.htmlEXPECTED'],False" \
	"the next page; what was removed is not there"
refused FAILED_PRECONDITION PATCH "/v1beta1/$v?updateMask=status" '{"status":"FINALIZED"}' "finalizing while content is missing"
upload() { # NAME [CURL-ARG...]
	local name=$1
	shift
	call POST "/upload/$v/files/${!name}" '' -H 'Content-Type: application/octet-stream' --data-binary "@$tmp/$name.gz" "$@"
}
call POST "/upload/$v/files/$index" '' --data-binary "@$tmp/app.gz"
answers 400 "content hash doesn't match content" "other bytes than the hash says"
printf plain >plain.gz
plain=$(sha256sum <plain.gz | cut -d' ' -f1)
call POST "/v1beta1/$v:populateFiles" "{\"files\":{\"/plain\":\"$plain\"}}"
upload plain
answers 400 'not gzip' "bytes that are not gzip"
call POST "/v1beta1/$v:populateFiles" '{"files":{"/plain":""}}'
is "$(of '"uploadRequiredHashes" in d')" False "nothing needed: the key is left out"
call POST "/upload/$v/files/$(printf '0%.0s' {1..64})" '' --data-binary @plain.gz
answers 400 'does not expect' "content that the version does not name"
upload index
answers 200 '' "an upload with its length"
upload app -H 'Transfer-Encoding: chunked'
answers 200 '' "an upload in chunks"
upload about -H 'Expect: 100-continue'
answers 200 '' "an upload that waits to be asked"
token=wrong upload about
answers 401 '' "an upload without rights"
upload about
answers 200 '' "an upload of what is known already"
call PATCH "/v1beta1/$v?updateMask=status" '{"status":"FINALIZED"}'
is "$(of 'd["status"] + " " + d["fileCount"] + " " + d["versionBytes"]')" \
	"FINALIZED 4 $(($(stat -c %s index.gz) + 2 * $(stat -c %s app.gz) + $(stat -c %s about.gz)))" "it is finalized; counts are strings"
refused FAILED_PRECONDITION PATCH "/v1beta1/$v?updateMask=status" '{"status":"FINALIZED"}' "finalizing twice"
refused FAILED_PRECONDITION POST "/v1beta1/$v:populateFiles" '{"files":{}}' "filling a finalized version"
call POST "$site/channels/live/releases?versionName=sites%2Fshop%2Fversions%2F${v##*/}" '{"message":"first"}'
is "$(of 'd["type"] + " " + d["message"] + " " + d["releaseUser"]["email"]')" "DEPLOY first $email" "it is released"
like "$(of 'd["name"]')" '^sites/shop/channels/live/releases/[0-9]{16}$' "the release's id is a time in microseconds"
refused INVALID_ARGUMENT POST "$site/channels/live/releases?versionName=$v" '{}' "releasing what is live"
like "$body" 'is the current active version' "and it says so in the words of the service"
call GET $site/channels/live
is "$(of 'd["release"]["version"]["labels"]["slipway-tree"]')" abc "one request tells what is live"
call GET "$site/channels/live?fields=release(version/labels,message)"
is "$body" '{"release":{"version":{"labels":{"slipway-tree":"abc"}},"message":"first"}}' "partial answers"
is "$(fake_site shop 'd["version"], d["message"], sorted(d["files"])')" \
	"('${v##*/}', 'first', ['/a/app.js', '/about.html', '/b.js', '/index.html'])" \
	"the control interface shows it"
fake_tree shop "$tmp/tree"
is "$(cat tree/index.html tree/a/app.js tree/about.html)" '<h1>shop</h1>let a = 1<h1>about</h1>' "the live tree as files"
refused FAILED_PRECONDITION DELETE "/v1beta1/$v" '' "deleting what is live"

## What a visitor sees

visit() { # URL-PATH [CURL-ARG...]: $status, $body, $heads
	local path=$1
	shift
	status=$(curl -sS -m 60 -o "$tmp/body" -D "$tmp/heads" -w '%{http_code}' "$@" "http://shop.localhost:$fake_port$path")
	body=$(tr -d '\0' <"$tmp/body") heads=$(tr -d '\r' <"$tmp/heads")
}
visit /
answers 200 '^<h1>shop</h1>$' "the index"
like "$heads" 'Content-Type: text/html; charset=utf-8' "with its type"
etag=$(sed -n 's/^ETag: //p' <<<"$heads")
visit / -H "If-None-Match: $etag"
answers 304 '' "not again when it has not changed"
visit /a/app.js --compressed
answers 200 '^let a = 1$' "gzip for those who take it"
like "$heads" 'Content-Encoding: gzip.*' "as the encoding says"
like "$heads" 'X-Kiosk: yes' "header rules apply"
visit /app/some/route
answers 200 shop "a rewrite"
visit /about
answers 200 about "a clean URL"
visit /about.html
like "$status $heads" '^301 .*Location: /about' "and the other one redirects to it"
visit /old/17
like "$status $heads" '^302 .*Location: /new/17' "a redirect with a capture"
visit /nothing
answers 404 'Page Not Found' "what is not there"
visit / -X POST
answers 405 '' "a visitor only reads"
status=$(curl -sS -m 60 -o "$tmp/body" -w '%{http_code}' "$fake_url/_site/shop/b.js") body=$(cat body)
answers 200 '^let a = 1$' "the same below a path"
visit "/$(printf 'x%.0s' {1..70000})"
is "$status" 400 "a head without an end"

## What is refused

refused INVALID_ARGUMENT POST $site/versions '{"status":"CREATED","size":1}' "an unknown field in a version"
refused INVALID_ARGUMENT POST $site/versions '{"status":"FINALIZED"}' "a version that begins finalized"
refused INVALID_ARGUMENT POST $site/versions '{"status":' "broken JSON"
refused INVALID_ARGUMENT POST $site/versions '{"status":"CREATED","status":"CREATED"}' "a field given twice"
refused INVALID_ARGUMENT POST $site/versions '{"labels":{"Tree":"a"}}' "a label in capitals"
refused INVALID_ARGUMENT POST $site/versions '{"config":{"rewrites":[{"source":"**","path":"/x"}]}}' \
	"firebase.json's words in the configuration"
refused INVALID_ARGUMENT POST $site/versions '{"config":{"rewrites":[{"glob":"**","regex":"x","path":"/x"}]}}' \
	"a rule with glob and regex"
refused INVALID_ARGUMENT POST $site/versions '{"config":{"rewrites":[{"glob":"**"}]}}' "a rewrite to nowhere"
refused INVALID_ARGUMENT POST $site/versions '{"config":{"redirects":[{"glob":"/a","location":"/b","statusCode":200}]}}' \
	"a redirect with 200"
refused INVALID_ARGUMENT POST $site/versions '{"config":{"headers":[{"glob":"/a","headers":{"X":1}}]}}' "a header that is no text"
refused INVALID_ARGUMENT POST $site/versions '{"config":{"trailingSlashBehavior":"KEEP"}}' "an unknown word"
refused INVALID_ARGUMENT POST "$site/versions?sizeBytes=1" '{}' "an unknown query key"
refused INVALID_ARGUMENT GET "$site/versions?pageSize=many" '' "a page size that is no number"
refused INVALID_ARGUMENT GET "$site/versions?pageToken=mine" '' "a page token that nobody issued"
refused INVALID_ARGUMENT GET "$site/versions?filter=colour%3Dred" '' "a filter on what is not there"
refused INVALID_ARGUMENT GET $site/channels/live '{}' "a body where none belongs"
refused NOT_FOUND GET /v1beta1/sites/nowhere/channels/live '' "an unknown site"
refused NOT_FOUND GET $site '' "a site without its project"
refused NOT_FOUND PUT $site/versions '{}' "an unknown method"
refused NOT_FOUND GET $site/versions/0123456789abcdef '' "an unknown version"
refused PERMISSION_DENIED GET /v1beta1/projects/other/sites/shop/channels/live '' "a site of another project"
refused PERMISSION_DENIED GET /v1beta1/projects/nobody/sites/shop '' "an unknown project"
status=$(curl -sS -o body -w '%{http_code}' -H "Authorization: Bearer $token" -d '{}' "$fake_url$site/versions") body=$(cat body)
answers 400 'content type' "a body that does not say it is JSON"

call POST /v1beta1/projects/demo/sites/shop/versions '{"status":"CREATED"}'
w=$(of 'd["name"]')
like "$w" '^projects/[0-9]+/sites/shop/versions/' "the long form answers in the long form"
refused INVALID_ARGUMENT POST "/v1beta1/$w:populateFiles" '{"files":{"index.html":"'"$index"'"}}' "a path without its slash"
refused INVALID_ARGUMENT POST "/v1beta1/$w:populateFiles" '{"files":{"/a/../b":"'"$index"'"}}' "a path that climbs"
refused INVALID_ARGUMENT POST "/v1beta1/$w:populateFiles" '{"files":{"/a":"'"${index^^}"'"}}' "a hash in capitals"
refused INVALID_ARGUMENT POST "/v1beta1/$w:populateFiles" '{"files":{"/a":7}}' "a hash that is a number"
python3 -c 'import json; print(json.dumps({"files": {"/%d" % i: "'"$index"'" for i in range(10001)}}))' >many
refused INVALID_ARGUMENT POST "/v1beta1/$w:populateFiles" @many "more than 10,000 paths at once"
refused FAILED_PRECONDITION POST "$site/releases?versionName=$w" '{}' "releasing what is not finalized"
refused INVALID_ARGUMENT PATCH "/v1beta1/$w?updateMask=size" '{"status":"FINALIZED"}' "an unknown field in the mask"
refused INVALID_ARGUMENT PATCH "/v1beta1/$w?updateMask=status" '{"status":"CREATED"}' "another status than FINALIZED"
call PATCH "/v1beta1/$w?updateMask=labels,config" '{"labels":{"a":"b"},"config":{"cleanUrls":false}}'
is "$(of 'd["labels"], d["config"], d["status"]')" "({'a': 'b'}, {}, 'CREATED')" "labels and configuration can follow, without defaults"
call PATCH "/v1beta1/$w" '{"status":"FINALIZED","labels":{}}'
is "$(of 'd["status"], d["labels"], "fileCount" in d')" "('FINALIZED', {'a': 'b'}, False)" "without a mask only the status is taken"
refused NOT_FOUND POST "$site/releases?versionName=sites/shop-b/versions/${v##*/}" '{}' "a version under another site's name"
refused INVALID_ARGUMENT POST "/v1beta1/sites/shop-b/releases?versionName=$v" '{}' "a version of another site"
refused INVALID_ARGUMENT POST "$site/releases" '{}' "a release of nothing"
refused INVALID_ARGUMENT POST "$site/releases?versionName=$w" '{"type":"ROLLBACK"}' "a type that the server sets"
refused INVALID_ARGUMENT POST "$site/releases?versionName=$w" "{\"message\":\"$(printf 'x%.0s' {1..513})\"}" "a message of 513 characters"
call POST "$site/releases?versionName=$w" "{\"message\":\"$(printf 'é%.0s' {1..512})\"}"
is "$(of 'd["type"]')" DEPLOY "512 characters, not bytes, are fine"
call POST "$site/releases?versionName=$v" '{}'
is "$(of 'd["type"], "message" in d')" "('ROLLBACK', False)" "an earlier version again is a rollback"
call GET "$site/releases?pageSize=2"
is "$(of '[r["type"] for r in d["releases"]]')" "['ROLLBACK', 'DEPLOY']" "releases, newest first"
call GET "$site/releases?pageToken=$(of 'd["nextPageToken"]')"
is "$(of '[r["message"] for r in d["releases"]]')" "['first']" "and the rest"
call GET "$site/versions?filter=status%20%3D%20%22FINALIZED%22&pageSize=1"
is "$(of 'd["versions"][0]["name"], "nextPageToken" in d')" "('sites/shop/versions/${w##*/}', True)" "versions by status and page"
call DELETE "/v1beta1/$w"
answers 200 '^\{\}$' "a version that is not live can be deleted"
refused FAILED_PRECONDITION POST "$site/releases?versionName=$w" '{}' "and then not released"
call POST $site/releases '{"type":"SITE_DISABLE","message":"closed"}'
is "$(of 'd["type"], "version" in d')" "('SITE_DISABLE', False)" "a site can be disabled"
visit /
answers 404 'Site Not Found' "and then shows nothing"
call POST "$site/releases?versionName=$v" '{}'
answers 200 '' "and any release brings it back"

## Cloning

call POST /v1beta1/sites/shop-b/versions '{}'
x=$(of 'd["name"]')
call POST "/v1beta1/$x:populateFiles" "{\"files\":{\"/index.html\":\"$index\"}}"
is "$(of 'd["uploadRequiredHashes"]')" "['$index']" "content is known per site"
fake latency '{"clone":200}' >/dev/null
clone() { call POST "/v1beta1/sites/${2:-shop-b}/versions:clone" "$1"; }
clone "{\"sourceVersion\":\"$v\",\"finalize\":false,\"exclude\":{\"regexes\":[\"^\\\\/a\\\\/.*\$\",\"^/b\\\\.js\$\"]}}"
answers 200 '"name":"projects/[0-9]+/operations/' "a clone is an operation"
is "$(of '"done" in d')" False "which takes a while"
operation=$(of 'd["name"]')
for _ in $(seq 200); do
	call GET "/v1beta1/$operation"
	[ "$(of 'd.get("done")')" = None ] || break
done
y=$(of 'd["response"]["name"]')
like "$y" '^sites/shop-b/versions/' "its answer names the version in the short form"
call GET "/v1beta1/$y/files?status=ACTIVE"
is "$(of '[f["path"] for f in d["files"]]')" "['/about.html', '/index.html']" "what was not excluded is there, and stored"
call GET "/v1beta1/$y"
is "$(of 'd["status"], d["config"]["cleanUrls"], "labels" in d')" "('CREATED', True, False)" "with the configuration, without the labels"
call POST "/v1beta1/$x:populateFiles" "{\"files\":{\"/index.html\":\"$index\"}}"
is "$(of '"uploadRequiredHashes" in d')" False "cloned content is known on the site from then on"
fake latency '{"clone":0}' >/dev/null
clone "{\"sourceVersion\":\"$v\",\"finalize\":true,\"include\":{\"regexes\":[\"js\$\"]}}"
is "$(of 'd["done"], d["response"]["status"]')" "(True, 'FINALIZED')" "finalized at once, when asked"
clone "{\"sourceVersion\":\"$v\",\"include\":{\"regexes\":[\"a\"]},\"exclude\":{\"regexes\":[\"b\"]}}"
answers 400 'Only one of' "include and exclude"
clone "{\"sourceVersion\":\"$x\"}"
answers 400 FAILED_PRECONDITION "cloning what is not finalized"
clone "{\"sourceVersion\":\"$v\"}" foreign
answers 403 PERMISSION_DENIED "cloning into another project"
refused NOT_FOUND GET /v1beta1/projects/demo/operations/nothing '' "an unknown operation"

## Channels

call POST "$site/channels?channelId=pr-1" '{"ttl":"604800s"}'
like "$(of 'd["url"] + " " + d["expireTime"]')" '^https://shop--pr-1-[0-9a-f]{8}.web.app 20' "a channel with its URL and end"
refused ALREADY_EXISTS POST "$site/channels?channelId=pr-1" '{}' "a channel that is there"
refused INVALID_ARGUMENT POST "$site/channels?channelId=pr-2" '{"ttl":"7d"}' "a ttl that is no count of seconds"
refused INVALID_ARGUMENT POST "$site/channels?channelId=pr-2" '{"ttl":"2592001s"}' "a ttl over 30 days"
refused INVALID_ARGUMENT POST "$site/channels?channelId=a/b" '{}' "a channel with a slash"
call POST "$site/channels/pr-1/releases?versionName=$v" '{"message":"preview"}'
answers 200 channels/pr-1/releases/ "a version may be on several channels"
is "$(curl -sS "http://shop--pr-1.localhost:$fake_port/about")" '<h1>about</h1>' "a channel is served by its name"
like "$(curl -sSI "http://shop--pr-1.localhost:$fake_port/")" 'X-Robots-Tag: noindex' "and hidden from search engines"
is "$(curl -sS "$fake_url/_site/shop@pr-1/about")" '<h1>about</h1>' "and below a path"
call GET "$site/channels/pr-1/releases"
is "$(of '[r["message"] for r in d["releases"]]')" "['preview']" "its own releases"
call GET "$site/releases?pageSize=1"
like "$(of 'd["releases"][0]["name"]')" channels/pr-1/ "the site's list mixes them"
call PATCH "$site/channels/pr-1?updateMask=ttl" '{"ttl":"1s"}'
answers 200 expireTime "a channel's end can be moved"
for _ in $(seq 100); do
	call GET "$site/channels/pr-1"
	[ "$status" = 200 ] || break
	read -r -t 0.1 <> <(:) || true
done
answers 404 NOT_FOUND "and then it is gone"
call PATCH "$site/channels/pr-9?updateMask=ttl" '{"ttl":"60s"}'
answers 200 pr-9 "PATCH makes a channel that is missing"
call DELETE "$site/channels/pr-9"
answers 200 '^\{\}$' "a channel can be deleted"
refused INVALID_ARGUMENT DELETE "$site/channels/live" '' "but not live"
python3 - "$fake_url$site/channels?channelId=c" "$token" <<'P'
import sys, urllib.request
for i in range(50):
    urllib.request.urlopen(urllib.request.Request(sys.argv[1] + str(i), data=b"{}",
        headers={"Authorization": "Bearer " + sys.argv[2], "Content-Type": "application/json"})).read()
P
refused RESOURCE_EXHAUSTED POST "$site/channels?channelId=c50" '{}' "the 51st channel"
like "$body" 'channel quota reached' "in the words of the service"
call GET "$site/channels?pageSize=100"
is "$(of 'len(d["channels"]), d["channels"][0]["name"]')" "(51, 'sites/shop/channels/live')" "all of them on one page"
call GET "$site/channels"
is "$(of 'len(d["channels"]), "nextPageToken" in d')" "(10, True)" "ten by default"
