/* glob: whatever the pattern, compiling ends; whatever the path, matching ends within its bound of steps; a pruned
 * directory is one that matches. Input: pattern, newline, path. */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct fail f = FAIL_INIT;
	struct glob *g = NULL;
	uint64_t steps = 0;

	/* Both parts short: the bound is in their product. */
	if (size > 300 || memchr(data, '\0', size))
		return 0;
	char *pattern = xstrndup((const char *)data, size);
	size_t len = strcspn(pattern, "\n");
	char *path = pattern[len] ? pattern + len + 1 : pattern + len;
	pattern[len] = '\0';
	if (glob_new(&g, pattern, &f) == 0) {
		bool matches = glob_match_counted(g, path, &steps);
		assert(steps < (uint64_t)1 << 28);
		assert(matches == glob_match(g, path));
		assert(!glob_prunes(g, path) || matches);
		(void)glob_reaches(g, path);
		assert(strcmp(glob_text(g), pattern) == 0);
	} else {
		assert(f.kind == FAIL_CONFIG);
	}
	glob_free(g);
	free(pattern);
	return 0;
}
