#!/usr/bin/env bash
# What check accepts or refuses is what the JSON Schemas in manifests/schema/ accept or refuse, judged by python3-jsonschema:
# on every example (tests/data/documents/good, and this repository's own project), on every broken document (broken/), and,
# for what a schema cannot say (references/), that check is the stricter one.
. "$(dirname "$0")/lib.sh"

python=$(command -v /usr/bin/python3 || command -v python3)
documents=$lib_repo/tests/data/documents
judge() { "$python" "$lib_repo/tests/tools/documents.py" "$lib_repo/manifests/schema" "$@"; }

"$python" -c 'import jsonschema' 2>/dev/null || { skip_or_fail "python3-jsonschema is not installed"; exit 0; }

# A project around one document; $1 its kind, $2 the file. Prints where the document lies in it.
around() {
	rm -rf "$tmp/case"
	mkdir -p "$tmp/case/targets" "$tmp/case/manifests"
	case $1 in
	project) cp "$2" "$tmp/case/slipway.json"; echo slipway.json; return ;;
	target)
		cat >"$tmp/case/slipway.json" <<-'END'
		{ "slipway": 1, "builds": { "kiosk": { "dir": "dist" } }, "defaults": { "build": "kiosk" },
		  "environments": { "base": {}, "staging": { "extends": "base" }, "production": { "extends": "base" } } }
		END
		cat >"$tmp/case/manifests/kiosks.json" <<-'END'
		{ "kind": "dir", "root": "www/${environment}/${target}" }
		END
		cp "$2" "$tmp/case/targets/case.json"
		echo targets/case.json
		;;
	host)
		printf '{ "slipway": 1, "builds": { "kiosk": { "dir": "dist" } } }\n' >"$tmp/case/slipway.json"
		printf '{ "root": "www", "bucket": "b", "project": "p" }\n' >"$tmp/case/targets/one.json"
		cp "$2" "$tmp/case/manifests/case.json"
		echo manifests/case.json
		;;
	esac
}

# $1 folder, $2 what the schema must say, $3 the exit code of check
agree() {
	local verdict path name place
	while read -r verdict path; do
		[ "$verdict" != "#" ] || continue
		name=${path##*/}
		place=$(around "${name%%-*}" "$path")
		is "$verdict" "$2" "$1/$name: the schema says $2"
		run "$SLIPWAY" -C "$tmp/case" check
		exits "$3" "$1/$name: check says the same"
		if [ "$3" = 2 ]; then
			like "$out$err" "(^|[^a-z/])$place:[0-9]+:[0-9]+: " "$1/$name: with file, line and column"
		else
			unlike "$out$err" "error: " "$1/$name: without an error"
		fi
	done < <(judge "$documents/$1"/*.json)
}

ok test "$(find "$documents/broken" -name '*.json' | wc -l)" -ge 60 -- "at least 60 broken documents"
agree good accept 0
agree broken refuse 2
agree references accept 2

# Every key of the schemas is known to check: null is of no type, so check must miss the right one, not the key. And every key of
# the tables is known to the schemas.
with_null() {
	local shape=$1 keys=$2
	case $shape in
	project) printf '{ %s }\n' "$keys" >"$tmp/case/slipway.json" ;;
	environment) printf '{ "slipway": 1, "environments": { "one": { %s } } }\n' "$keys" >"$tmp/case/slipway.json" ;;
	defaults) printf '{ "slipway": 1, "defaults": { %s } }\n' "$keys" >"$tmp/case/slipway.json" ;;
	target) printf '{ "slipway": 1, "targets": { "one": { %s } } }\n' "$keys" >"$tmp/case/slipway.json" ;;
	entry) printf '{ "slipway": 1, "targets": { "one": { "environments": { "e": { %s } } } } }\n' "$keys" >"$tmp/case/slipway.json" ;;
	host-*)
		printf '{ "slipway": 1, "manifests": { "one": { "kind": "%s", %s } } }\n' "${shape#host-}" "$keys" >"$tmp/case/slipway.json"
		;;
	esac
}
judge --keys >"$tmp/keys"
for shape in $(cut -d' ' -f1 "$tmp/keys" | uniq); do
	rm -rf "$tmp/case" && mkdir "$tmp/case"
	mapfile -t keys < <(sed -n "s/^$shape //p" "$tmp/keys" | grep -vx kind)
	with_null "$shape" "$(printf '"%s": null, ' "${keys[@]}" | sed 's/, $//')"
	run "$SLIPWAY" -C "$tmp/case" check
	missed=''
	for key in "${keys[@]}"; do
		grep -qF "\"$key\": expected " <<<"$out$err" || missed+=" $key"
	done
	is "$missed" '' "check knows every key that the schema of $shape knows"
done
known=$(cut -d' ' -f2 "$tmp/keys" | sort -u)
missed=''
while read -r key; do
	grep -qxF -- "$key" <<<"$known" || missed+=" $key"
done < <(sed -n '/^const struct key_row keys_layered/,/^};/p; /project_rows/,/^};/p' "$lib_repo/src/target/keys.c" |
	sed -n 's/.*{ \.name = "\([^"]*\)".*/\1/p')
is "$missed" '' "the schemas know every key of the tables"

# The repository itself.
own=("project=$lib_repo/slipway.json")
for file in "$lib_repo"/targets/*.json; do own+=("target=$file"); done
for file in "$lib_repo"/manifests/*.json; do own+=("host=$file"); done
is "$(judge "${own[@]}" | grep -c '^accept')" "${#own[@]}" "the schemas accept every document of the demo project"
run "$SLIPWAY" -C "$lib_repo" check
exits 0 "and so does check"
