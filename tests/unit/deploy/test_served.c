/* Files over HTTP from a server of the test's own, held against their digests. */
#include "../net/server.h"
#include "test.h"

#include "base/digest.h"
#include "deploy/served.h"
#include "deploy/served_body.h"
#include "dist/gzip.h"

struct visit {
	struct scratch dir;
	struct loop *loop;
	struct http *http;
	struct web *web;
	struct server *server;
	char url[64];
	struct arena mem;
	struct op op;
	bool over;
	struct served_sum sum;
};

static void begin(struct visit *v, void (*answer)(struct exchange *x), void *arg, size_t places)
{
	const struct server_options server = { .answer = answer, .arg = arg };
	const struct http_options engine = { .user_agent = "slipway-test/1" };
	struct fail f = FAIL_INIT;

	memset(v, 0, sizeof *v);
	scratch_begin(&v->dir);
	v->server = server_start(&server);
	snprintf(v->url, sizeof v->url, "http://127.0.0.1:%u/base/", server_port(v->server));
	if (loop_new(&v->loop, 2, false, &f) < 0)
		fail_msg("%s", f.text);
	v->http = http_new(v->loop, &engine);
	v->web = web_new(v->http, v->loop, places, v->dir.path);
}

static void end(struct visit *v)
{
	web_free(v->web);
	http_free(v->http);
	loop_free(v->loop);
	server_stop(v->server);
	arena_clear(&v->mem);
	scratch_end(&v->dir);
}

static void was_done(struct op *op)
{
	((struct visit *)op->owner)->over = true;
}

static struct op *next_op(struct visit *v)
{
	v->op = (struct op){ .done = was_done, .owner = v, .mem = &v->mem };
	v->over = false;
	return &v->op;
}

static void wait(struct visit *v)
{
	for (int i = 0; i < 200 && !v->over; i++)
		loop_turn(v->loop, 100);
	assert_true(v->over);
}

/* A turn, the comparison, and the end of the turn. */
static int compare(struct visit *v, const struct served_site *site, struct served_item *items, size_t count)
{
	struct web_turn turn;

	web_turn(v->web, &turn, next_op(v));
	wait(v);
	assert_int_equal(v->op.rc, 0);
	served_compare(v->web, site, items, count, &v->sum, next_op(v));
	wait(v);
	web_turn_end(v->web);
	return v->op.rc;
}

static struct served_site site_of(const struct visit *v)
{
	return (struct served_site){ .name = "jarupa", .url = v->url };
}

static uint8_t digest[SHA256_SIZE];     /* never written after main */

/* ---- what is served ---- */

static void answer_some(struct exchange *x)
{
	if (!exchange_has(x, "Accept-Encoding: identity"))
		exchange_answer(x, 200, "", "compressed?");
	else if (strcmp(x->target, "/base/good%20one.js") == 0 || strcmp(x->target, "/base/clean/") == 0)
		exchange_answer(x, 200, "", "content");
	else if (strcmp(x->target, "/base/clean") == 0)
		exchange_answer(x, 301, "Location: /base/clean/\r\n", "");
	else if (strcmp(x->target, "/base/away.js") == 0)
		exchange_answer(x, 302, "Location: https://elsewhere.example/\r\n", "");
	else if (strcmp(x->target, "/base/secret.js") == 0)
		exchange_answer(x, 403, "", "no");
	else if (strcmp(x->target, "/base/empty.js") == 0)
		exchange_answer(x, 200, "", "");
	else if (strcmp(x->target, "/base/nothing.js") == 0)
		exchange_answer(x, 204, "", "");
	else if (strcmp(x->target, "/base/gone.js") == 0)
		exchange_answer(x, 404, "", "<p>gone</p>");
	else
		exchange_answer(x, 200, "", "something else");
}

