#include "target/git_head.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/strbuf.h"

#define SMALL ((size_t)4096)
#define PACKED_MAX ((size_t)64 << 20)

/* The text of dir/name without its last newline; NULL when there is none. */
static const char *read_line(const char *dir, const char *name, struct arena *mem)
{
	const char *path = dir ? arena_printf(mem, "%s/%s", dir, name) : name, *text = NULL;
	struct strbuf content = STRBUF_MAX(SMALL);
	struct fail ignored = FAIL_INIT;

	if (file_read(&content, AT_FDCWD, path, SMALL, 0, &ignored) == 0)
		text = arena_strndup(mem, content.buf, strcspn(content.buf, "\r\n"));
	strbuf_clear(&content);
	return text;
}

static const char *resolve(const char *base, const char *path, struct arena *mem)
{
	return path[0] == '/' ? path : arena_printf(mem, "%s/%s", base, path);
}

static const char *git_directory(const char *dir, struct arena *mem)
{
	char *at = arena_strdup(mem, dir), *slash;
	struct stat st;

	for (;;) {
		const char *dot_git = arena_printf(mem, "%s/.git", at), *line;

		if (stat(dot_git, &st) == 0 && S_ISDIR(st.st_mode))
			return dot_git;
		line = read_line(NULL, dot_git, mem);
		if (line && strncmp(line, "gitdir: ", 8) == 0)
			return resolve(at, line + 8, mem);
		slash = strrchr(at, '/');
		if (!slash || slash == at)
			return NULL;
		*slash = '\0';
	}
}

static bool is_commit(const char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return !text[n] && (n == 40 || n == 64);
}

static const char *packed(const char *dir, const char *ref, struct arena *mem)
{
	const char *path = arena_printf(mem, "%s/packed-refs", dir), *found = NULL;
	struct strbuf content = STRBUF_MAX(PACKED_MAX);
	struct fail ignored = FAIL_INIT;
	size_t n = strlen(ref);

	if (file_read(&content, AT_FDCWD, path, PACKED_MAX, 0, &ignored) == 0) {
		for (const char *line = content.buf; *line && !found;) {
			size_t len = strcspn(line, "\n"), id = strcspn(line, " \n");

			if (line[0] != '#' && line[0] != '^' && len == id + 1 + n && memcmp(line + id + 1, ref, n) == 0)
				found = arena_strndup(mem, line, id);
			line += len + (line[len] == '\n');
		}
	}
	strbuf_clear(&content);
	return found;
}

static const char *commit_of(const char *git, const char *ref, struct arena *mem)
{
	const char *common = read_line(git, "commondir", mem), *commit;

	common = common ? resolve(git, common, mem) : git;
	commit = read_line(common, ref, mem);
	if (!commit)
		commit = packed(common, ref, mem);
	return commit && is_commit(commit) ? commit : NULL;
}

void git_head_read(struct git_head *out, const char *dir, struct arena *mem)
{
	const char *git = git_directory(dir, mem), *head = git ? read_line(git, "HEAD", mem) : NULL;

	*out = (struct git_head){ NULL, NULL };
	if (!head)
		return;
	if (is_commit(head)) {
		out->commit = head;
	} else if (strncmp(head, "ref: refs/heads/", 16) == 0 && !strstr(head, "..") && head[16] && head[16] != '.') {
		out->branch = head + 16;
		out->commit = commit_of(git, head + 5, mem);
	}
}
