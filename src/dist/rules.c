#include "dist/rules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/glob.h"
#include "base/mem.h"
#include "base/strbuf.h"

struct pattern {
	struct glob *glob;
	const char *text;           /* as it was written */
	bool absolute;              /* looks at the path from / on */
};

struct globs {
	struct pattern *items;
	size_t count;
};

struct rules {
	struct globs builtin, ignore, include, allow;
	const char *root;
	bool htaccess, as_firebase;
};

/* All that the official client hides by itself. */
static const char *const firebase_ignore[] = { "**/firebase-debug.log", "**/firebase-debug.*.log", ".firebase/*" };
#define FIREBASE_IGNORE (sizeof firebase_ignore / sizeof *firebase_ignore)

struct named {
	const char *name;           /* compared without case; a star may stand at its start or its end */
	const char *rule;
};

static const struct named refused_dirs[] = {
	{ ".git", "a Git repository" },
	{ ".ssh", "a directory of credentials" },
	{ ".aws", "a directory of credentials" },
	{ ".gnupg", "a directory of credentials" },
	{ ".kube", "a directory of credentials" },
};

static const struct named refused_files[] = {
	{ ".env*", "an environment file (.env*)" },
	{ ".git", "a Git repository" },
	{ "id_rsa", "a private SSH key" },
	{ "id_dsa", "a private SSH key" },
	{ "id_ecdsa", "a private SSH key" },
	{ "id_ecdsa_sk", "a private SSH key" },
	{ "id_ed25519", "a private SSH key" },
	{ "id_ed25519_sk", "a private SSH key" },
	{ "*.ppk", "a private SSH key" },
	{ "*.p12", "a key store" },
	{ "*.pfx", "a key store" },
	{ "*.jks", "a key store" },
	{ "*.keystore", "a key store" },
	{ "*.kdbx", "a key store" },
	{ ".npmrc", "a credentials file" },
	{ ".pypirc", "a credentials file" },
	{ ".netrc", "a credentials file" },
	{ "_netrc", "a credentials file" },
	{ ".pgpass", "a credentials file" },
	{ ".my.cnf", "a credentials file" },
	{ ".htpasswd", "a credentials file" },
	{ ".git-credentials", "a credentials file" },
	{ ".dockercfg", "a credentials file" },
	{ ".s3cfg", "a credentials file" },
	{ ".boto", "a credentials file" },
	{ "application_default_credentials.json", "a credentials file" },
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_named(const char *pattern, const char *name, size_t len)
{
	size_t n = strlen(pattern);

	if (pattern[0] == '*')
		return len >= n - 1 && lower(name[len - 1]) == pattern[n - 1] &&
			strcasecmp(name + len - (n - 1), pattern + 1) == 0;
	if (lower(name[0]) != pattern[0])
		return false;
	return pattern[n - 1] == '*' ? strncasecmp(name, pattern, n - 1) == 0 : strcasecmp(name, pattern) == 0;
}

static const char *find_name(const struct named *rows, size_t count, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < count; i++)
		if (is_named(rows[i].name, name, len))
			return rows[i].rule;
	return NULL;
}

/* name~, #name#, .#name, .name.swp and its kin */
static bool is_editor_backup(const char *name)
{
	size_t len = strlen(name);
	char end = name[len - 1];

	if (end == '~' || (name[0] == '#' && end == '#' && len > 1) || (name[0] == '.' && name[1] == '#'))
		return true;
	return name[0] == '.' && len > 5 && memcmp(name + len - 4, ".sw", 3) == 0 && end >= 'a' && end <= 'p';
}

