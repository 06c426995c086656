#!/bin/bash
# The sweeps miss nothing: the calls that faultline counts are those that strace sees, and no other call changes state.
. "$(dirname "$0")/sweep.sh"
need strace
SHOP_DURABILITY=full
shop alpha beta
sw deploy
exits 0 "A is live"
build_is c
sw deploy
exits 0 "C is live"
build_is b
sweep_base

unconditional='mkdirat|linkat|symlinkat|renameat|renameat2|rename|unlinkat|unlink|rmdir|mkdir|fchmod|fchmodat|chmod|utimensat'
unconditional+='|pwrite64|ftruncate|truncate|fallocate|fsync|fdatasync|syncfs|sync_file_range|fchown|fchownat|chown|link|symlink'
# Calls that read, wait, map, or concern the process alone; sockets and pipes are no state of a target.
harmless='access|chdir|kill|arch_prctl|brk|clock_nanosleep|clone|clone3|close|close_range|dup|dup2|dup3'
harmless+='|epoll_create1|epoll_ctl|epoll_wait|eventfd2'
harmless+='|execve|exit|exit_group|faccessat|faccessat2|fadvise64|fcntl|flock|fstat|fstatfs|futex|getcwd|getdents64|getegid|geteuid|getgid'
harmless+='|getpid|getppid|getrandom|getrlimit|getrusage|gettid|getuid|ioctl|lseek|madvise|mmap|mprotect|mremap|munmap|nanosleep|newfstatat'
harmless+='|open|openat|openat2|pipe2|poll|ppoll|pread64|prctl|prlimit64|read|readlink|readlinkat|rseq|rt_sigaction|rt_sigprocmask'
harmless+='|rt_sigreturn|sched_getaffinity|sched_yield|set_robust_list|set_tid_address|setrlimit|sigaltstack|signalfd4|stat|statfs|statx'
harmless+='|sysinfo|tgkill|timerfd_create|timerfd_settime|umask|uname|wait4|socket|connect|socketpair|sendmsg|recvmsg|clock_gettime'
harmless+='|sched_getscheduler|sched_getparam|gettimeofday|membarrier|getpgrp|lstat|select|pselect6|restart_syscall|sched_setaffinity'
also='write|writev|copy_file_range|sendfile|creat|pwritev'

compare() {
	sweep_restore
	run "$fault" -o "$tmp/points" "$SLIPWAY" -C "$p" "$@"
	exits 0 "counted: slipway $1"
	sweep_restore
	run strace -f -qq -o "$tmp/strace" "$SLIPWAY" -C "$p" "$@"
	exits 0 "traced: slipway $1"
	sed -E 's/^[0-9]+ +//; s/^<\.\.\. .*//; s/^(---|\+\+\+).*//; s/\(.*//' "$tmp/strace" | grep . >"$tmp/names"
	is "$(grep -Evx "$unconditional|$harmless|$also" "$tmp/names" | sort -u | tr '\n' ' ')" "" \
		"$1: every call is known as harmless or is a point"
	is "$(awk '{ print $2 }' "$tmp/points" | grep -Ex "$unconditional" | sort | uniq -c | awk '{ print $2 "=" $1 }' | tr '\n' ' ')" \
		"$(grep -Ex "$unconditional" "$tmp/names" | sort | uniq -c | awk '{ print $2 "=" $1 }' | tr '\n' ' ')" \
		"$1: strace counts the same calls"
	is "$(grep -c ' openat ' "$tmp/points")" "$(grep -cE 'openat\(.*(O_CREAT|O_TRUNC|O_TMPFILE)' "$tmp/strace")" \
		"$1: and the same files made"
}
compare deploy
compare rollback
compare prune --keep 1
