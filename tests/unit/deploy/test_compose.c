#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deploy/compose.h"
#include "net/loop.h"
#include "target/project.h"

/* A project of one target in a directory, its build and two overlays. */
struct set {
	struct scratch dir;
	struct project *project;
	struct problems problems;
	struct target_list list;
	struct loop *loop;
	struct build build, over[2];
	struct arena mem;
	struct composer *co;
	struct composed out;
	struct fail f;
};

static void set_begin(struct set *s)
{
	memset(s, 0, sizeof *s);
	s->problems = (struct problems)PROBLEMS_INIT;
	scratch_begin(&s->dir);
	for (const char *name = "dist\0one\0two\0"; *name; name += strlen(name) + 1)
		assert_int_equal(mkdirat(s->dir.fd, name, 0755), 0);
	scratch_write(&s->dir, "dist/index.html", "<p>{{NAME}}</p>");
	scratch_write(&s->dir, "dist/app.js", "const name = '{{NAME}}';");
}

static void read_dir(struct set *s, struct build *b, const char *name)
{
	const struct build_rules rules = { .ignore = NULL };
	char path[128];
	const struct build_request rq = { .name = name, .dir = path, .rules = &rules, .pool = loop_pool(s->loop) };

	snprintf(path, sizeof path, "%s/%s", s->dir.path, name);
	if (build_read(b, &rq, &s->f) < 0)
		fail_msg("%s", s->f.text);
}

/* settings: of the target, beginning with a comma. */
static int compose_with(struct set *s, const char *settings, size_t overlays)
{
	const struct build *over[2] = { &s->over[0], &s->over[1] };
	char text[1024];

	snprintf(text, sizeof text,
		 "{ \"slipway\": 1, \"name\": \"p\", \"builds\": { \"k\": { \"dir\": \"dist\" } },"
		 " \"manifests\": { \"box\": { \"kind\": \"dir\" } },"
		 " \"targets\": { \"a\": { \"root\": \"/srv/a\", \"vars\": { \"NAME\": \"Ann\" }%s } } }", settings);
	scratch_write(&s->dir, "slipway.json", text);
	if (project_load(&s->project, s->dir.path, NULL, &s->problems, &s->f) < 0 ||
	    project_resolve(s->project, NULL, &s->list, &s->problems, &s->f) < 0 || loop_new(&s->loop, 1, false, &s->f) < 0)
		fail_msg("%s", s->f.text);
	read_dir(s, &s->build, "dist");
	read_dir(s, &s->over[0], "one");
	read_dir(s, &s->over[1], "two");
	s->co = composer_new(NULL, &s->mem);
	return compose(s->co, &s->out, &s->list.items[0], &s->build, over, overlays, &s->f);
}

static void set_end(struct set *s)
{
	composer_free(s->co);
	build_close(&s->build);
	build_close(&s->over[0]);
	build_close(&s->over[1]);
	loop_free(s->loop);
	project_free(s->project);
	problems_clear(&s->problems);
	arena_clear(&s->mem);
	scratch_end(&s->dir);
}

static void assert_text(const struct set *s, const char *path, const char *text)
{
	const struct entry *e = tree_find(&s->out.tree, path);
	struct fail f = FAIL_INIT;
	char buf[256];

	assert_non_null(e);
	assert_int_equal(blob_read(e->blob, buf, sizeof buf, &f), 0);
	assert_int_equal(e->blob->size, strlen(text));
	assert_memory_equal(buf, text, strlen(text));
}

static void a_target_without_changes_shares_the_build(void **state)
{
	struct set s;
	(void)state;

	set_begin(&s);
	assert_int_equal(compose_with(&s, "", 0), 0);
	assert_ptr_equal(s.out.tree.entries, s.build.tree.entries);
	assert_memory_equal(s.out.tree.id, s.build.tree.id, SHA256_SIZE);
	assert_true(s.out.exact);
	set_end(&s);
}

static void later_overlays_win(void **state)
{
	struct set s;
	(void)state;

	set_begin(&s);
	scratch_write(&s.dir, "one/app.js", "one");
	scratch_write(&s.dir, "one/logo.svg", "one");
	scratch_write(&s.dir, "two/app.js", "two");
	assert_int_equal(compose_with(&s, "", 2), 0);
	assert_int_equal(s.out.tree.count, 3);
	assert_text(&s, "app.js", "two");
	assert_text(&s, "logo.svg", "one");
	assert_text(&s, "index.html", "<p>{{NAME}}</p>");
	set_end(&s);
}

static void overlays_are_rendered_too(void **state)
{
	struct set s;
	(void)state;

	set_begin(&s);
	scratch_write(&s.dir, "one/app.js", "one('{{NAME}}')");
	assert_int_equal(compose_with(&s, ", \"render\": [\"*.js\"]", 1), 0);
	assert_text(&s, "app.js", "one('Ann')");
	assert_text(&s, "index.html", "<p>{{NAME}}</p>");
	set_end(&s);
}

static void from_renders_a_template_elsewhere(void **state)
{
	struct set s;
	(void)state;

	set_begin(&s);
	assert_int_equal(compose_with(&s, ", \"render\": [{ \"path\": \"x/config.js\", \"from\": \"app.js\" }]", 0), 0);
	assert_text(&s, "x/config.js", "const name = 'Ann';");
	assert_text(&s, "app.js", "const name = '{{NAME}}';");
	set_end(&s);
}

