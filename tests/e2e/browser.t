#!/usr/bin/env bash
# What a visitor sees: headless Chromium opens a kiosk of the demo project, served by the stand-in for Firebase Hosting, as it was
# first deployed, after a change and after that was rolled back. The page is put together by the kiosk's own scripts from the
# config.js that was rendered for it.
. "$(dirname "$0")/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
	skip_or_fail "chromium is not installed (make deps)"

mkdir -p project/tests/data
cp -r "$lib_repo"/{slipway.json,targets,manifests} project
cp -r "$lib_repo"/tests/data/{kiosk,cms} project/tests/data
dist=project/tests/data/kiosk/dist
fake_start --project kiosk-demo=kiosk-jarupa,kiosk-siam --local-urls

look() { # TARGET WHAT: as somebody who was never here before; WHAT is --dump-dom or --screenshot=FILE
	rm -rf "$tmp/profile"
	run timeout -k 5 120 "$chromium" --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
		--disable-component-update --disable-sync --disable-dev-shm-usage --user-data-dir="$tmp/profile" --window-size=1000,700 \
		--virtual-time-budget=3000 "$2" "http://kiosk-$1.localhost:$fake_port/"
	exits 0 "the browser opens $1"
}
# sees TARGET TITLE TEXT NAME
sees() {
	look "$1" --dump-dom
	like "$out" "<h1>$2</h1><p>$3</p>" "$4"
}
sw() { run "$SLIPWAY" -C project "$@"; }

sw deploy jarupa siam -m first
exits 0 "two kiosks are deployed"
sees jarupa Jarupa 'Touch to begin' "jarupa shows its page"
sees siam Siam 'Touch to begin' "siam has a title of its own"
look jarupa "--screenshot=$tmp/before.png"
ok test "$(stat -c %s before.png)" -ge 20000 -- "with something to see"

mv "$dist"/assets/js/index.{d8242b3f,0badc0de}.js # as a bundler does: another content, another name
sed -i 's/Touch to begin/Closed for good/; s/index.d8242b3f/index.0badc0de/' "$dist"/{assets/js/index.0badc0de.js,index.html,sw.js}
sw deploy jarupa siam -m mistake
exits 0 "a change is deployed"
sees jarupa Jarupa 'Closed for good' "jarupa shows it"

sw rollback jarupa siam -m 'we are open'
exits 0 "and rolled back"
sees jarupa Jarupa 'Touch to begin' "jarupa shows what it showed before"
sees siam Siam 'Touch to begin' "and so does siam"
