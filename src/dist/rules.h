/* rules: which paths of a build are content, which are hidden, and which are refused. Refused wins over hidden: a
 * `.env` in a build is a mistake that must be seen, even where dot files or a rule of the user would hide it; only
 * allow_unsafe lifts it (it is then judged by the other rules). What lies below a hidden directory is not looked at,
 * unless an `include` reaches into it.
 *
 * as_firebase judges as the official Firebase client does: built in are firebase-debug logs and what lies directly in
 * .firebase/ (and slipway's own); dot files and node_modules are content; a pattern that begins with / is matched
 * against the absolute path. What is refused stays refused. */
#ifndef SLIPWAY_DIST_RULES_H
#define SLIPWAY_DIST_RULES_H

#include <stdbool.h>
#include "base/fail.h"
#include "dist/build.h"

struct rules;
/* root: the build's absolute path, for absolute patterns; NULL = they match nothing. FAIL_CONFIG names the glob that
 * does not compile. source and root are borrowed until rules_free. */
int rules_new(struct rules **out, const struct build_rules *source, const char *root, struct fail *f);
void rules_free(struct rules *r);       /* accepts NULL */

enum judgement {
	RULE_KEEP,
	RULE_HIDE,
	RULE_ENTER,             /* a hidden directory that an include reaches into: what is below is hidden by this rule */
	RULE_REFUSE
};
struct verdict {
	enum judgement is;
	const char *rule;       /* lives as long as the rules; NULL for RULE_KEEP */
	bool builtin;
};
/* `above` is the verdict on the directory around it, NULL at the top. Any thread. */
struct verdict rules_judge_dir(const struct rules *r, const char *path, const struct verdict *above);
struct verdict rules_judge_file(const struct rules *r, const char *path, const struct verdict *above);
/* Does allow_unsafe name this path? */
bool rules_allow(const struct rules *r, const char *path);

#endif
