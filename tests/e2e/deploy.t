#!/bin/bash
# One build to every target: first, again, changed, taken back.
. "$(dirname "$0")/shop.sh"
shop

sw deploy --json
exits 0 "the first deploy succeeds"
is "$(rows 't["result"]')" "deployed deployed deployed" "every target is deployed"
all_serve a
id_of a
like "${ids[a]}" '^[0-9]{8}-[0-9]{6}-[0-9a-f]{8}$' "the release id has its form"
is "$(live beta) $(live gamma)" "${ids[a]} ${ids[a]}" "one id per run"
is "$(json 'd["release"]')" "${ids[a]}" "--json names the release"
is "$(json '[d["schema"], d["command"], d["ok"], d["exit"], d["error"]]')" '["slipway.result/1", "deploy", true, 0, null]' \
	"--json has the contract's head"
is "$(json '[k for k in "schema tool command ok exit error environment release builds targets totals".split() if k not in d]')" \
	"[]" "--json has the contract's keys"
is "$(json '[k for k in ("name place host kind result release previous live added changed removed kept sent_files sent_bytes " +
	"requests seconds url error").split() if k not in T["alpha"]]')" "[]" "a row has the contract's keys"
is "$(json '[k for k in ("deployed unchanged failed unknown pending skipped held rolled_back interrupted sent_bytes requests " +
	"seconds").split() if k not in d["totals"]]')" "[]" "totals have the contract's keys"
is "$(json '[T["alpha"][k] for k in ("host", "kind", "release", "previous", "live", "added", "changed", "removed", "kept", "error")]')" \
	"[\"local\", \"dir\", \"${ids[a]}\", null, \"${ids[a]}\", 9, 0, 0, 0, null]" "a first deploy's row"
is "$(json 'len(d["builds"]), d["builds"][0]["name"], d["builds"][0]["files"]')" '[1, "app", 9]' "the build is described"
is "$(json 'd["builds"][0]["id"][:8]')" "${ids[a]:16}" "the id's suffix is the build id's"
is "$(json 'd["totals"]["deployed"]')" 3 "totals count"

is "$(cd "$srv/alpha/current/" && find . -type f ! -perm 0444)" "" "files are 0444"
is "$(cd "$srv/alpha/current/" && find . -type d ! -perm 0755)" "" "directories are 0755"
is "$(readlink "$srv/alpha/current")" "releases/${ids[a]}" "the live link is relative"
ok test -f "$srv/alpha/.slipway/releases/${ids[a]}.jsonl" -- "the release manifest lies beside the release"
head -1 "$srv/alpha/.slipway/releases/${ids[a]}.jsonl" >"$tmp/header"
is "$("$shop_python" -c 'import json,sys; h=json.load(sys.stdin); print(h["schema"], h["id"], h["files"], h["by"])' <"$tmp/header")" \
	"slipway.release/1 ${ids[a]} 9 ana@desk" "its header names schema, id, files, author"
is "$(wc -l <"$srv/alpha/.slipway/switches.jsonl")" 1 "one line in the switch log"
not_ok test -e "$srv/alpha/.slipway/lock" -- "no lock is left"
is "$(ls "$srv/alpha/releases")" "${ids[a]}" "no leftovers beside the release"
is "$(stat -c %a "$p/.slipway")" 700 "local state is private"
is "$(cat "$p/.slipway/.gitignore")" "*" "local state ignores itself"

before=$(host_state)
sw deploy --json
exits 0 "a second deploy succeeds"
is "$(rows 't["result"]')" "unchanged unchanged unchanged" "and is unchanged"
is "$(host_state)" "$before" "without a write on the host"
is "$(json 'd["totals"]["unchanged"], d["totals"]["sent_bytes"]')" '[3, 0]' "totals say so"
touch "$p/dist/index.html"
sw deploy
exits 0 "a touched file changes nothing"
is "$(host_state)" "$before" "and writes nothing"
sw deploy --no-cache
is "$(host_state)" "$before" "nor does --no-cache"

# Mtimes: kept where the content is the same, the release's own where it is new.
mtime_css=$(stat -c %Y "$srv/alpha/current/css/site.css")
inode_css=$(stat -c %i "$srv/alpha/current/css/site.css")
build_is b
sw plan --json
exits 0 "plan works"
is "$(json '[sorted(x["path"] for x in T["alpha"][k]) for k in ("add", "change", "remove")]')" "$(printf '%s' \
	'[["app.bbb222.js", "img/icons/new.svg"], ["img/photo.jpg", "index.html"], ["app.aaa111.js", "fonts/körper.woff2"]]' |
	"$shop_python" -c 'import json,sys; print(json.dumps(json.load(sys.stdin)))')" "plan names every path"
