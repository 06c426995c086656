#!/usr/bin/env bash
# What the stand-in for Firebase Hosting breaks on request, how it keeps clients waiting, and what it writes down.
. "$(dirname "$0")/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"
need curl openssl gzip sha256sum

fake_start --project demo=shop --sites kiosk-:3@demo --allow-owner
site=/v1beta1/sites/shop

# call METHOD PATH [BODY] [CURL-ARG...]: $rc (curl's), $status, $body
call() {
	local method=$1 path=$2
	local data=(${3:+--data-binary "$3"})
	shift "$(($# < 3 ? $# : 3))"
	rc=0
	rm -f "$tmp/body" && touch "$tmp/body"
	status=$(curl -sS -m 60 -o "$tmp/body" -w '%{http_code}' -X "$method" -H 'Authorization: Bearer owner' -D "$tmp/heads" \
		-H 'Content-Type: application/json' "${data[@]}" "$@" "$fake_url$path" 2>"$tmp/err") || rc=$?
	body=$(tr -d '\0' <"$tmp/body")
}
of() { fake_json "$tmp/body" "$1"; }
create() { call POST $site/versions '{}' "$@"; }
versions() { call GET "$site/versions?pageSize=100" && of 'len(d.get("versions", []))'; }
# broken DO CURL-EXIT EFFECTS NAME [CURL-ARG...]: creates a version while DO is on; leaves its $status, broken.body, broken.heads
broken() {
	local do=$1 want=$2 effects=$3 name=$4 before
	shift 4
	before=$(versions)
	fake_fault "{\"kind\":\"create\",\"do\":\"$do\"}"
	create "$@"
	fake_fault '[]'
	local got=$rc shown=$status
	mv body broken.body
	mv heads broken.heads
	is "$got, $(($(versions) - before))" "$want, $effects" "$name"
	status=$shown
}

## Each fault

broken reset_before 56 0 "a reset before the effect"
broken reset_after 56 1 "a reset after it"
broken lost 56 1 "a lost answer"
broken close_after 52 1 "an end without an answer"
broken stall 28 0 "a stall before the effect" -m 0.3
broken stall_after 28 1 "a stall after it" -m 0.3
broken drip 28 1 "an answer of a byte a second" -m 1.2
broken truncate 18 1 "half an answer"
broken garbage 0 0 "a page of somebody else's"
is "$status $(head -c 15 broken.body)" "200 <!doctype html>" "with a good status"
like "$(cat broken.heads)" 'Content-Type: text/html' "and its own type"
broken huge 0 0 "an answer without measure"
is "$(head -c 9 broken.body)$(($(stat -c %s broken.body) / 1048576))" '{"name":"64' "64 MiB of it"
broken status 0 0 "an error status"
is "$status $(fake_json broken.body 'd["error"]["status"]')" "503 UNAVAILABLE" "503 unless said otherwise"
fake_fault '{"kind":"create","do":"status","status":429,"retry_after":7,"message":"slow down"}'
create
is "$status $(of 'd["error"]["status"] + " " + d["error"]["message"]')" "429 RESOURCE_EXHAUSTED slow down" "any status and message"
like "$(cat heads)" 'Retry-After: 7' "with Retry-After"
before=$(versions)
fake_fault '{"kind":"create","do":"status","status":500,"effect":true}'
create
is "$status, $(($(versions) - before))" "500, 1" "an error although it was done"

## Which request

fake_fault '{"nth":3,"do":"status"}'
for n in 1 2 3 4; do
	call GET $site/channels/live
	eval "s$n=\$status"
done
is "$s1 $s2 $s3 $s4" "200 200 503 200" "the third request, once"
fake_fault '{"kind":"get","nth":2,"times":2,"do":"status"}'
create
for n in 1 2 3 4; do
	call GET $site/channels/live
	eval "s$n=\$status"
done
is "$s1 $s2 $s3 $s4" "200 503 503 200" "the second and third of a kind"
fake_fault '[{"site":"kiosk-*","kind":"get","do":"status","status":403},{"kind":"list","do":"status","status":500}]'
call GET /v1beta1/sites/kiosk-2/channels/live
is "$status" 403 "one site of many, for ever"
call GET /v1beta1/sites/kiosk-2/channels
is "$status" 500 "rules stand side by side"
call GET $site/channels/live
is "$status" 200 "other sites go on"
refused=0
fake_fault '{"rate":0.5,"do":"status"}'
share() {
	curl -sS -o /dev/null -w '%{http_code}\n' -H 'Authorization: Bearer owner' "$fake_url$site/channels/live?fields=[1-40]" >shares
	grep -c 503 shares
}
refused=$(share)
ok test "$refused" -gt 8 -a "$refused" -lt 32 -- "a share of all requests ($refused of 40)"
fake_fault '{"rate":0.5,"do":"status"}'
is "$(share)" "$refused" "the same ones in every run"
fake_fault '[]'
run fake faults '[{"do":"explode"}]'
is "$rc" 22 "an unknown fault is refused"
run fake faults '[{"do":"status","when":1}]'
is "$rc" 22 "as is an unknown key in a rule"

fake rate '{"per_second":0.001,"burst":2,"retry_after":1}' >/dev/null
for n in 1 2 3; do
	call GET $site/channels/live
	eval "s$n=\$status"
done
is "$s1 $s2 $s3" "200 200 429" "a rate limit with its burst"
fake rate '{"per_second":0}' >/dev/null

## Tokens

