# shellcheck shell=bash
# TAP for system tests. Use: . "$(dirname "$0")/lib.sh" as the first command of a *.t script; no plan is needed.
#
#   run CMD...             stdout to $out, stderr to $err, exit code to $rc (files: $tmp/out, $tmp/err); stdin is /dev/null
#   ok COND... -- NAME     succeeds when the command COND succeeds          ok test -L live -- "live is a link"
#   not_ok COND... -- NAME succeeds when it fails
#   is GOT WANT NAME       equal strings                                    isnt GOT WANT NAME
#   like TEXT ERE NAME     TEXT matches the extended regular expression     unlike TEXT ERE NAME
#   exits WANT NAME        $rc of the last run is WANT; else shows its output
#   pass NAME, fail NAME [DETAIL...], diag TEXT
#   skip_or_fail REASON [N]  the rest of the script cannot run here: skipped with the reason, a failure under SLIPWAY_CI
#   need TOOL...           skip_or_fail unless every tool is there
#   todo is not offered: a check holds or it does not.
#
# $tmp is a directory of this script's own, removed at its end (SLIPWAY_KEEP=1 keeps it). $SLIPWAY is the program. on_exit
# CMD... adds a cleanup, run last first. The script starts in $tmp with HOME there and without the caller's git, CI, SLIPWAY_ variables.
set -u

lib_repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SLIPWAY=${SLIPWAY:-$lib_repo/build/slipway}
case $SLIPWAY in /*) ;; *) SLIPWAY=$PWD/$SLIPWAY ;; esac
SLIPWAY_BUILD=${SLIPWAY_BUILD:-$lib_repo/build}

lib_count=0 lib_failed=0 lib_done=0 lib_cleanup=()
out='' err='' rc=0

tmp=$(mktemp -d "${TMPDIR:-/tmp}/slipway-test.XXXXXX") || exit 1
tmp=$(cd "$tmp" && pwd -P)
mkdir "$tmp/home" && cd "$tmp" || exit 1

# Nothing of the developer's machine may decide a result.
for lib_name in $(compgen -e | grep -E '^(GIT_|CI$|CI_|BITBUCKET_|GITHUB_|SLIPWAY_)' || true); do
	case $lib_name in SLIPWAY_CI | SLIPWAY_BUILD | SLIPWAY_KEEP | SLIPWAY_TEST_*) ;; *) unset "$lib_name" ;; esac
done
unset NO_COLOR CLICOLOR_FORCE COLUMNS LINES
export SLIPWAY SLIPWAY_BUILD HOME="$tmp/home" XDG_CONFIG_HOME="$tmp/home/.config" GIT_CONFIG_NOSYSTEM=1
export LC_ALL=C.UTF-8 TZ=UTC TERM=dumb

on_exit() { lib_cleanup=("$(printf '%q ' "$@")" "${lib_cleanup[@]}"); }

lib_exit() {
	local status=$? command
	for command in "${lib_cleanup[@]}"; do eval "$command" || true; done
	cd / || true
	if [ -z "${SLIPWAY_KEEP:-}" ]; then
		chmod -R u+rwX "$tmp" 2>/dev/null
		rm -rf "$tmp"
	else
		diag "kept: $tmp"
	fi
	if [ "$lib_done" = 0 ] && [ "$status" != 0 ]; then
		lib_count=$((lib_count + 1)) lib_failed=$((lib_failed + 1))
		echo "not ok $lib_count - the script ended by itself with $status"
	fi
	[ "$lib_done" = 1 ] || echo "1..$lib_count"
	if [ "$lib_failed" != 0 ] || [ "$lib_count" = 0 ]; then exit 1; fi
	exit 0
}
trap lib_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

pass() {
	lib_count=$((lib_count + 1))
	echo "ok $lib_count - ${1//#/\\#}"
}

fail() {
	lib_count=$((lib_count + 1)) lib_failed=$((lib_failed + 1))
	echo "not ok $lib_count - ${1//#/\\#}"
	diag "at ${BASH_SOURCE[2]:-$0}:${BASH_LINENO[1]:-?}"
	shift
	local line
	for line in "$@"; do diag "$line"; done
	return 1
}

run() {
	rc=0
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null || rc=$?
	out=$(tr -d '\0' <"$tmp/out") err=$(tr -d '\0' <"$tmp/err")
	return 0
}

# Splits "COMMAND... -- NAME" and runs the command: lib_status, lib_name, lib_said.
lib_try() {
	lib_name=${*: -1}
	if [ "$#" -lt 3 ] || [ "${*: -2:1}" != -- ]; then
		lib_status=125 lib_name="usage: ok COMMAND... -- NAME (got: $*)" lib_said='' lib_bad=1
		return
	fi
	lib_status=0 lib_bad=0
	lib_said=$("${@:1:$#-2}" 2>&1) || lib_status=$?
}

ok() {
	lib_try "$@"
	if [ "$lib_status" = 0 ]; then pass "$lib_name"; else fail "$lib_name" "exit $lib_status: ${*:1:$#-2}" "$lib_said"; fi
}

not_ok() {
	lib_try "$@"
	if [ "$lib_status" != 0 ] && [ "$lib_bad" = 0 ]; then pass "$lib_name"; else fail "$lib_name" "succeeded: ${*:1:$#-2}" "$lib_said"; fi
}

is() { if [ "$1" = "$2" ]; then pass "$3"; else fail "$3" "got:    $1" "wanted: $2"; fi; }
isnt() { if [ "$1" != "$2" ]; then pass "$3"; else fail "$3" "got what must not be: $1"; fi; }
like() { if [[ $1 =~ $2 ]]; then pass "$3"; else fail "$3" "text: $1" "does not match: $2"; fi; }
unlike() { if [[ $1 =~ $2 ]]; then fail "$3" "text: $1" "matches: $2"; else pass "$3"; fi; }

exits() {
	if [ "$rc" = "$1" ]; then pass "$2"; else fail "$2" "exit $rc, wanted $1" "stdout: $out" "stderr: $err"; fi
}

skip_or_fail() {
	if [ -n "${SLIPWAY_CI:-}" ]; then
		fail "needed here: $1"
	else
		lib_count=$((lib_count + 1))
		echo "ok $lib_count # SKIP $1"
	fi
	echo "1..$lib_count"
	lib_done=1
	exit 0
}

need() {
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null 2>&1 || skip_or_fail "$tool is not installed"
	done
}
