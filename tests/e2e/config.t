#!/bin/bash
# Documents: layers, environments, variables, overlays, render, secrets; what check says about broken ones.
. "$(dirname "$0")/shop.sh"
shop

sw check
exits 0 "a sound project checks"
sw check --json
is "$(json 'd["ok"], d["command"]')" '[true, "check"]' "--json says so"

# All problems of all documents, at once, with position and nearest key.
printf '{\n  "tgas": ["x"],\n  "vars": { "CATALOG_ID": 1 }\n}\n' >"$p/targets/alpha.json"
printf '{ "host": "nosuch" }\n' >"$p/targets/beta.json"
printf '{ "vars": { "A": 1, } }\n' >"$p/targets/gamma.json"
sw check
exits 2 "a broken project: exit 2"
like "$out$err" 'targets/alpha.json:2:3' "file, line and column"
like "$out$err" 'tgas.*tags' "the nearest known key"
like "$out$err" 'targets/beta.json:1' "the second document"
like "$out$err" 'nosuch' "a missing host is named"
like "$out$err" 'targets/gamma.json:1' "the third, which does not parse"
sw deploy
exits 2 "deploy refuses the project"
not_ok test -e "$srv/alpha" -- "and touches nothing"
sw check --json
is "$(json 'd["ok"], d["exit"]')" '[false, 2]' "check --json fails in one document"

# Comments, x- keys, $schema.
rm -r "$p/targets" "$p/manifests" && shop
# shellcheck disable=SC2016
printf '/* hi */ { "$schema": "x", "x-note": [1], "vars": { "CATALOG_ID": 1 } } // end\n' >"$p/targets/alpha.json"
sw check
exits 0 "comments, x- keys and the schema key are allowed"
printf '{ "vars": { "CATALOG_ID": 1 }, "vars": {} }\n' >"$p/targets/alpha.json"
sw check
exits 2 "a repeated key is an error"

# Environments.
cat >"$p/slipway.json" <<'END'
{
  "slipway": 1, "name": "shop",
  "builds": { "app": { "dir": "dist" } },
  "environments": {
    "base": { "vars": { "URL": "https://base.example", "DEEP": "base" } },
    "staging": { "extends": "base", "branches": ["staging"], "vars": { "URL": "https://stage.example" } },
    "production": { "extends": "base", "branches": ["main", "master"], "vars": { "URL": "https://prod.example" } }
  },
  "defaults": { "build": "app", "host": "local", "render": ["config.js"], "vars": { "URL": "never" } }
}
END
for t in alpha beta; do
	printf '{ "vars": { "CATALOG_ID": 5 }, "environments": { "staging": { "root": "%s/stage-%s" }, "production": {} } }\n' \
		"$srv" "$t" >"$p/targets/$t.json"
done
printf '{ "vars": { "CATALOG_ID": 6 }, "environments": { "production": { "vars": { "URL": "https://own.example" } } } }\n' \
	>"$p/targets/gamma.json"
sw deploy
exits 2 "no environment chosen"
like "$err" "staging" "the error lists them"
like "$err" "production" "all of them"
unlike "$err" "base[, ]" "but not one that is only extended"
sw deploy -e base
exits 2 "an environment that is only extended cannot be chosen"
sw deploy -e stagin
exits 2 "an unknown environment"
like "$err" "staging" "names the nearest"
sw deploy -e staging --json
exits 0 "--env"
is "$(json 'd["environment"], [t["name"] for t in d["targets"]]')" '["staging", ["alpha", "beta"]]' "has its targets only"
like "$(cat "$srv/stage-alpha/current/config.js")" "stage.example" "and its variables"
like "$err" "environment staging \(--env\)" "the first line names it and why"
run env SLIPWAY_ENV=production "$SLIPWAY" -C "$p" deploy
exits 0 "SLIPWAY_ENV"
like "$(cat "$srv/alpha/current/config.js")" "prod.example" "chooses"
like "$(cat "$srv/gamma/current/config.js")" "own.example" "a target's entry for the environment wins"
run env BITBUCKET_BRANCH=staging "$SLIPWAY" -C "$p" status --json
is "$(json 'd["environment"]')" "staging" "BITBUCKET_BRANCH"
run env CI=1 GITHUB_REF_NAME=main GITHUB_REF_TYPE=branch "$SLIPWAY" -C "$p" status --json
is "$(json 'd["environment"]')" "production" "GITHUB_REF_NAME"
run env BITBUCKET_BRANCH=staging BITBUCKET_PR_ID=7 "$SLIPWAY" -C "$p" status
exits 2 "never in a pull-request pipeline"
git -C "$p" init -q -b master 2>/dev/null
sw status --json
is "$(json 'd["environment"]')" "production" "git HEAD, also before the first commit"
rm -rf "$p/.git"

# Approval.
sed -i 's/"branches": \["main", "master"\],/"approve": "ask",/' "$p/slipway.json"
printf 'new\n' >"$p/dist/new.txt"
before=$(host_state)
sw deploy -e production
exits 2 'approve "ask" without a terminal'
is "$(host_state)" "$before" "nothing was tried"
sw deploy -e production --yes
exits 0 "--yes approves"

