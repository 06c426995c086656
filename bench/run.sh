#!/usr/bin/env bash
# Speed as ratios: slipway and its peers on the same input in the same run, medians, nothing asserted on a clock alone.
#
#   make bench                all cases            BENCH="sites fleet" make bench     some of them: fanout unchanged hash packing
#                             start first sites fleet cold
#   RUNS=5 make bench         counted runs of each (default 3)
#
# Works in build/bench on the file system that holds the checkout; everything but the packages from npm (build/npm) is removed at
# the end. The Firebase cases are in bench/firebase.sh.
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
SLIPWAY=${SLIPWAY:-$repo/build/slipway}
tools=${SLIPWAY_BUILD:-$repo/build}/bench
RUNS=${RUNS:-3}
work=$repo/build/bench/work
rm -rf "$work"
mkdir -p "$work"
trap 'cd /; rm -rf "$work"' EXIT
export HOME=$work XDG_CONFIG_HOME=$work/.config GIT_CONFIG_NOSYSTEM=1 LC_ALL=C
for name in $(compgen -e | grep -E '^(SLIPWAY_|CI$|CI_|GITHUB_|BITBUCKET_|FIREBASE_|GOOGLE_)' || true); do unset "$name"; done

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
have() { command -v "$1" >/dev/null 2>&1; }
say() { printf '%s\n' "$*"; }
row() { # LABEL SECONDS PEER-SECONDS BUDGET [NOTE]
	awk -v l="$1" -v s="$2" -v p="$3" -v b="$4" -v n="${5:-}" \
		'BEGIN { r = p > 0 ? s / p : 0; v = b == "-" ? "" : (r <= b + 0 ? "  within " b : "  OVER " b);
		printf "  %-46s %8.3f s   %6.2f x%s%s\n", l, s, r, v, n == "" ? "" : "  " n }'
}
only() { printf '  %-46s %8.3f s%s\n' "$1" "$2" "${3:+   $3}"; }

# measure LABEL COMMAND...: appends the seconds to $work/t.LABEL, the peak KiB to $work/m.LABEL, the CPU seconds to $work/c.LABEL; a
# failing command ends the bench.
measure() {
	local label=$1 figures
	shift
	if ! figures=$("$tools/measure" -o "$work/log" "$@"); then
		tail -20 "$work/log" >&2
		say "bench: $label failed: $*" >&2
		exit 1
	fi
	printf '%s\n' "${figures%% *}" >>"$work/t.$label"
	printf '%s\n' "$(cut -d' ' -f2 <<<"$figures")" >>"$work/m.$label"
	printf '%s\n' "${figures##* }" >>"$work/c.$label"
}
note() { printf '%s\n' "$2" >>"$work/t.$1"; }
time_of() { median <"$work/t.$1"; }
peak_of() { median <"$work/m.$1"; }
cpu_of() { median <"$work/c.$1"; }

# A real front end of some 5,800 files from npm; without npm a tree of the same count, and that is said.
front_end() {
	local dest=$1 package
	if package=$("$repo/tests/tools/npm.sh" unpack @fortawesome/fontawesome-free 2>/dev/null); then
		cp -r "$package" "$dest"
		input="@fortawesome/fontawesome-free $(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' "$dest/package.json" | head -1)"
	else
		"$tools/bare" tree "$dest" 5800
		input='a generated tree (npm cannot be reached)'
	fi
	printf '<!doctype html><title>kiosk</title>\n' >"$dest/index.html"
}

project() { # DIR DURABILITY COUNT: a project with COUNT dir targets whose roots are DIR/www/NAME
	mkdir -p "$1/targets" "$1/manifests" "$1/www"
	printf '{ "slipway": 1, "name": "bench", "builds": { "kiosk": { "dir": "%s" } },
  "defaults": { "build": "kiosk", "keep": { "last": 2 } } }\n' \
		"$work/dist" >"$1/slipway.json"
	# shellcheck disable=SC2016  # ${target} is slipway's
	printf '{ "kind": "dir", "root": "www/${target}", "durability": "%s" }\n' "$2" >"$1/manifests/local.json"
	local n
	for n in $(seq -w 1 "$3"); do printf '{ "host": "local" }\n' >"$1/targets/kiosk-$n.json"; done
}

