#include "kiosks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "release/manifest.h"
#include "release/switchlog.h"
#include "target/select.h"

enum { MOST_NAMES = 8 };

/* ---- a reporter that remembers ---- */

static struct kiosks *of(struct reporter *r)
{
	return (struct kiosks *)((char *)r - offsetof(struct kiosks, reporter));
}

static void on_phase(struct reporter *r, const struct row *row)
{
	(void)r;
	(void)row;
}

static void on_note(struct reporter *r, const struct row *row, const char *text)
{
	struct kiosks *k = of(r);

	strbuf_addf(&k->notes, "%s%s%s\n", row ? row->place : "", row ? ": " : "", text);
	if (k->meanwhile)
		k->meanwhile(k, text);
}

static void on_tick(struct reporter *r)
{
	(void)r;
}

static void on_rows(struct reporter *r, struct row *const *rows, size_t count)
{
	(void)r;
	(void)rows;
	(void)count;
}

static int on_confirm(struct reporter *r, const char *question, const char *word, struct fail *f)
{
	(void)word;
	of(r)->asked++;
	strbuf_addf(&of(r)->notes, "? %s\n", question);
	return of(r)->answer ? 0 : fail_set(f, FAIL_USAGE, "not confirmed");
}

static void on_event(struct reporter *r, const char *name, const struct row *row, const char *detail)
{
	(void)r;
	(void)name;
	(void)row;
	(void)detail;
}

/* ---- the project ---- */

static void put(const struct kiosks *k, const char *path, const char *text)
{
	struct fail f = FAIL_INIT;
	char parent[256];
	char *slash;

	snprintf(parent, sizeof parent, "%s", path);
	slash = strrchr(parent, '/');
	if (slash) {
		*slash = '\0';
		if (file_mkdirs(k->dir.fd, parent, 0755, &f) < 0)
			fail_msg("%s", f.text);
	}
	scratch_write(&k->dir, path, text);
}

void kiosks_begin(struct kiosks *k, size_t count, const char *extra)
{
	struct strbuf text = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	memset(k, 0, sizeof *k);
	k->reporter = (struct reporter){ .phase = on_phase, .note = on_note, .tick = on_tick, .rows = on_rows,
	                                 .confirm = on_confirm, .event = on_event };
	k->notes = (struct strbuf)STRBUF_INIT;
	scratch_begin(&k->dir);
	strbuf_addf(&text, "{ \"slipway\": 1, \"name\": \"kiosks\", \"builds\": { \"kiosk\": { \"dir\": \"dist\" } },\n"
	            "  \"defaults\": { \"build\": \"kiosk\", \"durability\": \"none\" }%s }\n", extra);
	put(k, "slipway.json", text.buf);
	strbuf_clear(&text);
	put(k, "manifests/here.json", "{ \"kind\": \"dir\", \"root\": \"srv/${target}\" }\n");
	for (size_t i = 0; i < count; i++) {
		const char name[] = { (char)('a' + (int)i), '\0' };
		char path[64];

		snprintf(path, sizeof path, "targets/%s.json", name);
		put(k, path, "{ \"host\": \"here\" }\n");
	}
	if (file_mkdirs(k->dir.fd, "srv", 0755, &f) < 0)
		fail_msg("%s", f.text);
	kiosks_build(k, "index.html", "<!doctype html>\n");
}

void kiosks_end(struct kiosks *k)
{
	strbuf_clear(&k->notes);
	scratch_end(&k->dir);
}

void kiosks_build(struct kiosks *k, const char *path, const char *text)
{
	char full[256];

	snprintf(full, sizeof full, "dist/%s", path);
	put(k, full, text);
}

/* ---- a command ---- */

static void must(int rc, const struct fail *f)
{
	if (rc < 0)
		fail_msg("%s", f->text);
}

struct context *kiosks_open(struct kiosks *k, const char *command, ...)
{
	struct context *c = &k->c;
	struct selection selection = { .name_count = 0 };
	const char *names[MOST_NAMES];
	struct fail f = FAIL_INIT;
	const char *name;
	va_list ap;

	strbuf_setlen(&k->notes, 0);
	k->asked = 0;
	k->problems = (struct problems)PROBLEMS_INIT;
	memset(c, 0, sizeof *c);
	c->command = command;
	c->now_s = clock_wall_s();
	c->reporter = &k->reporter;
	c->find_host = k->find_host;
	va_start(ap, command);
	while ((name = va_arg(ap, const char *)) && selection.name_count < MOST_NAMES)
		names[selection.name_count++] = name;
	va_end(ap);
	selection.names = names;
	must(project_load(&c->project, k->dir.path, NULL, &k->problems, &f), &f);
	must(environment_choose(&c->env, c->project, NULL, &c->mem, &f), &f);
	must(project_resolve(c->project, c->env.environment ? c->env.environment->name : NULL, &c->all, &k->problems, &f),
	     &f);
	must(select_targets(&c->targets, &c->target_count, &c->all, &selection, &c->mem, &f), &f);
	must(loop_new(&c->loop, 2, k->signals, &f), &f);
	c->secrets = secrets_new(c->project);
	must(secrets_resolve(c->secrets, c->targets, c->target_count, &f), &f);
	provenance_read(&c->who, project_root(c->project), &c->mem);
	c->who.by = "ana@desk";
	must(context_open_state(c, STATE_OPTIONAL, false, &f), &f);
	return c;
}

