#!/bin/bash
# One target fails; the others are deployed; the summary says what it still serves; --retry-failed takes only it.
# The small disk is a tmpfs in a mount namespace of this script's own.
if [ "${1:-}" != inside ] && [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	exec unshare -m --propagation private bash "$0" inside
fi
. "$(dirname "$0")/shop.sh"
[ "${1:-}" = inside ] || skip_or_fail "needs root and a mount namespace"
shop
sw deploy
exits 0 "A everywhere"
id_of a

# beta's releases directory becomes a file's parent: nothing can be made there.
build_is b
mv "$srv/beta/releases" "$srv/beta/kept"
printf 'in the way\n' >"$srv/beta/releases"
rm "$srv/beta/current"
ln -s "kept/${ids[a]}" "$srv/beta/current"
sw deploy --json
exits 3 "a file in place of a directory: exit 3"
is "$(rows 't["result"]')" "deployed failed deployed" "the others are deployed"
isnt "$(json 'T["beta"]["error"]["stage"]')" null "the error names its stage"
like "$(json 'T["beta"]["error"]["message"]')" "releases" "and what is in the way"
is "$(json 'd["ok"], d["exit"], d["totals"]["failed"]')" '[false, 3, 1]' "--json: not ok, 3, one failed"
rm "$srv/beta/releases" "$srv/beta/current"
mv "$srv/beta/kept" "$srv/beta/releases"
ln -s "releases/${ids[a]}" "$srv/beta/current"
id_of b
before=$(host_state | grep -v /beta)
sw deploy --retry-failed --json
exits 0 "--retry-failed"
is "$(json '[t["name"] for t in d["targets"]]')" '["beta"]' "takes only the failed target"
all_serve b
is "$(live beta)" "${ids[b]}" "and the run keeps its release id"
is "$(host_state | grep -v /beta)" "$before" "the others are not written"
sw deploy --retry-failed
exits 0 "nothing is left to retry"

# Disk full: alpha's root is a tmpfs of 256 KiB.
mkdir -p "$tmp/full"
mount -t tmpfs -o size=256k none "$tmp/full" || skip_or_fail "no tmpfs may be mounted here"
on_exit umount "$tmp/full"
cp -a "$srv/alpha/." "$tmp/full/"
mount --bind "$tmp/full" "$srv/alpha"
build_is a
head -c 400000 /dev/urandom >"$p/dist/big.bin"
sw deploy
exits 3 "a full disk: exit 3"
like "$out$err" "alpha.*(No space left|full)" "the summary names target and cause"
like "$out$err" "stage" "the stage"
like "$out$err" "${ids[b]}" "and what it still serves"
ok serves alpha b -- "which it does"
ok cmp "$p/dist/big.bin" "$srv/beta/current/big.bin" -- "the others are deployed"
is "$(find "$srv/alpha/releases" -name "*partial*")" "" "nothing half made is left on the full disk"
sw rollback alpha --to "${ids[a]}"
exits 0 "rollback works on the full disk"
ok serves alpha a -- "and is live"
rm "$p/dist/big.bin"
umount "$srv/alpha"

# Without permission: the program runs as nobody, one root belongs to somebody else.
need setpriv
rm -rf "$p/.slipway"
chown -R 65534:65534 "$p" "$srv" "$tmp/home"
chmod 0755 "$tmp" && chmod 0777 "$tmp"
chown -R 0:0 "$srv/beta"
build_is c
chown -R 65534:65534 "$p"
before=$(host_state | grep /beta)
run setpriv --reuid 65534 --regid 65534 --clear-groups "$SLIPWAY" -C "$p" deploy --again --json
exits 3 "no permission on one root: exit 3"
is "$(rows 't["result"]')" "deployed failed deployed" "the others are deployed"
like "$(json 'T["beta"]["error"]["message"]')" "ermission" "the cause is said"
is "$(json 'T["beta"]["error"]["kind"]')" auth "its kind is auth"
is "$(host_state | grep /beta)" "$before" "nothing was written there"

# The parent of a root is missing.
chown -R 0:0 "$srv" "$p"
rm -rf "$p/.slipway"
printf '{ "host": "local", "root": "%s/no/such/place", "vars": { "CATALOG_ID": 4 } }\n' "$tmp" >"$p/targets/delta.json"
printf 'again\n' >"$p/dist/again.txt"
sw deploy --json
is "$(json 'T["beta"]["result"]')" deployed "a root that cannot be made does not touch the others"
if [ "$(json 'T["delta"]["result"]')" = deployed ]; then
	pass "the first deploy makes a missing root"
	ok test -L "$tmp/no/such/place/current" -- "with its parents"
else
	exits 3 "a missing root: exit 3"
	like "$(json 'T["delta"]["error"]["message"]')" "no/such" "the missing place is named"
fi

# Everything fails and nothing changed: 4.
rm -rf "$p/.slipway" "$p/targets/delta.json"
for t in alpha beta gamma; do
	mv "$srv/$t/releases" "$srv/$t/kept"
	printf 'x' >"$srv/$t/releases"
	ln -sfn "kept/$(live "$t")" "$srv/$t/current"
done
printf 'once more\n' >"$p/dist/again.txt"
sw deploy
exits 4 "nothing changed and not everything holds: exit 4"
