/* index: the disposable memory of contents: file index (path, device, inode, size, mtime, ctime -> content) and content
 * index (XXH3-128 + size -> SHA-256, gzip SHA-256 and size). A row is trusted only if the file is older than the row
 * and all fields match (the racy rule). Damaged: rebuilt. Newer schema: FAIL_STATE. Read-only or full disk: works
 * without saving and says so once through index_warning. */
#ifndef SLIPWAY_DIST_INDEX_H
#define SLIPWAY_DIST_INDEX_H

#include "base/fail.h"

struct index;
/* dir = .slipway or SLIPWAY_CACHE_DIR (created 0700 if need be). */
int index_open(struct index **out, const char *dir, struct fail *f);
/* Saves what was learnt; never fails the run. */
void index_close(struct index *x);
const char *index_warning(const struct index *x);       /* NULL or one sentence */

#endif