void kiosks_close(struct kiosks *k)
{
	struct context *c = &k->c;

	context_close_state(c);
	secrets_free(c->secrets);
	loop_free(c->loop);
	problems_clear(&k->problems);
	project_free(c->project);
	arena_clear(&c->mem);
	memset(c, 0, sizeof *c);
}

void kiosks_expect_exit(const struct kiosks *k, const struct outcome *o, int exit_code)
{
	if (outcome_exit(o) == exit_code)
		return;
	for (size_t i = 0; i < o->row_count; i++)
		fprintf(stderr, "# %s: %s %s\n", o->rows[i]->place, result_name(o->rows[i]->result), o->rows[i]->fail.text);
	fail_msg("%s: exit %d instead of %d: %s\n%s", k->c.command, outcome_exit(o), exit_code, o->error.text,
	         k->notes.buf);
}

void kiosks_rollback(struct kiosks *k, const char *names, struct rollback_options o, int exit_code)
{
	struct context *c = kiosks_open(k, "rollback", names, NULL);
	struct rollback_report report;
	int rc;

	c->message = "white screen";
	rc = rollback_run(c, &o, &report);
	kiosks_expect_exit(k, &report.outcome, exit_code);
	assert_int_equal(rc == 0, report.outcome.error.kind == FAIL_NONE && !report.outcome.interrupted);
	kiosks_close(k);
}

/* ---- places by hand ---- */

static void append(const struct kiosks *k, const char *path, const struct strbuf *text)
{
	int fd = openat(k->dir.fd, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text->buf, text->len), 0);
	close(fd);
}

void kiosks_release(struct kiosks *k, const char *name, const char *id, const char *parent, const char *app)
{
	struct blob blob = { .size = strlen(app), .source = BLOB_MEMORY };
	struct entry entry = { .path = "app.js", .blob = &blob };
	struct release_header h = { .id = id, .parent = parent, .created_s = release_id_time(id), .by = "ana@desk",
	                            .files = 1,
	                            .bytes = strlen(app), .target = name };
	struct manifest_entry line = { .path = "app.js", .size = strlen(app), .mtime_s = release_id_time(id) };
	const struct timespec times[2] = { { .tv_sec = line.mtime_s }, { .tv_sec = line.mtime_s } };
	struct strbuf text = STRBUF_INIT;
	struct fail f = FAIL_INIT;
	struct tree tree;
	char path[256];

	sha256_bytes(app, strlen(app), blob.sha256);
	must(tree_init(&tree, &entry, 1, &f), &f);
	memcpy(h.tree, tree.id, sizeof h.tree);
	memcpy(h.build, tree.id, sizeof h.build);
	memcpy(line.sha256, blob.sha256, sizeof line.sha256);
	manifest_format_header(&text, &h);
	manifest_format_entry(&text, &line);
	snprintf(path, sizeof path, "srv/%s/.slipway/releases/%s.jsonl", name, id);
	put(k, path, text.buf);
	strbuf_clear(&text);
	snprintf(path, sizeof path, "srv/%s/releases/%s/app.js", name, id);
	unlinkat(k->dir.fd, path, 0);
	put(k, path, app);
	assert_int_equal(fchmodat(k->dir.fd, path, 0444, 0), 0);
	assert_int_equal(utimensat(k->dir.fd, path, times, 0), 0);
}

void kiosks_link(struct kiosks *k, const char *name, const char *id)
{
	char text[256], path[64], aside[64];

	snprintf(text, sizeof text, "releases/%s", id);
	snprintf(path, sizeof path, "srv/%s/current", name);
	snprintf(aside, sizeof aside, "srv/%s/current.new", name);
	assert_int_equal(symlinkat(text, k->dir.fd, aside), 0);
	assert_int_equal(renameat(k->dir.fd, aside, k->dir.fd, path), 0);
}

void kiosks_switch(struct kiosks *k, const char *name, const char *id, const char *action, int64_t at_s)
{
	struct switch_record r = { .seq = 0, .id = id, .at_s = at_s, .by = "ana@desk", .action = action };
	struct strbuf text = STRBUF_INIT, before = STRBUF_INIT;
	struct fail f = FAIL_INIT;
	char path[256];

	snprintf(path, sizeof path, "srv/%s/.slipway/switches.jsonl", name);
	if (file_read(&before, k->dir.fd, path, 1U << 20, 0, &f) == 0)
		for (size_t i = 0; i < before.len; i++)
			r.seq += before.buf[i] == '\n';
	r.seq++;
	r.from = *kiosks_live(k, name) ? kiosks_live(k, name) : NULL;
	switch_format(&text, &r);
	append(k, path, &text);
	strbuf_clear(&text);
	strbuf_clear(&before);
	kiosks_link(k, name, id);
}

void kiosks_put(struct kiosks *k, const char *name, const char *id, const char *app)
{
	kiosks_release(k, name, id, *kiosks_live(k, name) ? kiosks_live(k, name) : NULL, app);
	kiosks_switch(k, name, id, "deploy", release_id_time(id) + 5);
}

/* ---- looking ---- */

char *kiosks_served(struct kiosks *k, const char *name, const char *path)
{
	char full[256];

	snprintf(full, sizeof full, "srv/%s/current/%s", name, path);
	return scratch_read(&k->dir, full);
}

const char *kiosks_live(struct kiosks *k, const char *name)
{
	static _Thread_local char text[256];
	char link[64];
	ssize_t n;

	snprintf(link, sizeof link, "srv/%s/current", name);
	n = readlinkat(k->dir.fd, link, text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	return strrchr(text, '/') ? strrchr(text, '/') + 1 : text;
}
