/* version: one version of a site: its files by path, configuration and labels. Statuses move one way: CREATED (or
 * CLONING, then CREATED) to FINALIZED, any of them to DELETED. */
#ifndef FAKE_VERSION_H
#define FAKE_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/mem.h"
#include "base/strmap.h"
#include "content.h"

struct site;
struct rules;
struct file { const char *path; struct content *content; };     /* content NULL: removed again */

enum version_status { VERSION_CREATED, VERSION_CLONING, VERSION_FINALIZED, VERSION_DELETED };
struct version {
	struct site *site;
	char id[17];
	enum version_status status;
	const char *config, *labels;        /* JSON objects */
	int64_t create_us, finalize_us, delete_us;      /* microseconds since 1970; 0 = not yet */
	const char *create_user, *finalize_user, *delete_user;
	struct file **files;                /* in no order */
	size_t file_count, file_cap;        /* with those removed */
	struct strmap by_path;
	struct strmap named;                /* hash -> content: all that was ever set */
	size_t live_files;                  /* set by version_finalize, as is bytes */
	uint64_t bytes;                     /* of gzip */
	struct rules *rules;                /* what serving made of config, at first use */
};

/* Sets what a path holds; NULL removes it. path is borrowed, files come from the arena. */
void version_set(struct version *v, struct arena *a, const char *path, struct content *content);
/* A path's content, or NULL. */
struct content *version_at(const struct version *v, const char *path);
/* The files that are there, sorted by path bytes; the list is in the arena. */
struct file **version_sorted(const struct version *v, struct arena *a, size_t *count);
/* The caller has checked that nothing is missing. */
void version_finalize(struct version *v, int64_t now_us, const char *user);
const char *version_status_name(enum version_status status);
void version_clear(struct version *v);

#endif
