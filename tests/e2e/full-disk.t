#!/usr/bin/env bash
# A full disk under a target: nothing but the deploy fails, and going back and making room work.
if [ -z "${SLIPWAY_TEST_MOUNTS:-}" ] && unshare -rm true 2>/dev/null; then
	exec env SLIPWAY_TEST_MOUNTS=1 unshare -rm bash "$0"
fi
. "$(dirname "$0")/lib.sh"
[ -n "${SLIPWAY_TEST_MOUNTS:-}" ] || skip_or_fail "user namespaces are not allowed here"

mkdir disk p p/dist p/targets
mount -t tmpfs -o size=4m tmpfs disk || skip_or_fail "tmpfs cannot be mounted here"
on_exit umount "$tmp/disk"
cat > p/slipway.json <<J
{ "slipway": 1, "name": "full", "builds": { "b": { "dir": "dist" } }, "environments": { "production": {} },
  "defaults": { "build": "b", "keep": { "last": 9 } } }
J
mkdir p/manifests
echo "{ \"kind\": \"dir\", \"root\": \"$tmp/disk/\${target}\", \"durability\": \"none\" }" > p/manifests/disk.json
echo '{ "host": "disk" }' > p/targets/a.json
cd p || exit 1
build() {
	echo "$1" > dist/index.html
	head -c "$2" /dev/urandom > dist/app.js
}
fill_up() {
	cat /dev/zero > "$tmp/disk/$1" 2>/dev/null
	dd if=/dev/zero of="$tmp/disk/$1" bs=1 oflag=append conv=notrunc 2>/dev/null
}
live() { cat "$tmp/disk/a/current/index.html"; }

for n in 1 2 3; do
	build "v$n" 200000
	run "$SLIPWAY" deploy
	exits 0 "v$n is deployed while there is room"
done

build big 6000000
run "$SLIPWAY" deploy
exits 4 "a build that does not fit fails"
is "$(live)" v3 "and the old release is still served"
is "$(find "$tmp/disk/a/releases" -name '.*.partial')" '' "what was staged of it does not keep the disk full"

fill_up filler
run "$SLIPWAY" rollback -m "white screen"
exits 0 "rollback works on a full disk"
is "$(live)" v2 "and serves the release before"
like "$(cat "$tmp/disk/a/.slipway/switches.jsonl")" 'white screen' "and is recorded there"

fill_up filler2
run "$SLIPWAY" rollback
exits 0 "and once more"
is "$(live)" v1 "to the one before that"

fill_up filler3
run "$SLIPWAY" rollback --to "$(ls "$tmp/disk/a/releases" | sed -n 3p)"
fill_up filler4
run "$SLIPWAY" prune --keep 1
exits 0 "prune works on a full disk"
is "$(ls "$tmp/disk/a/releases" | wc -l)" 2 "and drops what is beyond the policy"
is "$(live)" v3 "but not what is live"
build v4 100000
run "$SLIPWAY" deploy
exits 0 "the room it made is enough for the next deploy"
is "$(live)" v4 "which is served"
ok test -s "$tmp/disk/a/.slipway/reserve" -- "the reserve is laid down again"

# The project's own disk is full, and there is no .slipway yet: nothing can be recorded here.
mkdir "$tmp/project" && mount -t tmpfs -o size=1m tmpfs "$tmp/project"
on_exit umount "$tmp/project"
cp -r slipway.json targets manifests dist "$tmp/project/"
cd "$tmp/project" || exit 1
cat /dev/zero > filler 2>/dev/null
dd if=/dev/zero of=filler bs=1 oflag=append conv=notrunc 2>/dev/null
run "$SLIPWAY" rollback
exits 0 "rollback works though nothing can be recorded in .slipway"
is "$(live)" v3 "and serves the release before"
like "$err" 'No space left' "which it says"
cd "$tmp/p" || exit 1
