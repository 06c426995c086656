#include "net/http_memory.h"

#include <stdatomic.h>

#include "asking.h"

static void test_what_is_kept_is_found(void **state)
{
	struct scratch s;
	char file[512];

	(void)state;
	scratch_begin(&s);
	snprintf(file, sizeof file, "%s/widths", s.path);
	assert_int_equal(http_memory_find(file, "https://a.example"), 0);
	http_memory_keep(file, "https://a.example", 256);
	http_memory_keep(file, "https://b.example", 16);
	assert_int_equal(http_memory_find(file, "https://a.example"), 256);
	assert_int_equal(http_memory_find(file, "https://b.example"), 16);
	assert_int_equal(http_memory_find(file, "https://b.example:8443"), 0);
	http_memory_keep(file, "https://a.example", 32);
	assert_int_equal(http_memory_find(file, "https://a.example"), 32);
	assert_int_equal(http_memory_find(file, "https://b.example"), 16);
	http_memory_keep("/dev/null/nowhere", "https://a.example", 32);
	assert_int_equal(http_memory_find("/dev/null/nowhere", "https://a.example"), 0);
	scratch_end(&s);
}

static void test_nonsense_says_nothing(void **state)
{
	static const char text[] =
		"0 https://a\n-1 https://a\n99999999999 https://a\nx https://a\n12https://a\n\n7 https://b";
	struct scratch s;
	char file[512];

	(void)state;
	scratch_begin(&s);
	snprintf(file, sizeof file, "%s/widths", s.path);
	FILE *out = fopen(file, "w");
	fputs(text, out);
	fclose(out);
	assert_int_equal(http_memory_find(file, "https://a"), 0);
	assert_int_equal(http_memory_find(file, "https://b"), 7);
	http_memory_keep(file, "https://c", 3);
	assert_int_equal(http_memory_find(file, "https://b"), 7);
	scratch_end(&s);
}

/* The first request is too much, the others are not. */
static void answer(struct exchange *x)
{
	atomic_uint *asked = x->arg;

	if (atomic_fetch_add(asked, 1) == 0)
		exchange_answer(x, 429, "Retry-After: 0\r\n", "slow down");
	else
		exchange_answer(x, 200, "", "ok");
}

static void test_the_next_engine_begins_where_the_last_one_ended(void **state)
{
	struct scratch s;
	struct asking a;
	char file[512];

	(void)state;
	scratch_begin(&s);
	snprintf(file, sizeof file, "%s/widths", s.path);
	atomic_uint asked = 0;
	struct ask k;
	char origin[64];
	asking_begin(&a, &(struct server_options){ .answer = answer, .arg = &asked },
		&(struct http_options){ .memory = file }, NULL);
	assert_int_equal(http_peer_width(a.peer), HTTP_WIDTH_START);
	ask(&k, &a, "GET", "/", HTTP_REPEATABLE);
	assert_int_equal(k.rq.rc, 0);
	ask_clear(&k);
	snprintf(origin, sizeof origin, "%s", a.origin);
	assert_int_equal(http_peer_width(a.peer), HTTP_WIDTH_START / 2);
	asking_end(&a);
	assert_int_equal(http_memory_find(file, origin), HTTP_WIDTH_START / 2);
	http_memory_keep(file, origin, 100);
	/* Another peer of the same origin; and one that may not be so wide. */
	struct loop *l = NULL;
	struct fail f = FAIL_INIT;
	assert_int_equal(loop_new(&l, 1, false, &f), 0);
	struct http *h = http_new(l, &(struct http_options){ .memory = file });
	struct http_peer *p = http_peer_new(h, &(struct http_peer_options){ .name = "kiosks" });
	struct http_peer *q = http_peer_new(h, &(struct http_peer_options){ .name = "narrow", .width = 8 });
	assert_int_equal(http_peer_allow(p, origin, &f), 0);
	assert_int_equal(http_peer_allow(q, origin, &f), 0);
	assert_int_equal(http_peer_width(p), 100);
	assert_int_equal(http_peer_width(q), 8);
	http_peer_free(p);
	http_peer_free(q);
	http_free(h);
	loop_free(l);
	assert_int_equal(http_memory_find(file, origin), 100);  /* nothing was learnt */
	scratch_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_kept_is_found),
		cmocka_unit_test(test_nonsense_says_nothing),
		cmocka_unit_test(test_the_next_engine_begins_where_the_last_one_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
