#!/usr/bin/env bash
# The main job on real files, in a minute: this repository's own project (24 kiosks on Firebase Hosting and their CMS in a directory)
# is deployed, one file changes, the change is deployed, and taken back. Firebase is a stand-in on this machine (tests/fake). Every
# claim is checked against what it serves; a surprise ends the demo with an error.
#   DEMO_KEEP=1 make demo      waits at the end, so that a browser can look at the kiosks
set -euo pipefail
cd "$(dirname "$0")/.."
SLIPWAY=${SLIPWAY:-$PWD/build/slipway}
for name in $(compgen -e | grep -E '^(FIREBASE_|GOOGLE_|CLOUDSDK_)|^(HTTPS?_PROXY|https?_proxy)$' || true); do unset "$name"; done
unset SLIPWAY_ENV SLIPWAY_CACHE_DIR SLIPWAY_USER BITBUCKET_BRANCH GITHUB_REF_NAME CI_COMMIT_BRANCH

demo=build/demo
rm -rf "$demo"
mkdir -p "$demo/expected"
cp -r tests/data/kiosk/dist "$demo/dist" # the front end that a build would have written; the demo changes this copy

ours() { git status --porcelain targets manifests tests/data 2>/dev/null || true; } # what the demo must leave alone
ours_before=$(ours)

title() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || title() { printf '\n== %s\n' "$*"; }
fatal() { printf 'demo: %s\n' "$*" >&2; exit 1; }
slipway() { # prints the command as one would type it, then runs it
	printf '$ slipway'
	printf ' %q' "$@"
	printf '\n'
	"$SLIPWAY" "$@"
}

# ---- the stand-in for Firebase Hosting ----

kiosks=()
for file in targets/*.json; do
	name=${file##*/} name=${name%.json}
	[ "$name" = cms ] || kiosks+=("$name")
done
start_firebase() {
	local sites line=''
	sites=$(printf ',kiosk-%s' "${kiosks[@]}")
	mkfifo "$demo/ready"
	"${SLIPWAY_BUILD:-$PWD/build}/tests/fake/firebase-server" --project "kiosk-demo=${sites#,}" --local-urls --die-with-parent \
		--service-account "$demo/service-account.json" >"$demo/ready" &
	firebase=$!
	trap 'kill "$firebase" 2>/dev/null || true' EXIT
	read -r -t 30 line <"$demo/ready" || fatal "the stand-in for Firebase does not start"
	rm "$demo/ready"
	port=${line##*:}
	export FIREBASE_HOSTING_API_URL=${line#ready } FIREBASE_TOKEN_URL=${line#ready }
	export GOOGLE_APPLICATION_CREDENTIALS=$demo/service-account.json
}
http() { # METHOD HOST PATH [BODY]: the answer; bash alone, so that nothing needs to be installed for it
	exec 3<>"/dev/tcp/127.0.0.1/$port"
	printf '%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' "$1" "$3" "$2" "${#4}" "$4" >&3
	cat <&3
	exec 3>&-
}
visit() { http GET "kiosk-$1.localhost:$port" "$2" ''; } # TARGET PATH: what a visitor gets
count() { http GET localhost /_fake/counters '' | grep -o "\"$1\":[0-9]*" | head -1 | cut -d: -f2; }
# Writes what every kiosk serves below expected/NAME; and compares it with what was written there before, byte for byte.
trees() {
	local t
	for t in "${kiosks[@]}"; do
		http POST localhost /_fake/dir "{\"site\":\"kiosk-$t\",\"dir\":\"$PWD/$demo/expected/$1/$t\"}" | grep '^HTTP/1.1 200' >/dev/null ||
			fatal "the stand-in does not write what $t serves"
	done
}
keep() { mkdir -p "$demo/expected/$1" && trees "$1"; }
same() {
	rm -rf "$demo/expected/now" && keep now
	diff -r "$demo/expected/$1" "$demo/expected/now" || fatal "not every kiosk serves what it served as $1"
}

start_firebase

title "1. What would be done (nothing is changed)"
slipway plan --dist kiosk="$demo/dist"
[ "$(count create)" = 0 ] || fatal "plan created something"

title "2. Deploy to all 25 targets at once"
slipway deploy --dist kiosk="$demo/dist" -m "first release"
[ "$(count release)" = 24 ] && [ -L "$demo/cms/html" ] || fatal "not all 25 targets are live"
keep A
[ "$(find "$demo/expected/A" -name config.js -exec sha256sum {} + | cut -d' ' -f1 | sort -u | wc -l)" = 24 ] ||
	fatal "not every kiosk has a config.js of its own"
visit jarupa /config.js | grep Jarupa >/dev/null || fatal "config.js was not rendered for jarupa"
visit siam /catalog/12 | grep '<div id="app">' >/dev/null || fatal "siam has no page for any path"

title "3. The same again: nothing to do, one request a kiosk"
before=$(count requests)
slipway deploy --dist kiosk="$demo/dist"
[ $(($(count requests) - before)) -le 25 ] && [ "$(count release)" = 24 ] || fatal "more was asked than what is live, and a token"

title "4. One file changes: only that file is sent"
printf '<!-- a new promotion -->\n' >>"$demo/dist/index.html"
slipway plan --dist kiosk="$demo/dist"
before=$(count uploads)
slipway deploy --dist kiosk="$demo/dist" -m "new promotion"
[ $(($(count uploads) - before)) = 24 ] || fatal "more was sent than one file to each of 24 kiosks"
for t in "${kiosks[@]}"; do visit "$t" / | grep 'new promotion' >/dev/null || fatal "the change is not live on $t"; done

title "5. The promotion was a mistake: take it back, everywhere"
before=$(count uploads)
slipway rollback -m "wrong promotion" --except cms
[ "$(count uploads)" = "$before" ] || fatal "taking it back sent content"
same A
echo "diff -r: all 24 kiosks serve what they served before the promotion"

title "6. Deploying the bad build again is held"
rc=0
slipway deploy jarupa --dist kiosk="$demo/dist" || rc=$?
[ "$rc" = 4 ] || fatal "a bad build was not held (exit $rc)"

title "7. What is live, and who did what"
slipway status
slipway history jarupa
slipway verify
[ "$(ours)" = "$ours_before" ] || fatal "the demo wrote into the repository"

title "Done: 25 targets deployed, one file changed and redeployed, rolled back."
if [ -n "${DEMO_KEEP:-}" ]; then
	echo "The kiosks are at http://kiosk-jarupa.localhost:$port and so on, until you press enter."
	read -r _ || true
fi
