#include "target/secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strmap.h"
#include "target/redact.h"
#include "target/secret_read.h"

struct entry {
	char *key;                      /* canonical text of the reference */
	char *value;
	size_t len;
};

struct secrets {
	const char *root;
	int rootfd;
	struct strmap by_key;           /* key -> entry */
	struct entry **entries;
	size_t count, cap;
	struct redactor *redactor;
	struct strbuf missing;          /* a line each */
};

struct secrets *secrets_new(const struct project *p)
{
	struct secrets *s = xcalloc(1, sizeof *s);

	s->root = project_root(p);
	s->rootfd = project_dirfd(p);
	s->missing = (struct strbuf)STRBUF_INIT;
	s->redactor = redactor_new();
	return s;
}

void secrets_free(struct secrets *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		explicit_bzero(s->entries[i]->value, s->entries[i]->len);
		free(s->entries[i]->value);
		free(s->entries[i]->key);
		free(s->entries[i]);
	}
	free(s->entries);
	strmap_clear(&s->by_key);
	redactor_free(s->redactor);
	strbuf_clear(&s->missing);
	free(s);
}

static char *key_of(const json *ref)
{
	struct strbuf key = STRBUF_INIT;

	json_canonical(&key, ref);
	return strbuf_detach(&key);
}

static struct entry *find(const struct secrets *s, const json *ref)
{
	char *key = key_of(ref);
	struct entry *e = strmap_get(&s->by_key, key);

	free(key);
	return e;
}

static int resolve(struct secrets *s, const json *ref, struct fail *f)
{
	char *value;
	size_t len = 0;
	struct entry *e;
	int rc;

	if (find(s, ref))
		return 0;
	value = xmalloc(SECRET_MAX + 1);
	rc = secret_read(value, &len, ref, s->root, s->rootfd, f);
	if (rc == 0) {
		e = xcalloc(1, sizeof *e);
		e->key = key_of(ref);
		e->value = xmalloc(len + 1);
		memcpy(e->value, value, len + 1);
		e->len = len;
		s->entries = vec_grow(s->entries, &s->cap, s->count + 1, sizeof *s->entries);
		s->entries[s->count++] = e;
		strmap_set(&s->by_key, e->key, e);
		redactor_add(s->redactor, e->value, len);
	}
	explicit_bzero(value, SECRET_MAX + 1);
	free(value);
	return rc;
}

int secrets_resolve_one(struct secrets *s, const json *ref, const char *what, struct fail *f)
{
	return resolve(s, ref, f) < 0 ? fail_wrap(f, "%s", what) : 0;
}

/* Short enough that some ten fit into one failure: "env A_TOKEN is not set, env B_TOKEN is not set". True when it is
 * the first target to miss it. */
static bool note_missing(struct secrets *s, struct strbuf *brief, struct strmap *seen, const struct target *t,
                         const struct var *v, const struct fail *f)
{
	strbuf_addf(&s->missing, "%s of %s: %s\n", v->name, t->name, f->text);
	if (strmap_get(seen, f->text))
		return false;
	strmap_set(seen, f->text, seen);
	strbuf_addf(brief, "%s%s", brief->len ? ", " : "", f->text);
	return true;
}

int secrets_resolve(struct secrets *s, const struct target *const *targets, size_t count, struct fail *f)
{
	struct strbuf brief = STRBUF_INIT;
	struct strmap seen = STRMAP_INIT;
	size_t missing = 0;
	char hint[sizeof f->hint] = "";

	strbuf_setlen(&s->missing, 0);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < targets[i]->var_count && targets[i]->render_count; k++) {
			const struct var *v = &targets[i]->vars[k];
			struct fail why = FAIL_INIT;

			if (v->kind != VAR_SECRET || resolve(s, v->ref, &why) == 0)
				continue;
			missing += note_missing(s, &brief, &seen, targets[i], v, &why);
			if (why.hint[0])
				memcpy(hint, why.hint, sizeof hint);
		}
	}
	if (missing) {
		fail_set(f, FAIL_CONFIG, "%zu secret%s missing: %s", missing, missing == 1 ? " is" : "s are", brief.buf);
		if (hint[0])
			fail_hint(f, "%s", hint);
	}
	strbuf_clear(&brief);
	strmap_clear(&seen);
	return missing ? -1 : 0;
}

const char *secrets_missing(const struct secrets *s)
{
	return s->missing.buf;
}

const char *secrets_value(const struct secrets *s, const json *ref, size_t *len)
{
	const struct entry *e = s ? find(s, ref) : NULL;

	if (len)
		*len = e ? e->len : 0;
	return e ? e->value : NULL;
}

void secrets_learn(struct secrets *s, const char *value, size_t len)
{
	if (s)
		redactor_add(s->redactor, value, len);
}

void secrets_redact(const struct secrets *s, struct strbuf *text)
{
	if (s)
		redactor_apply(s->redactor, text);
}

static void redact_fixed(const struct secrets *s, char *text, size_t size)
{
	struct strbuf out = STRBUF_INIT;
	size_t len = strlen(text);

	strbuf_add(&out, text, len);
	if (len + 4 >= size)
		redactor_cut_tail(s->redactor, &out);
	redactor_apply(s->redactor, &out);
	len = out.len < size ? out.len : size - 1;
	while (len < out.len && len > 0 && ((unsigned char)out.buf[len] & 0xc0) == 0x80)
		len--;
	memcpy(text, out.buf, len);
	text[len] = '\0';
	strbuf_clear(&out);
}

void secrets_redact_fail(const struct secrets *s, struct fail *f)
{
	if (!s)
		return;
	redact_fixed(s, f->text, sizeof f->text);
	redact_fixed(s, f->hint, sizeof f->hint);
}

void secret_describe(const json *ref, struct strbuf *out)
{
	const char *env = json_string(json_get(ref, "env")), *file = json_string(json_get(ref, "file"));
	const char *key = json_string(json_get(ref, "key"));
	const char *program = json_string(json_first(json_get(ref, "command")));
	const char *text = env ? env : file ? file : program ? program : "";

	strbuf_addstr(out, env ? "env " : file ? "file " : "command ");
	strbuf_addescaped(out, text, strlen(text));
	if (key) {
		strbuf_addstr(out, " key ");
		strbuf_addescaped(out, key, strlen(key));
	}
}
