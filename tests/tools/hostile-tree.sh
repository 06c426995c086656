#!/bin/bash
# Makes a build directory full of what must never be deployed, or must be deployed exactly. usage: hostile-tree.sh DIR KIND
#   bad   each entry is a problem of its own; the list is printed: one line an entry, escaped as slipway prints it
#   odd   everything is legal, however strange; the paths are printed, one a line
# DIR is made. Beside it DIR.outside is made, which the links of `bad` lead to.
set -eu
export LC_ALL=C
dir=$1 kind=$2
mkdir -p "$dir" "$dir.outside"
cd "$dir"

# name, then what slipway prints for it
bad() { printf '%s\n' "$2"; }
file() { mkdir -p "$(dirname -- "./$1")"; printf '%s' "${2-x}" >"./$1"; }

bad_entries() {
	file index.html
	file $'new\nline.js'; bad _ 'new\x0Aline.js'
	file $'tab\there.js'; bad _ 'tab\x09here.js'
	file $'escape\e[31m.js'; bad _ 'escape\x1B[31m.js'
	file $'delete\x7f.js'; bad _ 'delete\x7F.js'
	file $'c1\xc2\x85.js'; bad _ 'c1\u{85}.js'
	file $'latin\xe9.js'; bad _ 'latin\xE9.js'
	file $'overlong\xc0\xaf.js'; bad _ 'overlong\xC0\xAF.js'
	file $'surrogate\xed\xa0\x80.js'; bad _ 'surrogate\xED\xA0\x80.js'
	file 'back\slash.js'; bad _ 'back\slash.js'
	mkdir -p $'dir\nname'; file $'dir\nname/inside.js'; bad _ 'dir\x0Aname'
	mkfifo fifo; bad _ fifo
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'; bad _ socket
	mknod device c 1 3 2>/dev/null && bad _ device
	ln -s nowhere dangling; bad _ dangling
	ln -s self self; bad _ self
	ln -s pong ping; ln -s ping pong; bad _ ping; bad _ pong
	mkdir loop; ln -s .. loop/up; bad _ loop/up
	mkdir around; ln -s . around/here; bad _ around/here
	ln -s "../$(basename "$dir").outside" leaves; bad _ leaves
	ln -s /etc/hostname absolute; bad _ absolute
	ln -s ../../../../../../../../etc/passwd climbs; bad _ climbs
	file .git/config; bad _ .git
	file .env 'TOKEN=1'; bad _ .env
	file sub/.env.production 'TOKEN=1'; bad _ sub/.env.production
	file id_rsa; bad _ id_rsa
	file keys/site.p12; bad _ keys/site.p12
	file .npmrc; bad _ .npmrc
	file keys/server.pem "$(printf -- '-----BEGIN %s KEY-----\n%s\n%s\n' 'RSA PRIVATE' MIIEowIBAAKCAQEAyJq3hT4n0m8Yd1dQpVxZbR5cKz7LwUe2 \
		sGf9aTq6BvNhXoI4jPu8WkEyMr1lDzC3xHQ5tF7gSnVbJi0O)"; bad _ keys/server.pem
	file keys/account.json "{\"type\": \"service_account\", \"private_key\": \"-----BEGIN PRIVATE"' KEY-----\n'\
'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n"}'
	bad _ keys/account.json
	file js/app.js "var k={id:\"AKI""AZ7QW3ERTY5UIOPAS\"}"; bad _ js/app.js
	(
		local part path=deep
		part=$(printf 'd%.0s' {1..200})
		mkdir deep && cd deep
		for _ in {1..30}; do
			mkdir "$part" && cd "$part"
			[ ${#path} -gt 4095 ] || path+=/$part
		done
		printf x >bottom.js
		bad _ "$path"
	)
}

odd_entries() {
	local deep=deep name
	file index.html '<!doctype html>'
	# shellcheck disable=SC2016 # they are names, not commands
	for name in -rf --help '$(touch x)' '`id`' '%2e%2e' 'a b' ' lead' 'trail ' "quote'" 'quote"' '...' '..a' 'a..' \
		'*' '?' '[a]' '{a,b}' '!a' '#a' '~a' 'a;b' 'a|b' 'a&b' $'bidi\xe2\x80\xae.js' $'zero\xe2\x80\x8bwidth.js' \
		$'caf\xc3\xa9' $'cafe\xcc\x81.txt' $'\xf0\x9f\x98\x80.png'; do
		file "$name"
	done
	file "$(printf 'n%.0s' {1..255})"
	file CON; file aux.js; file Case.js; file other/Case.js
	: >empty
	file same1 same; file same2 same; ln same1 hard
	ln -s same1 link; ln -s ../index.html other/up.html; mkdir real; file real/in; ln -s real alias; ln -s "$PWD/real/in" whole
	mkdir -p void/void
	truncate -s 3000000 sparse.bin
	mkdir .well-known; file .well-known/assetlinks.json '[]'
	file sub/.slipway2; file a.js; file a/b; file a-b; file a0
	for _ in {1..2000}; do deep+=/d; done
	file "$deep/bottom.js"
	find -L . -type f ! -name '.*' -printf '%P\n'
}

case $kind in
bad) bad_entries ;;
odd) odd_entries ;;
*) echo "usage: hostile-tree.sh DIR bad|odd" >&2; exit 2 ;;
esac
