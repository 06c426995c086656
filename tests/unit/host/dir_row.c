#include "dir_row.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"

static void settings(struct strbuf *out, const struct scratch *s, const char *name)
{
	strbuf_addf(out, "{\"root\":\"%s/%s\",\"durability\":\"none\"}", s->path, name);
}

static char *served(const struct scratch *s, const char *name, const char *path)
{
	struct strbuf where = STRBUF_INIT, text = STRBUF_INIT;
	struct fail f = FAIL_INIT;
	int rc;

	strbuf_addf(&where, "%s/current/%s", name, path);
	rc = file_read(&text, s->fd, where.buf, 1U << 20, 0, &f);
	strbuf_clear(&where);
	if (rc == 0)
		return strbuf_detach(&text);
	assert_int_equal(f.kind, FAIL_MISSING);
	strbuf_clear(&text);
	return NULL;
}

static void flip(const struct scratch *s, const char *where)
{
	struct stat st;
	char byte = 0;
	int fd;

	assert_int_equal(fstatat(s->fd, where, &st, 0), 0);
	assert_int_equal(fchmodat(s->fd, where, 0644, 0), 0);
	fd = openat(s->fd, where, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0 && pread(fd, &byte, 1, 0) == 1);
	byte = (char)(byte ^ 1);
	assert_int_equal(pwrite(fd, &byte, 1, 0), 1);
	assert_int_equal(futimens(fd, (struct timespec[2]){ st.st_atim, st.st_mtim }), 0);
	assert_int_equal(fchmod(fd, 0444), 0);
	close(fd);
}

static void damage(const struct scratch *s, const char *name, const char *id, const char *path, enum damage what)
{
	struct strbuf where = STRBUF_INIT;

	strbuf_addf(&where, "%s/releases/%s/%s", name, id, path);
	if (what == DAMAGE_FLIP)
		flip(s, where.buf);
	else if (what == DAMAGE_REMOVE)
		assert_int_equal(unlinkat(s->fd, where.buf, 0), 0);
	else
		scratch_write(s, where.buf, "extra");
	strbuf_clear(&where);
}

static void make_foreign(const struct scratch *s, const char *name, char id[ROW_ID])
{
	struct strbuf where = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	snprintf(id, ROW_ID, "v41");
	strbuf_addf(&where, "%s/releases/%s", name, id);
	assert_int_equal(file_mkdirs(s->fd, where.buf, 0755, &f), 0);
	strbuf_addstr(&where, "/index.html");
	scratch_write(s, where.buf, "foreign");
	strbuf_clear(&where);
}

static void switch_behind(const struct scratch *s, const char *name, const char *id)
{
	struct strbuf live = STRBUF_INIT, text = STRBUF_INIT;

	strbuf_addf(&live, "%s/current", name);
	strbuf_addf(&text, "releases/%s", id);
	unlinkat(s->fd, live.buf, 0);
	assert_int_equal(symlinkat(text.buf, s->fd, live.buf), 0);
	strbuf_clear(&live);
	strbuf_clear(&text);
}

static void expire_lock(const struct scratch *s, const char *name)
{
	struct strbuf where = STRBUF_INIT;
	char *text, *at;
	char past[CLOCK_TEXT];

	strbuf_addf(&where, "%s/.slipway/lock", name);
	text = scratch_read(s, where.buf);
	at = strstr(text, "\"expires\":\"");
	assert_non_null(at);
	clock_format(past, clock_wall_s() - 1);
	memcpy(at + strlen("\"expires\":\""), past, strlen(past));
	scratch_write(s, where.buf, text);
	free(text);
	strbuf_clear(&where);
}

const struct host_row dir_row = {
	.kind = "dir",
	.flags = ROW_BACK_TO_NOTHING | ROW_LISTS_STAGED | ROW_WHOLE_SIZES | ROW_OPAQUE_FOREIGN,
	.settings = settings,
	.served = served,
	.damage = damage,
	.make_foreign = make_foreign,
	.switch_behind = switch_behind,
	.behind = "found",
	.expire_lock = expire_lock,
};
