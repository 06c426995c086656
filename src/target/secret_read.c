#include "target/secret_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/capture.h"
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
static int run_command(char *value, size_t *len, const json *ref, int rootfd, struct fail *f)
{
	static const char *const why[] = {
		[CAPTURE_FAILED] = "failed", [CAPTURE_LATE] = "did not end within 30 s",
		[CAPTURE_LONG] = "wrote more than 64 KiB", [CAPTURE_UNREADABLE] = "could not be read",
		[CAPTURE_ABSENT] = "is not installed", [CAPTURE_REFUSED] = "could not be started",
		[CAPTURE_CANCELLED] = "was interrupted",
	};
	const json *list = json_get(ref, "command");
	char **argv = xcalloc(json_count(list) + 1, sizeof *argv);
	struct capture how = { .argv = argv, .dirfd = rootfd, .most_ms = COMMAND_MS };
	enum captured result;
	size_t n = 0;

	for (const json *a = json_first(list); a; a = json_next(a))
		argv[n++] = xstrdup(json_string(a) ? json_string(a) : "");
	result = n ? capture_run(&how, value, SECRET_MAX, len) : CAPTURE_REFUSED;
	while (n > 0)
		free(argv[--n]);
	free(argv);
	return result == CAPTURED ? 0 : missing(f, ref, why[result]);
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
