/* Whose turn it is, how many at once, and how a request that is not wanted any more ends. */
#include "net/http.h"

#include <sys/resource.h>

#include "asking.h"
#include "base/clock.h"

/* "/N": answers after N ms. "/status/N", "/hang": for ever. */
static void answer(struct exchange *x)
{
	int n = (int)strtol(x->target + 1, NULL, 10);

	if (strcmp(x->target, "/hang") == 0) {
		exchange_sleep(x, 60000);
		return;
	}
	if (strncmp(x->target, "/status/", 8) == 0) {
		exchange_answer(x, (int)strtol(x->target + 8, NULL, 10), "", "");
		return;
	}
	if (n > 0)
		exchange_sleep(x, n);
	exchange_answer(x, 200, "", "answer");
}
static const struct server_options usual = { .answer = answer };

/* Several requests whose order of being done is known. */
struct ranked {
	struct ask k;                       /* first */
	int *counter, rank;
	void (*then)(struct ranked *r);
	void *arg;
	void (*usual_done)(struct http_request *rq);
};

static void ranked_done(struct http_request *rq)
{
	struct ranked *r = (struct ranked *)rq;

	r->rank = ++*r->counter;
	r->usual_done(rq);
	if (r->then)
		r->then(r);
}

static void ranked_send(struct ranked *r, struct asking *a, struct http_lane *l, int *counter, const char *path)
{
	*r = (struct ranked){ .counter = counter };
	ask_init(&r->k, a, "GET", path);
	r->usual_done = r->k.rq.done;
	r->k.rq.done = ranked_done;
	ask_send(&r->k, l);
}

static void wait_all(struct ranked *r, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ask_wait(&r[i].k, 1);
}

static void test_lanes_take_turns(void **state)
{
	(void)state;
	struct asking a;
	struct ranked many[100], few[3], late;
	int counter = 0;

	asking_begin(&a, &usual, NULL, &(struct http_peer_options){ .width = 1 });
	struct http_lane *second = http_lane_new(a.peer, "alma"), *third = http_lane_new(a.peer, "cuba");
	for (int i = 0; i < 100; i++)
		ranked_send(&many[i], &a, a.lane, &counter, "/0");
	for (int i = 0; i < 3; i++)
		ranked_send(&few[i], &a, second, &counter, "/0");
	ranked_send(&late, &a, third, &counter, "/0");
	wait_all(many, 100);
	assert_in_range(late.rank, 3, 4);
	for (int i = 0; i < 3; i++)
		assert_in_range(few[i].rank, 2 + 2 * i, 3 * (i + 1));
	for (int i = 1; i < 100; i++)
		assert_true(many[i].rank > many[i - 1].rank);
	assert_int_equal(http_lane_attempts(a.lane), 100);
	assert_int_equal(http_lane_attempts(second), 3);
	assert_int_equal(http_attempts(a.http), 104);
	assert_non_null(strstr(a.traced, "alma GET /0 200 - 0 6 1\n"));
	http_lane_free(second);
	http_lane_free(third);
	for (int i = 0; i < 100; i++)
		ask_clear(&many[i].k);
	for (int i = 0; i < 3; i++)
		ask_clear(&few[i].k);
	ask_clear(&late.k);
	asking_end(&a);
}

static void test_urgent_before_all_that_wait(void **state)
{
	(void)state;
	struct asking a;
	struct ranked many[50], urgent;
	int counter = 0;

	asking_begin(&a, &usual, NULL, &(struct http_peer_options){ .width = 1 });
	struct http_lane *second = http_lane_new(a.peer, "alma");
	for (int i = 0; i < 50; i++)
		ranked_send(&many[i], &a, i % 2 ? a.lane : second, &counter, "/status/204");
	loop_turn(a.loop, 1000);
	urgent = (struct ranked){ .counter = &counter };
	ask_init(&urgent.k, &a, "GET", "/status/204");
	urgent.usual_done = urgent.k.rq.done;
	urgent.k.rq.done = ranked_done;
	urgent.k.rq.flags = HTTP_URGENT;
	int before = counter;
	ask_send(&urgent.k, a.lane);
	ask_wait(&urgent.k, 1);
	assert_in_range(urgent.rank, before + 1, before + 2);
	wait_all(many, 50);
	http_lane_free(second);
	asking_end(&a);
}