peer_rsync() { # ROOT RELEASE PREVIOUS: what people script today, over 24 targets one after another
	local t
	for t in $(seq 1 24); do
		mkdir -p "$1/$t"
		rsync -a --checksum ${3:+--link-dest="$1/$t/$3/"} "$work/dist/" "$1/$t/$2/"
		ln -s "$2" "$1/$t/.next"
		mv -T "$1/$t/.next" "$1/$t/current"
	done
}
peer_cp() { local t; for t in $(seq 1 24); do cp -a "$work/dist" "$1/$t"; done; }
export -f peer_rsync peer_cp
export work

fanout() {
	local r targets
	front_end "$work/dist"
	say "24 dir targets x $input, $(find "$work/dist" -type f | wc -l) files, $(du -sm "$work/dist" | cut -f1) MB"
	for r in $(seq "$RUNS"); do
		targets=$(seq -f "$work/bare/%g" 1 24)
		sed -i '2,$d' "$work/dist/index.html"
		mkdir "$work/bare"
		# shellcheck disable=SC2086  # one word a target
		note bare-create "$("$tools/bare" create "$work/dist" $targets)"
		rm -rf "$work/bare"
		for d in none switch; do
			project "$work/p-$d" "$d" 24
			measure "cold-$d" "$SLIPWAY" -C "$work/p-$d" deploy -q -y
		done
		if [ "$r" = 1 ]; then # they take as long as everything else together
			mkdir "$work/cp" "$work/rsync"
			measure cold-cp bash -c "peer_cp '$work/cp'"
			measure cold-rsync bash -c "peer_rsync '$work/rsync' one ''"
		fi
		printf '<!-- run %s -->\n' "$r" >>"$work/dist/index.html"
		mkdir "$work/bare"
		# shellcheck disable=SC2086
		note bare-link "$("$tools/bare" link "$work/dist" $targets)"
		for d in none switch; do
			measure "change-$d" "$SLIPWAY" -C "$work/p-$d" deploy -q -y
			measure "same-$d" "$SLIPWAY" -C "$work/p-$d" deploy -q -y
			measure "back-$d" "$SLIPWAY" -C "$work/p-$d" rollback -q -y
			cmp -s "$work/dist/index.html" "$work/p-$d/www/kiosk-01/current/index.html" &&
				{ say "bench: rollback did nothing" >&2; exit 1; }
		done
		[ "$r" != 1 ] || measure change-rsync bash -c "peer_rsync '$work/rsync' two one"
		rm -rf "$work/p-none" "$work/p-switch" "$work/bare" "$work/cp" "$work/rsync"
	done
	only "cold: bare loop of creates, all cores" "$(time_of bare-create)"
	row "cold: slipway, durability none" "$(time_of cold-none)" "$(time_of bare-create)" 1.6
	row "cold: slipway, durability switch (default)" "$(time_of cold-switch)" "$(time_of bare-create)" -
	row "cold: cp -a, target by target (once)" "$(time_of cold-cp)" "$(time_of bare-create)" -
	row "cold: rsync --checksum + link swap (once)" "$(time_of cold-rsync)" "$(time_of bare-create)" -
	only "1 change: bare loop of links, all cores" "$(time_of bare-link)"
	row "1 change: slipway, durability none" "$(time_of change-none)" "$(time_of bare-link)" 2
	row "1 change: slipway, durability switch" "$(time_of change-switch)" "$(time_of bare-link)" -
	row "1 change: rsync --checksum --link-dest (once)" "$(time_of change-rsync)" "$(time_of bare-link)" -
	only "nothing changed: slipway" "$(time_of same-none)"
	only "rollback of 24: slipway" "$(time_of back-none)" "0 bytes of content"
	rm -rf "$work/dist"
}

unchanged() {
	local n=100000
	say "$n files, warm, nothing changed"
	"$tools/bare" tree "$work/dist" "$n"
	printf '<!doctype html>\n' >"$work/dist/index.html"
	sync -f "$work"
	sleep 2 # older than every index that is written now: the racy rule is not what is measured
	project "$work/p" none 1
	local git=(git -C "$work/dist" "--git-dir=$work/git" "--work-tree=$work/dist") # a build with a .git in it is refused
	"${git[@]}" init -q
	"${git[@]}" add -A
	"${git[@]}" -c user.name=b -c user.email=b@localhost commit -qm x
	"${git[@]}" status >/dev/null
	"$SLIPWAY" -C "$work/p" deploy -q -y
	mkdir "$work/mirror" && rsync -a "$work/dist/" "$work/mirror/"
	local r
	for r in $(seq "$RUNS"); do
		measure git "${git[@]}" status
		measure slipway "$SLIPWAY" -C "$work/p" deploy -q -y
		measure find find "$work/dist" -type f -size +1c -printf ''
		measure rsync rsync -a "$work/dist/" "$work/mirror/"
		measure rsync-checksum rsync -a --checksum "$work/dist/" "$work/mirror/"
	done
	only "git status" "$(time_of git)"
	row "slipway deploy" "$(time_of slipway)" "$(time_of git)" 1.5
	row "find" "$(time_of find)" "$(time_of git)" -
	row "rsync -a" "$(time_of rsync)" "$(time_of git)" -
	row "rsync -a --checksum" "$(time_of rsync-checksum)" "$(time_of git)" -
	awk -v k="$(peak_of slipway)" -v n="$n" 'BEGIN { b = 64 * 1024 + 200 * n / 1024;
		printf "  %-46s %8.1f MiB of %.1f MiB%s\n", "slipway: peak memory", k / 1024, b / 1024, k <= b ? "  within" : "  OVER" }'
	rm -rf "$work/dist" "$work/p" "$work/mirror" "$work/git"
}

