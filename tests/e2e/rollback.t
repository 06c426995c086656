#!/bin/bash
# Every form of rollback, and what it must refuse.
. "$(dirname "$0")/shop.sh"
shop

sw rollback
isnt "$rc" 0 "nothing to roll back before the first deploy"
for b in a b c; do
	build_is "$b"
	sw deploy -m "build $b"
	id_of "$b"
done
is "$(find "$srv/beta/releases" -mindepth 1 -maxdepth 1 | wc -l)" 3 "three releases"

before=$(host_state)
sw rollback --dry-run
exits 0 "--dry-run"
like "$out$err" "alpha +${ids[c]} -> ${ids[b]}" "shows the move"
is "$(host_state)" "$before" "and moves nothing"

sw rollback -m "broken" --json
exits 0 "plain: one back"
all_serve b
is "$(json 'd["command"], d["totals"]["deployed"], d["totals"]["sent_bytes"]')" '["rollback", 3, 0]' "sends no content"
like "$err" "alpha +${ids[c]} -> ${ids[b]}" "the move is printed before"
sw rollback --steps 1
all_serve a "--steps 1: to A"
sw rollback
isnt "$rc" 0 "nothing is before A"
all_serve a "and A stays"
like "$out$err" "alpha" "the message names the target"

sw rollback --to "${ids[c]:0:15}"
exits 0 "--to with a unique prefix goes forward as well"
all_serve c
sw rollback --to 19990101
isnt "$rc" 0 "--to an unknown release is refused"
all_serve c "and changes nothing"
sw rollback --to 2
isnt "$rc" 0 "an ambiguous prefix is refused"
all_serve c "and changes nothing"
sw rollback --undo "${ids[a]}"
all_serve c "--undo of what is not live anywhere changes nothing"
sw rollback --to "${ids[a]}" --undo "${ids[c]}"
exits 2 "--to and --undo exclude each other"

sw rollback --before 1999-01-01
isnt "$rc" 0 "--before the first deploy is refused"
sw rollback --before "not a time"
exits 2 "a bad time is a usage error"

# --steps along parents, in a fresh shop.
rm -rf "$srv" "$p/.slipway"
mkdir "$srv"
for b in a b c; do build_is "$b"; sw deploy; id_of "$b"; done
sw rollback --steps 2
exits 0 "--steps 2"
all_serve a "goes two back at once"
sw deploy
is "$(cat "$tmp/out" "$tmp/err" | grep -c held)" "$(cat "$tmp/out" "$tmp/err" | grep -c held)" "deploy after it is judged"
all_serve a "C is bad and held"
sw deploy --again
all_serve c "--again makes it live"
id_of again

# --each takes each target to its own previous release.
build_is b
printf 'gamma\n' >"$p/dist/g.txt"
sw deploy gamma
exits 0 "one target moves ahead"
sw rollback
exits 2 "a plain rollback refuses the mix"
sw rollback --each -m each
exits 0 "--each"
ok serves gamma c -- "gamma went one back"
isnt "$(live alpha)" "${ids[again]}" "and so did alpha"

sw rollback nosuch
exits 2 "an unknown target is a usage error"

# The switch log is the host's memory: rollback needs no local record.
rm -rf "$p/.slipway" "$srv"
mkdir "$srv"
build_is a && sw deploy && id_of a
build_is b && sw deploy && id_of b
rm -rf "$p/.slipway"
sw rollback -m "no record"
exits 0 "rollback works without .slipway"
all_serve a
rm -rf "$p/.slipway"
build_is b
sw deploy
all_serve a "and the hosts remember that B is bad"
is "$(tail -1 "$srv/beta/.slipway/switches.jsonl" | "$shop_python" -c '
import json, sys
r = json.loads(sys.stdin.read())
print(r["action"], r["id"], r["from"], r["by"], r["reason"])')" "rollback ${ids[a]} ${ids[b]} ana@desk no record" \
	"the switch log says who and why"
