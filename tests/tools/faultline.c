/* faultline: runs a program and acts before one of its state-changing system calls.
 *
 * usage: faultline [-n N | -m TEXT] [-k | -e ERRNO | -H PREFIX] [-d MS] [-o LOG] [-p PIDFILE] COMMAND...
 *   -n N       act before the N-th call, counted over all threads and children, from 1
 *   -m TEXT    act before the first call whose name or path holds TEXT ("renameat", ".partial")
 *   -k         act = SIGKILL to the whole process (default)
 *   -e ERRNO   act = the call is not made and fails with ENOSPC, EIO, EMFILE, EACCES, EROFS, EXDEV or EINTR
 *   -H PREFIX  act = every thread sleeps: PREFIX.held appears, and the program goes on once PREFIX.held is gone
 *   -d MS      every state-changing call takes MS longer: a slow disk
 *   -o LOG     a line per call: number, name, path (or fd's path); "INJECTED" marks the one acted upon
 *   -p PIDFILE the program's process id
 * Exits like the program, 128 + signal when it was killed, 125 for its own trouble.
 *
 * Unlike strace --inject, which counts per call and per thread, the counter is one for the whole program, so that
 * numbers 1..total are exactly the places where it can die. A seccomp filter picks the calls, so nothing else is
 * slowed down. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum cond { ALWAYS, CREATES, ABOVE_STDERR, CLONES };

/* fd and path are argument numbers, -1 when there is none; a path is shown in preference to the descriptor's. */
struct call { long nr; const char *name; enum cond cond; int arg, fd, path; };
#define CALL(name, cond, arg, fd, path) { SYS_##name, #name, cond, arg, fd, path }
static const struct call calls[] = {
	CALL(openat, CREATES, 2, 0, 1),
#ifdef SYS_open
	CALL(open, CREATES, 1, -1, 0), CALL(creat, ALWAYS, 0, -1, 0), CALL(mkdir, ALWAYS, 0, -1, 0),
	CALL(rmdir, ALWAYS, 0, -1, 0), CALL(link, ALWAYS, 0, -1, 1), CALL(symlink, ALWAYS, 0, -1, 1),
	CALL(unlink, ALWAYS, 0, -1, 0), CALL(rename, ALWAYS, 0, -1, 1), CALL(chmod, ALWAYS, 0, -1, 0),
	CALL(chown, ALWAYS, 0, -1, 0), CALL(renameat, ALWAYS, 0, 0, 3),
#endif
	CALL(mkdirat, ALWAYS, 0, 0, 1), CALL(linkat, ALWAYS, 0, 0, 3), CALL(symlinkat, ALWAYS, 0, 1, 2),
	CALL(renameat2, ALWAYS, 0, 0, 3), CALL(unlinkat, ALWAYS, 0, 0, 1), CALL(fchmod, ALWAYS, 0, 0, -1),
	CALL(fchmodat, ALWAYS, 0, 0, 1), CALL(fchown, ALWAYS, 0, 0, -1), CALL(fchownat, ALWAYS, 0, 0, 1),
	CALL(utimensat, ALWAYS, 0, 0, 1), CALL(write, ABOVE_STDERR, 0, 0, -1), CALL(writev, ABOVE_STDERR, 0, 0, -1),
	CALL(pwrite64, ALWAYS, 0, 0, -1), CALL(pwritev, ALWAYS, 0, 0, -1), CALL(ftruncate, ALWAYS, 0, 0, -1),
	CALL(truncate, ALWAYS, 0, -1, 0), CALL(fallocate, ALWAYS, 0, 0, -1), CALL(copy_file_range, ALWAYS, 0, 2, -1),
	CALL(sendfile, ALWAYS, 0, 0, -1), CALL(fsync, ALWAYS, 0, 0, -1), CALL(fdatasync, ALWAYS, 0, 0, -1),
	CALL(syncfs, ALWAYS, 0, 0, -1), CALL(sync_file_range, ALWAYS, 0, 0, -1), CALL(ioctl, CLONES, 1, 0, -1),
};
#define CALL_COUNT (sizeof calls / sizeof calls[0])

struct options {
	unsigned long nth;
	const char *match, *hold, *log, *pidfile;
	int error;                      /* 0 = no -e */
	long delay_ms;
	char **command;
};

struct tracer {
	struct options o;
	FILE *log;
	pid_t main;
	unsigned long count;
	bool done;                      /* the act has happened */
};

