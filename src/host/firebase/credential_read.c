#include "host/firebase/credential_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"

#define FILE_MOST ((off_t)1 << 20)

/* Returns -1; how: a failure in f already, which the path goes before. */
static int about(const char *path, struct fail *f)
{
	struct strbuf shown = STRBUF_INIT;

	strbuf_addescaped(&shown, path, strlen(path));
	fail_wrap(f, "%s", shown.buf);
	strbuf_clear(&shown);
	return -1;
}

/* A file that another account may change is not ours to trust: it says where secrets are sent. */
static int judge(const struct stat *st, const char *path, struct fail *f)
{
	if (!S_ISREG(st->st_mode)) {
		fail_set(f, FAIL_AUTH, "is not a regular file");
		return about(path, f);
	}
	if (st->st_mode & (S_IWGRP | S_IWOTH)) {
		fail_set(f, FAIL_AUTH, "others may write it");
		fail_hint(f, "chmod go-rwx, and make sure that nobody has changed it");
		return about(path, f);
	}
	return 0;
}

static int read_from(int fd, struct strbuf *out, mode_t *mode, const char *path, struct fail *f)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) < 0) {
		fail_errno(f, errno, "cannot be looked at");
		return about(path, f);
	}
	if (judge(&st, path, f) < 0)
		return -1;
	if (st.st_size > FILE_MOST) {
		fail_set(f, FAIL_AUTH, "is larger than 1 MiB");
		return about(path, f);
	}
	*mode = st.st_mode;
	text = xmalloc((size_t)st.st_size);
	n = file_read_full(fd, text, (size_t)st.st_size);
	if (n >= 0)
		strbuf_add(out, text, (size_t)n);
	else
		fail_errno(f, errno, "cannot be read");
	explicit_bzero(text, (size_t)st.st_size);
	free(text);
	return n < 0 ? about(path, f) : 0;
}

int credential_read_file(struct strbuf *out, mode_t *mode, const char *path, struct fail *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc;

	if (fd < 0) {
		fail_errno(f, errno, "cannot be opened");
		return about(path, f);
	}
	rc = read_from(fd, out, mode, path, f);
	(void)close(fd);
	return rc;
}

enum found credential_absent(const char *path, struct fail *f)
{
	fail_set(f, FAIL_AUTH, "there is no such file");
	return about(path, f);
}

int credential_look_at(mode_t *mode, const char *path, struct fail *f)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		fail_errno(f, errno, "cannot be looked at");
		return about(path, f);
	}
	*mode = st.st_mode;
	return judge(&st, path, f);
}

int credential_parse(struct json_doc **out, const char *text, size_t len, struct fail *f)
{
	struct strbuf plain = STRBUF_SECRET;
	struct fail why = FAIL_INIT;
	int rc;

	*out = NULL;
	if (base64_decode(&plain, text, len))
		rc = json_parse(out, "credential", plain.buf, plain.len, JSON_DUPLICATES_LAST_WINS, &why);
	else
		rc = json_parse(out, "credential", text, len, JSON_DUPLICATES_LAST_WINS, &why);
	strbuf_clear(&plain);
	if (rc == 0 && json_type(json_root(*out)) == JSON_OBJECT)
		return 0;
	json_doc_wipe(*out);
	*out = NULL;
	return fail_set(f, FAIL_AUTH, "it is neither a JSON object nor base64 of one");
}

/* An external account's file holds no key: what it names is a secret of others, or of a few minutes. */
static bool is_key_file(const json *document)
{
	const char *type = json_string(json_get(document, "type"));

	return !type || strcmp(type, "external_account") != 0 || json_get(document, "client_secret");
}

void credential_note_readers(struct search *s, const char *path, mode_t mode, const json *document)
{
	struct strbuf line = STRBUF_INIT;

	if (!(mode & (S_IRGRP | S_IROTH)) || !is_key_file(document))
		return;
	strbuf_addescaped(&line, path, strlen(path));
	strbuf_addstr(&line, " can be read by other accounts of this machine: chmod 600 mends that\n");
	/* another host may have the same file */
	if (!strstr(s->notes->buf, line.buf))
		strbuf_add(s->notes, line.buf, line.len);
	strbuf_clear(&line);
}

int credential_take(struct search *s, const char *text, size_t len, struct fail *f)
{
	return credential_parse(&s->c->doc, text, len, f) < 0 || credential_from_document(s->c, &s->around, f) < 0 ? -1 : 0;
}

enum found credential_take_file(struct search *s, const char *path, struct fail *f)
{
	struct strbuf text = STRBUF_SECRET;
	enum found found = FOUND;
	struct fail why = FAIL_INIT;
	mode_t mode = 0;

	if (credential_read_file(&text, &mode, path, &why) < 0)
		found = why.kind == FAIL_MISSING ? FOUND_NOTHING : FOUND_ERROR;
	else if (credential_take(s, text.buf, text.len, &why) < 0)
		found = about(path, &why);
	else
		credential_note_readers(s, path, mode, json_root(s->c->doc));
	if (found == FOUND_ERROR) {
		*f = why;
		f->kind = FAIL_AUTH;
	}
	strbuf_clear(&text);
	return found;
}

bool credential_is_word(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static char *printable(const char *text)
{
	struct strbuf shown = STRBUF_INIT;

	strbuf_addescaped(&shown, text, strlen(text));
	return strbuf_detach(&shown);
}

void credential_set_who(struct credential *c, const char *who)
{
	free(c->who);
	c->who = printable(who);
}

void credential_set_source(struct credential *c, const char *source)
{
	free(c->source);
	c->source = printable(source);
}
