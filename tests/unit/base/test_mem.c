#include "base/mem.h"

#include <signal.h>
#include <stdalign.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static void test_zero_sizes_give_pointers(void **state)
{
	(void)state;
	void *a = xmalloc(0), *b = xcalloc(0, 8), *c = xrealloc(NULL, 0);

	assert_non_null(a);
	assert_non_null(b);
	assert_non_null(c);
	free(a);
	free(b);
	free(c);
}

static void test_copies(void **state)
{
	(void)state;
	char *whole = xstrdup("abc"), *part = xstrndup("abcdef", 2), *none = xstrndup(NULL, 0);

	assert_string_equal(whole, "abc");
	assert_string_equal(part, "ab");
	assert_string_equal(none, "");
	free(whole);
	free(part);
	free(none);
}

static void test_vec_grows_geometrically(void **state)
{
	(void)state;
	int *v = NULL;
	size_t cap = 0, moves = 0;

	for (size_t n = 0; n < 100000; n++) {
		size_t before = cap;
		v = vec_grow(v, &cap, n + 1, sizeof *v);
		assert_true(cap >= n + 1);
		moves += cap != before;
		v[n] = (int)n;
	}
	for (int n = 0; n < 100000; n++)
		assert_int_equal(v[n], n);
	assert_true(moves < 40);
	free(v);

	v = NULL;
	cap = 0;
	v = vec_grow(v, &cap, 1000, sizeof *v);
	assert_int_equal(cap, 1000);
	assert_ptr_equal(vec_grow(v, &cap, 10, sizeof *v), v);
	free(v);
}

/* Runs a step in a child whose abort is expected, with its complaint thrown away. */
static int status_of(void (*step)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct rlimit none = { 0, 0 };
		setrlimit(RLIMIT_CORE, &none);
		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		step();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void overflow(void)
{
	size_t cap = 0;

	vec_grow(NULL, &cap, SIZE_MAX / 4, 16);
}

static void huge_piece(void)
{
	struct arena a = ARENA_INIT;

	arena_bytes(&a, SIZE_MAX - 8);
}

static void test_impossible_sizes_abort(void **state)
{
	(void)state;
	int status = status_of(overflow);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	status = status_of(huge_piece);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* The sanitizers need more address space than any limit leaves them. */
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
static void exhaust(void)
{
	struct rlimit limit = { 64UL << 20, 64UL << 20 };

	setrlimit(RLIMIT_AS, &limit);
	for (int i = 0; i < 1000; i++)
		memset(xmalloc(1U << 20), 1, 1U << 20);
}

static void test_no_memory_aborts(void **state)
{
	(void)state;
	int status = status_of(exhaust);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
#endif

static void test_arena_pieces(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;
	char *texts[5000];

	for (size_t i = 0; i < 5000; i++) {
		unsigned char *p = arena_alloc(&a, i % 97);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t k = 0; k < i % 97; k++)
			assert_int_equal(p[k], 0);
		if (i % 97)
			memset(p, 0xFF, i % 97);
		texts[i] = arena_printf(&a, "piece %zu", i);
	}
	for (size_t i = 0; i < 5000; i++) {
		char want[32];
		snprintf(want, sizeof want, "piece %zu", i);
		assert_string_equal(texts[i], want);
	}
	assert_true(a.bytes > 5000 * 8);
	arena_clear(&a);
	assert_null(a.head);
	assert_int_equal(a.bytes, 0);
	assert_string_equal(arena_strdup(&a, "again"), "again");
	arena_clear(&a);
}

static void test_arena_big_pieces(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;
	char *small = arena_strdup(&a, "small");
	char *big = arena_bytes(&a, 1U << 20);
	char *after = arena_strndup(&a, "after it", 5);
	static const int numbers[] = { 1, 2, 3 };
	int *copy = arena_memdup(&a, numbers, sizeof numbers);

	memset(big, 'x', 1U << 20);
	assert_string_equal(small, "small");
	assert_string_equal(after, "after");
	assert_memory_equal(copy, numbers, sizeof numbers);
	assert_int_equal((uintptr_t)copy % alignof(int), 0);
	arena_clear(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zero_sizes_give_pointers),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_vec_grows_geometrically),
		cmocka_unit_test(test_impossible_sizes_abort),
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
		cmocka_unit_test(test_no_memory_aborts),
#endif
		cmocka_unit_test(test_arena_pieces),
		cmocka_unit_test(test_arena_big_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