static void a_path_that_is_not_there_is_refused(void **state)
{
	struct set s;
	(void)state;

	set_begin(&s);
	assert_int_equal(compose_with(&s, ", \"render\": [\"confg.js\"]", 0), -1);
	assert_int_equal(s.f.kind, FAIL_BUILD);
	assert_non_null(strstr(s.f.text, "confg.js"));
	assert_non_null(strstr(s.f.hint, "\"render\": []"));
	set_end(&s);
}

static void a_glob_may_match_nothing(void **state)
{
	struct set s;
	(void)state;

	set_begin(&s);
	assert_int_equal(compose_with(&s, ", \"render\": [\"**/*.conf\"]", 0), 0);
	assert_ptr_equal(s.out.tree.entries, s.build.tree.entries);
	set_end(&s);
}

static void an_unknown_name_is_refused(void **state)
{
	struct set s;
	(void)state;

	set_begin(&s);
	scratch_write(&s.dir, "dist/app.js", "a\nb('{{NAMES}}')");
	assert_int_equal(compose_with(&s, ", \"render\": [\"app.js\"]", 0), -1);
	assert_non_null(strstr(s.f.text, "app.js:2"));
	set_end(&s);
}

static void a_file_here_and_a_directory_there_are_refused(void **state)
{
	struct set s;
	(void)state;

	set_begin(&s);
	assert_int_equal(mkdirat(s.dir.fd, "one/app.js", 0755), 0);
	scratch_write(&s.dir, "one/app.js/x", "x");
	assert_int_equal(compose_with(&s, "", 1), -1);
	assert_non_null(strstr(s.f.text, "app.js is a file"));
	set_end(&s);

	set_begin(&s);
	assert_int_equal(mkdirat(s.dir.fd, "dist/deep", 0755), 0);
	scratch_write(&s.dir, "dist/deep/x", "x");
	scratch_write(&s.dir, "one/deep", "x");
	assert_int_equal(compose_with(&s, "", 1), -1);
	assert_non_null(strstr(s.f.text, "deep is a file"));
	set_end(&s);
}

static const char worker[] = "{ \"hashTable\": { \"/app.js\": \"0123456789012345678901234567890123456789\" } }";

static void pinned_paths_stay_as_they_are(void **state)
{
	struct set s;
	(void)state;

	set_begin(&s);
	scratch_write(&s.dir, "dist/ngsw.json", worker);
	assert_int_equal(compose_with(&s, ", \"render\": [\"app.js\"]", 0), -1);
	assert_int_equal(s.f.kind, FAIL_BUILD);
	assert_non_null(strstr(s.f.text, "ngsw.json"));
	set_end(&s);

	set_begin(&s);
	scratch_write(&s.dir, "dist/ngsw.json", worker);
	assert_int_equal(compose_with(&s, ", \"render\": [\"app.js\"], \"allow_pinned\": true", 0), 0);
	assert_text(&s, "app.js", "const name = 'Ann';");
	set_end(&s);

	/* What is not pinned may be rendered. */
	set_begin(&s);
	scratch_write(&s.dir, "dist/ngsw.json", worker);
	assert_int_equal(compose_with(&s, ", \"render\": [\"index.html\"]", 0), 0);
	set_end(&s);
}

static void a_replaced_document_speaks_for_itself(void **state)
{
	struct set s;
	(void)state;

	set_begin(&s);
	scratch_write(&s.dir, "dist/ngsw.json", worker);
	scratch_write(&s.dir, "one/ngsw.json", "{ \"hashTable\": {} }");
	scratch_write(&s.dir, "one/app.js", "one");
	assert_int_equal(compose_with(&s, "", 1), 0);
	set_end(&s);
}

static void equal_texts_are_one_blob(void **state)
{
	struct composed again;
	struct set s;
	(void)state;

	set_begin(&s);
	assert_int_equal(compose_with(&s, ", \"render\": [\"app.js\"]", 0), 0);
	assert_int_equal(compose(s.co, &again, &s.list.items[0], &s.build, NULL, 0, &s.f), 0);
	assert_ptr_equal(tree_find(&s.out.tree, "app.js")->blob, tree_find(&again.tree, "app.js")->blob);
	set_end(&s);
}

static void names_that_fold_together_are_listed(void **state)
{
	struct set s;
	(void)state;

	set_begin(&s);
	scratch_write(&s.dir, "dist/App.js", "x");
	scratch_write(&s.dir, "dist/INDEX.html", "x");
	assert_int_equal(compose_with(&s, "", 0), 0);
	assert_int_equal(compose_check_folding(&s.out.tree, &s.f), -1);
	assert_non_null(strstr(s.f.text, "App.js and app.js; INDEX.html and index.html"));
	set_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_target_without_changes_shares_the_build),
		cmocka_unit_test(later_overlays_win),
		cmocka_unit_test(overlays_are_rendered_too),
		cmocka_unit_test(from_renders_a_template_elsewhere),
		cmocka_unit_test(a_path_that_is_not_there_is_refused),
		cmocka_unit_test(a_glob_may_match_nothing),
		cmocka_unit_test(an_unknown_name_is_refused),
		cmocka_unit_test(a_file_here_and_a_directory_there_are_refused),
		cmocka_unit_test(pinned_paths_stay_as_they_are),
		cmocka_unit_test(a_replaced_document_speaks_for_itself),
		cmocka_unit_test(equal_texts_are_one_blob),
		cmocka_unit_test(names_that_fold_together_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
