/* fbjson: firebase.json and .firebaserc, read as the official client (firebase-tools) reads them. One reading for two
 * uses: a project that is deployed as it is (fbjson_project.c makes a document of it, in memory), and the documents
 * that init writes (init_firebase.c).
 *
 * What holds. Comments are allowed, later duplicates win, a .firebaserc that cannot be read counts as empty, unknown
 * keys are ignored. "hosting" is an object or a list; an entry names a "site", or a "target" that .firebaserc gives
 * sites under the project's id; an object that names neither is for the site that is called like the project (the
 * client asks the service for the project's default site; by convention its id is the project's). An entry that the
 * filters of the command line leave out is not judged. Two choices differ from the client: a target may have several
 * sites, and two entries for one site are refused (there, the later release wins, in no certain order).
 *
 * The project's id comes from: -P (id or alias); the project that `firebase use` chose for the directory or one above
 * it (the client's config store, "activeProjects"); the old key "firebase" in firebase.json; each an alias of
 * .firebaserc or an id; else the only alias; else the alias "default".
 *
 * The filters: --only takes "hosting" and "hosting:NAME", --except the same; NAME is an entry's site or target as it
 * is written. Words are separated by commas or blanks. */
#ifndef SLIPWAY_TARGET_FBJSON_H
#define SLIPWAY_TARGET_FBJSON_H

#include "base/json.h"
#include "base/mem.h"
#include "target/problems.h"

struct fbjson_request {               /* what the command line says, and where the client keeps what it remembers */
	const char *project;            /* -P, or NULL */
	const char *only;               /* --only, or NULL */
	const char *const *except;      /* --except, each with words; those that are not firebase's are passed over */
	size_t except_count;
	const char *store;              /* path of the client's config store, or NULL; it need not exist */
};

struct fbjson_entry {                 /* one of "hosting" */
	const json *value;
	size_t number;                  /* from 1 */
	const char *name;               /* its target or site, fit for a target of ours and unique */
	const char *target, *site;      /* as written; NULL = not there */
	const char *const *sites;       /* what it is deployed to */
	size_t site_count;
	const char *dir;                /* "public"; NULL = no files */
	size_t build;                   /* index of its build */
	bool chosen;                    /* by the filters */
	const json *at;                 /* where it is wrong */
	const char *wrong, *hint;       /* why it cannot be deployed ("has both ..."), or NULL */
};

struct fbjson_build {                 /* one for each set of directory and rules */
	const char *name;
	const struct fbjson_entry *first;     /* an entry that has it: its public, ignore, allow_unsafe */
};

struct fbjson {
	struct json_doc *config, *rc;   /* rc may be NULL */
	bool list;                      /* "hosting" is a list */
	const char *project;            /* its id */
	const char *why;                /* "-P staging", "the only alias, staging", "alias default" */
	struct fbjson_entry *entries;
	size_t entry_count;
	struct fbjson_build *builds;  /* of the entries that are chosen and not wrong */
	size_t build_count;
	struct arena mem;
};

/* Reads both files in dirfd (whose path is root); name is firebase.json's. Documents that cannot be used at all are
 * errors in problems and -1; a request that means nothing is FAIL_USAGE. Entries that are wrong are not: the caller
 * says what becomes of them. fb is to be cleared either way. */
int fbjson_read(struct fbjson *fb, int dirfd, const char *root, const char *name,
                  const struct fbjson_request *rq, struct problems *problems, struct fail *f);
void fbjson_clear(struct fbjson *fb);
/* Is it deployed: chosen and not wrong? */
bool fbjson_counts(const struct fbjson_entry *e);
/* "entry 3 of hosting", or "hosting" when that is an object. */
const char *fbjson_entry_words(const struct fbjson *fb, const struct fbjson_entry *e, struct arena *mem);
/* Strings of a key that may hold one or a list; others are left out. */
const char *const *fbjson_strings(const struct fbjson_entry *e, const char *key, size_t *count, struct arena *mem);
/* Does an entry's key mean anything to the client? */
bool fbjson_knows_key(const char *key);
/* The keys inside an entry's inner "hosting" (which the client does not read) that would mean something in the entry:
 * "ignore, rewrites"; "" when there are none. */
const char *fbjson_lost_keys(const json *inner, struct arena *mem);

/* fbjson_choose.c: fills project and why. */
int fbjson_choose(struct fbjson *fb, const char *root, const struct fbjson_request *rq, struct problems *problems,
                    struct fail *f);
/* fbjson_filter.c: sets chosen; FAIL_USAGE when the words mean nothing here, or leave nothing. */
int fbjson_filter(struct fbjson *fb, const struct fbjson_request *rq, struct fail *f);
/* The words of --except that are no filter of firebase's: names and globs of targets. In mem. */
const char *const *fbjson_other_words(const char *const *lists, size_t list_count, size_t *count, struct arena *mem);

/* ---- fbjson_write.c: an entry in the words of our documents ---- */

struct fbjson_writing {
	const struct fbjson *firebase;
	struct jw *w;
	struct arena *arena;            /* for what is made on the way */
	bool to_keep;                   /* for files (init): hosting keys that our documents refuse are left out */
	struct problems *problems;      /* warnings about what is ignored inside values; NULL = none */
};
/* Members of a build: "dir" or "empty", "ignore", "allow_unsafe". dir NULL = the entry's. to_keep adds what the client
 * ignores by itself. */
void fbjson_write_build(const struct fbjson_writing *t, const struct fbjson_build *b, const char *dir);
/* Members of a target: "site", unless its name says it; the hosting keys. Keys inside values that the client ignores
 * become "x-KEY". */
void fbjson_write_site(const struct fbjson_writing *t, const struct fbjson_entry *e);
void fbjson_write_hosting(const struct fbjson_writing *t, const struct fbjson_entry *e);
/* Do two entries have the same hosting keys? */
bool fbjson_same_hosting(const struct fbjson_entry *a, const struct fbjson_entry *b);
/* Would fbjson_write_hosting write this member of an entry? */
bool fbjson_writes(const struct fbjson_writing *t, const json *member);
bool fbjson_is_hosting_key(const char *key);

#endif
