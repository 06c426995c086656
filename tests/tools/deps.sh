#!/bin/sh
# Installs what is missing. usage: deps.sh build|test|browser|lint|all
# Debian and its children: apt-get, with sudo when not root. Elsewhere: says what is missing. A second run does nothing.
set -eu

build="gcc libc6-dev make git ca-certificates pkg-config libssl-dev libcjson-dev libsqlite3-dev libxxhash-dev
	libdeflate-dev zlib1g-dev libutf8proc-dev libcurl4-openssl-dev"
test="libcmocka-dev curl perl strace python3 python3-jsonschema rsync tmux procps util-linux diffutils openssl sqlite3"
browser="chromium"
lint="clang clang-tidy libclang-rt-14-dev cppcheck shellcheck mandoc universal-ctags binutils"

group=${1:-all}
case $group in
build) packages=$build ;;
test) packages="$build $test" ;;
browser) packages="$build $test $browser" ;;
lint) packages="$build $lint" ;;
all) packages="$build $test $browser $lint" ;;
*)
	echo "usage: deps.sh build|test|browser|lint|all" >&2
	exit 2
	;;
esac

# What a system without dpkg must offer, under names that are the same everywhere.
elsewhere() {
	commands="cc pkg-config"
	case $group in test | browser | all) commands="$commands prove strace python3 rsync" ;; esac
	case $group in browser | all) commands="$commands chromium" ;; esac
	case $group in lint | all) commands="$commands clang clang-tidy cppcheck shellcheck mandoc ctags" ;; esac
	missing=
	for c in $commands; do
		command -v "$c" >/dev/null 2>&1 || missing="$missing $c"
	done
	for p in libssl libcrypto libcurl libcjson sqlite3 libxxhash libdeflate zlib libutf8proc; do
		pkg-config --exists "$p" 2>/dev/null || missing="$missing $p(pkg-config)"
	done
	[ -z "$missing" ] && return 0
	echo "Missing:$missing" >&2
	echo "This system has no apt-get. Install what provides the above; the Debian 12 names are:" >&2
	# shellcheck disable=SC2086
	echo "  "$packages >&2
	return 1
}

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
	elsewhere
	exit $?
fi

have=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^.i *//p')
have=$(printf '%s' "$have" | tr '\n' ' ')
missing=
for p in $packages; do
	case " $have " in *" $p "*) ;; *) missing="$missing $p" ;; esac
done
[ -n "$missing" ] || exit 0

run=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "Missing packages, and neither root nor sudo is at hand. As root run:" >&2
		echo "  apt-get update && apt-get install -y --no-install-recommends$missing" >&2
		exit 1
	fi
	run=sudo
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# The lists may be stale or absent: install first, refresh only when that fails.
# shellcheck disable=SC2086
install() { $run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing </dev/null >&2; }
if ! install 2>/dev/null; then
	$run apt-get update -qq >&2
	install
fi
