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
	struct ask k;
	struct fail f = FAIL_INIT;
	atomic_uint asked = 1;
	char file[512];

	(void)state;
	scratch_begin(&s);
	snprintf(file, sizeof file, "%s/widths", s.path);
	asking_begin(&a, &(struct server_options){ .answer = answer, .arg = &asked }, NULL, NULL);
	http_memory_keep(file, a.origin, 100);
	struct http *h = http_new(a.loop, &(struct http_options){ .width = 0 });
	http_remember(h, file);
	struct http_peer *wide = http_peer_new(h, &(struct http_peer_options){ .name = "kiosks" });
	struct http_peer *narrow = http_peer_new(h, &(struct http_peer_options){ .name = "narrow", .width = 8 });
	struct http_lane *lane = http_lane_new(wide, "jarupa");
	assert_int_equal(http_peer_width(wide), HTTP_WIDTH_START);
	assert_int_equal(http_peer_allow(wide, a.origin, &f), 0);
	assert_int_equal(http_peer_allow(narrow, a.origin, &f), 0);
	assert_int_equal(http_peer_width(wide), 100);
	assert_int_equal(http_peer_width(narrow), 8);
	http_peer_free(narrow);
	assert_int_equal(http_memory_find(file, a.origin), 100);        /* nothing was learnt */
	/* That was too wide. But a bad hour is not for ever: no less than without a memory. */
	atomic_store(&asked, 0);
	ask_init(&k, &a, "GET", "/");
	k.rq.flags = HTTP_REPEATABLE;
	ask_send(&k, lane);
	ask_wait(&k, 1);
	assert_int_equal(k.rq.rc, 0);
	assert_int_equal(k.rq.attempts, 2);
	ask_clear(&k);
	assert_int_equal(http_peer_width(wide), 50);
	http_lane_free(lane);
	http_peer_free(wide);
	http_free(h);
	assert_int_equal(http_memory_find(file, a.origin), HTTP_WIDTH_START);
	asking_end(&a);
	scratch_end(&s);
}

/* Many at once, each of which is refused once: that is one thing to learn, and costs none of the retries. */
static void refuse_each_once(struct exchange *x)
{
	atomic_uint *asked = x->arg;
	unsigned n = (unsigned)strtoul(x->target + 1, NULL, 10);

	if (atomic_fetch_add(&asked[n], 1) == 0)
		exchange_answer(x, 429, "Retry-After: 0\r\n", "slow down");
	else
		exchange_answer(x, 200, "", "ok");
}

static void test_a_burst_that_was_too_wide_costs_no_retries(void **state)
{
	enum { MANY = 64 };
	atomic_uint asked[MANY] = { 0 };
	struct ask k[MANY];
	struct asking a;

	(void)state;
	/* Nothing was planned, so that the budget is 50. */
	asking_begin(&a, &(struct server_options){ .answer = refuse_each_once, .arg = asked }, NULL, NULL);
	for (int i = 0; i < MANY; i++) {
		char path[16];
		snprintf(path, sizeof path, "/%d", i);
		ask_init(&k[i], &a, "GET", path);
		k[i].rq.flags = HTTP_REPEATABLE;
		ask_send(&k[i], a.lane);
	}
	ask_wait(k, MANY);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(k[i].rq.rc, 0);
		ask_clear(&k[i]);
	}
	asking_end(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_kept_is_found),
		cmocka_unit_test(test_nonsense_says_nothing),
		cmocka_unit_test(test_the_next_engine_begins_where_the_last_one_ended),
		cmocka_unit_test(test_a_burst_that_was_too_wide_costs_no_retries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
