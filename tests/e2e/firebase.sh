# shellcheck shell=bash
# The stand-in for Firebase Hosting, for system tests: . "$(dirname "$0")/firebase.sh" after lib.sh. See tests/fake/README.md.
#
#   fake_start ARG...      starts it with these arguments: $fake_url, $fake_port, $fake_pid; a service account in $tmp/sa.json, the
#                          request log in $tmp/fake.log; exports FIREBASE_HOSTING_API_URL, FIREBASE_TOKEN_URL and
#                          GOOGLE_APPLICATION_CREDENTIALS. It ends with the script, or by fake_stop
#   fake PATH [JSON]       GET, or POST of JSON, below /_fake/; prints the answer
#   fake_fault JSON        replaces the fault rules: one rule or a list of them
#   fake_counter KEY       one counter
#   fake_site SITE EXPR    a Python expression over the site's live state s: fake_site kiosk-1 's["labels"]["slipway-release"]'
#   fake_tree SITE DIR     the live tree as files in DIR
need curl python3

fake_pid='' fake_url='' fake_port=''

fake_start() {
	[ -z "$fake_pid" ] || { fail "fake_start: one is running already"; return; }
	mkfifo "$tmp/fake.ready" || return
	"$SLIPWAY_BUILD/tests/fake/firebase-server" --service-account "$tmp/sa.json" --log "$tmp/fake.log" --die-with-parent "$@" \
		>"$tmp/fake.ready" 2>"$tmp/fake.err" </dev/null &
	fake_pid=$!
	on_exit fake_stop
	local line=''
	read -r -t 30 line <"$tmp/fake.ready" || true # the line comes when it listens; end of file when it died
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

fake() { curl -sS --fail-with-body --noproxy '*' ${2+--data-binary "$2"} "$fake_url/_fake/$1"; }
fake_fault() { case $1 in '['*) fake faults "$1" >/dev/null ;; *) fake faults "[$1]" >/dev/null ;; esac; }
fake_counter() { fake counters | python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
fake_site() { fake "site/$1" | python3 -c 'import json,sys; s = json.load(sys.stdin); print(eval(sys.argv[1]))' "$2"; }
fake_tree() { fake dir "{\"site\":\"$1\",\"dir\":\"$2\"}" >/dev/null; }
