#!/usr/bin/env bash
# What a power failure may leave between staging and the switch: a release whose files never reached the disk.
. "$(dirname "$0")/lib.sh"

mkdir -p dist targets manifests srv
cat > slipway.json <<J
{ "slipway": 1, "name": "cut", "builds": { "b": { "dir": "dist" } }, "environments": { "production": {} },
  "defaults": { "build": "b" }, "rollout": { "max_failures": 1 } }
J
echo '{ "kind": "dir", "root": "srv/${target}" }' > manifests/here.json
for t in a b c; do echo '{ "host": "here" }' > targets/$t.json; done
echo one > dist/index.html
mkdir dist/js
echo 'let x = 1' > dist/js/app.js
run "$SLIPWAY" deploy
exits 0 "the first release is live"

# Two places in trouble stop the run after a was staged and before it was switched.
cut_short() {
	echo "$1" > dist/index.html
	echo "let x = '$1'" > dist/js/app.js
	mv srv/b/releases srv/b/away && mv srv/c/releases srv/c/away
	touch srv/b/releases srv/c/releases
	run "$SLIPWAY" deploy
	exits 4 "$1: nothing is switched while too many places fail"
	rm srv/b/releases srv/c/releases
	mv srv/b/away srv/b/releases && mv srv/c/away srv/c/releases
	is "$(cat srv/a/current/index.html)" "$2" "$1: the old release is served"
	staged=$(find srv/a/releases -mindepth 1 -maxdepth 1 -type d ! -name '.*' | sort | tail -1)
	isnt "$(readlink -f srv/a/current)" "$(readlink -f "$staged")" "$1: a release lies there, sealed"
}

again() {
	run "$SLIPWAY" deploy
	exits 0 "$1: the same command again succeeds"
	ok diff -r dist srv/a/current -- "$1: and what is live then is the build"
	run "$SLIPWAY" verify
	exits 0 "$1: byte for byte"
}

cut_short whole one
inode=$(stat -c %i "$staged/js/app.js")
again whole
is "$(stat -c %i srv/a/current/js/app.js)" "$inode" "whole: what was staged is used as it lies there"

cut_short emptied whole
chmod u+w "$staged/js/app.js"
: > "$staged/js/app.js"
chmod 444 "$staged/js/app.js"
again emptied

cut_short lost emptied
rm "$staged/js/app.js"
again lost

cut_short record lost
: > "srv/a/.slipway/releases/$(basename "$staged").jsonl"
again record