is "$(host_state)" "$before" "plan writes nothing"
sw deploy --json
exits 0 "B deploys"
id_of b
all_serve b
is "$(json '[T["beta"][k] for k in ("added", "changed", "removed", "kept", "sent_files", "previous")]')" \
	"[2, 2, 2, 5, 4, \"${ids[a]}\"]" "the row counts what changed"
is "$(stat -c %Y "$srv/alpha/current/css/site.css")" "$mtime_css" "unchanged content keeps its mtime"
is "$(stat -c %i "$srv/alpha/current/css/site.css")" "$inode_css" "and is a hard link"
is "$(stat -c %h "$srv/alpha/current/css/site.css")" 2 "counted once per release"
is "$(stat -c %h "$srv/alpha/current/index.html")" 1 "new content is on its own"
is "$(date -u -d "@$(stat -c %Y "$srv/alpha/current/index.html")" +%Y%m%d-%H%M%S)" "${ids[b]:0:15}" \
	"new content has the release id's time"
isnt "$(stat -c %i "$srv/alpha/current/css/site.css")" "$(stat -c %i "$p/dist/css/site.css")" "never a link into the build"

sw rollback
exits 0 "rollback succeeds"
all_serve a "after A, B, rollback every target serves A"
is "$(live alpha)" "${ids[a]}" "it is the old release itself"
is "$(find "$srv/alpha/releases" -mindepth 1 -maxdepth 1 | wc -l)" 2 "rollback makes no release"

# A changed variable or overlay concerns its targets only.
build_is a
before=$(host_state | grep -v /beta)
printf '{ "vars": { "CATALOG_ID": 77 } }\n' >"$p/targets/beta.json"
sw deploy --json
exits 0 "a changed variable deploys"
is "$(rows 't["result"]')" "unchanged deployed unchanged" "to its target only"
is "$(json 'T["beta"]["changed"], T["beta"]["sent_files"], T["beta"]["added"]')" '[1, 1, 0]' "one file"
like "$(cat "$srv/beta/current/config.js")" 'id: 77, url: "https://api.example/v1", other: "\{\{ not ours \}\}"' "it is rendered"
is "$(host_state | grep -v /beta)" "$before" "the others are not written"
mkdir -p "$p/overlays/gamma/img"
printf 'gamma only\n' >"$p/overlays/gamma/img/logo.txt"
sw deploy --json
is "$(rows 't["result"]')" "unchanged unchanged deployed" "an overlay changes its target only"
is "$(cat "$srv/gamma/current/img/logo.txt")" "gamma only" "and is laid over the build"

# Identical content at many paths is one file's bytes.
for i in 1 2 3 4; do cp "$p/dist/img/photo.jpg" "$p/dist/copy$i.jpg"; done
sw plan --json
is "$(json 'len(T["alpha"]["add"])')" 4 "copies are new paths"
sw deploy --json
is "$(json 'T["alpha"]["added"]')" 4 "and deployed"
ok cmp "$p/dist/img/photo.jpg" "$srv/alpha/current/copy4.jpg" -- "with their bytes"

sw deploy --dist "$tmp/builds/c" --json -t n1
exits 0 "--dist and -t work"
is "$(json 'len(d["targets"]), d["targets"][0]["name"]')" '[1, "alpha"]' "one target is chosen"
ok diff "$tmp/builds/c/index.html" "$srv/alpha/current/index.html" -- "from the other directory"

# plan says what deploy then sends, also for content that is live at another path already.
sed 's/^/copy of /' "$p/dist/index.html" >"$p/dist/copy-a.html"
cp "$p/dist/copy-a.html" "$p/dist/copy-b.html"
cp "$p/dist/index.html" "$p/dist/index-again.html"
sw plan beta --json
planned=$(json 'T["beta"]["send_bytes"]')
isnt "$planned" 0 "three new paths are to be written"
sw deploy beta --json
exits 0 "they are deployed"
is "$(json 'T["beta"]["sent_bytes"]')" "$planned" "as many bytes as planned"
