#!/usr/bin/env bash
# verify --served: what visitors get, held against the release; of directories behind a web server, and of sites of the stand-in for
# Firebase Hosting. plan --compare-content: new contents or new encodings only.
. "$(dirname "$0")/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"
[ -x "$SLIPWAY_BUILD/tests/fake/firebase-server" ] || skip_or_fail "there is no stand-in: make test-programs"
need gzip sha256sum
schema() { /usr/bin/python3 "$lib_repo/tests/e2e/schema.py" "$lib_repo/manifests/schema/result" "$1" <"$tmp/out"; }
json() { fake_json "$tmp/out" "$1"; }
export SLIPWAY_USER=ana@desk

# ---- directories behind a web server. What is below /NAME is www/NAME/current; the files moved, busy, slow and denied name paths.
cat >web.py <<'END'
import http.server, os, sys, time, urllib.parse
class Web(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def say(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def named(self, what):
        return os.path.exists(what) and self.path in open(what).read().split("\n")
    def do_GET(self):
        if self.named("moved"):
            return self.say(301, Location="/elsewhere")
        if self.named("busy"):
            return self.say(503)
        if self.named("slow"):
            time.sleep(30)
        name, _, path = urllib.parse.unquote(self.path)[1:].partition("/")
        if path.endswith(".htaccess") or self.headers.get("Authorization"):
            return self.say(403)
        try:
            body = open(f"www/{name}/current/{path}", "rb").read()
        except OSError:
            return self.say(404, b"<p>not here</p>")
        open("asked", "a").write(self.path + "\n")
        self.say(200, body, Cookie="x")
    def log_message(self, *args):
        pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
server = Server(("127.0.0.1", 0), Web)
print(server.server_address[1], flush=True)
server.serve_forever()
END
mkdir -p kiosk/dist/sub kiosk/targets kiosk/manifests && cd kiosk || exit 1
mkfifo "$tmp/web.ready"
python3 "$tmp/web.py" >"$tmp/web.ready" 2>"$tmp/web.err" &
on_exit kill $!
read -r -t 30 port <"$tmp/web.ready" || port=''
[ -n "$port" ] || { fail "the web server does not start" "$(cat "$tmp/web.err")"; exit 1; }

echo '{ "slipway": 1, "name": "kiosk", "builds": { "app": { "dir": "dist" } } }' >slipway.json
# shellcheck disable=SC2016
printf '{ "kind": "dir", "root": "www/${target}", "url": "http://127.0.0.1:%s/${target}/" }\n' "$port" >manifests/here.json
for target in bern chur genf; do echo '{ "host": "here" }' >targets/$target.json; done
echo '<p>one</p>' >dist/index.html
echo 'app()' >'dist/app ä%.js'
echo sub >dist/sub/index.html
: >dist/empty.txt
echo 'Deny from all' >dist/.htaccess
head -c 300000 /dev/urandom >dist/photo.jpg
run "$SLIPWAY" deploy
exits 0 "three directories"

run "$SLIPWAY" verify --served --json
exits 0 "what is served is what was deployed"
ok schema verify -- "the document follows the schema"
is "$(json 'd["served"], [(t["files"], t["findings"]) for t in d["targets"]][0]')" "(True, (5, []))" \
	"every file but .htaccess was fetched"
is "$(json 'd["targets"][0]["requests"]')" 5 "one request each"
is "$(grep -c '^/bern/' asked) $(grep -Fx -c '/bern/app%20%C3%A4%25.js' asked)" "5 1" "by its escaped path"
run "$SLIPWAY" verify --served bern
like "$out" 'bern +intact +.* +5 files' "for people"

chmod u+w www/bern/current/index.html && echo '<p>other</p>' >www/bern/current/index.html
chmod u+w www/bern/current && rm www/bern/current/empty.txt
printf '%s\n' '/chur/photo.jpg' >moved
run "$SLIPWAY" verify --served
exits 1 "differences are found"
like "$out" $'bern\n +not served \\(404\\): empty.txt\n +served content differs: index.html\n' "what differs or is missing, in order"
like "$out" $'chur\n +redirected \\(301\\): photo.jpg\n' "what is redirected"
like "$out" 'genf +intact' "one is intact"
unlike "$(cat www/bern/.slipway/switches.jsonl)" drifted "it is no verdict on what is stored"
rm moved

printf '%s\n' '/chur/photo.jpg' >busy
printf '{ "host": "here", "url": "http://127.0.0.1:1/x" }\n' >targets/genf.json
run "$SLIPWAY" verify --served chur genf
exits 4 "a server that is busy to the end, and one that is not there"
like "$out" $'chur +failed in verify\n +GET /chur/photo.jpg: answered 503' "the one is named with its path"
like "$out" $'genf +failed in verify\n +GET /x/.*: cannot connect' "and the other"
rm busy

for url in http://kiosk.example/ 'https://kiosk.example/?q=1'; do
	printf '{ "host": "here", "url": "%s" }\n' "$url" >targets/genf.json
	run "$SLIPWAY" verify --served genf
	exits 4 "$url is not asked"
done
echo '{ "kind": "dir", "root": "www/nowhere" }' >manifests/there.json
echo '{ "host": "there" }' >targets/genf.json
run "$SLIPWAY" deploy genf
run "$SLIPWAY" verify --served genf
exits 4 "a place without an address"
like "$out" $'where it is seen is not known\n.*\n.*hint: give the target its "url"' "says what is missing"
run "$SLIPWAY" verify --served --release 2026 bern
exits 2 "other releases are not served"
rm targets/genf.json manifests/there.json

printf '%s\n' '/chur/photo.jpg' >slow
"$SLIPWAY" verify --served chur >"$tmp/out" 2>"$tmp/err" &
verifying=$!
for _ in $(seq 100); do
	grep -q 'verifying' "$tmp/err" && break
	sleep 0.1
done
SECONDS=0
kill -INT "$verifying"
wait "$verifying"
rc=$?
exits 8 "interrupted"
ok test "$SECONDS" -lt 8 -- "it does not wait for a slow server"
rm slow

# ---- sites
cd .. && mkdir -p sites/dist/sub sites/targets sites/manifests && cd sites || exit 1
fake_start --project p=jarupa,lanta --local-urls --allow-owner
export FIREBASE_HOSTING_URL=http://localhost:$fake_port
echo '{ "slipway": 1, "name": "sites", "builds": { "app": { "dir": "dist" } } }' >slipway.json
echo '{ "kind": "firebase", "project": "p", "cleanUrls": true, "rewrites": [{ "source": "**", "destination": "/index.html" }] }' \
	>manifests/kiosks.json
for target in jarupa lanta; do echo '{ "host": "kiosks" }' >targets/$target.json; done
echo '<p>one</p>' >dist/index.html
echo a >dist/a.html
echo sub >dist/sub/index.html
echo 'app()' >'dist/app ä.js'
head -c 300000 /dev/urandom >dist/photo.jpg
run "$SLIPWAY" deploy
exits 0 "two sites"
run "$SLIPWAY" verify --served --json
exits 0 "what they serve is what was deployed"
is "$(json '[(t["files"], t["findings"]) for t in d["targets"]]')" "[(5, []), (5, [])]" "by its gzip form, at clean addresses"
run "$SLIPWAY" deploy --channel pr-42 lanta
run "$SLIPWAY" verify --served --channel pr-42 lanta
exits 0 "and so is what a channel serves"
like "$out" 'lanta@pr-42 +intact' "asked at its own address"
printf '%s\n' '{ "host": "kiosks", "url": "http://jarupa.localhost:'"$fake_port"'" }' >targets/lanta.json
echo '<p>two</p>' >dist/index.html
run "$SLIPWAY" deploy lanta
run "$SLIPWAY" verify --served lanta
exits 1 "the address of another site shows another page"
like "$out" $'lanta\n +served content differs: index.html' "which one differs"
echo '{ "host": "kiosks" }' >targets/lanta.json

# What another tool has made: gzip -9, no labels, no configuration; app.js is another one.
api() { curl -sS --fail-with-body --noproxy '*' -H 'Authorization: Bearer owner' -H 'Content-Type: application/json' "$@"; }
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
version=$(api -d '{}' "$fake_url/v1beta1/sites/jarupa/versions" | field name)
cp -r dist other && echo 'other()' >'other/app ä.js'
files='' && mkdir packed
while read -r path; do
	gzip -9nc "other/$path" >packed/one
	hash=$(sha256sum <packed/one) && hash=${hash%% *}
	mv packed/one "packed/$hash"
	files="$files${files:+,}\"/$path\":\"$hash\""
done < <(cd other && find . -type f | sed 's|^\./||')
upload=$(api -d "{\"files\":{$files}}" "$fake_url/v1beta1/$version:populateFiles" | field uploadUrl)
for hash in packed/*; do api --data-binary "@$hash" -H 'Content-Type: application/octet-stream' "$upload/${hash##*/}" >/dev/null; done
api -X PATCH -d '{"status":"FINALIZED"}' "$fake_url/v1beta1/$version?updateMask=status" >/dev/null
api -X POST "$fake_url/v1beta1/sites/jarupa/releases?versionName=$version" >/dev/null
run "$SLIPWAY" verify --served jarupa
exits 4 "another compressor's work cannot be held against digests"
like "$out" 'cannot be compared' "and says so"
run "$SLIPWAY" plan jarupa --json
is "$(json 'sorted({c["why"] for c in d["targets"][0]["change"]})')" "['content or encoding differs']" "a plan is in doubt"
run "$SLIPWAY" plan jarupa
like "$out" '--compare-content tells' "and tells the way out"
run "$SLIPWAY" plan jarupa --compare-content --json
exits 0 "plan --compare-content"
ok schema plan -- "its document follows the schema"
is "$(json '[(c["path"], c["why"]) for c in d["targets"][0]["change"] if "app" in c["path"]]')" \
	"[('app ä.js', 'content differs')]" "one content is new"
is "$(json 'sum(c["why"] == "new-encoding" for c in d["targets"][0]["change"])')" 4 "of the others the encoding only"
ok test "$(json 'd["targets"][0]["change"][0]["wire_sha256"]')" != None -- "what would be sent is named"
is "$(json '[c["key"] for c in d["targets"][0]["config"]]')" "['cleanUrls', 'rewrites']" "and the settings that change"
run "$SLIPWAY" plan jarupa --compare-content
like "$out" 'index\.html \(new encoding\)' "for people"
like "$out" '~ rewrites: - (→|->) \[' "with the settings"
run "$SLIPWAY" plan lanta
unlike "$out" 'compare-content' "there is no doubt about our own"
