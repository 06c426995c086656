#!/bin/bash
# .slipway damaged, read-only, full, newer, absent.
. "$(dirname "$0")/shop.sh"
need sqlite3
shop

sw deploy
exits 0 "A is live"
id_of a
ok test -f "$p/.slipway/ledger.db" -- "there is a ledger"
build_is b

# Absent.
rm -rf "$p/.slipway"
sw status
exits 0 "status without .slipway"
sw deploy --json
exits 0 "deploy without .slipway"
is "$(rows 't["previous"]')" "${ids[a]} ${ids[a]} ${ids[a]}" "and it knows what was live"
rm -rf "$p/.slipway"
sw deploy --json
is "$(rows 't["result"]')" "unchanged unchanged unchanged" "unchanged is known from the hosts"

# A damaged cache is rebuilt without a word that matters; a damaged ledger is set aside and reported.
ok test -s "$p/.slipway/cache.db" -- "there is a cache"
for f in "$p"/.slipway/*.idx "$p/.slipway/cache.db"; do head -c 8192 /dev/urandom >"$f"; done
sw deploy
exits 0 "a damaged cache is rebuilt"
like "$err" "cache.db was damaged" "and that is said"
is "$(sqlite3 "$p/.slipway/cache.db" 'PRAGMA integrity_check')" ok "it is sound again"
head -c 8192 /dev/urandom >"$p/.slipway/ledger.db"
rm -f "$p/.slipway/ledger.db-wal" "$p/.slipway/ledger.db-shm"
sw deploy
exits 0 "a damaged ledger does not stop a deploy"
like "$err" "ledger" "it is reported"
ok sh -c "ls '$p'/.slipway/ledger.db.damaged-*" -- "and set aside"
sw deploy
unlike "$err" "damaged" "the next run has a sound one"
for f in "$p"/.slipway/*.idx "$p/.slipway/cache.db"; do printf '' >"$f"; done
sw deploy
exits 0 "an empty cache is no obstacle"
for f in cache.db ledger.db; do
	size=$(stat -c %s "$p/.slipway/$f")
	[ "$size" -gt 600 ] && truncate -s $((size / 2)) "$p/.slipway/$f"
	sw deploy
	exits 0 "a truncated $f is no obstacle"
done

# A newer format is refused by name. (All files were known, so nobody has looked at the truncated cache yet.)
rm "$p"/.slipway/*.idx "$p/.slipway/cache.db"
sw deploy
exits 0 "a cache made anew"
sqlite3 "$p/.slipway/cache.db" 'PRAGMA user_version = 9999'
sw deploy
exits 6 "a newer cache: exit 6"
like "$err" "cache.db has format 9999, this slipway knows formats up to 2" "named, with both versions"
rm "$p/.slipway/cache.db"
sqlite3 "$p/.slipway/ledger.db" 'PRAGMA user_version = 9999'
build_is a
before=$(host_state)
sw deploy --again
exits 6 "a newer ledger: exit 6"
like "$err" "ledger.db" "named"
like "$err" "9999|newer" "with the reason"
is "$(host_state)" "$before" "nothing is tried"
sw status
exits 0 "status goes on without the ledger"
rm -rf "$p/.slipway"
sw deploy
exits 0 "and removing it is a way out"
rm -rf "$p/.slipway"

# .slipway is a file.
printf 'x' >"$p/.slipway"
build_is b
sw deploy --again --json
exits 6 ".slipway that is a file: exit 6"
is "$(json 'd["exit"], d["error"]["kind"]')" '[6, "state"]' "--json on failure says so"
sw status
exits 0 "status does not need it"
rm "$p/.slipway"

# Read-only (as a user whom permissions bind).
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	sw deploy --again
	chmod 0777 "$tmp"
	chown -R 65534:65534 "$srv" "$p" "$tmp/home"
	nobody() { run setpriv --reuid 65534 --regid 65534 --clear-groups "$SLIPWAY" -C "$p" "$@"; }
	nobody status
	exits 0 "an ordinary user works"
	chown -R 0:0 "$p/.slipway" && chmod 0755 "$p/.slipway"
	before=$(host_state)
	build_is c
	nobody deploy --again
	exits 6 "state without permission: exit 6"
	is "$(host_state)" "$before" "nothing is tried"
	nobody status
	exits 0 "status goes on"
	nobody plan
	exits 0 "plan goes on"
else
	pass "permissions bind only with root and setpriv # SKIP needs root to become nobody"
fi

# A full disk under .slipway: its own tiny tmpfs.
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	chown -R 0:0 "$srv" "$p"
	rm -rf "$p/.slipway"
	build_is b
	sw deploy --again
	printf 'full\n' >"$p/dist/full.txt"
	# Taking and giving back the locks touches the directory they lie in, and nothing else.
	written() { host_state | grep -v '/.slipway d '; }
	before=$(written)
	# shellcheck disable=SC2016
	run unshare -m --propagation private bash -c '
		cp -a "$1/.slipway" "$1/kept" && mount -t tmpfs -o size=64k none "$1/.slipway" && cp -a "$1/kept/." "$1/.slipway/" 2>/dev/null
		rm -rf "$1/kept"
		head -c 200000 /dev/zero >"$1/.slipway/filler" 2>/dev/null
		"$2" -C "$1" deploy' - "$p" "$SLIPWAY"
	exits 6 "no space for the record: exit 6"
	is "$(written)" "$before" "nothing is tried"
fi

# SLIPWAY_CACHE_DIR moves the cache, not the record.
rm -rf "$p/.slipway"
run env SLIPWAY_CACHE_DIR="$tmp/cache" "$SLIPWAY" -C "$p" deploy
exits 0 "SLIPWAY_CACHE_DIR"
ok test -s "$tmp/cache/cache.db" -- "holds the cache"
not_ok test -e "$p/.slipway/cache.db" -- "which is not in .slipway"
ok test -f "$p/.slipway/ledger.db" -- "where the ledger stays"
