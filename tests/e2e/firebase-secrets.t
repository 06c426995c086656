#!/bin/bash
# Secrets: variables by reference and every part of a credential are nowhere but where they belong: not in what is printed, recorded,
# cached, spooled, or handed to children, nor in what the service is asked (but for the contents and the sign-in themselves).
. "$(dirname "$0")/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"
need sqlite3 gzip
[ -x "$SLIPWAY" ] || skip_or_fail "there is no program at $SLIPWAY"

random() { head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \n'; }
# Long, with characters that each way of writing escapes, and unlike each other at both ends.
canary() { printf '%s"/+&=%%\\ü~%s' "$(random 12)" "$(random 12)"; }
tame() { printf '%s/+=%s' "$(random 12)" "$(random 12)"; }
var_env=$(canary) var_file=$(canary) var_key=$(canary) var_command=$(canary) var_text=$(tame)
refresh=1//$(random 20) client=GOCSPX-$(random 14) firebase_token=1//$(random 20) firebase_client=GOCSPX-$(random 14)
subject=$(random 30) program=$(random 30) bank=1//$(random 20) broken=$(random 20) wrong=1//$(random 20)

fake_start --project demo=s1,s2 --refresh-token "$refresh" --refresh-token "$firebase_token" --refresh-token "$bank"
mkfifo bank.in bank.out
python3 -B "$lib_repo/tests/e2e/token_bank.py" "$fake_url" "$bank" "$tmp/bank.log" <bank.in >bank.out &
exec {bank_in}>bank.in
read -r -t 30 bank_url <bank.out
on_exit eval 'exec {bank_in}>&-'
export FIREBASE_TOKEN_URL=$bank_url SLIPWAY_USER=ana@desk
unset GOOGLE_APPLICATION_CREDENTIALS
sed -i "s,$fake_url,$bank_url," sa.json
chmod 600 sa.json

mkdir said children project project/manifests project/dist project/secrets && cd project || exit 1
printf '%s\n' "$var_file" >secrets/file
python3 -c 'import json,sys; json.dump({"one": "x", "key": sys.argv[1]}, open("secrets/keys.json", "w"))' "$var_key"
printf '%s' "$var_command" >secrets/command
printf '%s' "$subject" >secrets/subject
# Children write down what they were given.
record='tr "\0" "\n" <"/proc/$$/environ" >"$1.$$.env"; tr "\0" "\n" <"/proc/$$/cmdline" >"$1.$$.argv"'
printf '#!/bin/sh\nset -- "%s/children/command"\n%s\ncat "%s/secrets/command"\n' "$tmp" "$record" "$PWD" >secret-command
printf '#!/bin/sh\nset -- "%s/children/build"\n%s\n' "$tmp" "$record" >build-command
printf '#!/bin/sh\nset -- "%s/children/program"\n%s\n' "$tmp" "$record" >"$tmp/program"
printf 'echo "{\\"version\\":1,\\"success\\":true,\\"token_type\\":\\"urn:ietf:params:oauth:token-type:jwt\\",\\"id_token\\":\\"%s\\"}"\n' \
	"$program" >>"$tmp/program"
chmod +x secret-command build-command "$tmp/program"
cat >slipway.json <<'END'
{ "slipway": 1, "name": "shop", "builds": { "app": { "dir": "dist", "command": "./build-command" } },
  "defaults": { "render": ["config.js", "config.json", "config.txt"], "vars": {
    "ENV": { "env": "SHOP_ENV" }, "TEXT": { "env": "SHOP_TEXT" }, "FILE": { "file": "secrets/file" },
    "KEY": { "file": "secrets/keys.json", "key": "key" }, "COMMAND": { "command": ["./secret-command"] } } },
  "targets": { "s1": {}, "s2": {} } }
END
echo '{ "kind": "firebase", "project": "demo" }' >manifests/kiosks.json
echo 'const all = ["{{ENV}}", "{{FILE}}", "{{KEY}}", "{{COMMAND}}"];' >dist/config.js
echo '{ "all": ["{{ENV}}", "{{FILE}}", "{{KEY}}", "{{COMMAND}}"] }' >dist/config.json
echo 'text {{TEXT}}' >dist/config.txt
build() { echo "<title>$1</title>" >dist/index.html; }

runs=0
# said NAME ARGS...: runs slipway with everything kept that it says
said() {
	runs=$((runs + 1))
	local to=$tmp/said/$runs-$1
	shift
	run env SHOP_ENV="$var_env" SHOP_TEXT="$var_text" "${with[@]}" "$SLIPWAY" "$@" --events "$to.events"
	cp "$tmp/out" "$to.out" && cp "$tmp/err" "$to.err"
}
everything() {
	said status status -v -v
	said status status --json
	said plan plan -v -v
	said plan plan --json
	said releases releases --json
	said history history --json
	said explain check --explain s1
	said online check --online -v
	said verify verify -v -v
	said rollback rollback -v -v -m "white screen"
}
with=(GOOGLE_APPLICATION_CREDENTIALS="$tmp/sa.json")

build one
said deploy deploy -v -v --build-first -m "with $var_env, $var_file and $var_text"
exits 0 "a service account deploys"
like "$(fake_site s1 'd["message"]')" '^with \[redacted\], \[redacted\] and \[redacted\]' "a message that holds secrets loses them"
fake_tree s1 "$tmp/live"
is "$(cat "$tmp/live/config.txt")" "text $var_text" "what is served has them"
is "$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["all"] == sys.argv[2:])' "$tmp/live/config.json" \
	"$var_env" "$var_file" "$var_key" "$var_command")" True "all of them"
build two
said deploy deploy --json
exits 0 "once more"
everything

# The service says what it was told, escaped in its own way, or so long that it is quoted up to the middle of a secret.
python3 - "$var_env" "$var_key" "$var_text" >"$tmp/rules" <<'END'
import base64, json, sys, urllib.parse
kinds = ["create", "populate", "upload", "finalize", "release", "list"]
for value in sys.argv[1:]:
    said = [value, json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps(value).replace("/", "\\/"),
            urllib.parse.quote(value), urllib.parse.quote_plus(value)]
    said += [base64.b64encode(b"x" * shift + value.encode()).decode() for shift in range(3)]
    said += ["x" * (200 - cut) + text for text in said[:5] for cut in (12, 20, 25)]
    for n, message in enumerate(said):
        print(json.dumps([{"kind": kinds[n % 6], "do": "status", "status": 403 if n % 2 else 400, "message": message}]))
END
rules=0
while read -r rule; do
	rules=$((rules + 1))
	fake_fault "$rule"
	build "rule $rules"
	if [ $((rules % 4)) = 0 ]; then said echo deploy s1 --json; else said echo deploy s1 -v -v; fi
done <"$tmp/rules"
fake_fault '[]'
exits 4 "a service that echoes secrets refuses"
shown=$(grep -lE '\[redacted\]' "$tmp"/said/*-echo.err "$tmp"/said/*-echo.out | sed 's,.*/,,; s,\..*,,' | sort -u | wc -l)
ok test "$shown" -ge $((rules * 4 / 5)) -- "what it said is shown without them ($shown times of $rules)"

# Other credentials.
echo "{\"type\":\"authorized_user\",\"client_id\":\"c\",\"client_secret\":\"$client\",\"refresh_token\":\"$refresh\"}" >"$tmp/user.json"
external() {
	echo "{\"type\":\"external_account\",\"audience\":\"//iam/pools/x\",\"subject_token_type\":\"urn:ietf:params:oauth:token-type:jwt\",
		\"token_url\":\"$bank_url/v1/token\",\"client_id\":\"c\",\"client_secret\":\"$client\",
		\"service_account_impersonation_url\":\"$bank_url/v1/projects/-/serviceAccounts/ci@demo:generateAccessToken\",
		\"credential_source\":$1}"
}
external "{\"file\":\"$PWD/secrets/subject\"}" >"$tmp/file.json"
external "{\"executable\":{\"command\":\"$tmp/program\"}}" >"$tmp/program.json"
chmod 600 "$tmp"/*.json
try() {
	build "$1"
	said "$1" deploy -v -v
	exits 0 "$1 deploys"
	said "$1" rollback --json
}
with=(GOOGLE_APPLICATION_CREDENTIALS="$tmp/user.json")
try user
with=(FIREBASE_TOKEN="$firebase_token" FIREBASE_CLIENT_ID=c FIREBASE_CLIENT_SECRET="$firebase_client")
try firebase-token
with=(GOOGLE_APPLICATION_CREDENTIALS="$tmp/file.json")
try workload-file
with=(GOOGLE_APPLICATION_CREDENTIALS="$tmp/program.json" GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1)
try workload-program
echo '{ "kind": "firebase", "project": "demo", "credentials": { "env": "SHOP_KEY" } }' >manifests/kiosks.json
key=$(base64 -w0 <"$tmp/sa.json")
with=(SHOP_KEY="$key")
try key-in-environment
echo '{ "kind": "firebase", "project": "demo" }' >manifests/kiosks.json

# Hooks of a firebase.json project.
mkdir -p "$tmp/project/old/dist"
printf '#!/bin/sh\nset -- "%s/children/hook"\n%s\n' "$tmp" "$record" >"$tmp/project/old/hook" && chmod +x "$tmp/project/old/hook"
echo '{ "hosting": { "public": "dist", "site": "s1", "predeploy": "./hook before", "postdeploy": ["./hook after"] } }' \
	>"$tmp/project/old/firebase.json"
echo '{ "projects": { "default": "demo" } }' >"$tmp/project/old/.firebaserc"
echo hook >"$tmp/project/old/dist/index.html"
with=(FIREBASE_TOKEN="$firebase_token" FIREBASE_CLIENT_ID=c FIREBASE_CLIENT_SECRET="$firebase_client")
said hooks -C "$tmp/project/old" deploy -v -v --allow-removals
exits 0 "a firebase.json project deploys"

# Credentials that do not work.
sed "s,\(BEGIN PRIVATE KEY-----.n\)...............,\1$broken," "$tmp/sa.json" >"$tmp/broken.json"
echo "{ \"type\": \"authorized_user\", \"refresh_token\": \"$broken\" " >"$tmp/half.json"
sed "s,$refresh,$wrong," "$tmp/user.json" >"$tmp/wrong.json"
chmod 600 "$tmp"/*.json
for bad in broken half wrong; do
	with=(GOOGLE_APPLICATION_CREDENTIALS="$tmp/$bad.json")
	build "$bad"
	said "$bad" deploy -v -v
	isnt "$rc" 0 "a credential that is $bad deploys nothing"
	said "$bad" check --online --json
done
with=(FIREBASE_TOKEN="$wrong" FIREBASE_CLIENT_ID=c FIREBASE_CLIENT_SECRET="$firebase_client")
said wrong-token deploy -v -v

## the search

# What children were given in the environment that slipway was started in is the user's own doing.
for file in "$tmp"/children/*.env; do grep -vE '^(SHOP_|FIREBASE_|GOOGLE_)[A-Z_]*=' "$file" >"$file.own" || true; rm "$file"; done
ok test "$(find "$tmp/children" -name '*.argv' | sed 's,.*/,,; s,\..*,,' | sort -u | wc -l)" -eq 4 -- \
	"the secret's command, the build's, hooks and the credential's program were watched"
python3 - "$tmp/sa.json" "$tmp/bank.log" "$tmp/values" var_env "$var_env" var_file "$var_file" var_key "$var_key" \
	var_command "$var_command" var_text "$var_text" refresh "$refresh" client "$client" firebase_token "$firebase_token" \
	firebase_client "$firebase_client" subject "$subject" program "$program" bank "$bank" broken "$broken" wrong "$wrong" \
	key "$key" <<'END'
import json, sys, urllib.parse
account, log, out, *named = sys.argv[1:]
values = dict(zip(named[::2], named[1::2]))
lines = json.load(open(account))["private_key"].split("\n")[1:]
values.update(("private_key line %d" % n, lines[n]) for n in (0, 1, len(lines) // 2, 24))
tokens, assertions = {}, {}
for line in open(log):
    r = json.loads(line)
    a = json.loads(r["answer"])
    token = a.get("access_token") or a.get("accessToken")
    if token:
        tokens[token] = 1
    for name in "assertion", "subject_token":
        for value in urllib.parse.parse_qs(r["body"]).get(name, []):
            assertions[value.rsplit(".", 1)[-1]] = 1
values.update(("access token %d" % n, t) for n, t in enumerate(tokens))
values.update(("assertion %d" % n, t) for n, t in enumerate(assertions))
json.dump(values, open(out, "w"))
print(len(values))
END
ok test "$(fake_json "$tmp/values" 'len(d)')" -ge 20 -- "$(fake_json "$tmp/values" 'len(d)') secrets are looked for"
ok test "$(fake_json "$tmp/values" 'sum(k.startswith("access token") for k in d)')" -ge 5 -- "access tokens are among them"
search() { python3 -B "$lib_repo/tests/e2e/canaries.py" "$tmp/values" "$@" >"$tmp/found"; }
mv secrets "$tmp/own"
fake_stop
ok test -s "$tmp/fake.log" -- "the stand-in's log is there"
ok test -s .slipway/ledger.db -a -d .slipway/spool -- "and slipway's state"
search "$tmp/said" "$tmp/children" "$tmp/fake.log" "$tmp/project" "$tmp/home"
is "$(grep -v '^SEARCHED' "$tmp/found" | sort | uniq | head -40)" "" "$(tail -1 "$tmp/found" | cut -d' ' -f2) files: none is found"
ok test "$(tail -1 "$tmp/found" | cut -d' ' -f2)" -gt 100 -- "they were all read"

## the search finds what is there

mkdir "$tmp/planted"
python3 - "$tmp/values" "$tmp/planted" <<'END'
import base64, gzip, json, sqlite3, sys, urllib.parse
values, to = json.load(open(sys.argv[1])), sys.argv[2]
for n, (name, v) in enumerate(values.items()):
    with open("%s/%d" % (to, n), "w") as f:
        f.write("a %s b %s c %s d %s" % (v, json.dumps(v), urllib.parse.quote(v, safe=""), urllib.parse.quote_plus(v)))
    with open("%s/%d.b64" % (to, n), "wb") as f:
        f.write(b" ".join(base64.b64encode(b"x" * shift + v.encode() + b"yz") for shift in range(3)))
    with gzip.open("%s/%d.gz" % (to, n), "wt") as f:
        f.write("in the middle %s of it" % v)
    with open("%s/%d.part" % (to, n), "w") as f:
        f.write("cut off: " + v[:16])
    with sqlite3.connect("%s/%d.db" % (to, n)) as db:
        db.execute("CREATE TABLE t(a, b)")
        db.execute("INSERT INTO t VALUES(1, ?)", ("x" * 5000 + v[:10] + v[10:],))
END
search "$tmp/planted"
python3 - "$tmp/values" "$tmp/found" >"$tmp/missed" <<'END'
import json, sys
found = open(sys.argv[2]).read()
for n, name in enumerate(json.load(open(sys.argv[1]))):
    for form, where in (("plain", "/%d\n"), ("JSON", "/%d\n"), ("URL", "/%d\n"), ("base64+0", "/%d.b64\n"), ("base64+1", "/%d.b64\n"),
                        ("base64+2", "/%d.b64\n"), ("plain", "/%d.gz (inflated)\n"), ("the begin of plain", "/%d.part\n"),
                        ("plain", "/%d.db, table t\n")):
        same = ("plain",) if form in ("JSON", "URL") else ()    # nothing to be escaped in it
        if not any(l.startswith("%s as %s in " % (name, f)) and (l + "\n").endswith(where % n)
                   for f in (form,) + same for l in found.split("\n")):
            print(name, form, where % n)
END
is "$(head -5 "$tmp/missed")" "" "each one that is planted is found: plain, JSON-, URL- and base64-escaped, cut, inflated, in a row"
