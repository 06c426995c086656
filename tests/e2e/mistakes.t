#!/usr/bin/env bash
# What people do wrong, and what they are told: everything at once, each thing once, by its name.
. "$(dirname "$0")/lib.sh"
[ -x "$SLIPWAY" ] || skip_or_fail "there is no program at $SLIPWAY"

# count TEXT: how many lines of the last command's stderr hold it
count() { grep -cF -- "$1" "$tmp/err"; }

mkdir project project/targets project/manifests project/dist && cd project || exit 1
cat >slipway.json <<'END'
{ "slipway": 1, "name": "demo", "builds": { "web": { "dir": "dist" } } }
END
# shellcheck disable=SC2016
echo '{ "kind": "dir", "root": "www/${target}" }' >manifests/local.json
for target in amarin bua chaba; do echo '{}' >targets/$target.json; done
echo one >dist/index.html

run "$SLIPWAY" -C no-such-directory plan
exits 2 "-C to nowhere"
like "$err" 'no-such-directory: No such file' "names the directory"
run "$SLIPWAY" -C $'a\x1bb' plan
like "$err" 'a\\x1Bb' "and is fit for a terminal"

# A refused build (which one target reads by rules of its own): every reason at once, also with -q and --json; nothing is made.
echo '{ "ignore": ["*.map"] }' >targets/bua.json
echo SECRET=hunter2 >dist/.env
ln -s /etc dist/out
mkfifo dist/fifo
echo x >"dist/$(printf 'a\001b')"
for command in plan deploy "deploy -q"; do
	# shellcheck disable=SC2086
	run "$SLIPWAY" $command
	exits 7 "$command: a refused build"
	for path in '.env: an environment file' 'out: is a link that leaves the build' 'fifo: ' 'a\x01b: '; do
		is "$(count "error: $path")" 1 "$command: $path is named"
	done
	like "$err" '4 problems' "$command: and counted"
	like "$err" 'allow_unsafe' "$command: and what lifts it is said"
	unlike "$err" 'hunter2' "$command: never the value"
done
not_ok test -e www -- "nothing is made"
if /usr/bin/python3 -c '' 2>/dev/null; then
	run "$SLIPWAY" deploy --json
	is "$(/usr/bin/python3 -c 'import json, sys
print(sorted(p["path"] for p in json.load(open(sys.argv[1]))["builds"][0]["refused"]))' "$tmp/out")" \
		"['.env', 'a\\\\x01b', 'fifo', 'out']" "--json lists them"
fi
rm dist/.env dist/out dist/fifo "dist/$(printf 'a\001b')"
ln -s nowhere dist/gone
run "$SLIPWAY" plan
exits 7 "one reason"
is "$(count gone)" 1 "is told once"
unlike "$err" 'allow_unsafe' "and not said to be lifted by what does not lift it"
rm dist/gone

# Missing secrets: all at once, however many; a shared one is one.
echo '{{TOKEN}} {{SHARED}}' >dist/config.js
cat >slipway.json <<'END'
{ "slipway": 1, "name": "demo", "builds": { "web": { "dir": "dist" } },
  "defaults": { "render": ["config.js"], "vars": { "SHARED": { "env": "SHARED_TOKEN" } } } }
END
for i in $(seq -w 40); do
	echo "{ \"vars\": { \"TOKEN\": { \"env\": \"A_RATHER_LONG_NAME_OF_A_TOKEN_$i\" } } }" >"targets/kiosk-$i.json"
done
rm targets/amarin.json targets/bua.json targets/chaba.json
run "$SLIPWAY" deploy
exits 2 "missing secrets"
like "$err" '41 secrets are missing' "are counted, a shared one once"
is "$(grep -c '^error: TOKEN of kiosk-.*A_RATHER_LONG_NAME_OF_A_TOKEN_.. is not set$' "$tmp/err")" 40 "all are named"
not_ok test -e www -- "and nothing is made"
rm targets/kiosk-*.json