static void test_peers_share_the_engine(void **state)
{
	(void)state;
	struct asking a;
	struct ranked mine[60], theirs[20];
	struct fail f = FAIL_INIT;
	int counter = 0;

	asking_begin(&a, &usual, &(struct http_options){ .width = 1 }, NULL);
	struct http_peer *other = http_peer_new(a.http, &(struct http_peer_options){ .name = "cms" });
	assert_int_equal(http_peer_allow(other, a.origin, &f), 0);
	struct http_lane *lane = http_lane_new(other, "cms");
	for (int i = 0; i < 60; i++)
		ranked_send(&mine[i], &a, a.lane, &counter, "/status/204");
	for (int i = 0; i < 20; i++)
		ranked_send(&theirs[i], &a, lane, &counter, "/status/204");
	wait_all(mine, 60);
	for (int i = 0; i < 20; i++)
		assert_in_range(theirs[i].rank, 2 * i + 1, 2 * i + 2);
	assert_int_equal(server_most_at_once(a.server), 1);
	http_lane_free(lane);
	http_peer_free(other);
	asking_end(&a);
}

static unsigned most_of(const struct http_options *engine, const struct http_peer_options *peer, int count)
{
	struct asking a;
	struct ask *k = calloc((size_t)count, sizeof *k);

	asking_begin(&a, &usual, engine, peer);
	for (int i = 0; i < count; i++) {
		ask_init(&k[i], &a, "GET", "/20");
		ask_send(&k[i], a.lane);
	}
	ask_wait(k, (size_t)count);
	for (int i = 0; i < count; i++) {
		assert_int_equal(k[i].rq.rc, 0);
		ask_clear(&k[i]);
	}
	unsigned most = server_most_at_once(a.server);
	assert_true(server_connections(a.server) <= HTTP_WIDTH_MOST);
	asking_end(&a);
	free(k);
	return most;
}

static void test_ceilings_of_the_width(void **state)
{
	(void)state;
	struct rlimit files, few = { .rlim_cur = 60 };

	assert_int_equal(most_of(&(struct http_options){ .width = 3 }, NULL, 30), 3);
	assert_int_equal(most_of(NULL, &(struct http_peer_options){ .width = 5 }, 40), 5);
	assert_int_equal(most_of(&(struct http_options){ .width = 1 }, &(struct http_peer_options){ .width = 5 }, 10), 1);
	getrlimit(RLIMIT_NOFILE, &files);
	few.rlim_max = files.rlim_max;
	struct http *h = NULL;
	struct loop *l = NULL;
	struct fail f = FAIL_INIT;
	assert_int_equal(loop_new(&l, 1, false, &f), 0);
	setrlimit(RLIMIT_NOFILE, &few);
	h = http_new(l, &(struct http_options){ 0 });
	setrlimit(RLIMIT_NOFILE, &files);
	struct http_peer *p = http_peer_new(h, &(struct http_peer_options){ .name = "kiosks" });
	assert_int_equal(http_peer_width(p), 30);
	http_peer_free(p);
	http_free(h);
	loop_free(l);
}

static void test_grows_beyond_64(void **state)
{
	(void)state;
	struct asking a;
	enum { COUNT = 2000 };
	struct ask *k = calloc(COUNT, sizeof *k);

	asking_begin(&a, &usual, NULL, NULL);
	for (int i = 0; i < COUNT; i++) {
		ask_init(&k[i], &a, "GET", "/60");
		ask_send(&k[i], a.lane);
	}
	assert_int_equal(http_peer_width(a.peer), 64);
	ask_wait(k, COUNT);
	/* How far depends on the machine; that it was tried does not. */
	assert_in_range(server_most_at_once(a.server), 80, 256);
	assert_in_range(server_connections(a.server), 80, 256);
	print_message("# width %u, %u at once\n", http_peer_width(a.peer), server_most_at_once(a.server));
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(k[i].rq.rc, 0);
		ask_clear(&k[i]);
	}
	free(k);
	asking_end(&a);
}

