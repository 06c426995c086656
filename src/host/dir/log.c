/* log: root/.slipway/switches.jsonl. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/strbuf.h"
#include "host/dir/link.h"

#define LOG_NAME "switches.jsonl"
#define LOG_MAX ((size_t)64 * 1024 * 1024)

/* What lay outside before the first switch is no switch; afterwards it is. */
static bool lags(const struct switchlog *log, const struct live_link *live)
{
	const struct switch_record *last = switchlog_last(log);

	if (live->kind != LIVE_RELEASE && (live->kind != LIVE_OUTSIDE || !last))
		return false;
	return !last || strcmp(last->id, live->id) != 0;
}

static void complete(struct switchlog *log, const struct live_link *live, struct arena *mem)
{
	struct switch_record *v = arena_alloc(mem, (log->count + 1) * sizeof *v);
	const struct switch_record *last = switchlog_last(log);

	if (log->count)
		memcpy(v, log->records, log->count * sizeof *v);
	v[log->count] = (struct switch_record){ .id = live->id, .from = last && *last->id ? last->id : NULL,
		.seq = log->count ? log->records[log->count - 1].seq + 1 : 1, .at_s = live->at_s, .action = "found" };
	log->records = v;
	log->count++;
	log->completed = true;
}

int log_read(struct switchlog *log, const struct spot *s, const struct live_link *live, struct arena *mem,
             struct fail *f)
{
	struct strbuf text = STRBUF_INIT;
	struct fail problem = FAIL_INIT;

	*log = (struct switchlog){ 0 };
	if (s->state >= 0 && file_read(&text, s->state, LOG_NAME, LOG_MAX, FILE_NOFOLLOW, &problem) < 0 &&
	    problem.code != ENOENT) {
		*f = problem;
		strbuf_clear(&text);
		return fail_wrap(f, "the switch log");
	}
	switchlog_parse(log, text.buf, text.len, mem, NULL);
	strbuf_clear(&text);
	if (lags(log, live))
		complete(log, live, mem);
	return 0;
}

static bool torn(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char last;

	return end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n';
}

int log_append(const struct spot *s, const struct switchlog *log, struct switch_record *r, struct fail *f)
{
	struct strbuf text = STRBUF_INIT;
	const struct switch_record *last = log->count ? &log->records[log->count - 1] : NULL;
	int fd = openat(s->state, LOG_NAME, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	int err = 0;

	if (fd < 0)
		return dir_errno(f, errno, "open", ".slipway/" LOG_NAME);
	if (torn(fd))
		strbuf_addch(&text, '\n');
	if (log->completed)
		switch_format(&text, last);
	r->seq = last ? last->seq + 1 : 1;
	switch_format(&text, r);
	if (file_write_all(fd, text.buf, text.len) < 0)
		err = errno;
	close(fd);
	strbuf_clear(&text);
	return err ? dir_errno(f, err, "write", ".slipway/" LOG_NAME) : 0;
}

int log_sync(const struct spot *s, struct fail *f)
{
	int fd = openat(s->state, LOG_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int err = fd < 0 || fdatasync(fd) < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return err ? dir_errno(f, err, "sync", ".slipway/" LOG_NAME) : 0;
}
