#include "base/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define LOOK_MS 100
#define NS_PER_MS 1000000

struct child {
	const struct capture *how;
	pid_t pid;
	int pidfd, out;
	int64_t deadline_ns;
};

static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attr, int dirfd, int out)
{
	sigset_t none, standard;
	int err;

	sigemptyset(&none);
	sigemptyset(&standard);
	sigaddset(&standard, SIGPIPE);
	sigaddset(&standard, SIGINT);
	sigaddset(&standard, SIGTERM);
	err = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
	err = err ? err : posix_spawn_file_actions_adddup2(actions, out, 1);
	if (!err && dirfd >= 0)
		err = posix_spawn_file_actions_addfchdir_np(actions, dirfd);
	err = err ? err : posix_spawnattr_setsigmask(attr, &none);
	err = err ? err : posix_spawnattr_setsigdefault(attr, &standard);
	return err ? err : posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int start(struct child *c)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	err = prepare(&actions, &attr, c->how->dirfd, ends[1]);
	err = err ? err : posix_spawnp(&c->pid, c->how->argv[0], &actions, &attr, c->how->argv,
	                               c->how->env ? c->how->env : environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	(void)close(ends[1]);
	if (err) {
		(void)close(ends[0]);
		return err;
	}
	c->out = ends[0];
	c->pidfd = pidfd_open(c->pid, 0);
	c->deadline_ns = clock_mono_ns() + (int64_t)c->how->most_ms * NS_PER_MS;
	return 0;
}

/* Until fd has something to say. */
static enum captured wait_for(const struct child *c, int fd)
{
	for (;;) {
		int64_t left = (c->deadline_ns - clock_mono_ns() + NS_PER_MS - 1) / NS_PER_MS;
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int n;

		if (c->how->cancel && atomic_load(c->how->cancel))
			return CAPTURE_CANCELLED;
		if (left <= 0)
			return CAPTURE_LATE;
		n = poll(&p, 1, c->how->cancel && left > LOOK_MS ? LOOK_MS : (int)left);
		if (n > 0)
			return CAPTURED;
		if (n < 0 && errno != EINTR)
			return CAPTURE_UNREADABLE;
	}
}

static enum captured collect(const struct child *c, char *out, size_t max, size_t *len)
{
	enum captured how;

	for (*len = 0;;) {
		ssize_t n;

		how = wait_for(c, c->out);
		if (how != CAPTURED)
			return how;
		n = read(c->out, out + *len, max + 1 - *len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return CAPTURE_UNREADABLE;
		if (n == 0)
			break;
		*len += (size_t)n;
		if (*len > max)
			return CAPTURE_LONG;
	}
	return c->pidfd < 0 ? CAPTURED : wait_for(c, c->pidfd);
}

enum captured capture_run(const struct capture *how, char *out, size_t max, size_t *len)
{
	struct child c = { .how = how, .pidfd = -1 };
	int status = 0, err = start(&c);
	enum captured result;

	if (err)
		return err == ENOENT ? CAPTURE_ABSENT : CAPTURE_REFUSED;
	result = collect(&c, out, max, len);
	if (result != CAPTURED)
		(void)kill(c.pid, SIGKILL);
	while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
		continue;
	(void)close(c.out);
	if (c.pidfd >= 0)
		(void)close(c.pidfd);
	return result != CAPTURED || (WIFEXITED(status) && WEXITSTATUS(status) == 0) ? result : CAPTURE_FAILED;
}
