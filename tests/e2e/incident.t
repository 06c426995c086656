#!/bin/bash
# The incident story: fleet on B, hotfix C on one target, and the three ways back.
. "$(dirname "$0")/shop.sh"
shop

sw deploy -m "first"
exits 0 "A is live"
id_of a
build_is b
sw deploy
exits 0 "B is live"
id_of b
build_is c
sw deploy alpha -m "hotfix"
exits 0 "hotfix C goes to alpha"
id_of c
ok serves alpha c -- "alpha serves C"
ok serves beta b -- "beta serves B"

before=$(host_state)
sw rollback
exits 2 "a plain rollback refuses: the targets do not serve the same run"
like "$out$err" "${ids[c]}" "it shows the group on C"
like "$out$err" "${ids[b]}" "and the group on B"
like "$out$err" "alpha" "with its targets"
like "$out$err" "--each" "and how to go on"
is "$(host_state)" "$before" "and touches nothing"

sw rollback --undo "${ids[b]}" -m "white screen" --json
exits 0 "--undo B"
ok serves beta a -- "beta is back on A"
ok serves gamma a -- "gamma is back on A"
ok serves alpha c -- "alpha, which does not serve B, stays on C"
is "$(json 'T["beta"]["result"], T["beta"]["release"], T["beta"]["previous"]')" "[\"deployed\", \"${ids[a]}\", \"${ids[b]}\"]" \
	"the row says from where to where"

sw rollback --to "${ids[a]}"
exits 0 "--to A"
all_serve a "--to A takes all"
is "$(live alpha)" "${ids[a]}" "to the release itself"

# What a rollback left is bad: the same tree is held.
build_is b
before=$(host_state)
sw deploy --json
isnt "$rc" 0 "a held deploy is not a success"
is "$(rows 't["result"]')" "deployed held held" "B is held where it was rolled back, and is new to alpha"
ok serves alpha b -- "alpha goes to B"
ok serves beta a -- "beta stays"
sw deploy beta
like "$out$err" "rolled back .* ago by ana@desk: white screen" "who, when and why are said"
like "$out$err" "--again" "and what lifts it"
sw deploy --again --json
exits 0 "--again lifts it"
all_serve b
is "$(rows 't["sent_bytes"]')" "0 0 0" "nothing that a kept release holds is copied"

# Twice back is two back.
sw rollback --to "${ids[a]}"
build_is c
sw deploy --again
exits 0 "C everywhere"
all_serve c
printf 'newest\n' >"$p/dist/extra.txt"
sw deploy
exits 0 "D everywhere"
sw rollback
exits 0 "one back"
all_serve c "D -> C"
sw rollback
exits 0 "two back"
not_ok test -e "$srv/beta/current/extra.txt" -- "D is gone"
all_serve a "rolling back twice goes two back: C -> A"
sw history
exits 0 "history works"
like "$out" "rollback" "and tells of rollbacks"
like "$out" "white screen" "with their reasons"

# What was deployed --again and not rolled back since is good.
build_is c
sw deploy
exits 4 "C is held"
sw deploy --again
exits 0 "C once more"
printf 'later\n' >"$p/dist/later.txt"
sw deploy
exits 0 "and something after it"
build_is c
rm -f "$p/dist/later.txt"
sw deploy
exits 0 "C is not held any more"
all_serve c
