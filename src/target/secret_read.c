#include "target/secret_read.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "target/secret.h"

#define COMMAND_MS 30000

static int missing(struct fail *f, const json *ref, const char *why)
{
	struct strbuf what = STRBUF_INIT;

	secret_describe(ref, &what);
	fail_set(f, FAIL_CONFIG, "%s %s", what.buf, why);
	strbuf_clear(&what);
	return -1;
}

/* ---- {"file"} ---- */
static bool lies_in(const char *path, const char *dir)
{
	char *real = realpath(dir, NULL);
	size_t n = real ? strlen(real) : 0;
	bool in = n && strncmp(path, real, n) == 0 && (path[n] == '/' || real[n - 1] == '/');

	free(real);
	return in;
}

static bool place_allowed(const char *path, const char *root)
{
	const char *list = getenv("SLIPWAY_SECRET_DIRS");
	bool allowed = lies_in(path, root);

	while (list && *list && !allowed) {
		size_t n = strcspn(list, ":");
		char *dir = xstrndup(list, n);

		allowed = dir[0] == '/' && lies_in(path, dir);
		free(dir);
		list += n + (list[n] == ':');
	}
	return allowed;
}

/* Judges the file that was opened, not the name it was opened by. */
static bool fd_allowed(int fd, const char *root)
{
	char link[64], path[4096];
	ssize_t n;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	if (n <= 0)
		return false;
	path[n] = '\0';
	return path[0] == '/' && place_allowed(path, root);
}

static int read_file(char *value, size_t *len, const json *ref, const char *root, int rootfd, struct fail *f)
{
	const char *path = json_string(json_get(ref, "file"));
	int fd = openat(rootfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc = -1;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return missing(f, ref, errno == ENOENT ? "does not exist" : errno == EACCES ? "may not be read" :
		               "cannot be opened");
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		missing(f, ref, "is not a regular file");
	} else if (!fd_allowed(fd, root)) {
		missing(f, ref, "lies outside the project");
		fail_hint(f, "allow its directory with SLIPWAY_SECRET_DIRS");
	} else if ((n = file_read_full(fd, value, SECRET_MAX + 1)) < 0) {
		missing(f, ref, "cannot be read");
	} else if ((size_t)n > SECRET_MAX) {
		missing(f, ref, "is larger than 64 KiB");
	} else {
		*len = (size_t)n;
		rc = 0;
	}
	(void)close(fd);
	return rc;
}

static const json *find_key(const json *object, const char *key)
{
	const json *v = json_get(object, key);
	const char *dot = strchr(key, '.');
	char *head;

	if (v || !dot)
		return v;
	head = xstrndup(key, (size_t)(dot - key));
	v = json_get(object, head);
	free(head);
	return v ? find_key(v, dot + 1) : NULL;
}

/* Replaces a JSON document by one of its values. */
static int pick_key(char *value, size_t *len, const json *ref, struct fail *f)
{
	const char *key = json_string(json_get(ref, "key")), *text = NULL;
	struct json_doc *d = NULL;
	struct fail why = FAIL_INIT;
	const json *v;
	size_t n = 0;
	int rc = -1;

	if (json_parse(&d, "secret", value, *len, 0, &why) < 0)
		return missing(f, ref, "is not a JSON document");
	v = find_key(json_root(d), key);
	if (json_string(v)) {
		text = json_string(v);
		n = strlen(text);
	} else if (v && json_type(v) != JSON_NULL) {
		(void)json_raw(d, v, &text, &n);
	}
	if (!v)
		missing(f, ref, "has no such key");
	else if (!text)
		missing(f, ref, "is not a string, number or boolean at that key");
	else
		rc = 0;
	if (rc == 0) {
		memmove(value, text, n);
		*len = n;
	}
	json_doc_wipe(d);
	return rc;
}

/* ---- {"command"} ---- */
struct child {
	pid_t pid;
	int pidfd, out;
	int64_t deadline_ns;
};

