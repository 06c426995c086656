#!/usr/bin/env bash
# The main job on real files, in a minute: this repository's own project (24 kiosks and their CMS) is deployed, one file changes,
# the change is deployed, and taken back. Every claim is checked; a surprise ends it with an error.
set -euo pipefail
cd "$(dirname "$0")/.."
SLIPWAY=${SLIPWAY:-$PWD/build/slipway}
unset SLIPWAY_ENV SLIPWAY_CACHE_DIR SLIPWAY_USER BITBUCKET_BRANCH GITHUB_REF_NAME CI_COMMIT_BRANCH

demo=build/demo
rm -rf "$demo"
mkdir -p "$demo/expected"
cp -r tests/data/kiosk/dist "$demo/dist" # the front end that a build would have written; the demo changes this copy

title() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || title() { printf '\n== %s\n' "$*"; }
fatal() { printf 'demo: %s\n' "$*" >&2; exit 1; }
slipway() { # prints the command as one would type it, then runs it
	printf '$ slipway'
	printf ' %q' "$@"
	printf '\n'
	"$SLIPWAY" "$@"
}
live() { printf '%s/www/%s/current' "$demo" "$1"; }
# Copies what every kiosk serves; and compares with such a copy, byte for byte.
keep() { for t in "$demo"/www/*; do mkdir -p "$demo/expected/$1" && cp -rL "$t/current" "$demo/expected/$1/${t##*/}"; done; }
same() {
	for t in "$demo"/www/*; do
		diff -r "$demo/expected/$1/${t##*/}" "$t/current/" || fatal "${t##*/} does not serve what it served as $1"
	done
}

title "1. What would be done (nothing is changed)"
slipway plan --dist kiosk="$demo/dist"

title "2. Deploy to all 25 targets at once"
slipway deploy --dist kiosk="$demo/dist" -m "first release"
[ "$(find "$demo"/www/*/current "$demo/cms/html" -maxdepth 0 -type l | wc -l)" = 25 ] || fatal "not all 25 targets are live"
keep A
grep -q Jarupa "$(live jarupa)/config.js" || fatal "config.js was not rendered for jarupa"

title "3. The same again: nothing to do, nothing is written"
slipway deploy --dist kiosk="$demo/dist"

title "4. One file changes: only that file is sent"
printf '<!-- a new promotion -->\n' >>"$demo/dist/index.html"
slipway plan --dist kiosk="$demo/dist"
slipway deploy --dist kiosk="$demo/dist" -m "new promotion"
grep -q 'new promotion' "$(live jarupa)/index.html" || fatal "the change is not live"
grep -q 'new promotion' "$(live siam)/index.html" || fatal "the change is not live on siam"

title "5. The promotion was a mistake: take it back, everywhere"
slipway rollback -m "wrong promotion" --except cms
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
git status --porcelain targets manifests tests/data 2>/dev/null | grep . && fatal "the demo wrote into the repository"

title "Done: 25 targets deployed, one file changed and redeployed, rolled back. Their directories are in $demo."
