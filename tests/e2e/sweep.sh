# shellcheck shell=bash disable=SC2034,SC2154
# Kill and error sweeps: a command is run once per state-changing system call, with that call the last one (or the failing one). After
# each run every target must serve a whole release it may serve; then the same command runs again and must finish the job.
# Set before sourcing: SWEEP_SHARD=I/N takes every N-th call, from I on; scripts of N shards run in parallel.
#
#   sweep_base                            remembers the present project and hosts; every point begins from there
#   sweep MODE ALLOW END ARGS...          MODE is kill or an errno; see sweep.py. sweep_keep="ID,ID" before: what must remain
#
# Numbers come from one counter for the whole program (tests/tools/faultline.c), so a sweep is over when a run ends without having been
# acted upon; the last number must fit the count of an undisturbed run. kill-points.t compares that count with strace's.
# The work lies in memory where the machine has /dev/shm: hundreds of runs should not wait for a disk.
if [ -z "${TMPDIR:-}" ] && [ -d /dev/shm ] && [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -gt 65536 ]; then
	export TMPDIR=/dev/shm
fi
. "$(dirname "${BASH_SOURCE[0]}")/shop.sh"
fault=$SLIPWAY_BUILD/tests/tools/faultline
[ -x "$fault" ] || skip_or_fail "faultline is not built: make test builds it"
"$fault" true 2>/dev/null || skip_or_fail "this machine lets no process be traced"
sweep_keep=''

sweep_base() {
	rm -rf "$tmp/base" "$tmp/builds/d"
	mkdir "$tmp/base"
	cp -a "$p" "$srv" "$tmp/base/"
	cp -a "$tmp/builds/c" "$tmp/builds/d"
	printf 'something else\n' >"$tmp/builds/d/d.txt"
}

sweep_restore() {
	rm -rf "$p" "$srv"
	cp -a "$tmp/base/." "$tmp/"
}

sweep() {
	local mode=$1 allow=$2 end=$3 shard=${SWEEP_SHARD:-1/1} word tried last total code bad line target build
	shift 3
	for word in $allow $end; do
		target=${word%=*}
		for build in $(printf '%s' "${word#*=}" | tr , ' '); do
			[ "$build" = none ] || want "$build" "$target" >/dev/null
		done
	done
	tmp=$tmp p=$p srv=$srv fault=$fault "$shop_python" -E "$lib_repo/tests/e2e/sweep.py" "$mode" "$shard" "$allow" "$end" \
		"$sweep_keep" "$@" >"$tmp/swept" 2>"$tmp/swept.err" </dev/null
	bad=$(grep -c '^BAD ' "$tmp/swept")
	while read -r line; do diag "$line"; done < <(grep '^BAD ' "$tmp/swept" | head -60)
	read -r _ tried last total code < <(grep '^END ' "$tmp/swept")
	if [ -z "${tried:-}" ]; then
		fail "$mode: slipway $*: the sweep came to its end" "$(cat "$tmp/swept.err")"
		return
	fi
	is "$bad" 0 "$mode at each of $tried calls of slipway $*: old or new, whole; and the same command finishes"
	is "$code" 0 "the last, undisturbed run succeeds"
	# Retries and cleaning up after an error may move the last call by a few.
	ok test "$last" -gt $((total - ${shard#*/} - 2)) -- "the sweep reached the end: call $last of $total"
	ok test "$tried" -ge $(((total - ${shard%/*}) / ${shard#*/} - 1)) -- "$tried calls were tried"
}
