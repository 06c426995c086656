#!/usr/bin/env bash
# The command line: options, messages, streams, completion, man page.
. "$(dirname "$0")/lib.sh"
[ -x "$SLIPWAY" ] || skip_or_fail "there is no program at $SLIPWAY"

run "$SLIPWAY"
exits 2 "no command is an error"
like "$out" 'commands' "and shows what there is"
run "$SLIPWAY" help
exits 0 "help"
help=$out
run "$SLIPWAY" --help
is "$out" "$help" "--help is help"
run "$SLIPWAY" --version
exits 0 "--version"
run "$SLIPWAY" depoly
exits 2 "an unknown command"
like "$err" 'did you mean deploy\?' "with the nearest one"
is "$out" "" "stdout stays empty"
run "$SLIPWAY" deploy --dryrun
like "$err" 'did you mean --dry-run\?' "an unknown option with the nearest one"
run "$SLIPWAY" help exit
exits 0 "help exit"

commands=$("$SLIPWAY" help | awk '/^commands/ { on = 1; next } /^$/ { on = 0 } on { print $1 }')
for command in $commands; do
	run "$SLIPWAY" "$command" --help
	exits 0 "$command --help"
	is "$(awk 'length > 80' "$tmp/out")" "" "$command --help fits 80 columns"
	options=$(grep -oE '^ +(-[a-zA-Z], )? *--[a-z-]+' "$tmp/out" | grep -oE '\--[a-z-]+' | sort -u)
	missing=''
	for option in $options; do
		grep -qE "Fl Fl ${option#--}( |\$)" "$lib_repo/src/slipway.1" || missing="$missing $option"
	done
	is "$missing" "" "$command: every option is in the man page"
	ok grep -qE "^\\.It Cm $command" "$lib_repo/src/slipway.1" -- "$command is in the man page"
done

# stdout that cannot be written is an error; stdout closed is not one of our files
if [ -w /dev/full ]; then
	rc=0
	"$SLIPWAY" version >/dev/full 2>"$tmp/err" || rc=$?
	is "$rc" 4 "a full stdout"
	like "$(cat "$tmp/err")" 'writing the result to stdout: No space left' "is reported"
fi
rc=0
"$SLIPWAY" version >&- 2>"$tmp/err" || rc=$?
is "$rc" 4 "a closed stdout"
rc=0
{ "$SLIPWAY" help; echo $? >"$tmp/pipe"; } 2>/dev/null | true
ok test -s "$tmp/pipe" -- "a closed pipe kills nothing"

mkdir project project/targets project/manifests && cd project || exit 1
cat >slipway.json <<'END'
{ "slipway": 1, "name": "demo", "builds": { "web": { "dir": "dist" } },
  "environments": { "base": {}, "staging": { "extends": "base" }, "production": { "extends": "base", "approve": "ask" } } }
END
# shellcheck disable=SC2016
echo '{ "kind": "dir", "root": "../www/${environment}/${target}" }' >manifests/local.json
both='"environments": { "staging": {}, "production": {} }'
echo "{ \"tags\": [\"kiosk\", \"west\"], $both }" >targets/amarin.json
echo "{ \"tags\": [\"kiosk\"], $both }" >targets/bua.json
mkdir -p dist ../www/staging ../www/production && echo one >dist/index.html