static void put(struct sock_filter *f, size_t *n, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	f[(*n)++] = (struct sock_filter){ code, jt, jf, k };
}

static uint32_t low_word(int arg)
{
	return (uint32_t)(offsetof(struct seccomp_data, args) + 8 * (size_t)arg);
}

/* Per call: not this number: skip the block; condition not met: allow; else stop for the tracer. */
static int install_filter(void)
{
	static struct sock_filter f[8 * CALL_COUNT + 8];
	size_t n = 0;

	for (size_t i = 0; i < CALL_COUNT; i++) {
		const struct call *c = &calls[i];
		put(f, &n, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
		put(f, &n, BPF_JMP | BPF_JEQ | BPF_K, 0, c->cond == ALWAYS ? 1 : 4, (uint32_t)c->nr);
		if (c->cond != ALWAYS) {
			put(f, &n, BPF_LD | BPF_W | BPF_ABS, 0, 0, low_word(c->arg));
			if (c->cond == CREATES)
				put(f, &n, BPF_JMP | BPF_JSET | BPF_K, 0, 1,
				    O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY));
			else if (c->cond == ABOVE_STDERR)
				put(f, &n, BPF_JMP | BPF_JGT | BPF_K, 0, 1, 2);
			else
				put(f, &n, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)FICLONE);
			put(f, &n, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE);
			put(f, &n, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
		} else {
			put(f, &n, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE);
		}
	}
	put(f, &n, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { (unsigned short)n, f };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static pid_t start(char **command)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0 || install_filter() < 0) {
		perror("faultline");
		_exit(125);
	}
	execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

static void read_text(pid_t tid, uint64_t address, char *out, size_t size)
{
	size_t n = 0;
	for (; n + 1 < size; n++) {
		struct iovec local = { out + n, 1 }, remote = { (void *)(uintptr_t)(address + n), 1 };
		if (process_vm_readv(tid, &local, 1, &remote, 1, 0) != 1 || out[n] == '\0')
			break;
	}
	out[n] = '\0';
}

/* What the call is about: its path argument, or the file behind its descriptor. */
static void describe(pid_t tid, const struct call *c, const uint64_t *args, char *out, size_t size)
{
	out[0] = '\0';
	if (c->path >= 0 && args[c->path] != 0) {
		read_text(tid, args[c->path], out, size);
		if (out[0] != '\0')
			return;
	}
	if (c->fd >= 0) {
		char link[64];
		snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)tid, (int)args[c->fd]);
		ssize_t n = readlink(link, out, size - 1);
		out[n < 0 ? 0 : n] = '\0';
	}
}

/* The call is replaced by -error: its number becomes -1, which the kernel skips. */
static int skip_call(pid_t tid, int error)
{
#if defined(__x86_64__)
	struct user_regs_struct r;
	if (ptrace(PTRACE_GETREGS, tid, NULL, &r) < 0)
		return -1;
	r.orig_rax = (unsigned long long)-1;
	r.rax = (unsigned long long)(long long)-error;
	return (int)ptrace(PTRACE_SETREGS, tid, NULL, &r);
#elif defined(__aarch64__)
	struct user_regs_struct r;
	int nr = -1;
	struct iovec regs = { &r, sizeof r }, call = { &nr, sizeof nr };
	if (ptrace(PTRACE_GETREGSET, tid, 1, &regs) < 0 || ptrace(PTRACE_SETREGSET, tid, 0x404, &call) < 0)
		return -1;
	r.regs[0] = (unsigned long long)(long long)-error;
	return (int)ptrace(PTRACE_SETREGSET, tid, 1, &regs);
#else
	(void)tid;
	(void)error;
	return -1;
#endif
}

static void nap(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };
	nanosleep(&ts, NULL);
}

/* Nobody is served meanwhile: whatever thread comes to a state-changing call waits there too, as if the machine
 * slept. */
static void hold(const struct tracer *t)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s.held", t->o.hold);
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	close(fd);
	while (access(path, F_OK) == 0)
		nap(5);
}

static bool due(const struct tracer *t, const char *name, const char *path)
{
	if (t->done)
		return false;
	if (t->o.match != NULL)
		return strstr(name, t->o.match) != NULL || strstr(path, t->o.match) != NULL;
	return t->o.nth != 0 && t->count == t->o.nth;
}

