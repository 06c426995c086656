/* What is firebase's own, beyond the conformance suite: configuration, channels, disabling, copies, the fence that
 * looks late, and answers that are lost. */
#include "../firebase_row.h"

#include <fcntl.h>
#include <unistd.h>

#include "../world.h"
#include "standin.h"

#define A "20261123-090501-aaaaaaaa"
#define B "20261123-090602-bbbbbbbb"
#define C "20261123-090703-cccccccc"

#define REDIRECT "[{\"source\":\"/old\",\"destination\":\"/new\",\"type\":301}]"

static void faults(const char *rules)
{
	free(standin_call("POST", rules, "/_fake/faults"));
}

static struct json_doc *state_of(const struct world *w, const char *name)
{
	char site[64];

	standin_site(site, &w->scratch, name);
	return standin_ask("GET", NULL, "/_fake/site/%s", site);
}

/* ---- configuration ---- */

static void configuration(void **state)
{
	struct world *w = *state;
	const struct tree *t = world_tree(w, "index.html", "1", NULL);
	struct seat *plain = world_seat(w, "one"), *ruled = world_seat_with(w, "one", "redirects", REDIRECT);
	uint8_t without[SHA256_SIZE], with[SHA256_SIZE];
	struct config_changes changes;
	struct json_doc *live;

	seat_label(w, plain, t, without);
	seat_label(w, ruled, t, with);
	assert_memory_not_equal(with, without, SHA256_SIZE);
	seat_deploy(w, plain, A, t);
	assert_memory_equal(seat_read(w, ruled).header.tree, without, SHA256_SIZE);
	w->ops->compare_config(ruled->place, &changes, &w->mem);
	assert_int_equal(changes.count, 1);
	assert_string_equal(changes.items[0].key, "redirects");
	assert_null(changes.items[0].from);
	assert_non_null(strstr(changes.items[0].to, "/old"));
	seat_deploy(w, ruled, B, t);
	assert_memory_equal(seat_read(w, ruled).header.tree, with, SHA256_SIZE);
	w->ops->compare_config(ruled->place, &changes, &w->mem);
	assert_int_equal(changes.count, 0);
	live = state_of(w, "one");
	assert_string_equal(json_string(json_get(json_first(json_get(json_get(json_root(live), "config"), "redirects")),
						 "location")), "/new");
	json_doc_free(live);
}

/* ---- off the net ---- */

static void disabling(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	struct switch_note note = { .action = "disable", .by = "tester@here", .reason = "moving house" };
	struct live_state live;
	struct op *op = world_op(w);

	seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	w->ops->disable(s->place, &note, op);
	assert_failed(w, world_wait(w, op), FAIL_CONFLICT);
	assert_int_equal(seat_lock(w, s), 0);
	assert_failed(w, seat_switch(w, s, A, NULL, "undo"), FAIL_MISSING);
	assert_non_null(strstr(w->fail.hint, "disable"));
	op = world_op(w);
	w->ops->disable(s->place, &note, op);
	assert_int_equal(world_wait(w, op), 0);
	assert_served(w, s, "index.html", NULL);
	live = seat_read(w, s);
	assert_null(live.id);
	assert_string_equal(live.broken, "the site is disabled");
	assert_string_equal(switchlog_last(&live.log)->action, "disable");
	assert_string_equal(switchlog_last(&live.log)->reason, "moving house");
	assert_string_equal(switchlog_last(&live.log)->id, "");
	assert_int_equal(seat_probe(w, s, A), RELEASE_SEALED);
	assert_int_equal(seat_switch(w, s, NULL, A, "enable"), 0);
	assert_served(w, s, "index.html", "1");
	assert_null(switchlog_last(&(struct switchlog){ seat_read(w, s).log.records, 3, false, false })->from);
}

/* ---- channels ---- */

static int channel_live(struct world *w, struct seat *s, const char *channel, const char **id)
{
	struct op *op = world_op(w);

	w->ops->channel_live(s->place, channel, id, op);
	return world_wait(w, op);
}

