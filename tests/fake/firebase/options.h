/* options: the command line, as ../README.md describes it. */
#ifndef FAKE_OPTIONS_H
#define FAKE_OPTIONS_H

#include <stdbool.h>
#include "base/fail.h"
#include "world.h"

enum { OPTION_LIST = 64 };
struct options {
	unsigned port, tls_port;            /* 0: any; tls only with cert and key */
	const char *cert, *key, *latency, *log, *ready;
	const char *projects[OPTION_LIST];          /* P=SITE,SITE */
	const char *sites[OPTION_LIST];             /* PREFIX:COUNT@PROJECT */
	const char *accounts[OPTION_LIST];          /* files to write */
	const char *refresh[OPTION_LIST];           /* refresh tokens that are good */
	enum content_scope scope;
	long token_lifetime;                        /* seconds */
	bool allow_owner, allow_foreign_clone, local_urls, die_with_parent, help;
};

extern const char options_usage[];
/* Texts are borrowed from argv. */
int options_read(struct options *o, int argc, char **argv, struct fail *f);
/* Makes the projects and sites that were named. */
int options_populate(const struct options *o, struct world *w, struct fail *f);

#endif
