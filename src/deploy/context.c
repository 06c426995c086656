#include "deploy/context.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "deploy/builds.h"

#define STATE_DIR ".slipway"

/* Whatever is wrong with the state directory is "local state unusable". */
static int state_errno(struct fail *f, const char *what)
{
	fail_errno(f, errno, "%s", what);
	f->kind = FAIL_STATE;
	return fail_hint(f, "free space or mend the rights of " STATE_DIR
		"; it may also be removed: the hosts hold what is needed");
}

/* It must never be committed: it holds paths and names of this machine. */
static int write_gitignore(int dirfd, struct fail *f)
{
	if (faccessat(dirfd, ".gitignore", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (errno != ENOENT)
		return state_errno(f, "cannot look into " STATE_DIR);
	if (file_replace(dirfd, ".gitignore", "*\n", 2, 0, f) == 0)
		return 0;
	f->kind = FAIL_STATE;
	return -1;
}

static int make_state_dir(int rootfd, struct fail *f)
{
	/* The umask can only take away: exactly 0700 is what stays. */
	if (mkdirat(rootfd, STATE_DIR, 0700) < 0 && errno != EEXIST)
		return state_errno(f, "cannot create " STATE_DIR);
	int fd = openat(rootfd, STATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return state_errno(f, "cannot open " STATE_DIR);
	int rc = write_gitignore(fd, f);
	close(fd);
	return rc;
}

static int open_all(struct context *c, bool no_cache, struct fail *f)
{
	const char *dir = arena_printf(&c->mem, "%s/" STATE_DIR, project_root(c->project));
	const char *elsewhere = getenv("SLIPWAY_CACHE_DIR");

	if (make_state_dir(project_dirfd(c->project), f) < 0 || ledger_open(&c->ledger, dir, f) < 0)
		return -1;
	c->cache_dir = elsewhere && *elsewhere ? arena_strdup(&c->mem, elsewhere) : dir;
	return no_cache ? 0 : index_open(&c->index, c->cache_dir, f);
}

int context_open_state(struct context *c, enum state_need need, bool no_cache, struct fail *f)
{
	struct fail why = FAIL_INIT;

	if (open_all(c, no_cache, &why) == 0)
		return 0;
	if (need == STATE_REQUIRED) {
		context_close_state(c);
		*f = why;
		return -1;
	}
	c->ledger_note = arena_strdup(&c->mem, why.text);
	return 0;
}

void context_close_state(struct context *c)
{
	builds_forget(c);
	ledger_close(c->ledger);
	c->ledger = NULL;
	index_close(c->index);
	c->index = NULL;
}
