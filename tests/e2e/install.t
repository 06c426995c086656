#!/usr/bin/env bash
# make install puts the program, its page, its completions and the schemas; make uninstall takes exactly these away.
. "$(dirname "$0")/lib.sh"
[ -x "$SLIPWAY" ] || skip_or_fail "there is no program at $SLIPWAY"
unset MAKEFLAGS MAKELEVEL MFLAGS

make_in() { run make -s -C "$lib_repo" BUILD="${SLIPWAY_BUILD#"$lib_repo/"}" DESTDIR="$tmp/dest" PREFIX=/usr "$@"; }

make_in install
exits 0 "make install"
for file in bin/slipway share/man/man1/slipway.1 share/bash-completion/completions/slipway \
	share/zsh/site-functions/_slipway share/fish/vendor_completions.d/slipway.fish; do
	ok test -s "dest/usr/$file" -- "$file is there"
done
schemas() { find "$1" -name '*.json' -printf '%f\n' | sort; }
is "$(schemas dest/usr/share/slipway/schema)" "$(schemas "$lib_repo/manifests/schema")" "and every schema"
is "$(stat -c %a dest/usr/bin/slipway dest/usr/share/man/man1/slipway.1 | tr '\n' ' ')" "755 644 " "with the usual modes"
ok dest/usr/bin/slipway version -- "the installed program runs"
ok bash -n dest/usr/share/bash-completion/completions/slipway -- "the bash completion is bash"

mkdir -p dest/usr/share/slipway dest/usr/share/man/man1
echo mine >dest/usr/share/man/man1/other.1
make_in install
exits 0 "a second install"
make_in uninstall
exits 0 "make uninstall"
is "$(find dest -type f)" "dest/usr/share/man/man1/other.1" "only what was not ours is left"
make_in uninstall
exits 0 "a second uninstall"
