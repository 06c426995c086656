#include "host/dir/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"

/* The file's text without its newline; "" when it cannot be read. */
static void read_short(char *out, size_t size, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : file_read_full(fd, out, size - 1);

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

static void boot_id(char out[64])
{
	read_short(out, 64, "/proc/sys/kernel/random/boot_id");
}

/* "pid:[4026531836]" */
static void pid_space(char out[64])
{
	ssize_t n = readlink("/proc/self/ns/pid", out, 63);

	out[n > 0 ? n : 0] = '\0';
}

/* Clock ticks between boot and the start of a process: with the pid, a name that is not used twice. "" = unknown,
 * "ended" = a zombie, which holds nothing any more. */
static void start_time(char out[32], int64_t pid)
{
	char path[64], text[1024];
	const char *p;

	snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
	read_short(text, sizeof text, path);
	out[0] = '\0';
	/* Field 22, counted from behind the name, which may itself hold spaces and brackets. */
	p = strrchr(text, ')');
	if (p && (strncmp(p, ") Z", 3) == 0 || strncmp(p, ") X", 3) == 0)) {
		snprintf(out, 32, "ended");
		return;
	}
	for (int i = 0; p && i < 20; i++)
		p = strchr(p + 1, ' ');
	if (p)
		snprintf(out, 32, "%.*s", (int)strcspn(p + 1, " "), p + 1);
}

void holder_write(struct jw *w)
{
	char host[HOST_NAME_MAX + 1], boot[64], space[64], start[32];

	if (gethostname(host, sizeof host) < 0)
		host[0] = '\0';
	host[HOST_NAME_MAX] = '\0';
	boot_id(boot);
	pid_space(space);
	start_time(start, getpid());
	jw_kstr(w, "host", host);
	jw_kint(w, "pid", getpid());
	jw_kstr(w, "boot", boot);
	jw_kstr(w, "space", space);
	jw_kstr(w, "start", start);
}

const char *holder_where(const json *lock, struct arena *mem)
{
	const char *host = json_string(json_get(lock, "host"));
	int64_t pid;

	if (!host || !json_int(json_get(lock, "pid"), &pid))
		return "unknown";
	return arena_printf(mem, "%s pid %" PRId64, host, pid);
}

static bool same(const json *lock, const char *key, const char *mine)
{
	const char *theirs = json_string(json_get(lock, key));

	return theirs && *mine && strcmp(theirs, mine) == 0;
}

bool holder_dead(const json *lock)
{
	char boot[64], space[64], start[32];
	const char *theirs = json_string(json_get(lock, "start"));
	int64_t pid;

	boot_id(boot);
	pid_space(space);
	if (!same(lock, "boot", boot) || !same(lock, "space", space) || !json_int(json_get(lock, "pid"), &pid) ||
	    pid <= 0 || pid > INT_MAX)
		return false;
	if (kill((pid_t)pid, 0) < 0 && errno == ESRCH)
		return true;
	/* The number is in use: by the holder itself only if it started at the same moment. */
	start_time(start, pid);
	return theirs && *theirs && *start && strcmp(theirs, start) != 0;
}