fake_stop
fake_start --project demo=shop --refresh-token again --token-lifetime 900
send() { # METHOD PATH CURL-ARG...
	rc=0
	status=$(curl -sS -m 60 -o "$tmp/body" -w '%{http_code}' -X "$1" "${@:3}" "$fake_url$2") || rc=$?
}
token() {
	send POST /oauth2/v3/token -d 'grant_type=refresh_token&client_id=i&client_secret=s&refresh_token=again'
	of 'd["access_token"]'
}
bearer=$(token)
is "$(of 'd["expires_in"]')" 900 "tokens live as long as they are told to"
get() { send GET $site/channels/live -H "Authorization: Bearer $1"; }
get "$bearer"
is "$status" 200 "a token is good"
fake_fault '{"nth":1,"do":"expire_token"}'
get "$bearer"
is "$status $(of 'd["error"]["status"]')" "401 UNAUTHENTICATED" "until it expires under way"
get "$bearer"
is "$status" 401 "and stays so"
bearer=$(token)
get "$bearer"
is "$status" 200 "a new one is good"
fake expire_token '{}' >/dev/null
get "$bearer"
is "$status" 401 "the control interface can do the same"
fake_fault '{"kind":"token","nth":1,"do":"status"}'
is "$(token)" "KeyError: 'access_token'" "the token endpoint fails like any other"

## Waiting

fake_stop
fake_start --project demo=shop --allow-owner --latency token=1,control=400,upload=700
auth=(-H 'Authorization: Bearer owner' -H 'Content-Type: application/json')
begin=${EPOCHREALTIME/./}
curl -sS --no-progress-meter -Z --parallel-max 50 "${auth[@]}" -o /dev/null "$fake_url$site/channels/live?fields=[1-50]"
took=$(((${EPOCHREALTIME/./} - begin) / 1000))
ok test "$took" -ge 400 -- "an answer waits as long as it should ($took ms)"
ok test "$took" -lt 4000 -- "50 of them wait together"
ok test "$(fake_counter max_concurrent)" -ge 25 -- "as the counters say"
is "$(fake_counter get)" 50 "each was counted"
fake latency '{"control":0}' >/dev/null
printf x | gzip -9n >x.gz
hash=$(sha256sum <x.gz | cut -d' ' -f1)
name=$(curl -sS "${auth[@]}" -d '{}' "$fake_url$site/versions" >body && of 'd["name"]')
curl -sS "${auth[@]}" -d "{\"files\":{\"/x\":\"$hash\"}}" "$fake_url/v1beta1/$name:populateFiles" >/dev/null
curl -sS --no-progress-meter -Z --parallel-immediate "${auth[@]}" --data-binary @x.gz -w '%{http_code}\n' \
	-o one "$fake_url/upload/$name/files/$hash" -o two "$fake_url/upload/$name/files/$hash" >codes
is "$(sort codes | tr '\n' ' ')" "200 409 " "two uploads of one content at once: the second is refused"
is "$(fake_counter uploads)" 1 "one counts"
fake reset_counters '{}' >/dev/null
is "$(fake_counter requests)" 0 "counters can be reset"

## What is written down

fake log >log.json
is "$(fake_json log.json '[(r["kind"], r["status"]) for r in d][-1][0]')" upload "the log can be asked for"
ok test "$(fake_json log.json 'd[0]["ms"]')" -ge 400 -- "with the time each took"
is "$(fake_json log.json 'sorted(d[0])')" \
	"['at_ms', 'bytes_in', 'bytes_out', 'conn', 'kind', 'method', 'ms', 'n', 'path', 'query', 'site', 'status']" "and nothing else"
curl -sS "${auth[@]}" -o /dev/null "$fake_url$site/channels/live?key=canary-secret"
fake_stop
is "$(grep -c '"kind":' fake.log)" 55 "the log is in a file, a line a request"
ok test -z "$(grep -E 'canary-secret|owner|Bearer' fake.log)" -- "without tokens and unknown query values"

## TLS

openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.pem -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost 2>/dev/null
fake_start --project demo=shop --allow-owner --cert tls.pem --key tls.key --tls-port 0
curl -sS "${auth[@]}" -d '{}' "$fake_url$site/versions" >body
name=$(of 'd["name"]')
fake_fault '{"kind":"populate","do":"tls"}'
curl -sS "${auth[@]}" -d "{\"files\":{\"/x\":\"$hash\"}}" "$fake_url/v1beta1/$name:populateFiles" >body
upload=$(of 'd["uploadUrl"]')
like "$upload" '^https://127.0.0.1:' "an upload host with a certificate that fits nothing"
run curl -sS "${auth[@]}" --data-binary @x.gz "$upload/$hash"
is "$rc" 60 "is not trusted"
upload=${upload/127.0.0.1/localhost}
run curl -sS --cacert tls.pem "${auth[@]}" --data-binary @x.gz -w '%{http_code}' "$upload/$hash"
is "$rc $out" "0 200" "with the right name and authority it is"
run curl -sS --cacert tls.pem "${auth[@]}" "${upload%/upload*}/v1beta1/nothing"
like "$out" 'Method not found' "the API is there too"

## The process

server=$SLIPWAY_BUILD/tests/fake/firebase-server
run "$server" --port "$fake_port"
exits 1 "a port that is taken is refused"
like "$err" "cannot listen on port $fake_port" "and named"
run "$server" --speed 9
exits 2 "an unknown option is refused"
run "$server" --project demo=a --project other=a
exits 1 "a site in two projects is refused"
mkfifo ready
bash -c '"$0" --die-with-parent --ready "$PWD/orphan.ready" >ready & echo $! >orphan.pid; read -r line <ready' "$server"
ok timeout 10 tail --pid="$(cat orphan.pid)" -f /dev/null -- "it ends with the process that started it"
like "$(cat orphan.ready)" '^http://127.0.0.1:[0-9]+$' "the ready file holds the URL"
kill "$fake_pid"
run wait "$fake_pid"
exits 0 "TERM ends it well"
fake_pid=''
