#!/usr/bin/env bash
# make lint: every rule runs, each prints its findings; ends with "N passed, N failed". LINT_FAST=1 leaves out clang-tidy,
# cppcheck and the second compiler.
set -euo pipefail
cd "$(dirname "$0")/../.."

MAKE=${MAKE:-make}
passed=0 failed=0

rule() {
	local name=$1 begin=$SECONDS
	shift
	if "$@"; then
		passed=$((passed + 1))
		echo "ok   $name ($((SECONDS - begin)) s)"
	else
		failed=$((failed + 1))
		echo "FAIL $name"
	fi
}

own_rules() { python3 tests/tools/lint.py .; }

compiles() { # with every warning an error; the tests too
	$MAKE --no-print-directory -k -j2 CC="$1" BUILD="build/lint-$1" WERROR=1 test-programs
}

# Writable variables at file scope, read off the objects: a name in a section .data, .bss or a common symbol. Tables of const
# pointers lie in .data.rel.ro and are fine. Allowed: strbuf_empty, which nothing writes.
no_globals() {
	local found
	[[ -f build/lint-gcc/libslipway.a ]] || { echo "there are no objects to read"; return 1; }
	found=$(objdump -t build/lint-gcc/libslipway.a | awk '
		/file format/ { file = $1; sub(/:$/, "", file); next }
		{ section = ""; for (i = 2; i <= NF; i++) if ($i ~ /^(\.t?data|\.t?bss|\*COM\*)/) section = $i }
		section ~ /^(\.t?data|\.t?bss|\*COM\*)/ && section !~ /^\.data\.rel\.ro/ && $NF !~ /^\./ && $NF != "strbuf_empty" \
			{ print file " " $NF " is writable (" section ")" }')
	[[ -z $found ]] || { echo "$found"; return 1; }
}

shell_scripts() {
	local files
	mapfile -t files < <(find tests bench .ci -type f \( -name '*.sh' -o -name '*.t' -o -path .ci/run \) -print 2>/dev/null | sort)
	shellcheck -x --severity=style --exclude=SC2154,SC1091,SC2034 "${files[@]}"
}

man_page() {
	[[ -f src/slipway.1 ]] || return 0
	mandoc -Tlint -W warning src/slipway.1
}

quick_check() {
	cppcheck --quiet -j2 --std=c11 --language=c --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem --suppress=readdirCalled --suppress=normalCheckLevelMaxBranches \
		--suppress=uninitvar --suppress=resourceLeak --suppress=nullPointerArithmeticRedundantCheck \
		--library=posix -D_GNU_SOURCE -Isrc src
}

tidy() {
	local flags found
	flags="-std=c17 -D_GNU_SOURCE -Isrc -DSLIPWAY_VERSION=__FILE__ -DSLIPWAY_REVISION=__FILE__ $(pkg-config --cflags libcjson)"
	export flags
	# shellcheck disable=SC2016
	found=$(find src -name '*.c' -print0 | sort -z | xargs -0 -n1 -P2 sh -c '
		case $0 in src/base/fail.c) first= ;; *) first="-include tests/tools/analyzer.h" ;; esac
		clang-tidy --quiet "$0" -- $flags $first 2>/dev/null' | grep -E ' (error|warning): ' | sort -u) || true
	[[ -z $found ]] || { echo "${found//$PWD\//}"; return 1; }
}

rule "text, layers, headers, banned functions, lengths" own_rules
rule "gcc without a warning" compiles gcc
rule "no mutable variables at file scope" no_globals
rule "shellcheck" shell_scripts
rule "man page" man_page
if [[ -z ${LINT_FAST:-} ]]; then
	rule "clang without a warning" compiles clang
	rule "cppcheck" quick_check
	rule "clang-tidy" tidy
fi
echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