static void test_429_and_503_halve_the_width(void **state)
{
	(void)state;
	struct asking a;
	struct ask k[4];

	asking_begin(&a, &usual, NULL, NULL);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(http_peer_width(a.peer), 64);  /* a few are nothing */
		ask(&k[0], &a, "GET", "/status/503", 0);
	}
	assert_int_equal(http_peer_width(a.peer), 32);
	ask_init(&k[0], &a, "GET", "/status/429");
	ask_send(&k[0], a.lane);
	while (k[0].rq.attempts < 2)
		loop_turn(a.loop, 1000);
	assert_int_equal(http_peer_width(a.peer), 16);
	http_cancel(&k[0].rq);
	ask_wait(k, 1);
	asking_end(&a);
}

static void heavy_answer(struct exchange *x)
{
	exchange_sleep(x, 60);
	exchange_answer(x, 200, "", "");
}

/* Only so many bytes of bodies are under way, or a thin uplink would carry all of them too slowly to be in time; and a
 * call without a body does not wait behind them. */
static void test_uploads_share_the_link(void **state)
{
	(void)state;
	enum { SIZE = 2 << 20, COUNT = 8 };
	struct server_options o = { .answer = heavy_answer };
	struct asking a;
	struct ranked heavy[COUNT], light;
	char *body = calloc(1, SIZE);
	int counter = 0;

	asking_begin(&a, &o, NULL, &(struct http_peer_options){ .width = 8 });
	for (int i = 0; i < COUNT; i++) {
		heavy[i] = (struct ranked){ .counter = &counter };
		ask_init(&heavy[i].k, &a, "POST", "/x");
		heavy[i].usual_done = heavy[i].k.rq.done;
		heavy[i].k.rq.done = ranked_done;
		heavy[i].k.rq.body = body;
		heavy[i].k.rq.size = SIZE;
		ask_send(&heavy[i].k, a.lane);
	}
	ranked_send(&light, &a, a.lane, &counter, "/x");
	wait_all(heavy, COUNT);
	assert_int_equal(light.k.dones, 1);
	assert_in_range(light.rank, 1, 5);
	assert_in_range(server_most_at_once(a.server), 1, 3);   /* 8 x 512 KiB, and the call */
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(heavy[i].k.rq.rc, 0);
	free(body);
	asking_end(&a);
}

static void assert_cancelled(const struct ask *k, const char *text)
{
	assert_int_equal(k->dones, 1);
	assert_int_equal(k->rq.rc, -1);
	assert_int_equal(k->rq.fail.kind, FAIL_CANCELLED);
	assert_string_equal(k->rq.fail.text, text);
}

static void test_cancel(void **state)
{
	(void)state;
	struct asking a;
	struct ask sending, queued, pausing, over;

	asking_begin(&a, &usual, NULL, &(struct http_peer_options){ .width = 1 });
	ask(&over, &a, "GET", "/0", 0);
	http_cancel(&over.rq);                  /* harmless */
	ask_init(&pausing, &a, "GET", "/status/503?secret");
	pausing.rq.flags = HTTP_REPEATABLE;
	ask_send(&pausing, a.lane);
	while (!strstr(a.traced, "503"))
		loop_turn(a.loop, 1000);
	ask_init(&sending, &a, "POST", "/hang");
	ask_send(&sending, a.lane);
	while (server_most_at_once(a.server) < 1 || server_requests(a.server) < 3)
		loop_turn(a.loop, 10);
	ask_init(&queued, &a, "GET", "/0");
	ask_send(&queued, a.lane);
	loop_turn(a.loop, 0);
	http_cancel(&pausing.rq);
	http_cancel(&sending.rq);
	http_cancel(&queued.rq);
	http_cancel(&queued.rq);
	assert_int_equal(pausing.dones + sending.dones + queued.dones, 0);
	int64_t begin = clock_mono_ns();
	loop_turn(a.loop, 5000);
	assert_true(clock_mono_ns() - begin < 1000000000);
	assert_cancelled(&pausing, "GET /status/503: cancelled");
	assert_cancelled(&sending, "POST /hang: cancelled");
	assert_cancelled(&queued, "GET /0: cancelled");
	assert_true(sending.rq.maybe_arrived);
	assert_true(pausing.rq.maybe_arrived);
	assert_false(queued.rq.maybe_arrived);
	assert_int_equal(queued.rq.attempts, 0);
	assert_non_null(strstr(a.traced, "jarupa POST /hang 0 cancelled 0 0 1\n"));
	ask_clear(&pausing);
	ask_clear(&over);
	/* The place is free again. */
	ask(&over, &a, "GET", "/0", 0);
	assert_int_equal(over.rq.rc, 0);
	ask_clear(&over);
	asking_end(&a);
}

