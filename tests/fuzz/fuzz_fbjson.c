/* firebase.json: whatever stands in it, reading ends and every error has a text; what init makes of it is a project
 * without errors. */
#include <assert.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "target/init.h"
#include "target/project.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const char rc[] = "{\"projects\": {\"only\": \"p-1\"}, \"targets\": {\"p-1\": {\"hosting\": "
	"{\"one\": [\"s-1\"], \"two\": [\"s-2\", \"s-3\"]}}}}";

static void explain(const struct target_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct strbuf text = STRBUF_INIT;

		target_explain(&list->items[i], &text);
		strbuf_clear(&text);
	}
}

/* The number of errors. */
static size_t load(const char *dir)
{
	struct project *p = NULL;
	struct problems problems = PROBLEMS_INIT;
	struct fail f = FAIL_INIT;
	struct target_list list = { NULL, 0 };
	size_t count = 0, errors;

	if (project_load(&p, dir, NULL, &problems, &f) < 0)
		assert(f.text[0]);
	const struct environment *e = p ? project_environments(p, &count) : NULL;
	if (p && project_resolve(p, count ? e->name : NULL, &list, &problems, &f) == 0)
		explain(&list);
	for (size_t i = 0; i < problems.count; i++)
		assert(problems.items[i].text[0] && problems.items[i].file[0]);
	if (p)
		(void)project_hooks(p, &count);
	errors = p ? problems.errors : 1;
	project_free(p);
	problems_clear(&problems);
	return errors;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char dir[64];
	struct strbuf report = STRBUF_INIT;
	struct fail f = FAIL_INIT;
	const struct init_request rq = { .dir = dir, .name = "fuzzed" };
	int dirfd;

	(void)snprintf(dir, sizeof dir, "/tmp/slipway-fuzz-fbjson-%ld", (long)getpid());
	(void)mkdir(dir, 0700);
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0 || file_replace(dirfd, "firebase.json", data, size, 0, &f) < 0 ||
	    file_replace(dirfd, ".firebaserc", rc, sizeof rc - 1, 0, &f) < 0)
		abort();
	(void)load(dir);
	if (init_project(&rq, &report, &f) == 0)
		assert(load(dir) == 0);
	else
		assert(f.text[0]);
	strbuf_clear(&report);
	(void)close(dirfd);
	if (file_remove_tree(AT_FDCWD, dir, &f) < 0)
		abort();
	return 0;
}
