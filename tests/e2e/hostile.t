#!/bin/bash
# A build full of what must never be deployed, and one full of what must arrive exactly, through the binary.
. "$(dirname "$0")/shop.sh"
shop one
printf '{ "render": [] }\n' >"$p/targets/one.json"

rm -rf "$p/dist"
bash "$lib_repo/tests/tools/hostile-tree.sh" "$p/dist" bad >"$tmp/bad"
ok test "$(wc -l <"$tmp/bad")" -ge 30 -- "at least 30 hostile entries"
start=$SECONDS
sw deploy
exits 7 "the build is refused"
ok test $((SECONDS - start)) -lt 20 -- "without waiting for a pipe or turning in a loop"
not_ok test -e "$srv/one" -- "nothing is made"
while IFS= read -r entry; do
	[[ $err == *"$entry: "* ]] || echo "$entry"
done <"$tmp/bad" >"$tmp/untold"
is "$(cat "$tmp/untold")" "" "every one of them is named, escaped, at once"
unlike "$out$err" $'[\x01-\x08\x0b-\x1f\x7f]' "and no control character is printed"
unlike "$out$err" 'MIIE|AZ7QW3ERTY5UIOPAS' "nor a secret"

rm -rf "$p/dist" "$p/dist.outside"
bash "$lib_repo/tests/tools/hostile-tree.sh" "$p/dist" odd | sort >"$tmp/odd"
sw deploy
exits 0 "strange and legal names deploy"
sums() { (cd "$1" && xargs -d '\n' sha256sum -- <"$tmp/odd" 2>&1); }
is "$(cd "$srv/one/current" && find . -type f -printf '%P\n' | grep -v '^\.well-known/' | sort)" "$(grep -v '^\.well-known/' "$tmp/odd")" \
	"exactly these files are there"
ok test "$(sums "$p/dist" | sha256sum)" = "$(sums "$srv/one/current" | sha256sum)" -- "with their bytes"
is "$(find "$srv/one/current/" -type l)" "" "and no link among them"
sw verify
exits 0 "verify reads them all"
sw deploy --json
is "$(rows 't["result"]')" unchanged "the second deploy is unchanged"
printf 'more\n' >"$p/dist/index.html"
sw deploy && sw rollback
exits 0 "rollback"
ok test "$(cat "$srv/one/current/index.html")" = '<!doctype html>' -- "takes it back"
sw prune --keep 1
exits 0 "prune goes as deep"
