# shellcheck shell=bash
# The stand-in for Firebase Hosting, for system tests: . "$lib_repo/tests/e2e/firebase.sh" after lib.sh. See tests/fake/README.md.
#
#   fake_start ARG...      starts it with these arguments: $fake_url, $fake_port, $fake_pid; a service account in $tmp/sa.json, the
#                          request log in $tmp/fake.log; exports FIREBASE_HOSTING_API_URL, FIREBASE_TOKEN_URL and
#                          GOOGLE_APPLICATION_CREDENTIALS. With --tls-port also $fake_tls_port. It ends with the script, or by
#                          fake_stop
#   fake PATH [JSON]       GET, or POST of JSON, below /_fake/; prints the answer
#   fake_fault JSON        replaces the fault rules: one rule or a list of them
#   fake_counter KEY       one counter
#   fake_site SITE EXPR    a Python expression over a site's live state d (SITE?channel=C: a channel's):
#                          fake_site kiosk-1 'd["labels"]["slipway-release"]'
#   fake_tree SITE DIR     the live tree as files in DIR
#   fake_json FILE EXPR    a Python expression over any JSON document d
need curl python3

fake_pid='' fake_url='' fake_port='' fake_tls_port=''

# One Python for all questions: starting it takes longer than a deploy.
mkfifo "$tmp/fake.ask" "$tmp/fake.told"
python3 -S -c '
import json, sys
for line in sys.stdin:
    path, expr = line.rstrip("\n").split("\t", 1)
    try:
        told = str(eval(expr, {"d": json.load(open(path))}))
    except Exception as e:
        told = "%s: %s" % (type(e).__name__, e)
    print(told.replace("\n", "\\n"), flush=True)' <"$tmp/fake.ask" >"$tmp/fake.told" &
exec {fake_ask}>"$tmp/fake.ask" {fake_told}<"$tmp/fake.told"

fake_json() {
	local told
	printf '%s\t%s\n' "$1" "${2//$'\n'/ }" >&"$fake_ask" && IFS= read -r told <&"$fake_told" && printf '%s\n' "$told"
}

fake_start() {
	local line=''
	[ -z "$fake_pid" ] || { fail "fake_start: one is running already"; return; }
	mkfifo "$tmp/fake.ready"
	"$SLIPWAY_BUILD/tests/fake/firebase-server" --service-account "$tmp/sa.json" --log "$tmp/fake.log" --die-with-parent "$@" \
		>"$tmp/fake.ready" 2>"$tmp/fake.err" </dev/null &
	fake_pid=$!
	on_exit fake_stop
	while read -r -t 30 line; do # "ready" comes when it listens, the end of the file when it cannot
		case $line in tls*) fake_tls_port=${line##*:} ;; ready*) break ;; esac
	done <"$tmp/fake.ready"
	rm -f "$tmp/fake.ready"
	fake_url=${line#ready } fake_port=${line##*:}
	[ -n "$line" ] || { fail "the stand-in for Firebase does not start" "$(cat "$tmp/fake.err")"; return; }
	export FIREBASE_HOSTING_API_URL=$fake_url FIREBASE_TOKEN_URL=$fake_url GOOGLE_APPLICATION_CREDENTIALS=$tmp/sa.json
}

fake_stop() {
	[ -n "$fake_pid" ] || return 0
	kill "$fake_pid" 2>/dev/null
	wait "$fake_pid" 2>/dev/null
	fake_pid=''
}

fake() { curl -sS -m 60 --fail-with-body --noproxy '*' ${2+--data-binary "$2"} "$fake_url/_fake/$1"; }
fake_fault() { case $1 in '['*) fake faults "$1" >/dev/null ;; *) fake faults "[$1]" >/dev/null ;; esac; }
fake_counter() { fake counters >"$tmp/fake.json" && fake_json "$tmp/fake.json" "d['$1']"; }
fake_site() { fake "site/$1" >"$tmp/fake.json" && fake_json "$tmp/fake.json" "$2"; }
fake_tree() { fake dir "{\"site\":\"$1\",\"dir\":\"$2\"}" >/dev/null; }
