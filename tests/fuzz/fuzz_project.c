/* project documents: whatever stands in slipway.json (inline targets and manifests included), loading and
 * resolving end, every error has a text, and what resolves can be explained. */
#include <assert.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "target/project.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void look(struct project *p, const char *environment, struct problems *problems)
{
	struct target_list list;
	struct fail f = FAIL_INIT;

	if (project_resolve(p, environment, &list, problems, &f) < 0) {
		assert(f.text[0]);
		return;
	}
	for (size_t i = 0; i < list.count; i++) {
		struct strbuf text = STRBUF_INIT;
		struct jw w;

		target_explain(&list.items[i], &text);
		strbuf_setlen(&text, 0);
		jw_init(&w, &text, 2);
		target_explain_json(&list.items[i], &w);
		strbuf_clear(&text);
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char dir[64];
	struct project *p = NULL;
	struct problems problems = PROBLEMS_INIT;
	struct fail f = FAIL_INIT;
	size_t count = 0;
	int dirfd;

	(void)snprintf(dir, sizeof dir, "/tmp/slipway-fuzz-project-%ld", (long)getpid());
	(void)mkdir(dir, 0700);
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0 || file_replace(dirfd, "slipway.json", data, size, 0, &f) < 0)
		abort();
	if (project_load(&p, dir, NULL, &problems, &f) < 0)
		assert(f.text[0] && problems.errors > 0);
	assert(p);
	look(p, NULL, &problems);
	for (const struct environment *e = project_environments(p, &count); count > 0; e++, count--)
		look(p, e->name, &problems);
	for (size_t i = 0; i < problems.count; i++)
		assert(problems.items[i].text[0] && problems.items[i].file[0]);
	project_free(p);
	problems_clear(&problems);
	(void)unlinkat(dirfd, "slipway.json", 0);
	(void)close(dirfd);
	(void)rmdir(dir);
	return 0;
}
