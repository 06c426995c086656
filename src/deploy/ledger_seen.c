#include "deploy/ledger_seen.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"

#define MOST 256

static bool describe(struct strbuf *out, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	strbuf_addf(out, "size %" PRIdMAX " inode %" PRIuMAX " mtime %" PRIdMAX ".%09ld ctime %" PRIdMAX ".%09ld\n",
	            (intmax_t)st.st_size, (uintmax_t)st.st_ino, (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
	            (intmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	return true;
}

static bool is_kept(const char *at, const struct strbuf *now)
{
	struct strbuf kept = STRBUF_INIT;
	struct fail ignored = FAIL_INIT;
	bool same = file_read(&kept, AT_FDCWD, at, MOST, FILE_NOFOLLOW, &ignored) == 0 && kept.len == now->len &&
	            memcmp(kept.buf, now->buf, now->len) == 0;

	strbuf_clear(&kept);
	return same;
}

bool ledger_seen(const char *path)
{
	struct strbuf now = STRBUF_INIT, at = STRBUF_INIT;

	strbuf_addf(&at, "%s.seen", path);
	bool same = describe(&now, path) && is_kept(at.buf, &now);
	strbuf_clear(&now);
	strbuf_clear(&at);
	return same;
}

void ledger_seen_keep(const char *path)
{
	struct strbuf now = STRBUF_INIT, at = STRBUF_INIT;
	struct fail ignored = FAIL_INIT;

	strbuf_addf(&at, "%s.seen", path);
	if (describe(&now, path) && !is_kept(at.buf, &now))
		(void)file_replace(AT_FDCWD, at.buf, now.buf, now.len, FILE_PRIVATE, &ignored);
	strbuf_clear(&now);
	strbuf_clear(&at);
}

void ledger_seen_forget(const char *path)
{
	struct strbuf at = STRBUF_INIT;

	strbuf_addf(&at, "%s.seen", path);
	(void)unlink(at.buf);
	strbuf_clear(&at);
}
