#include "net/http_width.h"

#include "test.h"

#define MS 1000000LL

/* A service in virtual time: an answer takes latency_ms; more than `parallel` at once only wait longer for each other;
 * beyond `refuses` under way it says 429; of every `hiccup` requests one gets a 503. */
struct service {
	struct http_width w;
	int64_t now_ns, due[1024], began[1024];
	unsigned under_way, parallel, refuses, hiccup;
	uint64_t served, troubled;
	double busy_until;
};

static void start_what_may(struct service *s, int64_t latency_ms)
{
	while (s->under_way < s->w.now) {
		double begin = (double)s->now_ns;
		if (s->parallel) {              /* a pipe that takes `parallel` a latency */
			begin = s->busy_until > begin ? s->busy_until : begin;
			s->busy_until = begin + (double)latency_ms * MS / s->parallel;
			begin -= (double)latency_ms * MS / s->parallel;
		}
		/* no two in the same instant, as in life */
		s->due[s->under_way] = (int64_t)begin + latency_ms * MS + (int64_t)(s->served % 7) * MS / 10;
		s->began[s->under_way++] = s->now_ns;
	}
}

static void run(struct service *s, uint64_t requests, int64_t latency_ms)
{
	for (uint64_t i = 0; i < requests; i++) {
		unsigned next = 0;
		start_what_may(s, latency_ms);
		for (unsigned k = 1; k < s->under_way; k++)
			if (s->due[k] < s->due[next])
				next = k;
		bool refused = s->refuses && s->under_way > s->refuses;
		s->now_ns = s->due[next];
		int64_t began = s->began[next];
		s->under_way--;
		s->due[next] = s->due[s->under_way];
		s->began[next] = s->began[s->under_way];
		if (refused || (s->hiccup && i * 2654435761U % 4294967296U / 65536 % s->hiccup == 0)) {
			http_width_trouble(&s->w, began, s->now_ns, refused ? HTTP_TROUBLE_REFUSED : HTTP_TROUBLE_UNAVAILABLE);
			s->troubled++;
		} else {
			http_width_answer(&s->w, s->now_ns, 0, true);
			s->served++;
		}
		assert_in_range(s->w.now, 1, s->w.most);
	}
}

static void begin(struct service *s, unsigned start, unsigned most)
{
	*s = (struct service){ .now_ns = 1 };
	http_width_init(&s->w, start, most, 1);
}

static void test_doubles_while_it_helps(void **state)
{
	(void)state;
	struct service s;

	begin(&s, 64, 256);
	assert_int_equal(s.w.now, 64);
	run(&s, 63, 300);
	assert_int_equal(s.w.now, 64);
	run(&s, 1, 300);
	assert_int_equal(s.w.now, 128);
	run(&s, 128, 300);
	assert_int_equal(s.w.now, 256);
	run(&s, 5000, 300);
	assert_int_equal(s.w.now, 256);
}

/* As when everybody waits for one token first. */
static void test_a_lonely_answer_costs_no_round(void **state)
{
	(void)state;
	struct service s;

	begin(&s, 64, 256);
	http_width_answer(&s.w, s.now_ns += 300 * MS, 1000, false);
	run(&s, 64, 300);
	assert_int_equal(s.w.now, 128);
	run(&s, 128, 300);
	assert_int_equal(s.w.now, 256);
}

/* 50 places answer one call each, several times over, and then 500 more are wanted at once. */
static void test_narrow_bursts_earn_a_doubling(void **state)
{
	(void)state;
	struct http_width w;

	http_width_init(&w, 64, 256, 0);
	for (int i = 0; i < 63; i++) {
		http_width_answer(&w, i * MS, 0, false);
		assert_false(http_width_pressed(&w, i * MS));
	}
	http_width_answer(&w, 63 * MS, 0, false);
	assert_int_equal(w.now, 64);
	assert_true(http_width_pressed(&w, 63 * MS));
	assert_int_equal(w.now, 128);
	assert_false(http_width_pressed(&w, 63 * MS));          /* that was worth one */
	for (int i = 0; i < 500; i++)
		http_width_answer(&w, i * MS, 0, false);
	http_width_trouble(&w, 600 * MS, 700 * MS, HTTP_TROUBLE_REFUSED);
	assert_int_equal(w.now, 64);
	for (int i = 0; i < 500; i++)
		http_width_answer(&w, i * MS, 0, false);
	assert_false(http_width_pressed(&w, 900 * MS));         /* trouble ends the doubling */
}

static void test_starts_no_wider_than_it_may_be(void **state)
{
	(void)state;
	struct service s;

	begin(&s, 64, 10);
	assert_int_equal(s.w.now, 10);
	run(&s, 1000, 10);
	assert_int_equal(s.w.now, 10);
	begin(&s, 64, 1);
	run(&s, 1000, 10);
	assert_int_equal(s.w.now, 1);
}

static void test_goes_back_where_more_brings_nothing(void **state)
{
	(void)state;
	struct service s;

	begin(&s, 64, 256);
	s.parallel = 60;
	/* The first round begins with nothing under way, so that the second one always looks better. */
	run(&s, 64 + 128, 100);
	assert_int_equal(s.w.now, 256);
	run(&s, 256, 100);
	assert_int_equal(s.w.now, 128);
	run(&s, 20000, 100);
	assert_in_range(s.w.now, 128, 144);
}