# Two targets on one place.
printf '{ "vars": { "CATALOG_ID": 5 }, "root": "%s/alpha", "environments": { "production": {} } }\n' "$srv" >"$p/targets/delta.json"
sw check
exits 2 "two targets must not share a place"
like "$out$err" "alpha" "both are named"
like "$out$err" "delta" "both are named"
rm "$p/targets/delta.json"
printf '{ "vars": { "CATALOG_ID": 5 }, "environments": { "staging": {}, "production": {} } }\n' >"$p/targets/delta.json"
sw check
exits 2 "nor one target in two environments"
rm "$p/targets/delta.json"

# Render: an unknown name is an error with position before anything is sent.
rm -rf "$p/targets" "$p/manifests" "$p/dist" "$p/.slipway"; shop
printf 'ok: 1\nbad: "{{CATALOG_IDD}}"\n' >"$p/dist/config.js"
printf 'new\n' >"$p/dist/new.txt"
before=$(host_state)
sw deploy
exits 2 "an unknown NAME is a configuration error"
like "$err" 'config.js:2:7' "with file, line and column"
is "$(host_state)" "$before" "before anything is sent"
# Escaping by kind of file.
printf '{ "vars": { "CATALOG_ID": 3, "URL": "a\\"b`$</script>\\n" }, "render": ["config.js", "conf.json"] }\n' >"$p/targets/alpha.json"
printf 'x = "{{URL}}"; n = {{CATALOG_ID}}\n' >"$p/dist/config.js"
printf '{ "url": "{{URL}}" }\n' >"$p/dist/conf.json"
sw deploy alpha
exits 0 "values are escaped"
unlike "$(cat "$srv/alpha/current/config.js")" '</script>' "in .js: no closing tag gets in"
is "$("$shop_python" -c 'import json,sys; print(json.dumps(json.load(open(sys.argv[1]))["url"]))' "$srv/alpha/current/conf.json")" \
	'"a\"b`$</script>\n"' "in .json: the value survives"

# Secrets by reference.
printf '{ "vars": { "CATALOG_ID": 3, "URL": { "env": "KIOSK_TOKEN" } } }\n' >"$p/targets/alpha.json"
printf 'x = "{{URL}}"\n' >"$p/dist/config.js"
sw plan alpha
exits 0 "plan works without secrets"
like "$out" "known at deploy" "and says so"
printf '{ "vars": { "CATALOG_ID": 3, "URL": { "file": "no-such-file" } } }\n' >"$p/targets/beta.json"
sw deploy alpha beta
exits 2 "missing secrets"
like "$err" "KIOSK_TOKEN" "are listed"
like "$err" "no-such-file" "all at once"
printf '{ "vars": { "CATALOG_ID": 3 } }\n' >"$p/targets/beta.json"
run env KIOSK_TOKEN=s3cr3t-value-1 "$SLIPWAY" -C "$p" deploy alpha -v --events "$tmp/events" --json
exits 0 "a secret is rendered"
is "$(cat "$srv/alpha/current/config.js")" 'x = "s3cr3t-value-1"' "into the file"
not_ok grep -r s3cr3t-value-1 "$p/.slipway" "$tmp/out" "$tmp/err" "$tmp/events" "$srv/alpha/.slipway" -- "and nowhere else"
run env KIOSK_TOKEN= "$SLIPWAY" -C "$p" deploy alpha
exits 2 "an empty secret is an error"
mkdir "$p/secrets"
printf 'from-a-file\n' >"$p/secrets/url"
printf '{ "vars": { "CATALOG_ID": 3, "URL": { "file": "secrets/url" } } }\n' >"$p/targets/alpha.json"
sw deploy alpha
is "$(cat "$srv/alpha/current/config.js")" 'x = "from-a-file"' "one trailing newline is stripped"
printf '{ "vars": { "CATALOG_ID": 3, "URL": { "command": ["printf", "from-a-command"] } } }\n' >"$p/targets/alpha.json"
sw deploy alpha
is "$(cat "$srv/alpha/current/config.js")" 'x = "from-a-command"' "a command's output"
printf '{ "vars": { "CATALOG_ID": 3, "URL": { "command": ["touch", "%s/ran"] } } }\n' "$tmp" >"$p/targets/alpha.json"
sw plan alpha
sw check
sw check --explain alpha
not_ok test -e "$tmp/ran" -- "plan and check run nothing from the project"
exits 0 "check --explain"
like "$out" "targets/alpha.json" "shows where values come from"
like "$out" "CATALOG_ID" "and the values"
printf 'outside' >"$tmp/outside"
printf '{ "vars": { "CATALOG_ID": 3, "URL": { "file": "%s/outside" } } }\n' "$tmp" >"$p/targets/alpha.json"
sw deploy alpha
exits 2 "a secret file outside the project is refused"
like "$err" "SLIPWAY_SECRET_DIRS" "with the way to allow it"
run env SLIPWAY_SECRET_DIRS="$tmp" "$SLIPWAY" -C "$p" deploy alpha
exits 0 "which works"

# Pinned by hash.
printf '{ "vars": { "CATALOG_ID": 3 } }\n' >"$p/targets/alpha.json"
printf 'x = {{CATALOG_ID}}\n' >"$p/dist/config.js"
printf '{ "hashTable": { "/config.js": "abc" } }\n' >"$p/dist/ngsw.json"
sw deploy alpha
like "$rc" '^[27]$' "a rendered path that the build pins by hash is refused"
like "$err" "ngsw.json" "the document is named"
like "$err" "allow_pinned" "and the way to allow it"
