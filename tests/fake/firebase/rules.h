/* rules: a version's serving configuration made ready to be asked: which redirect or rewrite a path meets, which
 * headers it gets. Paths begin with a slash and are decoded. */
#ifndef FAKE_RULES_H
#define FAKE_RULES_H

#include <stdbool.h>
#include "base/mem.h"

struct matcher;
struct json_doc;
enum slash { SLASH_AS_IS, SLASH_ADD, SLASH_REMOVE };
struct rules {
	bool clean_urls;
	enum slash slash;
	/* inside */
	struct matcher *headers, *redirects, *rewrites;
	struct json_doc *doc;
};

/* From the configuration's JSON text (checked before). A pattern that cannot be compiled matches nothing. */
struct rules *rules_new(const char *config);
void rules_free(struct rules *r);               /* accepts NULL */
/* The first redirect for the path: its status (0: none) and location. */
int rules_redirect(const struct rules *r, const char *path, struct arena *a, const char **location);
/* The first rewrite for the path: its `path`, "" when it goes to a function or service, NULL when there is none. */
const char *rules_rewrite(const struct rules *r, const char *path);
/* Calls add for every header that a rule gives the path; later rules come later. */
void rules_headers(const struct rules *r, const char *path, void (*add)(void *arg, const char *name, const char *value),
		   void *arg);

#endif
