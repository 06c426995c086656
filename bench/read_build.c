/* Reads a build directory the way deploy does and says what it took.
 * usage: read_build [-c CACHEDIR] [-j THREADS] DIR */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/pool.h"
#include "dist/build.h"
#include "dist/index.h"

static int read_once(const char *dir, struct index *index, struct pool *pool)
{
	const struct build_rules rules = { .htaccess = true };
	const struct build_request rq = { .name = "bench", .dir = dir, .rules = &rules, .index = index, .pool = pool };
	struct fail f = FAIL_INIT;
	struct rusage use;
	struct build b;
	char id[SHA256_HEX];

	int64_t start = clock_mono_ns();
	int rc = build_read(&b, &rq, &f);
	double seconds = (double)(clock_mono_ns() - start) / 1e9;
	if (rc < 0) {
		fprintf(stderr, "read_build: %s\n", f.text);
		for (size_t i = 0; i < b.problem_count; i++)
			fprintf(stderr, "  %s: %s\n", b.problems[i].path, b.problems[i].rule);
	} else {
		getrusage(RUSAGE_SELF, &use);
		hex_encode(id, b.tree.id, SHA256_SIZE);
		printf("seconds %.4f files %zu bytes %llu hashed_files %zu hashed_bytes %llu hidden %zu peak_kib %ld tree %s\n",
			seconds, b.tree.count, (unsigned long long)b.tree.bytes, b.hashed_files,
			(unsigned long long)b.hashed_bytes, b.hidden_count, use.ru_maxrss, id);
	}
	build_close(&b);
	return rc;
}

int main(int argc, char **argv)
{
	struct index *index = NULL;
	struct pool *pool = NULL;
	struct fail f = FAIL_INIT;
	const char *cache = NULL;
	unsigned threads = 0;
	int opt, rc = -1;

	while ((opt = getopt(argc, argv, "c:j:")) != -1) {
		if (opt == 'c')
			cache = optarg;
		else if (opt == 'j')
			threads = (unsigned)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: read_build [-c CACHEDIR] [-j THREADS] DIR\n");
		return 2;
	}
	int64_t start = clock_mono_ns();
	if ((!cache || index_open(&index, cache, &f) == 0) && pool_new(&pool, threads, &f) == 0)
		rc = read_once(argv[optind], index, pool);
	else
		fprintf(stderr, "read_build: %s\n", f.text);
	if (index) {
		index_save(index);
		if (index_warning(index))
			fprintf(stderr, "read_build: %s\n", index_warning(index));
	}
	index_close(index);
	pool_free(pool);
	printf("whole %.4f\n", (double)(clock_mono_ns() - start) / 1e9);
	return rc < 0;
}