/* A stop before a state-changing call. */
static void at_call(struct tracer *t, pid_t tid)
{
	struct __ptrace_syscall_info info;
	char path[PATH_MAX];

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) < 0 || info.op != PTRACE_SYSCALL_INFO_SECCOMP)
		return;
	size_t i = 0;
	while (i < CALL_COUNT && calls[i].nr != (long)info.seccomp.nr)
		i++;
	if (i == CALL_COUNT)
		return;
	uint64_t args[6];
	for (size_t a = 0; a < 6; a++)
		args[a] = info.seccomp.args[a];
	describe(tid, &calls[i], args, path, sizeof path);
	if (strncmp(path, "pipe:", 5) == 0 || strncmp(path, "socket:", 7) == 0 ||
	    strncmp(path, "anon_inode:", 11) == 0 || (strncmp(path, "/dev/", 5) == 0 && strncmp(path, "/dev/shm/", 9) != 0))
		return;
	t->count++;
	bool act = due(t, calls[i].name, path);
	if (t->log != NULL) {
		fprintf(t->log, "%lu %s %s%s\n", t->count, calls[i].name, path, act ? " INJECTED" : "");
		fflush(t->log);
	}
	if (t->o.delay_ms > 0)
		nap(t->o.delay_ms);
	if (!act)
		return;
	t->done = true;
	if (t->o.hold != NULL)
		hold(t);
	else if (t->o.error == 0)
		kill(t->main, SIGKILL);
	else if (skip_call(tid, t->o.error) < 0)
		perror("faultline: cannot skip a call on this machine");
}

/* The signal to hand to the thread with this stop, after what the stop asks for was done. */
static int on_stop(struct tracer *t, pid_t tid, int status)
{
	int sig = WSTOPSIG(status);
	if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
		at_call(t, tid);
		return 0;
	}
	/* Other events, and the SIGSTOP with which new threads and children begin. */
	if (status >> 16 != 0 || sig == SIGSTOP || sig == SIGTRAP)
		return 0;
	return sig;
}

static void write_pid(const char *path, pid_t pid)
{
	FILE *f = path == NULL ? NULL : fopen(path, "we");
	if (f == NULL)
		return;
	fprintf(f, "%d\n", (int)pid);
	fclose(f);
}

static int trace(struct tracer *t)
{
	int status;
	t->main = start(t->o.command);
	write_pid(t->o.pidfile, t->main);
	if (t->main < 0 || waitpid(t->main, &status, 0) < 0 || !WIFSTOPPED(status))
		return 125;
	long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	if (ptrace(PTRACE_SETOPTIONS, t->main, NULL, options) < 0 || ptrace(PTRACE_CONT, t->main, NULL, 0) < 0)
		return 125;
	for (;;) {
		pid_t tid = waitpid(-1, &status, __WALL);
		if (tid < 0)
			return 125;
		if (WIFSTOPPED(status)) {
			int sig = on_stop(t, tid, status);
			ptrace(PTRACE_CONT, tid, NULL, (long)sig);
		} else if (tid == t->main) {
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		}
	}
}

static int error_number(const char *name)
{
	static const struct { const char *name; int number; } errors[] = {
		{ "ENOSPC", ENOSPC }, { "EIO", EIO }, { "EMFILE", EMFILE }, { "EACCES", EACCES },
		{ "EROFS", EROFS }, { "EXDEV", EXDEV }, { "EINTR", EINTR },
	};
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].number;
	fprintf(stderr, "faultline: unknown error %s\n", name);
	exit(125);
}

static void parse(struct options *o, int argc, char **argv)
{
	int c;
	while ((c = getopt(argc, argv, "+n:m:ke:H:d:o:p:")) != -1) {
		switch (c) {
		case 'n': o->nth = strtoul(optarg, NULL, 10); break;
		case 'm': o->match = optarg; break;
		case 'k': break;
		case 'e': o->error = error_number(optarg); break;
		case 'H': o->hold = optarg; break;
		case 'd': o->delay_ms = strtol(optarg, NULL, 10); break;
		case 'o': o->log = optarg; break;
		case 'p': o->pidfile = optarg; break;
		default: exit(125);
		}
	}
	if (optind == argc) {
		fputs("usage: faultline [options] COMMAND...\n", stderr);
		exit(125);
	}
	o->command = argv + optind;
}

int main(int argc, char **argv)
{
	struct tracer t = { .o = { .error = 0 } };
	parse(&t.o, argc, argv);
	if (t.o.log != NULL && (t.log = fopen(t.o.log, "we")) == NULL) {
		perror(t.o.log);
		return 125;
	}
	int rc = trace(&t);
	if (t.log != NULL && fclose(t.log) != 0)
		return 125;
	return rc;
}
