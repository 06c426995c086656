#!/bin/bash
# Today's directory becomes a release with the link in front.
. "$(dirname "$0")/shop.sh"
shop alpha beta

mkdir -p "$srv/alpha"
cp -a "$tmp/builds/c" "$srv/alpha/current"
printf 'made by hand\n' >"$srv/alpha/current/by-hand.txt"
sw deploy --json
isnt "$rc" 0 "a document root that is a real directory is refused"
is "$(rows 't["result"]')" "failed deployed" "on that target only"
like "$(json 'T["alpha"]["error"]["hint"]')" "slipway .*adopt alpha" "with the exact command"
ok test -f "$srv/alpha/current/by-hand.txt" -- "and nothing is touched"
# shellcheck disable=SC2016
command=$(json 'T["alpha"]["error"]["hint"]' | grep -o 'slipway [^`"]*adopt alpha[^`"]*')

before=$(host_state)
sw adopt
exits 2 "adopt needs a target"
sw adopt alpha --dry-run
exits 0 "--dry-run"
like "$out" "current" "says what would be done"
is "$(host_state)" "$before" "and does nothing"
run bash -c 'cd "$1" && PATH=$(dirname "$2"):$PATH && '"${command:-false}" - "$p" "$SLIPWAY"
exits 0 "the command from the message works as it stands: $command"
ok test -L "$srv/alpha/current" -- "the link is in front"
is "$(cat "$srv/alpha/current/by-hand.txt")" "made by hand" "of the old content"
sw adopt alpha
exits 0 "adopting again is no error"
foreign=$(live alpha)
sw releases alpha --json
is "$(json '[(r["id"], r["live"], r["foreign"]) for r in T["alpha"]["releases"]]')" "[[\"$foreign\", true, true]]" \
	"the old tree is a foreign release"

sw deploy
exits 0 "and now it deploys"
all_serve a
sw rollback alpha
exits 0 "rollback goes back to what was there before slipway"
is "$(cat "$srv/alpha/current/by-hand.txt")" "made by hand" "whole"
sw deploy alpha --again
for b in b c a b; do build_is "$b"; sw deploy alpha --again; done
sw prune alpha --keep 1
exits 0 "prune"
ok test -d "$srv/alpha/releases/$foreign" -- "never takes what slipway did not make"
sw prune alpha --keep 1 --foreign -y
exits 0 "prune --foreign"
not_ok test -d "$srv/alpha/releases/$foreign" -- "does"

# A live path elsewhere on the same file system.
mkdir -p "$srv/web"
cp -a "$tmp/builds/c" "$srv/web/site"
printf '{ "vars": { "CATALOG_ID": 2 }, "live": "%s/web/site" }\n' "$srv" >"$p/targets/beta.json"
sw adopt beta
exits 0 "a live path outside the root is adopted"
ok test -L "$srv/web/site" -- "the link is there"
ok diff -r "$tmp/builds/c" "$srv/web/site/" -- "with the old content"
sw deploy beta
exits 0 "and deploys"
ok diff -r "$(want b beta)" "$srv/web/site/" -- "to that path"
