#include "host/dir/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/digest.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "host/dir/reserve.h"

/* Folds "." and ".." and doubled slashes of an absolute path, by its text alone. */
static void normalise(char *path)
{
	char *out = path;

	for (const char *p = path; *p;) {
		size_t len;

		p += strspn(p, "/");
		len = strcspn(p, "/");
		if (len == 2 && p[0] == '.' && p[1] == '.') {
			while (out > path && *--out != '/')
				;
		} else if (len && !(len == 1 && p[0] == '.')) {
			*out++ = '/';
			memmove(out, p, len);
			out += len;
		}
		p += len;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
}

static char *real_of(const char *path, struct fail *f)
{
	char *real = realpath(path, NULL);

	if (!real)
		dir_errno(f, errno, "resolve", path);
	return real;
}

static char *real_live_dir(const struct place *p, struct fail *f)
{
	const char *slash = strrchr(p->live, '/');
	char *dir = xstrndup(p->live, slash == p->live ? 1 : (size_t)(slash - p->live));
	char *real = real_of(dir, f);

	free(dir);
	return real;
}

/* The release's name when an absolute path is directly below root/releases, else NULL. */
static const char *name_below(const char *path, const char *root)
{
	size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(path, root, n) != 0 || strncmp(path + n, "/releases/", 10) != 0 || !dir_name_ok(path + n + 10))
		return NULL;
	return path + n + 10;
}

/* Gives the link's text a meaning: first by its text, then by where it leads. */
static int understand(struct live_link *out, const struct place *p, const char *text, struct arena *mem, struct fail *f)
{
	char *root = realpath(p->root, NULL), *dir = real_live_dir(p, f), *real = NULL;
	const char *name = NULL;
	char *path;

	if (!dir) {
		free(root);
		return -1;
	}
	path = text[0] == '/' ? arena_strdup(mem, text) : arena_printf(mem, "%s/%s", dir, text);
	real = realpath(path, NULL);
	normalise(path);
	if (root)
		name = name_below(path, root);
	if (root && !name && real)
		name = name_below(real, root);
	out->kind = name ? LIVE_RELEASE : LIVE_OUTSIDE;
	out->id = name ? arena_strdup(mem, name) : path;
	free(real);
	free(dir);
	free(root);
	return 0;
}

int link_read(struct live_link *out, const struct place *p, const struct spot *s, struct arena *mem, struct fail *f)
{
	char text[PATH_MAX];
	struct stat st;
	ssize_t n;

	*out = (struct live_link){ .kind = LIVE_NOTHING };
	if (s->live_dir < 0)
		return 0;
	if (fstatat(s->live_dir, s->live_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : dir_errno(f, errno, "look at", p->live);
	out->at_s = st.st_mtim.tv_sec;
	if (!S_ISLNK(st.st_mode)) {
		out->kind = S_ISDIR(st.st_mode) ? LIVE_DIRECTORY : LIVE_ODD;
		out->id = arena_strdup(mem, p->live);
		return 0;
	}
	n = readlinkat(s->live_dir, s->live_name, text, sizeof text - 1);
	if (n < 0)
		return dir_errno(f, errno, "read the link", p->live);
	text[n] = '\0';
	return understand(out, p, text, mem, f);
}

int link_text(struct strbuf *out, const struct place *p, const char *id, struct fail *f)
{
	char *root, *dir;
	size_t common = 0, i;

	if (id[0] == '/') {
		strbuf_addstr(out, id);
		return 0;
	}
	root = real_of(p->root, f);
	dir = root ? real_live_dir(p, f) : NULL;
	if (!dir) {
		free(root);
		return -1;
	}
	/* What both have in common up to a slash; "/" alone is the empty path here. */
	if (strcmp(root, "/") == 0)
		root[0] = '\0';
	if (strcmp(dir, "/") == 0)
		dir[0] = '\0';
	for (i = 0; root[i] == dir[i] && root[i]; i++)
		if (root[i] == '/')
			common = i;
	if ((root[i] == '/' || !root[i]) && (dir[i] == '/' || !dir[i]))
		common = i;
	for (const char *d = dir + common; *d; d++)
		if (*d == '/')
			strbuf_addstr(out, "../");
	if (root[common])
		strbuf_addf(out, "%s/", root + common + 1);
	strbuf_addf(out, "releases/%s", id);
	free(root);
	free(dir);
	return 0;
}

int link_aside(char aside[LINK_ASIDE], const struct spot *s, const char *text, struct fail *f)
{
	static const char lead[] = ".slipway-link-";
	uint8_t digest[SHA256_SIZE];

	sha256_bytes(s->live_name, strlen(s->live_name), digest);
	memcpy(aside, lead, sizeof lead);
	hex_encode(aside + sizeof lead - 1, digest, 16);
	if (unlinkat(s->live_dir, aside, 0) < 0 && errno != ENOENT)
		return dir_errno(f, errno, "remove the old link beside", s->live_name);
	if (symlinkat(text, s->live_dir, aside) < 0 &&
	    (!reserve_spend(s->state, errno) || symlinkat(text, s->live_dir, aside) < 0))
		return dir_errno(f, errno, "write a link beside", s->live_name);
	return 0;
}

int link_put(const struct spot *s, const char *text, struct fail *f)
{
	char aside[LINK_ASIDE];
	int err;

	if (!text) {
		if (unlinkat(s->live_dir, s->live_name, 0) < 0 && errno != ENOENT)
			return dir_errno(f, errno, "remove the live link", s->live_name);
		return 0;
	}
	if (link_aside(aside, s, text, f) < 0)
		return -1;
	if (renameat(s->live_dir, aside, s->live_dir, s->live_name) == 0)
		return 0;
	err = errno;
	unlinkat(s->live_dir, aside, 0);
	return dir_errno(f, err, "switch the link", s->live_name);
}