# Documents: every problem, each once.
echo '{ "tag": ["x"] }' >targets/a.json
echo '{ "hots": "x" }' >targets/b.json
run "$SLIPWAY" plan
exits 2 "broken documents"
like "$err" 'targets/a.json:1:3: .*unknown key "tag": did you mean "tags"' "the first is named"
like "$err" 'targets/b.json:1:3: .*unknown key "hots": did you mean "host"' "and the second"
is "$(count 'targets/a.json:1:3')" 1 "each once"
echo '{ "tags": [""] }' >targets/a.json
rm targets/b.json
run "$SLIPWAY" check
exits 2 "an empty tag"
unlike "$out" 'is not a string that is not' "is told in words"

# The fuse: every target it holds back, and nothing moves.
# shellcheck disable=SC2016
echo '{ "kind": "dir", "root": "www/${target}" }' >manifests/local.json
echo '{ "slipway": 1, "name": "demo", "builds": { "web": { "dir": "dist" } } }' >slipway.json
for target in a b; do echo '{}' >targets/$target.json; done
run "$SLIPWAY" deploy
exits 0 "a deploy"
mv dist/index.html dist/other.html
run "$SLIPWAY" deploy
exits 7 "an entry page that vanishes"
is "$(count 'error: a: the entry page index.html') $(count 'error: b: the entry page index.html')" "1 1" "each target is named"
like "$err" '2 targets are refused' "and counted"
mv dist/other.html dist/index.html

# What cannot be read is not said to be empty.
if [ "$(id -u)" = 0 ]; then
	chmod -R a+rX "$tmp" && chmod 700 www/a
	as_other() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
	cp "$SLIPWAY" "$tmp/slipway"
	run as_other "$tmp/slipway" status
else
	chmod 000 www/a
	run "$SLIPWAY" status
fi
exits 4 "a root that may not be entered"
like "$out" 'a +unreachable' "is unreachable"
unlike "$out" 'serves nothing' "and not said to serve nothing"
chmod 755 www/a

# A relative document root in a directory that is not there yet, as the root itself.
echo '{ "live": "public/b/html" }' >targets/b.json
run "$SLIPWAY" plan b
exits 0 "a plan for a live link in a new directory"
for command in status releases rollback verify prune "adopt b -y" "unlock b"; do
	# shellcheck disable=SC2086
	run "$SLIPWAY" $command
	unlike "$out$err" 'Bad file descriptor' "$command tells what is there"
done
run "$SLIPWAY" deploy b
exits 0 "and a deploy makes it"
is "$(cat public/b/html/index.html)" one "and serves there"

# A place inside the build would publish its own releases.
for place in '"root": "dist/out"' '"root": "dist"' '"live": "./dist/../dist/pub"'; do
	echo "{ $place }" >targets/b.json
	run "$SLIPWAY" check
	exits 2 "a place inside the build: $place"
	like "$out" 'targets/b.json:1:1: error: b lies inside its own build web' "is named"
done
echo '{ "root": "distinct" }' >targets/b.json
run "$SLIPWAY" check
exits 0 "a name that only begins alike is none"

# Who knows .gitignore expects a negation that is not there.
mkdir "$tmp/negation" "$tmp/negation/dist" && cd "$tmp/negation" || exit 1
echo one >dist/index.html
cat >slipway.json <<'END'
{ "slipway": 1, "name": "demo", "builds": { "web": { "dir": "dist", "ignore": ["*.map", "!keep.map", "!(a|b).txt"] } },
  "manifests": { "local": { "kind": "dir", "root": "www" } }, "targets": { "only": { "ignore": ["!also.map"] } } }
END
run "$SLIPWAY" check
exits 0 "a leading ! is legal"
is "$(grep -c 'there is no negation' <<<"$out$err")" 2 "and warned of where it is written, in builds and in targets, but !( ) is not"
like "$out$err" '"include" re-admits files' "with the way to do it"
