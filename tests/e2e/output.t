#!/bin/bash
# stdout is the result, stderr is the conversation.
. "$(dirname "$0")/shop.sh"
shop

sw deploy
exits 0 "deploy"
unlike "$out$err" $'\e' "no escapes where there is no terminal"
like "$err" "alpha" "phases are told on stderr"
like "$out" "3 deployed" "the result is on stdout"
is "$(awk 'length > 80' "$tmp/out")" "" "and fits 80 columns"
sw deploy --json
is "$(wc -l <"$tmp/out" | tr -d ' ')" "$(wc -l <"$tmp/out" | tr -d ' ')" "--json"
is "$(json 'd["exit"]')" 0 "is one document and nothing else"
sw deploy -q
is "$err" "" "-q: nothing on stderr when all is well"
sw status
exits 0 "status"
like "$out" "alpha +.*live" "is a table on stdout"
run env FORCE_COLOR=1 "$SLIPWAY" -C "$p" status --color always
like "$out" $'\e\\[' "--color always"
run env NO_COLOR=1 "$SLIPWAY" -C "$p" status
unlike "$out$err" $'\e' "NO_COLOR"
for command in status plan releases verify history check; do
	sw "$command" --json
	exits 0 "$command --json succeeds"
	is "$(json '[d["command"], d["exit"], d["ok"]]')" "[\"$command\", 0, true]" "$command --json prints one document"
done
for args in "deploy nosuch" "rollback --to nope" "status nosuch" "unlock" "adopt"; do
	# shellcheck disable=SC2086
	sw $args --json
	isnt "$rc" 0 "$args fails"
	is "$(json '[d["exit"], d["ok"], d["error"]["message"] != ""]')" "[$rc, false, true]" "$args: --json also on failure"
done
sw deploy --nosuch-option --json
exits 2 "an unknown option"
is "$(json 'd["exit"]')" 2 "prints a document too"
sw deploy --events "$tmp/events"
exits 0 "--events"
ok "$shop_python" -c 'import json,sys
rows = [json.loads(l) for l in open(sys.argv[1])]
assert rows' "$tmp/events" -- "writes a JSON object a line"
for command in init check plan deploy status releases rollback verify prune history unlock adopt completion help version; do
	run "$SLIPWAY" "$command" --help
	exits 0 "$command --help"
	like "$out" "$command" "$command --help names the command"
	is "$err" "" "$command --help keeps stderr quiet"
done
run "$SLIPWAY" version
like "$out" '^slipway [0-9]+\.[0-9]+\.[0-9]+' "version"
run "$SLIPWAY" --version
like "$out" '^slipway [0-9]+\.[0-9]+\.[0-9]+' "--version"
run "$SLIPWAY" help
like "$out" "rollback" "help lists the commands"
# A closed or full stdout is an error, not silence.
if [ -e /dev/full ]; then
	rc=0
	"$SLIPWAY" -C "$p" status >/dev/full 2>"$tmp/err" || rc=$?
	isnt "$rc" 0 "a result that could not be written is not a success"
fi
# Forty targets with the same change are one line of the plan.
build_is b
sw plan
like "$out" "3 targets" "plans group targets with the same change"
like "$out" '~ index.html' "and show it"
sw plan --exit-code
exits 1 "plan --exit-code: 1 when there is something to do"
sw deploy -q
sw plan --exit-code
exits 0 "and 0 when not"
