#!/bin/bash
# verify finds what somebody did to a release; status tells; deploy --repair mends.
. "$(dirname "$0")/shop.sh"
shop

sw deploy
sw verify
exits 0 "a fresh release verifies"
sw verify --json
is "$(json 'd["ok"], d["exit"], d["command"]')" '[true, 0, "verify"]' "--json says so"

# Somebody edits a release in place, keeping size and mtime: only reading finds it.
damage() {
	local f=$srv/beta/current/$1
	touch -r "$f" "$tmp/stamp"
	chmod u+w "$f"
	printf 'X' | dd of="$f" bs=1 conv=notrunc status=none
	touch -r "$tmp/stamp" "$f"
	chmod 0444 "$f"
}
damage css/site.css
sw verify
exits 1 "a flipped byte is a difference"
like "$out$err" "beta" "the target is named"
like "$out$err" "css/site.css" "and the file"
unlike "$out" "index.html" "and no other file"
ok serves alpha a -- "the others are as they were"
sw status
like "$out" "drifted" "status says drifted"
like "$(printf '%s\n' "$out" | grep alpha)" "live" "of that target only"
sw status --exit-code
exits 1 "status --exit-code: 1"
sw deploy
like "$out$err" "repair" "deploy tells how to mend it"
sw deploy --repair --json
exits 0 "deploy --repair"
is "$(rows 't["result"]')" "unchanged deployed unchanged" "mends that target only"
all_serve a
sw verify
exits 0 "everything verifies"
sw status
unlike "$out" "drifted" "nothing is drifted any more"

rm -f "$srv/beta/current/img/icons/a.svg"
sw verify
exits 1 "a missing file is a difference"
like "$out$err" "img/icons/a.svg" "and named"
sw deploy --repair
exits 0 "repair again"
all_serve a
printf 'boo\n' >"$srv/gamma/current/img/extra.txt"
mkdir "$srv/gamma/current/more"
sw verify --json
exits 1 "an extra file is a difference"
is "$(json '[t["place"] for t in d["targets"] if "img/extra.txt" in json.dumps(t)] if False else d["ok"]')" false "--json is not ok"
like "$out" "img/extra.txt" "the extra file is named"
sw deploy --repair
exits 0 "and mended"
all_serve a

# A hard link shares its bytes with an older release: repair must not link the damage back in.
build_is b
sw deploy
damage css/site.css
sw verify
exits 1 "damage in a linked file is found"
sw deploy --repair
all_serve b "repair takes fresh bytes from the build"
sw verify
exits 0 "and verifies"
id_of b

sw status --deep
exits 0 "status --deep reads everything"
damage app.bbb222.js
sw status --deep
like "$out" "drifted" "and finds damage by itself"
