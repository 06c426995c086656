/* manifest: the release manifest, JSON lines beside the release: a header line, then a line per entry in tree order.
 * Read and written as a stream; "unchanged?" needs the header line alone.
 *
 * Header keys: schema "slipway.release/1", id, parent, tree, build, environment, target, created, by, commit, branch,
 * ci, message, approver, foreign, files, bytes. Entry line:
 * {"p":path,"s":sha256,"n":size,"m":mtime_s[,"h":headers]}. */
#ifndef SLIPWAY_RELEASE_MANIFEST_H
#define SLIPWAY_RELEASE_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "release/tree.h"

struct release_header {                 /* strings: NULL when unknown */
	const char *id, *parent;        /* parent NULL = first release */
	uint8_t tree[SHA256_SIZE], build[SHA256_SIZE];
	const char *environment, *target, *by, *commit, *branch, *ci, *message, *approver;
	int64_t created_s;
	bool foreign;                   /* adopted, not made by slipway */
	uint64_t files, bytes;
};

struct manifest_entry {
	const char *path;
	uint8_t sha256[SHA256_SIZE];
	uint64_t size;
	int64_t mtime_s;                /* what the file on the host must have */
	bool has_headers;
	uint8_t headers[SHA256_SIZE];
};

void manifest_format_header(struct strbuf *out, const struct release_header *h);      /* with its newline */
void manifest_format_entry(struct strbuf *out, const struct manifest_entry *e);
/* An entry line without its newline. It has one form only, the one that manifest_format_entry writes; false = not
 * that. e->path is path's text. */
bool manifest_parse_entry(struct manifest_entry *e, struct strbuf *path, const char *line, size_t len);
/* Looks through a manifest's whole text beside a tree, without checking the manifest: calls same() for every entry of
 * `want` that has the same path and content there. For hosts that then look at the stored files themselves. */
void manifest_match(const char *text, size_t len, const struct tree *want,
                    void (*same)(void *arg, size_t index, int64_t mtime_s), void *arg);

/* Reads a manifest from an fd of which the caller keeps ownership, in blocks. */
struct manifest_reader;
int manifest_open(struct manifest_reader **out, int fd, const char *name, struct fail *f);
/* The header; strings live in mem. FAIL_CORRUPT names line and defect; a newer schema is FAIL_REMOTE and names it. */
int manifest_header(struct manifest_reader *r, struct release_header *h, struct arena *mem, struct fail *f);
/* 1 an entry (e->path valid until the next call), 0 the end, -1. Order, uniqueness, path rules and, at the end, the
 * count and byte sum and the tree id of the header are checked. */
int manifest_next(struct manifest_reader *r, struct manifest_entry *e, struct fail *f);
void manifest_close(struct manifest_reader *r);

/* The whole: header and entries (blobs are BLOB_REMOTE; mtimes[i] belongs to tree.entries[i]). */
struct manifest {
	struct release_header header;
	struct tree tree;
	int64_t *mtimes;                /* NULL where the host keeps none */
	/* NULL: digests are of the contents. Else of their gzip form as this compressor makes it, but for entries that were
	 * recognised. */
	const char *compressor;
};
int manifest_read(struct manifest *m, int fd, const char *name, struct arena *mem, struct fail *f);

#endif