static int cancel_in_sink(struct http_request *rq, const void *data, size_t len)
{
	(void)data, (void)len;
	http_cancel(rq);
	return 0;
}

static enum http_verdict cancel_in_judge(struct http_request *rq)
{
	http_cancel(rq);
	return HTTP_OK;
}

static void cancel_in_headers(struct http_request *rq)
{
	http_cancel(rq);
}

static void test_cancel_from_callbacks(void **state)
{
	(void)state;
	struct asking a;
	struct ask k[3];

	asking_begin(&a, &usual, NULL, NULL);
	for (int i = 0; i < 3; i++)
		ask_init(&k[i], &a, "GET", "/0");
	k[0].rq.sink = cancel_in_sink;
	k[1].rq.judge = cancel_in_judge;
	k[2].rq.headers = cancel_in_headers;
	for (int i = 0; i < 3; i++)
		ask_send(&k[i], a.lane);
	ask_wait(k, 3);
	for (int i = 0; i < 3; i++) {
		assert_cancelled(&k[i], "GET /0: cancelled");
		ask_clear(&k[i]);
	}
	asking_end(&a);
}

static void test_a_lane_is_cancelled_and_goes_on(void **state)
{
	(void)state;
	struct asking a;
	struct ask k[20], other;

	asking_begin(&a, &usual, NULL, &(struct http_peer_options){ .width = 4 });
	struct http_lane *second = http_lane_new(a.peer, "alma");
	ask_init(&other, &a, "GET", "/20");
	ask_send(&other, second);
	for (int i = 0; i < 20; i++) {
		ask_init(&k[i], &a, "GET", "/hang");
		ask_send(&k[i], a.lane);
	}
	while (server_requests(a.server) < 4)
		loop_turn(a.loop, 10);
	http_lane_cancel(a.lane);
	for (int i = 0; i < 20; i++)
		assert_int_equal(k[i].dones, 0);
	loop_turn(a.loop, 5000);
	for (int i = 0; i < 20; i++)
		assert_cancelled(&k[i], "GET /hang: cancelled");
	ask_wait(&other, 1);
	assert_int_equal(other.rq.rc, 0);
	ask_clear(&other);
	ask(&other, &a, "GET", "/0", 0);
	assert_int_equal(other.rq.rc, 0);
	ask_clear(&other);
	http_lane_free(second);
	asking_end(&a);
}

static void test_a_lane_is_freed(void **state)
{
	(void)state;
	struct asking a;
	struct ask k[20], refused;

	asking_begin(&a, &usual, NULL, &(struct http_peer_options){ .width = 4 });
	struct http_lane *second = http_lane_new(a.peer, "alma");
	for (int i = 0; i < 20; i++) {
		ask_init(&k[i], &a, "GET", i ? "/hang" : "/status/503");
		k[i].rq.flags = HTTP_REPEATABLE;
		ask_send(&k[i], second);
	}
	while (server_requests(a.server) < 5 || !strstr(a.traced, "503"))
		loop_turn(a.loop, 10);
	ask_init(&refused, &a, "GET", "/x");
	refused.rq.url = "https://elsewhere.example/x";
	ask_send(&refused, second);
	http_lane_free(second);                 /* done() runs here */
	for (int i = 0; i < 20; i++) {
		assert_cancelled(&k[i], i ? "GET /hang: cancelled" : "GET /status/503: cancelled");
		ask_clear(&k[i]);
	}
	assert_int_equal(refused.dones, 1);
	assert_int_equal(refused.rq.fail.kind, FAIL_CONFIG);
	ask(&refused, &a, "GET", "/0", 0);
	assert_int_equal(refused.rq.rc, 0);
	ask_clear(&refused);
	asking_end(&a);
}