static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attr, int rootfd, int out)
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
	err = err ? err : posix_spawn_file_actions_addfchdir_np(actions, rootfd);
	err = err ? err : posix_spawnattr_setsigmask(attr, &none);
	err = err ? err : posix_spawnattr_setsigdefault(attr, &standard);
	return err ? err : posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int start(struct child *c, char **argv, int rootfd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	err = prepare(&actions, &attr, rootfd, ends[1]);
	err = err ? err : posix_spawnp(&c->pid, argv[0], &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	(void)close(ends[1]);
	if (err) {
		(void)close(ends[0]);
		return err;
	}
	c->out = ends[0];
	c->pidfd = pidfd_open(c->pid, 0);
	c->deadline_ns = clock_mono_ns() + (int64_t)COMMAND_MS * 1000000;
	return 0;
}

/* Waits until fd has something to say; false when the time is up. */
static bool wait_for(const struct child *c, int fd)
{
	for (;;) {
		int64_t left = (c->deadline_ns - clock_mono_ns()) / 1000000;
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;

		if (n > 0)
			return true;
		if (n == 0 || errno != EINTR)
			return false;
	}
}

/* NULL, or why there is no value. */
static const char *collect(const struct child *c, char *value, size_t *len)
{
	size_t have = 0;

	for (;;) {
		ssize_t n;

		if (!wait_for(c, c->out))
			return "did not end within 30 s";
		n = read(c->out, value + have, SECRET_MAX + 1 - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return "could not be read";
		if (n == 0)
			break;
		have += (size_t)n;
		if (have > SECRET_MAX)
			return "wrote more than 64 KiB";
	}
	*len = have;
	return c->pidfd < 0 || wait_for(c, c->pidfd) ? NULL : "did not end within 30 s";
}

static const char *finish(struct child *c, const char *why)
{
	int status = 0;

	if (why)
		(void)kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	(void)close(c->out);
	if (c->pidfd >= 0)
		(void)close(c->pidfd);
	return why ? why : WIFEXITED(status) && WEXITSTATUS(status) == 0 ? NULL : "failed";
}

static int run_command(char *value, size_t *len, const json *ref, int rootfd, struct fail *f)
{
	const json *list = json_get(ref, "command");
	char **argv = xcalloc(json_count(list) + 1, sizeof *argv);
	struct child c = { .pidfd = -1 };
	const char *why = NULL;
	size_t n = 0;
	int err;

	for (const json *a = json_first(list); a; a = json_next(a))
		argv[n++] = xstrdup(json_string(a) ? json_string(a) : "");
	err = n ? start(&c, argv, rootfd) : EINVAL;
	if (!err)
		why = finish(&c, collect(&c, value, len));
	while (n > 0)
		free(argv[--n]);
	free(argv);
	if (err)
		return missing(f, ref, err == ENOENT ? "is not installed" : "could not be started");
	return why ? missing(f, ref, why) : 0;
}

/* ---- all of them ---- */
static int read_env(char *value, size_t *len, const json *ref, struct fail *f)
{
	const char *text = getenv(json_string(json_get(ref, "env")));

	if (!text)
		return missing(f, ref, "is not set");
	*len = strlen(text);
	if (*len > SECRET_MAX)
		return missing(f, ref, "is larger than 64 KiB");
	memcpy(value, text, *len);
	return 0;
}

int secret_read(char *value, size_t *len, const json *ref, const char *root, int rootfd, struct fail *f)
{
	int rc;

	if (json_string(json_get(ref, "env")))
		rc = read_env(value, len, ref, f);
	else if (json_string(json_get(ref, "file")))
		rc = read_file(value, len, ref, root, rootfd, f);
	else
		rc = run_command(value, len, ref, rootfd, f);
	if (rc == 0 && json_string(json_get(ref, "key")))
		rc = pick_key(value, len, ref, f);
	if (rc < 0)
		return -1;
	if (*len && value[*len - 1] == '\n')
		*len -= *len > 1 && value[*len - 2] == '\r' ? 2 : 1;
	value[*len] = '\0';
	if (*len == 0)
		return missing(f, ref, "is empty");
	return memchr(value, '\0', *len) ? missing(f, ref, "holds a NUL byte") : 0;
}
