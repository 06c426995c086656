#include "target/project_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strmap.h"
#include "target/keys.h"

const struct json_doc *project_read_document(struct project *p, const char *path, struct problems *problems)
{
	struct json_doc *d;
	struct fail f = FAIL_INIT;

	if (json_load(&d, p->dirfd, path, path, JSON_COMMENTS, &f) < 0) {
		problem_add_failure(problems, PROBLEM_ERROR, path, &f);
		return NULL;
	}
	return project_own_document(p, d);
}

const struct json_doc *project_own_document(struct project *p, struct json_doc *d)
{
	p->docs = vec_grow(p->docs, &p->doc_cap, p->doc_count + 1, sizeof *p->docs);
	p->docs[p->doc_count++] = d;
	return d;
}

/* ---- one document ---- */
static void add_target(struct project *p, const char *name, struct part part, struct problems *problems)
{
	shape_check(&keys_target, part.doc, part.value, problems);
	if (json_type(part.value) != JSON_OBJECT)
		return;
	p->targets = vec_grow(p->targets, &p->target_cap, p->target_count + 1, sizeof *p->targets);
	p->targets[p->target_count++] = (struct target_def){
		.name = arena_strdup(&p->mem, name), .file = json_doc_name(part.doc), .part = part
	};
}

static void add_named_target(struct project *p, struct part part, struct problems *problems)
{
	const char *name = json_string(json_get(part.value, "name"));

	if (name)
		add_target(p, name, part, problems);
	else
		problem_at(problems, PROBLEM_ERROR, part.doc, part.value, JSON_AT_VALUE, NULL,
		           "a target in a list needs a \"name\"");
}

static void check_same_name(const char *name, struct part part, struct problems *problems)
{
	const json *inside = json_get(part.value, "name");

	if (json_string(inside) && strcmp(json_string(inside), name) != 0)
		problem_at(problems, PROBLEM_ERROR, part.doc, inside, JSON_AT_VALUE, "drop \"name\" or rename one of them",
		           "this target is already called \"%s\" by where it stands", name);
}

static void read_target_list(struct project *p, struct part part, struct problems *problems)
{
	for (const json *c = json_first(part.value); c; c = json_next(c))
		add_named_target(p, (struct part){ part.doc, c }, problems);
}

static void read_target_file(struct project *p, const struct json_doc *d, const char *stem, struct problems *problems)
{
	struct part part = { d, json_root(d) };

	if (json_type(part.value) == JSON_ARRAY) {
		read_target_list(p, part, problems);
		return;
	}
	if (!form_fits(FORM_NAME, stem)) {
		problem_add(problems, PROBLEM_ERROR, json_doc_name(d), 0, 0, NULL,
		            "the file's name cannot be a target's: letters, digits, \".\", \"_\" and \"-\" only");
		return;
	}
	check_same_name(stem, part, problems);
	add_target(p, stem, part, problems);
}

static void add_host(struct project *p, const char *name, struct part part, struct problems *problems)
{
	const json *kind = json_get(part.value, "kind");
	const struct shape *shape = json_string(kind) ? keys_host(json_string(kind)) : NULL;
	struct host_def def = { .name = arena_strdup(&p->mem, name), .kind = shape ? json_string(kind) : NULL,
	                        .part = part };
	struct shape any = { .types = SHAPE_OBJECT, .keys = keys_layered, .where = LEVEL_HOST };

	if (shape) {
		shape_check(shape, part.doc, part.value, problems);
	} else if (json_type(part.value) == JSON_OBJECT && !kind) {
		problem_at(problems, PROBLEM_ERROR, part.doc, part.value, JSON_AT_VALUE, NULL, "\"kind\" is missing");
	} else if (json_type(part.value) == JSON_OBJECT) {
		shape_check(shape_key(keys_layered, "kind")->shape, part.doc, kind, problems);
	} else {
		shape_check(&any, part.doc, part.value, problems);
		return;
	}
	p->hosts = vec_grow(p->hosts, &p->host_cap, p->host_count + 1, sizeof *p->hosts);
	p->hosts[p->host_count++] = def;
}

static void read_host_file(struct project *p, const struct json_doc *d, const char *stem, struct problems *problems)
{
	if (!form_fits(FORM_NAME, stem))
		problem_add(problems, PROBLEM_ERROR, json_doc_name(d), 0, 0, NULL,
		            "the file's name cannot be a host's: letters, digits, \".\", \"_\" and \"-\" only");
	else
		add_host(p, stem, (struct part){ d, json_root(d) }, problems);
}

