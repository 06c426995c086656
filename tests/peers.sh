#!/usr/bin/env bash
# Comparisons with programs that come from npm, for `make test-peers`; `make test` needs none of them.
#   globs: the committed vectors, which the units hold ours against, are what npm's glob 10 and minimatch 9 say today.
. "$(dirname "$0")/e2e/lib.sh"
need node npm diff

export npm_config_cache="$tmp/npm" npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
mkdir "$tmp/peer"
printf '{ "private": true }\n' >"$tmp/peer/package.json"
(cd "$tmp/peer" && npm install --silent glob@10 minimatch@9 >"$tmp/npm.log" 2>&1) ||
	skip_or_fail "npm cannot install glob 10: $(tail -1 "$tmp/npm.log")"

run node "$lib_repo/tests/tools/glob-vectors.mjs" "$tmp/peer/node_modules"
exits 0 "the peer writes its vectors"
ok diff "$lib_repo/tests/data/glob-vectors.json" "$tmp/out" -- "the committed vectors are the peer's"