static bool is_firebase_log(const char *name)
{
	static const char start[] = "firebase-debug.";
	size_t len = strlen(name);

	return strncmp(name, start, sizeof start - 1) == 0 && len >= sizeof start + 2 &&
		strcmp(name + len - 4, ".log") == 0;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void globs_free(struct globs *g)
{
	for (size_t i = 0; i < g->count; i++)
		glob_free(g->items[i].glob);
	free(g->items);
}

/* With `absolute`, a pattern that begins with a slash is one; else it matches nothing. */
static int globs_new(struct globs *g, const char *key, const char *const *patterns, size_t count, bool absolute,
		     struct fail *f)
{
	g->items = xcalloc(count, sizeof *g->items);
	for (size_t i = 0; i < count; i++) {
		struct pattern *p = &g->items[i];
		p->text = patterns[i];
		p->absolute = absolute && patterns[i][0] == '/';
		if (glob_new(&p->glob, patterns[i] + (p->absolute ? strspn(patterns[i], "/") : 0), f) < 0)
			return fail_wrap(f, "%s: \"%.100s\"", key, patterns[i]);
		g->count++;
	}
	return 0;
}

int rules_new(struct rules **out, const struct build_rules *source, const char *root, struct fail *f)
{
	struct rules *r = xcalloc(1, sizeof *r);
	bool firebase = source->as_firebase;

	r->htaccess = source->htaccess;
	r->as_firebase = firebase;
	r->root = root ? root + strspn(root, "/") : "";
	if (globs_new(&r->builtin, "built in", firebase_ignore, firebase ? FIREBASE_IGNORE : 0, false, f) < 0 ||
	    globs_new(&r->ignore, "ignore", source->ignore, source->ignore_count, firebase && root, f) < 0 ||
	    globs_new(&r->include, "include", source->include, source->include_count, false, f) < 0 ||
	    globs_new(&r->allow, "allow_unsafe", source->allow_unsafe, source->allow_unsafe_count, false, f) < 0) {
		rules_free(r);
		return -1;
	}
	*out = r;
	return 0;
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	globs_free(&r->builtin);
	globs_free(&r->ignore);
	globs_free(&r->include);
	globs_free(&r->allow);
	free(r);
}

static bool holds(const struct rules *r, const struct pattern *p, const char *path,
		  bool (*test)(const struct glob *g, const char *path))
{
	struct strbuf whole = STRBUF_INIT;

	if (!p->absolute)
		return test(p->glob, path);
	strbuf_addf(&whole, "%s%s%s", r->root, *r->root ? "/" : "", path);
	bool is = test(p->glob, whole.buf);
	strbuf_clear(&whole);
	return is;
}

/* The first pattern of the list that the test finds true, as it was written. */
static const char *first(const struct rules *r, const struct globs *g, const char *path,
			 bool (*test)(const struct glob *g, const char *path))
{
	for (size_t i = 0; i < g->count; i++)
		if (holds(r, &g->items[i], path, test))
			return g->items[i].text;
	return NULL;
}

bool rules_allow(const struct rules *r, const char *path)
{
	return first(r, &r->allow, path, glob_match) != NULL;
}

/* The rule that hides the directory as such; *builtin says whose it is. */
static const char *hides_dir(const struct rules *r, const char *path, bool *builtin)
{
	const char *name = last_part(path);

	*builtin = true;
	if (strcmp(path, ".slipway") == 0)
		return "slipway's own";
	if (!r->as_firebase && strcmp(name, "node_modules") == 0)
		return "node_modules";
	if (!r->as_firebase && name[0] == '.' && strcmp(name, ".well-known") != 0)
		return "dot directory";
	*builtin = false;
	return first(r, &r->ignore, path, glob_prunes);
}

/* What slipway hides by itself, but not in a firebase.json project. */
static const char *hides_name(const struct rules *r, const char *name)
{
	if (is_editor_backup(name))
		return "editor backup";
	if (is_firebase_log(name))
		return "firebase-debug.log";
	if (name[0] == '.' && !(r->htaccess && strcmp(name, ".htaccess") == 0))
		return "dot file";
	return NULL;
}

static const char *hides_file(const struct rules *r, const char *path, bool *builtin)
{
	*builtin = true;
	if (strcmp(path, "slipway.json") == 0)
		return "slipway's own";
	const char *rule = r->as_firebase ? first(r, &r->builtin, path, glob_match) : hides_name(r, last_part(path));
	if (rule)
		return rule;
	*builtin = false;
	return first(r, &r->ignore, path, glob_match);
}

struct verdict rules_judge_dir(const struct rules *r, const char *path, const struct verdict *above)
{
	struct verdict v = { RULE_KEEP, NULL, false };
	const char *refused = find_name(refused_dirs, sizeof refused_dirs / sizeof *refused_dirs, last_part(path));

	if (refused && !rules_allow(r, path))
		return (struct verdict){ RULE_REFUSE, refused, true };
	if (above && above->is == RULE_ENTER)
		v = *above;
	else
		v.rule = hides_dir(r, path, &v.builtin);
	if (v.rule)
		v.is = first(r, &r->include, path, glob_reaches) ? RULE_ENTER : RULE_HIDE;
	return v;
}

struct verdict rules_judge_file(const struct rules *r, const char *path, const struct verdict *above)
{
	struct verdict v = { RULE_KEEP, NULL, false };
	const char *refused = find_name(refused_files, sizeof refused_files / sizeof *refused_files, last_part(path));

	if (refused && !rules_allow(r, path))
		return (struct verdict){ RULE_REFUSE, refused, true };
	if (above && above->is == RULE_ENTER)
		v = *above;
	else
		v.rule = hides_file(r, path, &v.builtin);
	if (!v.rule)
		return v;
	v.is = RULE_HIDE;
	if (first(r, &r->include, path, glob_match))
		v = (struct verdict){ RULE_KEEP, NULL, false };
	return v;
}
