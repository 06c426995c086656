#include "version.h"

#include <stdlib.h>
#include <string.h>

#include "rules.h"

void version_set(struct version *v, struct arena *a, const char *path, struct content *content)
{
	struct file *f = strmap_get(&v->by_path, path);

	if (!f) {
		f = arena_alloc(a, sizeof *f);
		f->path = path;
		strmap_set(&v->by_path, path, f);
		v->files = vec_grow(v->files, &v->file_cap, v->file_count + 1, sizeof(struct file *));
		v->files[v->file_count++] = f;
	}
	f->content = content;
	if (content)
		strmap_set(&v->named, content->hash, content);
}

struct content *version_at(const struct version *v, const char *path)
{
	const struct file *f = strmap_get(&v->by_path, path);

	return f ? f->content : NULL;
}

static int by_path(const void *a, const void *b)
{
	const struct file *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

struct file **version_sorted(const struct version *v, struct arena *a, size_t *count)
{
	struct file **list = arena_alloc(a, v->file_count * sizeof(struct file *));
	size_t n = 0;

	for (size_t i = 0; i < v->file_count; i++)
		if (v->files[i]->content)
			list[n++] = v->files[i];
	qsort(list, n, sizeof(struct file *), by_path);
	*count = n;
	return list;
}

void version_finalize(struct version *v, int64_t now_us, const char *user)
{
	v->status = VERSION_FINALIZED;
	v->finalize_us = now_us;
	v->finalize_user = user;
	for (size_t i = 0; i < v->file_count; i++)
		if (v->files[i]->content) {
			v->live_files++;
			v->bytes += v->files[i]->content->gz_len;
		}
}

const char *version_status_name(enum version_status status)
{
	static const char *const names[] = {
		[VERSION_CREATED] = "CREATED", [VERSION_CLONING] = "CLONING", [VERSION_FINALIZED] = "FINALIZED",
		[VERSION_DELETED] = "DELETED",
	};

	return names[status];
}

void version_clear(struct version *v)
{
	strmap_clear(&v->by_path);
	strmap_clear(&v->named);
	free(v->files);
	rules_free(v->rules);
}
