#!/usr/bin/env bash
# --json: one document for every command, in success and failure, that follows its schema.
. "$(dirname "$0")/lib.sh"
[ -x "$SLIPWAY" ] || skip_or_fail "there is no program at $SLIPWAY"
python=/usr/bin/python3
"$python" -c 'import jsonschema' 2>/dev/null || skip_or_fail "python3-jsonschema is not installed"

schemas=$lib_repo/manifests/schema/result
follows() { "$python" "$lib_repo/tests/e2e/schema.py" "$schemas" "$@" <"$tmp/out"; }
# json WANT NAME ARGS...: the command exits WANT and its document follows the schema
json() {
	local want=$1 name=$2
	shift 2
	run "$SLIPWAY" --json "$@"
	exits "$want" "$name"
	ok follows "${1:-unknown}" -- "$name: the document follows its schema"
	is "$(get exit)" "$rc" "$name: and says the exit code"
}
# get PATH: a member of the last document, as JSON without quotes
get() { "$python" -c 'import json, sys
v = json.load(open(sys.argv[1]))
for key in sys.argv[2].split("."): v = v[int(key)] if key.isdigit() else v[key]
print(v if isinstance(v, str) else json.dumps(v))' "$tmp/out" "$1"; }

mkdir project project/targets project/manifests project/www project/dist && cd project || exit 1
cat >slipway.json <<'END'
{ "slipway": 1, "name": "demo", "builds": { "web": { "dir": "dist", "ignore": ["**/*.map"] } } }
END
# shellcheck disable=SC2016
echo '{ "kind": "dir", "root": "www/${target}" }' >manifests/local.json
for target in amarin bua chaba; do echo '{ "tags": ["kiosk"] }' >targets/$target.json; done
echo one >dist/index.html
echo two >dist/app.js
echo three >dist/app.js.map
echo four >dist/.hidden

json 0 "check" check
json 0 "check --explain" check --explain bua
is "$(get explain.name 2>/dev/null || get explain.target)" bua "explain names the target"
is "$(get hidden.0.path) $(get hidden.0.rule) $(get hidden.1.path)" ".hidden dot file app.js.map" "and what is hidden"
json 0 "plan" plan
is "$(get targets.0.first)" true "the first plan is a first release"
is "$(get ignored.0.rule) $(get ignored.1.rule)" "dot file **/*.map" "and says what is ignored"
json 1 "plan --exit-code" plan --exit-code
json 0 "deploy --dry-run" deploy --dry-run
is "$(get dry_run)" true "a dry run says so"
is "$(ls www)" "" "and does nothing"
json 0 "deploy" deploy -m "it's \"one\""
is "$(get totals.deployed) $(get targets.2.result)" "3 deployed" "all three are deployed"
first=$(get release)
json 0 "deploy again" deploy
is "$(get totals.unchanged)" 3 "nothing to do is success"
json 0 "status" status
is "$(get targets.0.health) $(get targets.0.live)" "live $first" "status tells the live release"
echo five >dist/index.html
json 0 "plan of a change" plan
is "$(get targets.1.change.0.path) $(get targets.1.change.0.size)" "index.html 5" "names the file"
json 0 "deploy of a change" deploy
json 0 "releases" releases
is "$(get targets.0.releases.1.id) $(get targets.0.releases.1.message)" "$first it's \"one\"" "releases, newest first"
json 0 "releases --pin" releases amarin --pin "$first"
json 0 "verify" verify
chmod u+w www/bua/current/index.html && echo FIVE >www/bua/current/index.html
json 1 "verify of a changed file" verify
is "$(get targets.1.findings.0.path)" index.html "names the file"
json 0 "rollback --dry-run" rollback --dry-run
is "$(get moves.0.to)" "$first" "tells where to"
json 0 "rollback" rollback -m "white screen"
is "$(get targets.0.live)" "$first" "the first release is live again"
json 0 "history" history
json 0 "prune" prune --keep 1
json 0 "unlock" unlock amarin
is "$(get targets.0.freed)" false "there is nothing to free"
json 0 "channels of directories" channels
is "$(get targets.0.channels)" null "there are none"
json 0 "channel-delete" channel-delete pr/42 -y
is "$(get channel) $(get targets.0.deleted) $(get totals.unchanged)" "pr-42 false 3" "and none was deleted"
json 4 "deploy to a channel" deploy --channel pr-42
is "$(get targets.0.place) $(get targets.0.error.kind)" "amarin@pr-42 config" "directories have none"
json 4 "promote" promote --channel pr-42
json 4 "disable" disable amarin -y
json 0 "enable" enable amarin
is "$(get targets.0.result) $(get moves)" "unchanged []" "it was never disabled"
json 4 "verify --served" verify --served
is "$(get served) $(get targets.0.error.kind)" "true config" "where they are seen is not known"
json 0 "version" version
json 0 "help" help
json 0 "completion" completion bash
mkdir ../fresh && cp -r dist ../fresh/
json 0 "init" init here --root www -C ../fresh
json 2 "init twice" init here --root www -C ../fresh

json 2 "an unknown target" status nobody
is "$(get error.kind)" usage "is a usage error"
json 2 "an unknown option" deploy --nonsense
json 2 "no TARGET for unlock" unlock
json 2 "no CHANNEL" channel-delete
json 2 "the channel that is none" channel-delete live
json 2 "promote from nowhere" promote
json 2 "--expires alone" deploy --expires 7d
json 2 "a value missing" deploy --message
run "$SLIPWAY" nonsense --json
exits 2 "an unknown command"
ok follows -- "an unknown command still prints a document"
echo '{' >targets/broken.json
json 2 "a broken document" check
like "$(get problems.0.file)" 'targets/broken.json' "is named"
json 2 "and stops a deploy" deploy
