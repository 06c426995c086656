/* draft: the documents that init is about to write. */
#ifndef SLIPWAY_TARGET_DRAFT_H
#define SLIPWAY_TARGET_DRAFT_H

#include "base/fail.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "target/init.h"

struct draft_file {
	const char *path;               /* relative to the project */
	struct strbuf *text;            /* lies in the draft's arena */
};

struct draft {
	struct draft_file *files;       /* in the order they are written: slipway.json last */
	size_t count, cap;
	struct strbuf notes;            /* "note: ...\n": what a reader of the report should know */
	struct arena mem;
};

/* Adds a document and begins its object in w (indented by 2); end with draft_end. */
void draft_begin(struct draft *d, struct jw *w, const char *path);
void draft_end(struct jw *w);
/* init_firebase.c: fills the draft from firebase.json and .firebaserc in dirfd. */
int draft_from_firebase(struct draft *d, int dirfd, const struct init_request *rq, const char *name, struct fail *f);

#endif