static void each_file_is_told(void **state)
{
	struct served_item items[] = {
		{ "away.js", digest, "?" }, { "clean.html", digest, "?" }, { "empty.js", digest, "?" },
		{ "gone.js", digest, "?" }, { "good one.js", digest, "?" }, { "nothing.js", digest, "?" },
		{ "other.js", digest, "?" }, { "secret.js", digest, "?" },
	};
	static const char *const whats[] = {
		"redirected (302)", NULL, "served content differs", "not served (404)", NULL, "answered 204",
		"served content differs", "not served to everybody (403)",
	};
	struct served_site site;
	struct visit v;
	(void)state;

	begin(&v, answer_some, NULL, 1);
	site = site_of(&v);
	site.rules.clean_urls = true;
	assert_int_equal(compare(&v, &site, items, 8), 0);
	for (size_t i = 0; i < 8; i++)
		if (whats[i])
			assert_string_equal(items[i].what, whats[i]);
		else
			assert_null(items[i].what);
	assert_int_equal(v.sum.files, 4);
	assert_int_equal(v.sum.requests, 9);
	assert_false(v.sum.cut);
	end(&v);
}

static void answer_numbered(struct exchange *x)
{
	char text[32];

	snprintf(text, sizeof text, "%u", (unsigned)strtoul(x->target + strlen("/base/"), NULL, 10));
	exchange_answer(x, 200, "", text);
}

enum { MANY = 2000 };

static void many_files_go_at_once_and_each_is_itself(void **state)
{
	static uint8_t digests[MANY][SHA256_SIZE];
	static struct served_item items[MANY];
	static char names[MANY][16];
	struct served_site site;
	struct visit v;
	(void)state;

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "%04u", i);
		char text[16];
		snprintf(text, sizeof text, "%u", i == 1234 ? 0 : i);
		sha256_bytes(text, strlen(text), digests[i]);
		items[i] = (struct served_item){ .path = names[i], .sha256 = digests[i] };
	}
	begin(&v, answer_numbered, NULL, 1);
	site = site_of(&v);
	assert_int_equal(compare(&v, &site, items, MANY), 0);
	for (unsigned i = 0; i < MANY; i++)
		if (i == 1234)
			assert_string_equal(items[i].what, "served content differs");
		else
			assert_null(items[i].what);
	assert_int_equal(v.sum.files, MANY);
	end(&v);
}

static void too_many_findings_end_it(void **state)
{
	static struct served_item items[MANY];
	static char names[MANY][16];
	struct served_site site;
	struct visit v;
	size_t found = 0;
	(void)state;

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "%04u", i);
		items[i] = (struct served_item){ .path = names[i], .sha256 = digest };
	}
	begin(&v, answer_numbered, NULL, 1);
	site = site_of(&v);
	site.findings_most = 50;
	assert_int_equal(compare(&v, &site, items, MANY), 0);
	for (unsigned i = 0; i < MANY; i++)
		found += items[i].what != NULL;
	assert_true(v.sum.cut);
	assert_true(found >= 50 && found < 50 + 256);
	assert_true(server_requests(v.server) < 50 + 256 + 1);
	end(&v);
}

/* ---- gzip forms ---- */

struct big { char *text; size_t len; };

static void answer_big(struct exchange *x)
{
	const struct big *b = x->arg;
	char head[128];

	snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", b->len);
	exchange_write(x, head, strlen(head));
	exchange_write(x, b->text, b->len);
}

/* Small ones in memory, long ones through a file; the length on both sides of the bound. */
static void gzip_forms_are_made_again(void **state)
{
	static const size_t lengths[] = { 0, 1, 1000, 128 * 1024, 128 * 1024 + 1, 3000000 };
	struct gzip *z = gzip_new();
	(void)state;

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct big b = { .text = malloc(lengths[i] + 1), .len = lengths[i] };
		struct served_item item = { .path = "big.js" };
		struct served_site site;
		struct gzipped sum;
		struct visit v;

		for (size_t k = 0; k < b.len; k++)
			b.text[k] = (char)('a' + k * k % 23);
		size_t room = gzip_room(z, b.len);
		void *out = malloc(room);
		gzip_whole(z, out, room, b.text, b.len, &sum);
		free(out);
		item.sha256 = sum.sha256;
		begin(&v, answer_big, &b, 1);
		site = site_of(&v);
		site.gzip = true;
		assert_int_equal(compare(&v, &site, &item, 1), 0);
		assert_null(item.what);
		assert_int_equal(v.sum.bytes, b.len);
		item.sha256 = digest;
		assert_int_equal(compare(&v, &site, &item, 1), 0);
		assert_string_equal(item.what, "served content differs");
		assert_int_equal(scratch_count(&v.dir, "."), 0);
		end(&v);
		free(b.text);
	}
	gzip_free(z);
}

/* ---- what ends a place ---- */

