/* packing: a run's context with a packer, a directory of files and a cache beside it, for the tests of packs. */
#ifndef SLIPWAY_TESTS_DEPLOY_PACKING_H
#define SLIPWAY_TESTS_DEPLOY_PACKING_H

#include "test.h"

#include "deploy/packs.h"

#define PACKING_LARGE ((size_t)33 * 1024 * 1024)        /* more than is compressed at once */

struct packing {
	struct scratch scratch;         /* holds dist/ and cache/ */
	char cache[80];
	struct context c;
	struct reporter reporter;
	struct strbuf notes;            /* what the reporter was told, a line each */
	struct packs *packs;
	struct packer *packer;
	struct blob_dir dist;
	struct arena mem;               /* blobs and entries */
};

/* A setup/teardown pair that puts a struct packing * into *state, with a run that is open. */
int packing_setup(void **state);
int packing_teardown(void **state);
/* The context of a run over this cache directory, as files older than the run see it; NULL index with no_cache. */
void packing_open(struct packing *t, bool no_cache);
/* Ends the run: the index is saved. */
void packing_close(struct packing *t);
void packing_again(struct packing *t);

/* Writes dist/name; a blob of its own each time. */
const struct blob *packing_file(struct packing *t, const char *name, const void *data, size_t len);
const struct blob *packing_text(struct packing *t, const char *name, const char *text);
const struct blob *packing_rendered(struct packing *t, const char *text, bool secret);
/* Entries over `count` blobs. */
const struct entry *packing_entries(struct packing *t, const struct blob *const *blobs, size_t count);
/* `count` small files d/NNNN, each of its own content. */
const struct entry *packing_many(struct packing *t, size_t count);

char *packing_large(void);              /* PACKING_LARGE bytes, malloc'd */

struct waited {                         /* one op */
	struct op op;
	bool done;
	struct packed_body body;
};
void packing_pack(struct packing *t, struct waited *w, const struct entry *entries, size_t count);
void packing_fetch(struct packing *t, struct waited *w, const struct blob *b);
/* Turns the loop until it is done; its rc. */
int packing_wait(struct packing *t, struct waited *w);
/* Both in one; fails the test when it fails. */
void packing_do(struct packing *t, const struct entry *entries, size_t count);
/* Opens what was packed; its bytes must have the digest that find says, and unpack to `len` bytes of `data`. True when
 * they came in a file. */
bool packing_check(struct packing *t, const struct blob *b, const void *data, size_t len);
bool packing_check_one(struct packing *t, const struct entry *many, size_t i);          /* one of packing_many */
uint64_t packing_compressed(const struct packing *t);   /* in this run */
/* Unpacks a gzip stream, or fails the test. */
void packing_unpack(struct strbuf *out, const void *data, size_t len);
/* Calls `see` with each file below the cache directory: its path there and its bytes, those of the spool unpacked. */
void packing_walk(struct packing *t, void (*see)(void *arg, const char *path, const struct strbuf *bytes), void *arg);
/* Files in the spool, sums and what is written aside not counted. */
size_t packing_spooled(struct packing *t);

#endif
