#include "host/firebase/subject.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/capture.h"
#include "base/clock.h"
#include "base/file.h"

struct subject_job {
	struct op op;
	struct subject s;
	struct arena mem;
	struct strbuf token;
	bool abandoned;
	void (*done)(void *arg, int rc, const struct strbuf *token, const struct fail *f);
	void *arg;
};

/* ---- what was given ---- */
int subject_extract(struct strbuf *token, const struct subject *s, const char *text, size_t len, struct fail *f)
{
	struct json_doc *d = NULL;
	struct fail ignored;
	const char *value;
	int rc = 0;

	if (!s->field) {
		while (len > 0 && strchr(" \t\r\n", text[len - 1]))
			len--;
		if (len == 0 || memchr(text, '\0', len))
			return fail_set(f, FAIL_AUTH, "%s", len ? "it holds a NUL byte, which no token does" : "it is empty");
		strbuf_add(token, text, len);
		return 0;
	}
	if (json_parse(&d, "token", text, len, JSON_DUPLICATES_LAST_WINS, &ignored) < 0)
		return fail_set(f, FAIL_AUTH, "it is not JSON, which format says it is");
	value = json_string(json_get(json_root(d), s->field));
	if (value && *value)
		strbuf_addstr(token, value);
	else
		rc = fail_set(f, FAIL_AUTH, "it has no field %.60s", credential_is_word(s->field) ? s->field : "");
	json_doc_wipe(d);
	return rc;
}

/* What the program says of its failure, for people. */
static int said(struct fail *f, const json *root)
{
	const char *message = json_string(json_get(root, "message"));
	struct strbuf shown = STRBUF_INIT;

	if (message)
		strbuf_addescaped(&shown, message, strnlen(message, 200));
	fail_set(f, FAIL_AUTH, "it failed%s%s", message ? ": " : "", shown.buf);
	strbuf_clear(&shown);
	return -1;
}

int subject_from_program(struct strbuf *token, const char *text, size_t len, struct fail *f)
{
	struct json_doc *d = NULL;
	struct fail ignored;
	const char *type, *value;
	const json *root = NULL;
	int64_t version = 0, ends_s;
	int rc = -1;

	if (json_parse(&d, "token", text, len, JSON_DUPLICATES_LAST_WINS, &ignored) == 0)
		root = json_root(d);
	type = json_string(json_get(root, "token_type"));
	value = json_string(json_get(root, type && strcmp(type, "urn:ietf:params:oauth:token-type:saml2") == 0 ?
	                                   "saml_response" : "id_token"));
	if (!root)
		fail_set(f, FAIL_AUTH, "it did not write JSON");
	else if (!json_int(json_get(root, "version"), &version) || version != 1)
		fail_set(f, FAIL_AUTH, "its answer is not of version 1");
	else if (!json_bool(json_get(root, "success"), false))
		said(f, root);
	else if (!type || !value || !*value)
		fail_set(f, FAIL_AUTH, "its answer holds no token");
	else if (json_int(json_get(root, "expiration_time"), &ends_s) && ends_s <= clock_wall_s())
		fail_set(f, FAIL_AUTH, "the token that it gave has run out");
	else
		rc = 0;
	if (rc == 0)
		strbuf_addstr(token, value);
	json_doc_wipe(d);
	return rc;
}

/* ---- on a worker ---- */
static int read_file(struct subject_job *j, struct fail *f)
{
	struct strbuf text = STRBUF_SECRET;
	int rc = file_read(&text, AT_FDCWD, j->s.file, SUBJECT_MOST, 0, f);

	if (rc == 0)
		rc = subject_extract(&j->token, &j->s, text.buf, text.len, f);
	strbuf_clear(&text);
	f->kind = FAIL_AUTH;
	return rc < 0 ? fail_wrap(f, "file of credential_source") : 0;
}