static int channel_delete(struct world *w, struct seat *s, const char *channel)
{
	struct op *op = world_op(w);

	w->ops->channel_delete(s->place, channel, op);
	return world_wait(w, op);
}

static const struct channel_info *channel(struct world *w, struct seat *s, const char *name)
{
	struct channel_list *list = arena_alloc(&w->mem, sizeof *list);
	struct op *op = world_op(w);

	w->ops->channels(s->place, list, op);
	assert_int_equal(world_wait(w, op), 0);
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

static void channels(void **state)
{
	struct world *w = *state;
	struct seat *live = world_seat(w, "one"), *beta = world_seat_with(w, "one", "channel", "\"beta\"");
	const struct tree *new = world_tree(w, "index.html", "new", NULL);
	const char *id = NULL;

	seat_deploy(w, live, A, world_tree(w, "index.html", "1", NULL));
	assert_null(seat_read(w, beta).id);
	assert_null(channel(w, live, "beta"));
	assert_failed(w, channel_live(w, live, "beta", &id), FAIL_MISSING);
	assert_int_equal(seat_lock(w, live), 0);        /* a lock of its own for each channel */
	seat_deploy(w, beta, B, new);
	assert_served(w, live, "index.html", "1");
	assert_string_equal(channel(w, live, "live")->live, A);
	assert_int_equal(channel(w, live, "live")->expires_s, -1);
	assert_string_equal(channel(w, live, "beta")->live, B);
	assert_true(channel(w, live, "beta")->expires_s > 0);
	assert_non_null(channel(w, live, "beta")->url);
	assert_int_equal(channel_live(w, live, "beta", &id), 0);
	assert_string_equal(id, B);
	assert_int_equal(seat_switch(w, live, A, id, "promote"), 0);
	assert_served(w, live, "index.html", "new");
	assert_holds(w, live, B, new);
	assert_int_equal(channel_delete(w, live, "beta"), 0);
	assert_null(channel(w, live, "beta"));
	assert_failed(w, channel_delete(w, live, "beta"), FAIL_MISSING);
	assert_int_equal(channel_delete(w, live, "live"), -1);
	assert_served(w, live, "index.html", "new");
}

/* ---- copies ---- */

static int clone(struct world *w, struct seat *to, struct seat *from, struct missing *out)
{
	struct stage_stats stats = { 0 };
	struct op *op = world_op(w);

	w->ops->clone(to->place, from->place, out, &stats, op);
	return world_wait(w, op);
}

/* A second place in the session of the first. */
static struct seat *beside(struct world *w, const struct seat *first, const char *name)
{
	struct seat *s = world_seat(w, name);

	w->ops->place_close(s->place);
	assert_int_equal(w->ops->place_open(&s->place, first->session, &s->target, name, &w->fail), 0);
	return s;
}

static void copies(void **state)
{
	struct world *w = *state;
	struct seat *a = world_seat(w, "one"), *b = beside(w, a, "two");
	const struct tree *t = world_tree(w, "index.html", "1", "same", "s", "gone", "g", NULL);
	const struct tree *u = world_tree(w, "index.html", "2", "same", "s", "more", "m", NULL);
	struct missing missing;
	struct json_doc *live;

	assert_int_equal(seat_lock(w, a), 0);
	assert_int_equal(seat_lock(w, b), 0);
	seat_stage(w, a, A, t);
	assert_failed(w, clone(w, b, a, &missing), FAIL_REMOTE);        /* nothing was begun */
	assert_int_equal(seat_begin(w, b, B, u, false, &missing), 0);
	assert_int_equal(missing.count, 3);
	assert_int_equal(clone(w, b, a, &missing), 0);
	assert_int_equal(missing.count, 2);
	assert_int_equal(seat_seal(w, b, NULL), -1);
	assert_int_equal(seat_put(w, b, &missing, NULL), 0);
	assert_int_equal(seat_seal(w, b, NULL), 0);
	assert_int_equal(seat_switch(w, b, NULL, B, "deploy"), 0);
	assert_served(w, b, "same", "s");
	assert_served(w, b, "gone", NULL);
	assert_string_equal(seat_read(w, b).id, B);
	assert_holds(w, b, B, u);
	live = state_of(w, "two");
	assert_string_equal(json_string(json_get(json_get(json_root(live), "labels"), "slipway-release")), B);
	json_doc_free(live);
}

/* The service does not copy across projects: begin's own version is used. */
static void copies_that_are_refused(void **state)
{
	struct world *w = *state;
	struct seat *a = world_seat(w, "one"), *far;
	const struct tree *t = world_tree(w, "index.html", "1", "same", "s", NULL);
	struct missing missing, left;
	char site[64], text[256];

	standin_site(site, &w->scratch, "one");
	snprintf(text, sizeof text, "{\"project\":\"elsewhere\",\"sites\":[\"%s-far\"]}", site);
	free(standin_call("POST", text, "/_fake/sites"));
	snprintf(text, sizeof text, "\"elsewhere\",\"site\":\"%s-far\"", site);
	far = world_seat_with(w, "far", "project", text);
	assert_int_equal(seat_lock(w, a), 0);
	seat_stage(w, a, A, t);
	assert_int_equal(seat_lock(w, far), 0);
	assert_int_equal(seat_begin(w, far, B, t, false, &missing), 0);
	assert_int_equal(clone(w, far, a, &left), -1);
	assert_int_equal(missing.count, 2);
	assert_int_equal(seat_put(w, far, &missing, NULL), 0);
	assert_int_equal(seat_seal(w, far, NULL), 0);
	assert_int_equal(seat_switch(w, far, NULL, B, "deploy"), 0);
	assert_holds(w, far, B, t);
}

static void equal_contents_are_sent_once(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *t = world_tree(w, "a", "same", "b", "same", "c", "same", NULL);

	assert_int_equal(seat_deploy(w, s, A, t).count, 1);
	assert_served(w, s, "c", "same");
	assert_holds(w, s, A, t);
}

/* Nothing can be written there: the lock keeps nobody out, and the service is changed all the same. */
static void no_state_directory(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");

	assert_int_equal(unlinkat(w->scratch.fd, ".slipway", AT_REMOVEDIR), 0);
	seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	assert_failed(w, seat_switch(w, s, NULL, A, "deploy"), FAIL_CONFLICT);
	assert_served(w, s, "index.html", "1");
}

/* ---- a deploy that has not looked ---- */

static struct missing begin_unseen(struct world *w, struct seat *s, const char *id, const char *live,
				   const struct tree *want)
{
	struct release_header *h = arena_alloc(&w->mem, sizeof *h);
	struct begin_request rq = { .id = id, .cookie = "x", .want = want, .header = h, .live_id = live, .unseen = true };
	struct missing missing;
	struct op *op = world_op(w);

	*h = (struct release_header){ .id = id, .parent = live, .created_s = 1 };
	w->ops->begin(s->place, &rq, &missing, op);
	assert_int_equal(world_wait(w, op), 0);
	return missing;
}

/* Seal brings what read would, and what it sealed on the wrong ground can be taken back; no other release can. */
static void looking_late(void **state)
{
	struct world *w = *state;
	struct seat *first = world_seat(w, "one"), *s = world_seat(w, "one");
	struct missing missing;
	uint64_t asked;
	struct op *op;

	seat_deploy(w, first, A, world_tree(w, "index.html", "1", NULL));
	seat_deploy(w, first, B, world_tree(w, "index.html", "2", NULL));
	assert_int_equal(seat_lock(w, s), 0);
	missing = begin_unseen(w, s, C, A, world_tree(w, "index.html", "3", NULL));
	assert_int_equal(seat_put(w, s, &missing, NULL), 0);
	assert_int_equal(seat_seal(w, s, NULL), 0);
	asked = w->ops->requests(s->place);
	assert_string_equal(seat_read(w, s).id, B);
	assert_int_equal(w->ops->requests(s->place), asked);
	assert_string_equal(seat_read(w, s).id, B);
	assert_int_equal(w->ops->requests(s->place), asked + 1);
	op = world_op(w);
	w->ops->abandon(s->place, A, op);
	assert_int_equal(world_wait(w, op), 0);
	assert_int_equal(seat_probe(w, s, A), RELEASE_SEALED);
	op = world_op(w);
	w->ops->abandon(s->place, C, op);
	assert_int_equal(world_wait(w, op), 0);
	assert_int_equal(seat_probe(w, s, C), RELEASE_ABSENT);
	assert_int_equal(seat_begin(w, s, C, world_tree(w, "index.html", "4", NULL), false, &missing), 0);
	assert_int_equal(missing.count, 1);
}

/* ---- the list ---- */

/* What is live and where one would go back to is in the newest answer; the rest comes page by page. */
static void long_histories(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	struct live_state live;
	struct release_list all;

	seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	seat_deploy(w, s, B, world_tree(w, "index.html", "2", NULL));
	seat_deploy(w, s, C, world_tree(w, "index.html", "3", NULL));
	for (int i = 0; i < 70; i++)
		w->row->switch_behind(&w->scratch, "one", i % 2 ? C : B);
	live = seat_read(w, s);
	assert_string_equal(live.id, C);
	assert_false(live.recent_whole);
	assert_int_equal(live.recent->count, 2);
	all = seat_list(w, s);
	assert_int_equal(all.count, 3);
	assert_string_equal(all.items[2].header.id, A);
	assert_string_equal(all.items[2].header.message, MESSAGE);
}

static void missing_site(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat_with(w, "one", "site", "\"nowhere\"");
	struct live_state live;
	struct check_report r;
	struct op *op = world_op(w);

	w->ops->read(s->place, &live, op);
	assert_failed(w, world_wait(w, op), FAIL_MISSING);
	assert_non_null(strstr(w->fail.hint, "nowhere"));
	op = world_op(w);
	w->ops->check(s->place, &r, op);
	assert_int_equal(world_wait(w, op), 0);
	assert_false(r.items[0].ok);
	assert_int_equal(r.count, 1);           /* nothing is created there */
}

/* ---- lost answers ---- */

static void lost_answers(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");
	const struct tree *t = world_tree(w, "index.html", "1", "b", "2", NULL);
	struct live_state live;
	int rc;

	faults("[{\"kind\":\"finalize\",\"nth\":1,\"do\":\"lost\"},{\"kind\":\"upload\",\"nth\":1,\"do\":\"lost\"},"
	       "{\"kind\":\"populate\",\"nth\":1,\"do\":\"lost\"},{\"kind\":\"release\",\"nth\":1,\"do\":\"lost\"}]");
	assert_int_equal(seat_lock(w, s), 0);
	seat_stage(w, s, A, t);
	rc = seat_switch(w, s, NULL, A, "deploy");
	faults("[]");
	assert_failed(w, rc, FAIL_LINK);
	assert_int_equal(seat_switch(w, s, NULL, A, "deploy"), 0);
	live = seat_read(w, s);
	assert_string_equal(live.id, A);
	assert_int_equal(live.log.count, 1);
	assert_holds(w, s, A, t);
}

static void expired_tokens(void **state)
{
	struct world *w = *state;
	struct seat *s = world_seat(w, "one");

	assert_null(seat_read(w, s).id);
	free(standin_call("POST", "{}", "/_fake/expire_token"));
	seat_deploy(w, s, A, world_tree(w, "index.html", "1", NULL));
	assert_served(w, s, "index.html", "1");
}

int main(void)
{
	void *start = (void *)(uintptr_t)&firebase_row;
	const struct CMUnitTest tests[] = {
		TEST(configuration), TEST(disabling), TEST(channels), TEST(copies), TEST(copies_that_are_refused),
		TEST(equal_contents_are_sent_once), TEST(no_state_directory), TEST(looking_late), TEST(long_histories),
		TEST(missing_site), TEST(lost_answers), TEST(expired_tokens),
	};
	struct standin server;
	int failed;

	if (!standin_start(&server))
		return standin_absent();
	failed = cmocka_run_group_tests_name("firebase place", tests, NULL, NULL);
	standin_end(&server);
	return failed;
}
