/* tree: entries strictly sorted by path bytes, so unique; exactly one text form, whose SHA-256 is the tree id.
 *
 * Text: "slipway.tree/1\n", then per entry: sha256-hex SP size SP headers-sha256-hex-or-- SP path NUL. */
#ifndef SLIPWAY_RELEASE_TREE_H
#define SLIPWAY_RELEASE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/mem.h"
#include "release/blob.h"

struct entry {
	const char *path;               /* relative, "/", valid UTF-8, no "." or ".." or empty part */
	const struct blob *blob;
	const uint8_t *headers;         /* SHA-256 of the canonical serving headers, or NULL */
};

struct tree {
	const struct entry *entries;
	size_t count;
	uint64_t bytes;                 /* sum of sizes */
	uint8_t id[SHA256_SIZE];
};

/* Sorts entries in place, checks that paths are unique and well-formed, computes the id. The array and everything it
 * points at must outlive the tree. FAIL_BUILD names the first bad path. */
int tree_init(struct tree *t, struct entry *entries, size_t count, struct fail *f);
/* NULL when absent. */
const struct entry *tree_find(const struct tree *t, const char *path);

/* Why a path cannot be one of ours: NULL when it can. `len` bytes, no NUL inside. The rules of design section 1:
 * "is empty", "is not valid UTF-8", "has a control character", "has a backslash", "has an empty part",
 * "has a . or .. part", "begins with .slipway", "is longer than 4095 bytes", "has a part longer than 255 bytes". */
const char *path_problem(const char *path, size_t len);

#endif
