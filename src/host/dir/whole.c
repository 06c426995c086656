/* whole: is a sealed release as its run left it? */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "host/dir/read.h"
#include "host/dir/stage.h"

static bool looks_right(struct cursor *at, const struct manifest_entry *e)
{
	const char *name;
	struct stat st;
	int dir = cursor_at(at, e->path, &name);

	return dir >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mode == (S_IFREG | 0444) &&
	       (uint64_t)st.st_size == e->size && st.st_mtim.tv_sec == e->mtime_s;
}

static int compare(struct manifest_reader *r, int tree, struct op *op, struct fail *f)
{
	struct cursor *at = xmalloc(sizeof *at);
	struct fail damage = FAIL_INIT;
	struct manifest_entry e;
	int rc = 1, got = 0;

	cursor_init(at, tree);
	for (size_t i = 1; rc == 1 && (got = manifest_next(r, &e, &damage)) == 1; i++) {
		if (i % 1000 == 0 && dir_cancelled(op, f) < 0)
			rc = -1;
		else if (!looks_right(at, &e))
			rc = 0;
	}
	cursor_clear(at);
	free(at);
	return rc == 1 && got < 0 ? 0 : rc;
}

int whole_release(const struct spot *s, const char *id, struct op *op, struct fail *f)
{
	struct manifest_reader *r = NULL;
	struct fail damage = FAIL_INIT;
	struct release_header h;
	int tree = openat(s->releases, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int fd = tree < 0 ? -1 : read_open_manifest(s->state, id, &damage), rc = 0;

	if (fd >= 0 && manifest_open(&r, fd, id, &damage) == 0 && manifest_header(r, &h, op->mem, &damage) == 0)
		rc = compare(r, tree, op, f);
	manifest_close(r);
	if (fd >= 0)
		close(fd);
	if (tree >= 0)
		close(tree);
	return rc;
}