run "$SLIPWAY" status
exits 2 "two environments and no choice"
like "$err" 'staging.*production' "lists them"
run "$SLIPWAY" status -e staging
exits 0 "status of one"
like "$err" '^environment staging \(--env\), as .* \(local\)' "the first line says where and who"
unlike "$out" environment "and stands on stderr"
run "$SLIPWAY" deploy -e production
exits 2 "production asks, and nobody answers"
like "$err" '-y answers yes' "it says how"
is "$(ls ../www/production)" "" "nothing was done"
run "$SLIPWAY" -y deploy -e production --events ../events
exits 0 "-y answers"
like "$(head -n 1 ../events)" '^\{"at":"[0-9T:.-]+Z","event":"begin","command":"deploy","environment":"production"' "events are JSON lines"
like "$(tail -n 1 ../events)" '"event":"end","exit":0' "the last one is the end"
# on a terminal: the live display, and questions
if command -v script >/dev/null; then
	on_terminal() { # ANSWER COMMAND...: what a terminal of 80 columns saw; its exit code in $rc
		local answer=$1
		shift
		rc=0
		printf '%s\n' "$answer" | TERM=xterm script -qec "stty cols 80 rows 24; $(printf '%q ' "$@")" /dev/null >"$tmp/out" 2>&1 || rc=$?
		out=$(tr -d '\r' <"$tmp/out")
	}
	echo two >dist/index.html
	on_terminal no "$SLIPWAY" deploy -e production
	exits 2 "another word than the environment's is no"
	like "$out" '~ index.html' "the plan is shown before the question"
	like "$out" 'not confirmed: nothing was done' "and the refusal after it"
	on_terminal production "$SLIPWAY" deploy -e production --no-cache
	exits 0 "the environment's name is yes"
	like "$out" $'\e\\[32mdeployed' "results are coloured on a terminal"
	unlike "$out" $'\e\\[[?]25l' "the cursor is never hidden"
	echo three >dist/index.html
	NO_COLOR=1 on_terminal production "$SLIPWAY" deploy -e production
	unlike "$out" $'\e\\[32m' "unless NO_COLOR says no"
	on_terminal '' "$SLIPWAY" status -e staging --color never --progress plain
	unlike "$out" $'\e' "nothing of a terminal with --color never --progress plain"
fi
CLICOLOR_FORCE=1 run "$SLIPWAY" status -e production
like "$out" $'\e\\[' "CLICOLOR_FORCE colours a file"
run "$SLIPWAY" status -e production --color always
like "$out" $'\e\\[' "as --color always does"

run "$SLIPWAY" status -e staging --events -
exits 2 "--events - is refused"
run "$SLIPWAY" status -e staging --events /nonexistent/events
exits 2 "as is a file that cannot be made"
run "$SLIPWAY" -C /nonexistent status
exits 2 "-C of a directory that is not there"
run "$SLIPWAY" -C .. status
exits 2 "no project"
like "$err" 'slipway init' "says how to make one"

# completion, as bash would ask for it
"$SLIPWAY" completion bash >"$tmp/complete.bash"
ok bash -n "$tmp/complete.bash" -- "the script is bash"
complete_words() { # the words of a command line; the last one is completed
	PATH=$(dirname "$SLIPWAY"):$PATH bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _slipway; echo "${COMPREPLY[*]}"' \
		"$tmp/complete.bash" "$@"
}
is "$(complete_words slipway dep)" deploy "commands"
is "$(complete_words slipway deploy --dr)" --dry-run "options"
is "$(complete_words slipway deploy --e)" "--expires --env --except --events" "options of the command, then of every command"
is "$(complete_words slipway deploy -e '')" "staging production" "environments"
is "$(complete_words slipway deploy --env = st)" staging "environments after ="
is "$(complete_words slipway deploy -e staging a)" amarin "targets"
is "$(complete_words slipway -e staging rollback '')" "amarin bua" "targets after options before the command"
is "$(complete_words slipway status -t '')" "kiosk west" "tags"
is "$(complete_words slipway status --color '')" "auto always never" "choices"
is "$(complete_words slipway completion '')" "bash zsh fish" "shells"
is "$(complete_words slipway -C /nonexistent status '')" "" "no project, no names, no noise"
for shell in zsh fish; do
	run "$SLIPWAY" completion $shell
	exits 0 "completion $shell"
	if command -v $shell >/dev/null; then ok $shell -n "$tmp/out" -- "the script is $shell"; fi
done

if command -v mandoc >/dev/null; then
	is "$(mandoc -Tlint -W warning "$lib_repo/src/slipway.1" 2>&1)" "" "the man page has no faults"
fi