hash_one() { # LABEL BUDGET
	local r
	project "$work/p" none 1
	"$SLIPWAY" -C "$work/p" plan -q >/dev/null # contents known, as on a fresh checkout with a kept cache
	for r in $(seq "$RUNS"); do
		find "$work/dist" -type f -exec touch {} +
		measure "xxh-$1" sh -c "find '$work/dist' -type f -print0 | xargs -0 xxhsum -H2"
		measure "known-$1" "$SLIPWAY" -C "$work/p" plan -q
		measure "first-$1" "$SLIPWAY" -C "$work/p" plan -q --no-cache
	done
	only "$1: xxhsum -H2" "$(time_of "xxh-$1")"
	row "$1: slipway, contents known (XXH3 only)" "$(time_of "known-$1")" "$(time_of "xxh-$1")" "$2"
	row "$1: slipway, first read (XXH3 + SHA-256 + scan)" "$(time_of "first-$1")" "$(time_of "xxh-$1")" -
	rm -rf "$work/dist" "$work/p"
}
hash() {
	say "hashing a whole tree that no file index vouches for, whole program (budget as slipway / xxhsum)"
	have xxhsum || { say "  skipped: xxhsum is not installed"; return; }
	"$tools/bare" tree "$work/dist" 50000
	hash_one "50,000 small files" 0.667
	mkdir "$work/dist"
	local n
	for n in 1 2 3 4; do head -c 268435456 /dev/urandom >"$work/dist/video-$n.bin"; done
	printf x >"$work/dist/index.html"
	hash_one "4 x 256 MiB" 1.0
}

packing() {
	local package r v
	package=$("$repo/tests/tools/npm.sh" unpack cesium@1.140.0 2>"$work/npm.err") ||
		{ say "packing: skipped: $(cat "$work/npm.err")"; return; }
	v=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' "$package/package.json" | head -1)
	for r in $(seq "$RUNS"); do
		"$tools/gzip" "$package" "$work/cache-$r" >>"$work/packing"
	done
	figure() { awk -v n="$1" -v f="$2" '$1 == n { print $f }' "$work/packing" | median; }
	say "gzip of cesium $v, $(figure zlib9 3) files, $(($(figure zlib9 4) / 1000000)) MB, on all cores"
	only "zlib level 9, file by file" "$(figure zlib9 2)"
	row "slipway: read, packed, digested, spooled" "$(figure slipway 2)" "$(figure zlib9 2)" 0.25
	only "slipway again, for 50 places" "$(figure again 2)" "all is known"
	only "zlib level 9, its $(figure zlib9-distinct 3) distinct contents" "$(figure zlib9-distinct 2)"
	row "libdeflate level 6, the same" "$(figure libdeflate6-distinct 2)" "$(figure zlib9-distinct 2)" 0.25
	awk -v s="$(figure slipway 5)" -v z="$(figure zlib9-distinct 5)" 'BEGIN { printf "  %-46s %8.4f x   %s\n",
		"size, level 6 against zlib level 9", s / z, s <= 1.005 * z ? "within 1.005" : "OVER 1.005" }'
}

start() {
	local r
	for r in $(seq 10); do measure version "$SLIPWAY" version; done
	say "start of the program"
	only "slipway version" "$(time_of version)"
}

. "$repo/bench/firebase.sh"

say "slipway bench, $(nproc) cores, $RUNS runs each, medians; ratios are against the first line of a group"
for case in ${BENCH:-fanout unchanged hash packing start first sites fleet cold}; do "$case"; done
