#!/bin/bash
# What a build may hold: ignored, refused, fuse; what changes under the reader.
. "$(dirname "$0")/shop.sh"
shop one
d=$p/dist

sw deploy
exits 0 "a clean build"
mkdir -p "$d/.git" "$d/node_modules/x" "$d/.well-known" "$d/.hidden"
printf 'x' >"$d/.hidden/x"
printf 'x' >"$d/node_modules/x/y.js"
printf 'x' >"$d/.well-known/assetlinks.json"
printf 'x' >"$d/.DS_Store"
printf 'x' >"$d/index.html~"
printf 'Require all granted\n' >"$d/.htaccess"
rmdir "$d/.git"
printf 'map' >"$d/app.aaa111.js.map"
sed -i 's/"dir": "dist"/"dir": "dist", "ignore": ["**\/*.map"]/' "$p/slipway.json"
sw deploy
exits 0 "with files to ignore"
is "$(cd "$srv/one/current/" && find . -path '*/.*' -type f | sort | tr '\n' ' ')" "./.htaccess ./.well-known/assetlinks.json " \
	".well-known and .htaccess are content, other dot files are not"
not_ok test -e "$srv/one/current/node_modules" -- "node_modules is ignored"
not_ok test -e "$srv/one/current/index.html~" -- "an editor backup is ignored"
not_ok test -e "$srv/one/current/app.aaa111.js.map" -- "ignore rules of the project work"
sw plan
like "$out" "ignored: 1 by your rules" "plan counts what was hidden"
sw check --explain one
like "$out" "app.aaa111.js.map" "check --explain names it"

refused() {
	local what=$1 shown=$2
	local before
	before=$(host_state)
	sw deploy
	exits 7 "$what: exit 7"
	like "$err" "$shown" "$what: named"
	is "$(host_state)" "$before" "$what: nothing changes"
}
mkdir "$d/.git" && printf 'x' >"$d/.git/config"
refused ".git" "\.git"
rm -r "$d/.git"
printf 'PASSWORD=hunter2hunter2\n' >"$d/.env.production"
refused ".env" "\.env\.production"
unlike "$out$err" "hunter2" "its content is not printed"
sed -i 's/"dir": "dist",/"dir": "dist", "allow_unsafe": [".env*"],/' "$p/slipway.json"
sw plan
exits 0 "allow_unsafe lifts the refusal"
sed -i 's/ "allow_unsafe": \[".env\*"\],//' "$p/slipway.json"
rm "$d/.env.production"
{
	printf -- '-----BEGIN %s KEY-----\n' PRIVATE
	printf 'TUlJQ2RRSUJBREFOQmdrcWhraUc5dzBCQVFFRkFBU0NBbDh3Z2dKYkFnRUFBb0dC\n'
	printf -- '-----END %s KEY-----\n' PRIVATE
} >"$d/notes.txt"
refused "a private key inside" "notes.txt"
unlike "$out$err" "TUlJQ2RRSUJB" "its content is not printed"
rm "$d/notes.txt"
printf 'x' >"$d/"$'bad\nname.txt'
refused "a control character in a name" 'bad.x0Aname'
rm "$d/"$'bad\nname.txt'
printf 'x' >"$d/"$'latin\xe9.txt'
refused "a name that is not UTF-8" 'latin'
rm "$d/"$'latin\xe9.txt'
printf 'x' >"$d/back\\slash"
refused "a backslash" 'back'
printf 'x' >"$d/"$'bell\a'
refused "all problems" 'back'
like "$err" 'bell' "all problems: listed at once"
rm "$d/back\\slash" "$d/"$'bell\a'
mkfifo "$d/pipe"
refused "a FIFO (without blocking)" 'pipe'
rm "$d/pipe"
ln -s /etc/passwd "$d/passwd"
refused "a link out of the build" 'passwd'
rm "$d/passwd"
ln -s . "$d/loop"
sw plan
like "$rc" '^(0|7)$' "a link loop ends"
rm "$d/loop"
ln -s index.html "$d/home.html"
sw deploy
exits 0 "a link within the build"
ok cmp "$d/index.html" "$srv/one/current/home.html" -- "is content"
not_ok test -L "$srv/one/current/home.html" -- "and a file on the host"
rm "$d/home.html"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	printf 'x' >"$d/secret.bin" && chmod 000 "$d/secret.bin"
	chmod 0777 "$tmp" && rm -rf "$p/.slipway" && chown -R 65534:65534 "$p" "$srv"
	chown 0:0 "$d/secret.bin"
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$SLIPWAY" -C "$p" deploy
	exits 7 "an unreadable file: exit 7"
	like "$err" "secret.bin" "named"
	rm -f "$d/secret.bin"
	chown -R 0:0 "$p" "$srv"
fi

# Sizes and depths.
: >"$d/zero"
truncate -s 3G "$d/sparse.bin" && rm "$d/sparse.bin"
deep=$d
for i in $(seq 30); do deep=$deep/dir$i; done
mkdir -p "$deep" && printf 'deep' >"$deep/leaf"
long=$(printf 'n%.0s' $(seq 255))
printf 'long' >"$d/$long"
sw deploy
exits 0 "deep directories and long names"
ok cmp "$deep/leaf" "$srv/one/current${deep#"$d"}/leaf" -- "arrive"
ok cmp "$d/$long" "$srv/one/current/$long" -- "both"

# A restored mtime with the same size does not fool the index.
printf 'AAAA' >"$d/same.txt"
sw deploy
touch -r "$d/same.txt" "$tmp/stamp"
printf 'BBBB' >"$d/same.txt"
touch -r "$tmp/stamp" "$d/same.txt"
sw deploy
is "$(cat "$srv/one/current/same.txt")" "BBBB" "same size and mtime, other content: seen"

# The fuse.
for i in $(seq 60); do printf '%s' "$i" >"$d/f$i"; done
sw deploy
rm "$d"/f*[0-9]
rm -rf "$d"/dir1 "$d"/n*
refused "removal of most files" "allow-removals"
sw deploy --yes
exits 7 "--yes does not lift the fuse"
sw deploy --allow-removals
exits 0 "--allow-removals does"
rm "$d/index.html"
refused "a missing entry page" "index.html"
rm -rf "$d" && mkdir "$d"
refused "an empty build" "0 files|config.js"
sw deploy --allow-removals
exits 7 "which nothing lifts"
rm -rf "$d"
sw deploy
isnt "$rc" 0 "no build at all"
like "$err" "dist" "is named"
ok test -f "$srv/one/current/zero" -- "and the target is as it was"