/* ---- a directory of documents ---- */
static int is_document(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > 5 && strcmp(e->d_name + n - 5, ".json") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_directory(struct project *p, const char *dir, bool must_exist, struct problems *problems,
                           void (*reader)(struct project *, const struct json_doc *, const char *, struct problems *))
{
	struct dirent **names;
	int count = scandirat(p->dirfd, dir, &names, is_document, by_bytes);

	if (count < 0) {
		struct fail f;

		if (must_exist || errno != ENOENT) {
			fail_errno(&f, errno, "cannot read the directory \"%s\"", dir);
			problem_add(problems, PROBLEM_ERROR, p->config_name, 0, 0, NULL, "%s", f.text);
		}
		return;
	}
	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name;
		const char *path = arena_printf(&p->mem, "%s/%s", dir, name);
		const struct json_doc *d = project_read_document(p, path, problems);

		if (d)
			reader(p, d, arena_strndup(&p->mem, name, strlen(name) - 5), problems);
		free(names[i]);
	}
	free(names);
}

/* "DIR/" and "DIR" are the same place, and messages should not show the slash twice. */
static const char *directory_of(struct project *p, const char *key, const char *otherwise)
{
	const char *dir = json_string(json_get(p->config.value, key));
	size_t n = dir ? strlen(dir) : 0;

	while (n > 1 && dir[n - 1] == '/')
		n--;
	return n ? arena_strndup(&p->mem, dir, n) : otherwise;
}

static void read_inline(struct project *p, struct problems *problems)
{
	const json *targets = json_get(p->config.value, "targets"), *manifests = json_get(p->config.value, "manifests");

	if (json_type(targets) == JSON_ARRAY)
		read_target_list(p, (struct part){ p->config.doc, targets }, problems);
	for (const json *c = json_type(targets) == JSON_OBJECT ? json_first(targets) : NULL; c; c = json_next(c)) {
		struct part part = { p->config.doc, c };

		if (key_is_private(json_key(c)))
			continue;
		check_same_name(json_key(c), part, problems);
		add_target(p, json_key(c), part, problems);
	}
	for (const json *c = json_type(manifests) == JSON_OBJECT ? json_first(manifests) : NULL; c; c = json_next(c))
		if (!key_is_private(json_key(c)))
			add_host(p, json_key(c), (struct part){ p->config.doc, c }, problems);
}

static int target_order(const void *a, const void *b)
{
	return strcmp(((const struct target_def *)a)->name, ((const struct target_def *)b)->name);
}

static int host_order(const void *a, const void *b)
{
	return strcmp(((const struct host_def *)a)->name, ((const struct host_def *)b)->name);
}

static void refuse_twice(struct problems *problems, const char *what, const char *name, struct part first,
                         struct part second)
{
	struct strbuf hint = STRBUF_INIT;
	unsigned line = 0, column = 0;

	(void)json_position(first.doc, first.value, JSON_AT_KEY, &line, &column);
	strbuf_addf(&hint, "the other one is %s:%u:%u", json_doc_name(first.doc), line, column);
	problem_at(problems, PROBLEM_ERROR, second.doc, second.value, JSON_AT_KEY, hint.buf,
	           "there are two %s called \"%s\"", what, name);
	strbuf_clear(&hint);
}

void documents_read(struct project *p, struct problems *problems)
{
	const json *targets = json_get(p->config.value, "targets"), *manifests = json_get(p->config.value, "manifests");

	p->targets_dir = directory_of(p, "targets", "targets");
	p->manifests_dir = directory_of(p, "manifests", "manifests");
	p->overlays_dir = directory_of(p, "overlays", "overlays");
	read_inline(p, problems);
	if (!p->firebase) {
		read_directory(p, p->targets_dir, json_string(targets) != NULL, problems, read_target_file);
		read_directory(p, p->manifests_dir, json_string(manifests) != NULL, problems, read_host_file);
	}
	if (p->target_count)
		qsort(p->targets, p->target_count, sizeof *p->targets, target_order);
	if (p->host_count)
		qsort(p->hosts, p->host_count, sizeof *p->hosts, host_order);
	for (size_t i = 1; i < p->target_count; i++)
		if (strcmp(p->targets[i - 1].name, p->targets[i].name) == 0)
			refuse_twice(problems, "targets", p->targets[i].name, p->targets[i - 1].part, p->targets[i].part);
	for (size_t i = 1; i < p->host_count; i++)
		if (strcmp(p->hosts[i - 1].name, p->hosts[i].name) == 0)
			refuse_twice(problems, "hosts", p->hosts[i].name, p->hosts[i - 1].part, p->hosts[i].part);
}
