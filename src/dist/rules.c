#include "dist/rules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/glob.h"
#include "base/mem.h"

struct globs {
	struct glob **items;
	size_t count;
};

struct rules {
	struct globs ignore, include, allow;
	bool htaccess;
};

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
		glob_free(g->items[i]);
	free(g->items);
}

static int globs_new(struct globs *g, const char *key, const char *const *patterns, size_t count, struct fail *f)
{
	g->items = xcalloc(count, sizeof(struct glob *));
	for (size_t i = 0; i < count; i++) {
		if (glob_new(&g->items[i], patterns[i], f) < 0)
			return fail_wrap(f, "%s: \"%.100s\"", key, patterns[i]);
		g->count++;
	}
	return 0;
}

int rules_new(struct rules **out, const struct build_rules *source, struct fail *f)
{
	struct rules *r = xcalloc(1, sizeof *r);

	r->htaccess = source->htaccess;
	if (globs_new(&r->ignore, "ignore", source->ignore, source->ignore_count, f) < 0 ||
	    globs_new(&r->include, "include", source->include, source->include_count, f) < 0 ||
	    globs_new(&r->allow, "allow_unsafe", source->allow_unsafe, source->allow_unsafe_count, f) < 0) {
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
	globs_free(&r->ignore);
	globs_free(&r->include);
	globs_free(&r->allow);
	free(r);
}

static const struct glob *first_match(const struct globs *g, const char *path)
{
	for (size_t i = 0; i < g->count; i++)
		if (glob_match(g->items[i], path))
			return g->items[i];
	return NULL;
}

static const struct glob *first_prune(const struct globs *g, const char *dir)
{
	for (size_t i = 0; i < g->count; i++)
		if (glob_prunes(g->items[i], dir))
			return g->items[i];
	return NULL;
}

static bool any_reaches(const struct globs *g, const char *dir)
{
	for (size_t i = 0; i < g->count; i++)
		if (glob_reaches(g->items[i], dir))
			return true;
	return false;
}

bool rules_allow(const struct rules *r, const char *path)
{
	return first_match(&r->allow, path) != NULL;
}

/* The rule that hides the directory as such; *builtin says whose it is. */
static const char *hides_dir(const struct rules *r, const char *path, bool *builtin)
{
	const char *name = last_part(path);

	*builtin = true;
	if (strcmp(path, ".slipway") == 0)
		return "slipway's own";
	if (strcmp(name, "node_modules") == 0)
		return "node_modules";
	if (name[0] == '.' && strcmp(name, ".well-known") != 0)
		return "dot directory";
	*builtin = false;
	const struct glob *g = first_prune(&r->ignore, path);
	return g ? glob_text(g) : NULL;
}

static const char *hides_file(const struct rules *r, const char *path, bool *builtin)
{
	const char *name = last_part(path);

	*builtin = true;
	if (strcmp(path, "slipway.json") == 0)
		return "slipway's own";
	if (is_editor_backup(name))
		return "editor backup";
	if (is_firebase_log(name))
		return "firebase-debug.log";
	if (name[0] == '.' && !(r->htaccess && strcmp(name, ".htaccess") == 0))
		return "dot file";
	*builtin = false;
	const struct glob *g = first_match(&r->ignore, path);
	return g ? glob_text(g) : NULL;
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
		v.is = any_reaches(&r->include, path) ? RULE_ENTER : RULE_HIDE;
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
	if (first_match(&r->include, path))
		v = (struct verdict){ RULE_KEEP, NULL, false };
	return v;
}