static void free_its_lane(struct ranked *r)
{
	http_lane_free(r->arg);
}

static void send_again(struct ranked *r)
{
	if (r->k.dones < 5)
		ask_send(&r->k, r->arg);
}

static void cancel_another(struct ranked *r)
{
	http_cancel(r->arg);
}

static void test_what_done_may_do(void **state)
{
	(void)state;
	struct asking a;
	struct ranked last, over_and_over, first;
	struct ask victim;
	int counter = 0;

	asking_begin(&a, &usual, NULL, NULL);
	struct http_lane *second = http_lane_new(a.peer, "alma");
	ranked_send(&last, &a, second, &counter, "/10");
	last.then = free_its_lane;
	last.arg = second;
	ranked_send(&over_and_over, &a, a.lane, &counter, "/0");
	over_and_over.then = send_again;
	over_and_over.arg = a.lane;
	ask_init(&victim, &a, "GET", "/hang");
	ask_send(&victim, a.lane);
	ranked_send(&first, &a, a.lane, &counter, "/0");
	first.then = cancel_another;
	first.arg = &victim.rq;
	wait_all(&last, 1);
	ask_wait(&victim, 1);
	assert_cancelled(&victim, "GET /hang: cancelled");
	while (over_and_over.k.dones < 5)
		loop_turn(a.loop, 1000);
	loop_turn(a.loop, 0);
	assert_int_equal(over_and_over.k.dones, 5);
	assert_int_equal(over_and_over.k.rq.rc, 0);
	ask_clear(&last.k);
	ask_clear(&over_and_over.k);
	ask_clear(&first.k);
	asking_end(&a);
}

static void count_done(struct http_request *rq)
{
	++*(unsigned *)rq->owner;
}

static void test_fifty_thousand_wait(void **state)
{
	(void)state;
	enum { COUNT = 50000, LANES = 1000 };
	struct asking a;
	struct http_lane **lanes = calloc(LANES, sizeof *lanes);
	struct http_request *rq = calloc(COUNT, sizeof *rq);
	struct ask one;
	unsigned done = 0;
	char url[128];

	asking_begin(&a, &usual, NULL, &(struct http_peer_options){ .width = 16 });
	snprintf(url, sizeof url, "%s/0", a.origin);
	int64_t begin = clock_mono_ns();
	for (int i = 0; i < LANES; i++)
		lanes[i] = http_lane_new(a.peer, "lane");
	for (int i = 0; i < COUNT; i++) {
		rq[i] = (struct http_request)HTTP_REQUEST_INIT;
		rq[i].method = "GET";
		rq[i].url = url;
		rq[i].done = count_done;
		rq[i].owner = &done;
		http_send(lanes[i % LANES], &rq[i]);
	}
	while (done < 2000)
		loop_turn(a.loop, 1000);
	ask_init(&one, &a, "GET", "/0");        /* a lane more waits for one round of the others */
	ask_send(&one, a.lane);
	unsigned before = done;
	ask_wait(&one, 1);
	assert_in_range(done - before, 1, LANES + 64);
	for (int i = 0; i < LANES; i++)
		http_lane_cancel(lanes[i]);
	loop_turn(a.loop, 1000);
	assert_int_equal(done, COUNT);
	for (int i = 0; i < LANES; i++)
		http_lane_free(lanes[i]);
	assert_true(clock_mono_ns() - begin < 10000000000);
	for (int i = 0; i < COUNT; i++)
		http_request_clear(&rq[i]);
	ask_clear(&one);
	free(lanes);
	free(rq);
	asking_end(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lanes_take_turns),
		cmocka_unit_test(test_urgent_before_all_that_wait),
		cmocka_unit_test(test_peers_share_the_engine),
		cmocka_unit_test(test_ceilings_of_the_width),
		cmocka_unit_test(test_grows_beyond_64),
		cmocka_unit_test(test_429_and_503_halve_the_width),
		cmocka_unit_test(test_uploads_share_the_link),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_cancel_from_callbacks),
		cmocka_unit_test(test_a_lane_is_cancelled_and_goes_on),
		cmocka_unit_test(test_a_lane_is_freed),
		cmocka_unit_test(test_what_done_may_do),
		cmocka_unit_test(test_fifty_thousand_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