/* Ours, but for what the program is told. */
static char **environment(struct subject_job *j)
{
	size_t ours = 0, told = 0, n = 0;
	char **all;

	while (environ[ours])
		ours++;
	while (j->s.env[told])
		told++;
	all = arena_alloc(&j->mem, (ours + told + 1) * sizeof *all);
	for (size_t i = 0; i < told; i++)
		all[n++] = j->s.env[i];
	for (size_t i = 0; i < ours; i++)
		if (strncmp(environ[i], "GOOGLE_EXTERNAL_ACCOUNT_", 24) != 0 ||
		    strncmp(environ[i], "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=", 42) == 0)
			all[n++] = environ[i];
	return all;
}

static int run_program(struct subject_job *j, struct fail *f)
{
	static const char *const why[] = {
		[CAPTURE_FAILED] = "it failed", [CAPTURE_LATE] = "it did not end in time",
		[CAPTURE_LONG] = "it wrote more than 64 KiB", [CAPTURE_UNREADABLE] = "it could not be read",
		[CAPTURE_ABSENT] = "there is no such program", [CAPTURE_REFUSED] = "it could not be started",
		[CAPTURE_CANCELLED] = "it was interrupted",
	};
	struct capture how = { .argv = j->s.argv, .env = environment(j), .dirfd = -1, .most_ms = j->s.most_ms,
	                       .cancel = &j->op.cancel };
	char *text = xmalloc(SUBJECT_MOST + 1);
	struct strbuf shown = STRBUF_INIT;
	size_t len = 0;
	enum captured result = capture_run(&how, text, SUBJECT_MOST, &len);
	int rc;

	if (result == CAPTURED || (result == CAPTURE_FAILED && len > 0 && text[0] == '{'))
		rc = subject_from_program(&j->token, text, len, f);
	else
		rc = fail_set(f, FAIL_AUTH, "%s", why[result]);
	explicit_bzero(text, SUBJECT_MOST + 1);
	free(text);
	if (rc == 0 && result != CAPTURED)
		rc = fail_set(f, FAIL_AUTH, "%s", why[result]);
	strbuf_addescaped(&shown, j->s.argv[0], strlen(j->s.argv[0]));
	if (rc < 0)
		fail_wrap(f, "%s", shown.buf);
	strbuf_clear(&shown);
	return rc;
}

static int work(void *arg, struct op *op)
{
	struct subject_job *j = arg;

	return j->s.kind == SUBJECT_FILE ? read_file(j, &op->fail) : run_program(j, &op->fail);
}

static void finished(struct op *op)
{
	struct subject_job *j = op->owner;

	if (!j->abandoned)
		j->done(j->arg, op->rc, &j->token, &op->fail);
	strbuf_clear(&j->token);
	arena_clear(&j->mem);
	free(j);
}

static char **copy_list(char **list, struct arena *mem)
{
	size_t n = 0;
	char **out;

	while (list && list[n])
		n++;
	out = arena_alloc(mem, (n + 1) * sizeof *out);
	for (size_t i = 0; i < n; i++)
		out[i] = arena_strdup(mem, list[i]);
	return out;
}

struct subject_job *subject_fetch(struct loop *l, const struct subject *s,
                                  void (*done)(void *arg, int rc, const struct strbuf *token, const struct fail *f),
                                  void *arg)
{
	struct subject_job *j = xcalloc(1, sizeof *j);

	j->op.done = finished;
	j->op.owner = j;
	j->token = (struct strbuf)STRBUF_SECRET;
	j->done = done;
	j->arg = arg;
	j->s = (struct subject){ .kind = s->kind, .most_ms = s->most_ms };
	j->s.file = s->file ? arena_strdup(&j->mem, s->file) : NULL;
	j->s.field = s->field ? arena_strdup(&j->mem, s->field) : NULL;
	j->s.argv = copy_list(s->argv, &j->mem);
	j->s.env = copy_list(s->env, &j->mem);
	op_run(l, &j->op, work, j);
	return j;
}

void subject_abandon(struct subject_job *j)
{
	if (!j)
		return;
	j->abandoned = true;
	atomic_store(&j->op.cancel, true);
}
