# shellcheck shell=bash disable=SC2034,SC2154
# Fault sweeps on the stand-in for Firebase Hosting: a command is run once per API request, with that request failing in one of the
# stand-in's ways. Source it instead of lib.sh.
#
#   faults WORKERS JOB...     one check a job; see firebase_faults.py for what a job is and for what is checked after every run
#   fleets WORKERS NAME...    one check a scenario of firebase_fleet.py
#   firebase_python FILE ...  runs tests/e2e/FILE with tmp in its environment
# The work lies in memory where the machine has /dev/shm: hundreds of runs should not wait for a disk.
if [ -z "${TMPDIR:-}" ] && [ -d /dev/shm ] && [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -gt 65536 ]; then
	export TMPDIR=/dev/shm
fi
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$lib_repo/tests/e2e/firebase.sh"
[ -x "$SLIPWAY" ] || skip_or_fail "there is no program at $SLIPWAY"
[ -x "$SLIPWAY_BUILD/tests/fake/firebase-server" ] || skip_or_fail "the stand-in is not built: make test builds it"

firebase_python() { tmp=$tmp python3 -BE "$lib_repo/tests/e2e/$1" "${@:2}" </dev/null; }

faults() {
	local job tried last least bad said
	firebase_python firebase_faults.py "$@" >"$tmp/swept" 2>"$tmp/swept.err"
	shift
	for job; do
		said=$(grep -F "BAD $job" "$tmp/swept" | cut -c1-1200 | head -20)
		read -r _ _ tried last < <(grep -F "END $job " "$tmp/swept") || tried='' last=0
		least=$(case $job in rollback:*) echo 7 ;; deploy:*) echo 22 ;; *) echo 25 ;; esac)
		case $job in */*) least=$((least + 1 - ${job##*/})) ;; esac
		if [ -z "$tried" ]; then
			fail "$job: the sweep came to its end" "$said" "$(cat "$tmp/swept.err")"
		elif [ -n "$said" ]; then
			fail "$job at each of $tried requests" "$said"
		else
			ok test "$last" -ge "$least" -- "$job at each of $tried requests: old or new, whole, and told so; the same again finishes"
		fi
	done
}

fleets() {
	local name said ended
	firebase_python firebase_fleet.py "$@" >"$tmp/fleets" 2>"$tmp/fleets.err"
	shift
	for name; do
		said=$(grep -F "BAD $name:" "$tmp/fleets" | cut -c1-1200 | head -20)
		ended=$(grep "^END $name " "$tmp/fleets" | cut -d' ' -f3-)
		if [ -z "$said" ] && [ -n "$ended" ]; then
			pass "fifty sites, $name ($ended)"
		else
			fail "fifty sites, $name" "$said" "$(cat "$tmp/fleets.err")"
		fi
	done
}
