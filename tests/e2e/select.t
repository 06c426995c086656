#!/bin/bash
# Which targets a command line means.
. "$(dirname "$0")/shop.sh"
shop alpha beta gamma delta

names() { sw plan --json "$@"; json '[t["name"] for t in d["targets"]]'; }
is "$(names)" '["alpha", "beta", "delta", "gamma"]' "none means all, by name"
is "$(names alpha gamma)" '["alpha", "gamma"]' "names"
is "$(names '*ta')" '["beta", "delta"]' "a glob"
is "$(names alpha 'a*')" '["alpha"]' "a target is taken once"
is "$(names -t odd)" '["alpha", "gamma"]' "a tag"
is "$(names -t odd,n3)" '["gamma"]' "-t a,b is and"
is "$(names -t n1 -t n2)" '["alpha", "beta"]' "repeated -t is or"
is "$(names --tag even)" '["beta", "delta"]' "--tag"
is "$(names '*a' -t even --except delta)" '["beta"]' "names and tags, minus --except"
is "$(names --except 'a*,beta')" '["delta", "gamma"]' "--except takes a list and globs"
sw plan alfa
exits 2 "an unknown name is an error"
like "$err" "alpha" "which names the nearest"
sw plan -t nosuch
exits 2 "an unknown tag is an error"
sw plan 'x*'
exits 2 "a glob without a match is an error"
sw plan alpha --except alpha
exits 2 "an empty selection is an error"
sw plan --except alfa
exits 2 "an unknown name in --except is an error"
sw deploy beta
exits 0 "deploy takes a selection"
is "$(ls "$srv")" beta "and nothing else is made"
sw rollback alpha alfa
exits 2 "rollback is as strict"
sw plan --nosuch
exits 2 "an unknown option"
sw nosuch
exits 2 "an unknown command"
sw
exits 2 "no command"
mkdir -p "$p/dist/sub" && run bash -c 'cd "$1" && "$2" plan --json' - "$p/dist/sub" "$SLIPWAY"
exits 0 "the project is found from a directory below it"
run "$SLIPWAY" --config "$p/slipway.json" plan --json
exits 0 "--config names it outright"
run "$SLIPWAY" -C "$tmp/home" plan
exits 2 "without a project: exit 2"
like "$err" "slipway init" "and the way to one"