static void answer_broken(struct exchange *x)
{
	exchange_answer(x, 501, "", "no such thing");
}

static void a_server_that_cannot_answer_fails_the_place(void **state)
{
	struct served_item items[] = { { "a", digest, NULL }, { "b", digest, NULL }, { "c", digest, NULL } };
	struct served_site site;
	struct visit v;
	(void)state;

	begin(&v, answer_broken, NULL, 1);
	site = site_of(&v);
	assert_int_equal(compare(&v, &site, items, 3), -1);
	assert_int_equal(v.op.fail.kind, FAIL_REMOTE);
	assert_non_null(strstr(v.op.fail.text, "answered 501"));
	end(&v);
}

static void an_address_that_may_not_be_asked_fails_the_place(void **state)
{
	static const char *const urls[] = { NULL, "http://kiosk.example", "https://kiosk.example/?q", "nonsense" };
	struct served_item item = { .path = "a", .sha256 = digest };
	struct visit v;
	(void)state;

	begin(&v, answer_broken, NULL, 1);
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		const struct served_site site = { .name = "jarupa", .url = urls[i] };
		assert_int_equal(compare(&v, &site, &item, 1), -1);
		assert_int_equal(v.op.fail.kind, FAIL_CONFIG);
	}
	assert_int_equal(server_requests(v.server), 0);
	end(&v);
}

static void answer_never(struct exchange *x)
{
	exchange_sleep(x, 20000);
}

static void a_cancel_ends_what_is_on_its_way(void **state)
{
	struct served_item items[] = { { "a", digest, NULL }, { "b", digest, NULL } };
	struct served_site site;
	struct web_turn turn;
	struct visit v;
	(void)state;

	begin(&v, answer_never, NULL, 1);
	site = site_of(&v);
	web_turn(v.web, &turn, next_op(&v));
	wait(&v);
	served_compare(v.web, &site, items, 2, &v.sum, next_op(&v));
	for (int i = 0; i < 100 && server_requests(v.server) == 0; i++)
		loop_turn(v.loop, 50);
	assert_false(v.over);
	atomic_store(&v.op.cancel, true);
	wait(&v);
	assert_int_equal(v.op.rc, -1);
	assert_int_equal(v.op.fail.kind, FAIL_CANCELLED);
	web_turn_end(v.web);
	end(&v);
}

/* ---- turns ---- */

enum { PLACES = 12 };

struct waiting {
	struct op op;
	struct web_turn turn;
	bool told;
};

static void was_told(struct op *op)
{
	((struct waiting *)op->owner)->told = true;
}

static void eight_places_at_a_time_and_in_order(void **state)
{
	struct waiting w[PLACES];
	struct visit v;
	(void)state;

	begin(&v, answer_never, NULL, PLACES);
	for (size_t i = 0; i < PLACES; i++) {
		w[i] = (struct waiting){ .op = { .done = was_told, .owner = &w[i], .mem = &v.mem } };
		web_turn(v.web, &w[i].turn, &w[i].op);
	}
	loop_turn(v.loop, 0);
	for (size_t i = 0; i < PLACES; i++)
		assert_int_equal(w[i].told, i < 8);
	/* Who gives up is passed over. */
	atomic_store(&w[8].op.cancel, true);
	for (int i = 0; i < 100 && !w[8].told; i++)
		loop_turn(v.loop, 50);
	assert_int_equal(w[8].op.fail.kind, FAIL_CANCELLED);
	for (size_t i = 9; i < PLACES; i++) {
		assert_false(w[i].told);
		web_turn_end(v.web);
		loop_turn(v.loop, 0);
		assert_true(w[i].told && w[i].op.rc == 0);
	}
	for (size_t i = 0; i < 8; i++)
		web_turn_end(v.web);
	end(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_is_told),
		cmocka_unit_test(many_files_go_at_once_and_each_is_itself),
		cmocka_unit_test(too_many_findings_end_it),
		cmocka_unit_test(gzip_forms_are_made_again),
		cmocka_unit_test(a_server_that_cannot_answer_fails_the_place),
		cmocka_unit_test(an_address_that_may_not_be_asked_fails_the_place),
		cmocka_unit_test(a_cancel_ends_what_is_on_its_way),
		cmocka_unit_test(eight_places_at_a_time_and_in_order),
	};

	sha256_bytes("content", 7, digest);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
