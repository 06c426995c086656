#!/usr/bin/env bash
# deps.sh against stand-ins for dpkg-query and apt-get: what it asks for, when it asks for nothing, and what it says elsewhere.
. "$(dirname "$0")/lib.sh"

deps=$lib_repo/tests/tools/deps.sh
mkdir bin
for tool in sh sed tr env cat; do ln -s "$(command -v $tool)" bin/$tool; done

fake() { # NAME BODY; never through a link: what it points at is the machine's own
	rm -f "bin/$1"
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}
have() { # PACKAGE...: what dpkg-query reports
	fake dpkg-query "printf '%s\n' $(printf "'%s' " "$@")"
}

fake id 'echo 0'
run env PATH="$tmp/bin" sh "$deps" build
exits 1 "a system without dpkg is told what is missing"
like "$err" "libssl\(pkg-config\)" "by pkg-config name"
like "$err" "libsqlite3-dev" "and by Debian name"

fake id 'echo 0'
fake apt-get "echo \"\$@\" >>$tmp/calls"
have "ii  gcc" "ii  git" "rc  make" "un  libc6-dev"
run env PATH="$tmp/bin" sh "$deps" build
exits 0 "missing packages are installed"
calls=$(cat calls)
like "$calls" "install -y .*--no-install-recommends" "without recommendations"
like "$calls" " make( |$)" "a removed package counts as missing"
unlike "$calls" " gcc( |$)" "an installed one is not asked for"
unlike "$calls" "update" "the lists are not refreshed when they need not be"
unlike "$calls" "cmocka" "build does not ask for what only tests need"
: >calls
run env PATH="$tmp/bin" sh "$deps" test
unlike "$(cat calls)" "chromium" "nor tests for a browser"
run env PATH="$tmp/bin" sh "$deps" browser
like "$(cat calls)" " chromium( |$)" "which is a group of its own"

: >calls
fake apt-get "echo \"\$@\" >>$tmp/calls; case \$1 in update) : >$tmp/updated ;; install) [ -e $tmp/updated ] ;; esac"
run env PATH="$tmp/bin" sh "$deps" test
exits 0 "stale lists are refreshed"
is "$(cut -d' ' -f1 calls | tr '\n' ' ')" "install update install " "only after an install failed"

fake apt-get 'exit 100'
run env PATH="$tmp/bin" sh "$deps" build
isnt "$rc" 0 "a failing apt-get is a failure"

fake id 'echo 1000'
run env PATH="$tmp/bin" sh "$deps" build
exits 1 "neither root nor sudo"
like "$err" "As root run:" "says what to run"
: >calls
fake sudo "echo sudo >>$tmp/calls; exec \"\$@\""
fake apt-get "echo \"\$@\" >>$tmp/calls"
run env PATH="$tmp/bin" sh "$deps" build
exits 0 "sudo is used"
like "$(head -1 calls)" "^sudo$" "when not root"

mapfile -t all < <(sed -n '/^build=/,/^lint=/p' "$deps" | tr -d '"' | sed 's/^[a-z]*=//' | tr -s ' \t' '\n' | sed '/^$/d; s/^/ii  /')
have "${all[@]}"
fake apt-get "echo called >>$tmp/again"
run env PATH="$tmp/bin" sh "$deps" all
exits 0 "a second run"
not_ok test -e again -- "does nothing"
run env PATH="$tmp/bin" sh "$deps" nonsense
exits 2 "an unknown group is refused"