static void test_grows_by_little_after_that(void **state)
{
	(void)state;
	struct service s;

	begin(&s, 16, 256);
	s.parallel = 16;
	run(&s, 2000, 100);
	assert_in_range(s.w.now, 32, 40);
	s.parallel = 0;                 /* the far side has become wide */
	run(&s, 400, 100);
	assert_in_range(s.w.now, 32, 80);
	run(&s, 20000, 100);
	assert_int_equal(s.w.now, 256);
}

static void test_trouble_halves_once_a_round_trip(void **state)
{
	(void)state;
	struct http_width w;

	http_width_init(&w, 64, 256, 0);
	http_width_trouble(&w, 10, 100, HTTP_TROUBLE_REFUSED);
	assert_int_equal(w.now, 32);
	for (int i = 0; i < 63; i++)            /* all that were under way then */
		http_width_trouble(&w, 20 + i, 100 + i, i % 2 ? HTTP_TROUBLE_REFUSED : HTTP_TROUBLE_STALL);
	assert_int_equal(w.now, 32);
	http_width_trouble(&w, 101, 200, HTTP_TROUBLE_STALL);
	assert_int_equal(w.now, 16);
	for (int i = 0; i < 10; i++)
		http_width_trouble(&w, 300 + i * 100, 350 + i * 100, HTTP_TROUBLE_STALL);
	assert_int_equal(w.now, 1);
}

static void test_a_few_503_are_hiccups(void **state)
{
	(void)state;
	struct http_width w;

	http_width_init(&w, 64, 64, 0);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 4; i++)
			http_width_trouble(&w, round * 1000 + 1, round * 1000 + 500, HTTP_TROUBLE_UNAVAILABLE);
		for (int i = 0; i < 64; i++)
			http_width_answer(&w, round * 1000 + 500 + i, 0, i % 2);
		assert_int_equal(w.now, 64);
	}
	for (int i = 0; i < 5; i++)
		http_width_trouble(&w, 30000, 30001, HTTP_TROUBLE_UNAVAILABLE);
	assert_int_equal(w.now, 32);
	/* However narrow it is, one alone says nothing. */
	http_width_init(&w, 2, 64, 0);
	http_width_trouble(&w, 1, 2, HTTP_TROUBLE_UNAVAILABLE);
	assert_int_equal(w.now, 2);
	http_width_trouble(&w, 1, 2, HTTP_TROUBLE_UNAVAILABLE);
	assert_int_equal(w.now, 1);
}

static void test_settles_where_a_limit_is(void **state)
{
	(void)state;
	struct service s;

	begin(&s, 64, 256);
	s.refuses = 40;
	run(&s, 1000, 100);
	s.served = s.troubled = 0;
	run(&s, 20000, 100);
	assert_in_range(s.w.now, 15, 46);
	assert_true(s.troubled * 20 < s.served);        /* what it costs to look whether the limit is still there */
}

static void test_random_failures_do_not_choke_it(void **state)
{
	(void)state;
	struct service s;

	begin(&s, 64, 256);
	s.hiccup = 50;
	uint64_t sum = 0;
	for (int i = 0; i < 1000; i++) {
		run(&s, 20, 100);
		sum += s.w.now;
	}
	assert_true(s.troubled > 300);
	assert_in_range(sum / 1000, 64, 256);
}

static void test_no_growth_without_a_queue(void **state)
{
	(void)state;
	struct http_width w;

	http_width_init(&w, 8, 256, 0);
	for (int i = 0; i < 1000; i++)
		http_width_answer(&w, i * MS, 1000, i % 8 != 3);
	assert_int_equal(w.now, 8);
}

static void test_bytes_count_as_work(void **state)
{
	(void)state;
	struct http_width w;
	int64_t now = 0;

	/* Twice as many at once, and each takes twice as long, but carries more: that is a gain. */
	http_width_init(&w, 4, 64, 0);
	for (int i = 0; i < 4; i++)
		http_width_answer(&w, now += 25 * MS, 100000, true);
	assert_int_equal(w.now, 8);
	for (int i = 0; i < 8; i++)
		http_width_answer(&w, now += 25 * MS, 200000, true);
	assert_int_equal(w.now, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doubles_while_it_helps),
		cmocka_unit_test(test_a_lonely_answer_costs_no_round),
		cmocka_unit_test(test_narrow_bursts_earn_a_doubling),
		cmocka_unit_test(test_starts_no_wider_than_it_may_be),
		cmocka_unit_test(test_goes_back_where_more_brings_nothing),
		cmocka_unit_test(test_grows_by_little_after_that),
		cmocka_unit_test(test_trouble_halves_once_a_round_trip),
		cmocka_unit_test(test_a_few_503_are_hiccups),
		cmocka_unit_test(test_settles_where_a_limit_is),
		cmocka_unit_test(test_random_failures_do_not_choke_it),
		cmocka_unit_test(test_no_growth_without_a_queue),
		cmocka_unit_test(test_bytes_count_as_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
