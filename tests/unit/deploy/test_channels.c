/* Preview channels, promotion, disable and enable, on places in memory. */
#include "engine.h"

#include "deploy/channel.h"

#define A "20261101-100000-aaaaaaaa"
#define B "20261102-100000-bbbbbbbb"

/* ---- names ---- */

static void names_are_made_as_firebase_tools_makes_them(void **state)
{
	static const struct { const char *text, *name; } cases[] = {
		{ "pr-42", "pr-42" }, { "feature/new_menu", "feature-new-menu" }, { "a:b#c", "a-b-c" }, { "Live", "Live" },
		{ "live", NULL }, { "", NULL }, { "a b", NULL }, { "a.b", NULL }, { "\xc3\xa4", NULL }, { "a@b", NULL },
	};
	struct arena mem = ARENA_INIT;
	(void)state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fail f = FAIL_INIT;
		const char *name = NULL;
		assert_int_equal(channel_name(&name, cases[i].text, &mem, &f), cases[i].name ? 0 : -1);
		if (cases[i].name)
			assert_string_equal(name, cases[i].name);
		else
			assert_int_equal(f.kind, FAIL_USAGE);
	}
	arena_clear(&mem);
}

static void expiry_takes_minutes_hours_and_days(void **state)
{
	static const struct { const char *text; int64_t s; } cases[] = {
		{ "30m", 1800 }, { "12h", 43200 }, { "7d", 604800 }, { "30d", 2592000 }, { "31d", -1 }, { "721h", -1 },
		{ "0d", -1 }, { "7", -1 }, { "d", -1 }, { "", -1 }, { "1w", -1 }, { "30s", -1 }, { "1.5h", -1 }, { "-1d", -1 },
		{ "7dd", -1 }, { "99999999999999999999d", -1 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fail f = FAIL_INIT;
		int64_t s = -1;
		assert_int_equal(channel_expires(&s, cases[i].text, &f), cases[i].s < 0 ? -1 : 0);
		assert_int_equal(s, cases[i].s);
		assert_int_equal(f.kind, cases[i].s < 0 ? FAIL_USAGE : FAIL_NONE);
	}
}

/* ---- deploy ---- */

static void a_channel_is_a_place_of_its_own(void **state)
{
	struct engine e;
	struct deploy_report out;
	struct status_report status;
	struct history_report history;
	const struct status_options plain = { .deep = false };
	const struct history_options all = { .limit = 0 };
	(void)state;

	engine_begin(&e, 2, "");
	e.c.channel = "pr-42";
	e.c.channel_ttl_s = 3600;
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(e.world.ttl_s, 3600);
	const struct row *row = engine_row(&out.outcome, "a@pr-42");
	assert_int_equal(row->result, RESULT_DEPLOYED);
	assert_string_equal(row->target, "a");
	assert_string_equal(row->url, "https://a@pr-42.example");
	assert_int_equal(fake_calls(&e.world, "a@pr-42", "channels"), 1);
	assert_null(engine_place(&e, "a")->live);
	assert_non_null(engine_place(&e, "a@pr-42")->live);

	/* What visitors see knows nothing of it, and is not behind. */
	engine_again(&e);
	assert_int_equal(status_run(&e.c, &plain, &status), 0);
	assert_int_equal(status.places[0].health, PLACE_EMPTY);
	assert_null(status.places[0].note);
	engine_again(&e);
	e.c.channel = "pr-42";
	assert_int_equal(status_run(&e.c, &plain, &status), 0);
	assert_string_equal(status.places[0].row->place, "a@pr-42");
	assert_int_equal(status.places[0].health, PLACE_LIVE);
	engine_again(&e);
	assert_int_equal(history_run(&e.c, &all, &history), 0);
	assert_int_equal(history.count, 2);
	assert_string_equal(history.items[0].place, "a@pr-42");

	/* No request is spent on a preview's address where there is none. */
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(fake_calls(&e.world, NULL, "channels"), 0);
	assert_null(engine_row(&out.outcome, "a")->url);
	engine_end(&e);
}

static void what_failed_on_a_channel_is_retried_there_only(void **state)
{
	static const struct deploy_options retry = { .retry_failed = true };
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 2, "");
	fake_fault(&e.world, (struct fake_fault){ .op = "seal", .place = "b@pr-42", .kind = FAIL_LOCAL, .times = 1 });
	e.c.channel = "pr-42";
	engine_deploy(&e, NULL, &out);
	assert_int_equal(outcome_exit(&out.outcome), 3);
	engine_again(&e);
	assert_int_equal(engine_deploy(&e, &retry, &out), 0);
	assert_int_equal(out.outcome.row_count, 0);
	assert_int_equal(fake_calls(&e.world, NULL, "read"), 0);
	engine_again(&e);
	e.c.channel = "pr-42";
	assert_int_equal(engine_deploy(&e, &retry, &out), 0);
	assert_int_equal(out.outcome.row_count, 1);
	assert_int_equal(engine_row(&out.outcome, "b@pr-42")->result, RESULT_DEPLOYED);
	assert_null(engine_place(&e, "b")->live);
	engine_end(&e);
}

static void kinds_without_channels_fail_before_anything_is_done(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 1, "");
	e.world.no_channels = true;
	e.c.channel = "pr-42";
	engine_deploy(&e, NULL, &out);
	const struct row *row = engine_row(&out.outcome, "a@pr-42");
	assert_int_equal(outcome_exit(&out.outcome), 4);
	assert_int_equal(row->result, RESULT_FAILED);
	assert_int_equal(row->fail.kind, FAIL_CONFIG);
	assert_string_equal(row->fail.text, "a dir host has no channels");
	assert_int_equal(e.world.calls.len, 0);
	engine_end(&e);
}

static void an_address_that_cannot_be_asked_is_no_failure(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 1, "");
	fake_fault(&e.world, (struct fake_fault){ .op = "channels", .kind = FAIL_REMOTE });
	e.c.channel = "pr-42";
	assert_int_equal(engine_deploy(&e, NULL, &out), 0);
	assert_int_equal(outcome_exit(&out.outcome), 0);
	assert_null(engine_row(&out.outcome, "a@pr-42")->url);
	assert_non_null(strstr(e.notes.buf, "a@pr-42: where it is seen could not be asked"));
	engine_end(&e);
}

static void hints_name_the_channel(void **state)
{
	struct engine e;
	struct deploy_report out;
	(void)state;

	engine_begin(&e, 1, "");
	engine_place(&e, "a@pr-42")->lock = (struct lock_info){ .by = "bob", .token = "theirs" };
	e.c.channel = "pr-42";
	engine_deploy(&e, NULL, &out);
	assert_int_equal(outcome_exit(&out.outcome), 5);
	assert_non_null(strstr(out.outcome.error.hint, "slipway unlock a --channel pr-42"));
	assert_non_null(strstr(engine_row(&out.outcome, "a@pr-42")->fail.hint, "slipway unlock a --channel pr-42"));
	engine_end(&e);
}

/* ---- channels ---- */

static void channels_are_listed(void **state)
{
	struct engine e;
	struct channels_report out;
	(void)state;

	engine_begin(&e, 2, "");
	fake_release(&e.world, engine_place(&e, "a@pr-42"), A, true);
	assert_int_equal(channels_run(&e.c, &out), 0);
	assert_int_equal(outcome_exit(&out.outcome), 0);
	assert_int_equal(out.places[0].list->count, 2);
	assert_int_equal(out.places[1].list->count, 1);
	for (size_t i = 0; i < 2; i++) {
		const struct channel_info *ch = &out.places[0].list->items[i];
		bool live = strcmp(ch->name, "live") == 0;
		assert_string_equal(ch->url, live ? "https://a.example" : "https://a@pr-42.example");
		assert_int_equal(ch->expires_s, live ? -1 : 1000);
		assert_true(live ? ch->live == NULL : strcmp(ch->live, A) == 0);
	}
	engine_again(&e);
	fake_fault(&e.world, (struct fake_fault){ .op = "channels", .place = "b", .kind = FAIL_AUTH });
	channels_run(&e.c, &out);
	assert_int_equal(outcome_exit(&out.outcome), 4);
	assert_non_null(out.places[0].list);
	assert_null(out.places[1].list);
	engine_again(&e);
	e.world.no_channels = true;
	assert_int_equal(channels_run(&e.c, &out), 0);
	assert_null(out.places[0].list);
	assert_non_null(strstr(e.notes.buf, "a: a dir host has no channels"));
	engine_end(&e);
}

static void deleting_asks_and_is_recorded(void **state)
{
	struct engine e;
	struct channel_delete_report out;
	struct history_report history;
	const struct history_options all = { .limit = 0 };
	(void)state;

	engine_begin(&e, 2, "");
	fake_release(&e.world, engine_place(&e, "a@pr-42"), A, true);
	e.c.command = "channel-delete";
	assert_int_equal(channel_delete_run(&e.c, "pr-42", &out), -1);
	assert_int_equal(outcome_exit(&out.outcome), 2);
	assert_int_equal(e.world.calls.len, 0);
	engine_again(&e);
	e.c.command = "channel-delete";
	e.c.yes = true;
	assert_int_equal(channel_delete_run(&e.c, "pr-42", &out), 0);
	assert_int_equal(outcome_exit(&out.outcome), 0);
	assert_true(out.places[0].deleted);
	assert_false(out.places[1].deleted);
	assert_int_equal(out.places[0].row->result, RESULT_DEPLOYED);
	assert_int_equal(out.places[1].row->result, RESULT_UNCHANGED);
	assert_string_equal(out.places[0].row->place, "a@pr-42");
	engine_again(&e);
	assert_int_equal(history_run(&e.c, &all, &history), 0);
	assert_int_equal(history.count, 2);
	assert_string_equal(history.items[0].action, "channel-delete");

	engine_again(&e);
	e.c.yes = true;
	fake_release(&e.world, engine_place(&e, "b@pr-42"), A, true);
	fake_fault(&e.world, (struct fake_fault){ .op = "channel_delete", .place = "b", .kind = FAIL_AUTH });
	channel_delete_run(&e.c, "pr-42", &out);
	assert_int_equal(outcome_exit(&out.outcome), 4);
	assert_int_equal(out.places[1].row->result, RESULT_FAILED);
	engine_end(&e);
}

/* ---- promote ---- */

static void promoted(struct engine *e, const char *place, const char *channel, const char *live)
{
	char name[64];

	snprintf(name, sizeof name, "%s@%s", place, channel);
	fake_release(&e->world, engine_place(e, name), B, true);
	if (live)
		fake_release(&e->world, engine_place(e, place), live, true);
}

static void promotion_makes_the_same_release_live(void **state)
{
	const struct promote_options o = { .channel = "pr-42" };
	struct engine e;
	struct moves_report out;
	(void)state;

	engine_begin(&e, 2, "");
	promoted(&e, "a", "pr-42", A);
	promoted(&e, "b", "pr-42", NULL);
	e.c.command = "promote";
	e.c.message = "fine";
	assert_int_equal(promote_run(&e.c, &o, &out), 0);
	const struct row *row = engine_row(&out.outcome, "a");
	assert_int_equal(row->result, RESULT_DEPLOYED);
	assert_string_equal(row->previous, A);
	assert_string_equal(row->live, B);
	assert_string_equal(engine_place(&e, "a")->live, B);
	assert_string_equal(engine_place(&e, "b")->live, B);
	assert_string_equal(engine_place(&e, "a")->records[0].action, "promote");
	assert_int_equal(fake_calls(&e.world, NULL, "begin") + fake_calls(&e.world, NULL, "put"), 0);
	assert_non_null(strstr(e.notes.buf, "a  " A " -> " B "\n"));
	assert_non_null(strstr(e.notes.buf, "b  nothing -> " B "\n"));
	assert_int_equal(out.move_count, 2);
	assert_null(engine_place(&e, "a")->lock.token);

	engine_again(&e);
	assert_int_equal(promote_run(&e.c, &o, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_UNCHANGED);
	assert_int_equal(fake_calls(&e.world, NULL, "lock"), 0);
	engine_end(&e);
}

static void promotion_is_taken_back_by_rollback(void **state)
{
	const struct promote_options o = { .channel = "pr-42" }, again = { .channel = "pr-42", .again = true };
	const struct rollback_options back = { .before_s = -1 };
	struct engine e;
	struct moves_report out;
	struct rollback_report rolled;
	(void)state;

	engine_begin(&e, 1, "");
	promoted(&e, "a", "pr-42", A);
	assert_int_equal(promote_run(&e.c, &o, &out), 0);
	engine_again(&e);
	e.c.command = "rollback";
	assert_int_equal(rollback_run(&e.c, &back, &rolled), 0);
	assert_string_equal(engine_place(&e, "a")->live, A);

	/* It is bad now: visitors get it again only when somebody says so. */
	engine_again(&e);
	promote_run(&e.c, &o, &out);
	assert_int_equal(outcome_exit(&out.outcome), 4);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_HELD);
	assert_non_null(strstr(engine_row(&out.outcome, "a")->held, "rolled back"));
	assert_string_equal(engine_place(&e, "a")->live, A);
	engine_again(&e);
	assert_int_equal(promote_run(&e.c, &again, &out), 0);
	assert_string_equal(engine_place(&e, "a")->live, B);
	engine_end(&e);
}

static void promotion_of_nothing_fails_where_there_is_nothing(void **state)
{
	const struct promote_options o = { .channel = "pr-42" };
	struct engine e;
	struct moves_report out;
	(void)state;

	engine_begin(&e, 3, "");
	promoted(&e, "a", "pr-42", A);
	engine_place(&e, "b@pr-42");
	promote_run(&e.c, &o, &out);
	assert_int_equal(outcome_exit(&out.outcome), 3);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_DEPLOYED);
	assert_int_equal(engine_row(&out.outcome, "b")->result, RESULT_FAILED);
	assert_string_equal(engine_row(&out.outcome, "b")->fail.text, "its channel pr-42 serves nothing");
	assert_string_equal(engine_row(&out.outcome, "c")->fail.text, "it has no channel pr-42");
	engine_again(&e);
	e.world.no_channels = true;
	promote_run(&e.c, &o, &out);
	assert_int_equal(outcome_exit(&out.outcome), 4);
	assert_string_equal(engine_row(&out.outcome, "a")->fail.text, "a dir host has no channels");
	engine_end(&e);
}

static void a_dry_promotion_moves_nothing(void **state)
{
	const struct promote_options o = { .channel = "pr-42", .dry_run = true };
	struct engine e;
	struct moves_report out;
	(void)state;

	engine_begin(&e, 1, "");
	promoted(&e, "a", "pr-42", A);
	assert_int_equal(promote_run(&e.c, &o, &out), 0);
	assert_int_equal(out.move_count, 1);
	assert_string_equal(out.moves[0].to, B);
	assert_string_equal(engine_place(&e, "a")->live, A);
	assert_int_equal(fake_calls(&e.world, NULL, "lock"), 0);
	engine_end(&e);
}

static void a_promotion_whose_answer_is_lost_is_looked_at(void **state)
{
	const struct promote_options o = { .channel = "pr-42" };
	struct engine e;
	struct moves_report out;
	(void)state;

	engine_begin(&e, 1, "");
	promoted(&e, "a", "pr-42", A);
	fake_fault(&e.world, (struct fake_fault){ .op = "step", .way = FAULT_AFTER, .kind = FAIL_LINK });
	assert_int_equal(promote_run(&e.c, &o, &out), 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_DEPLOYED);
	assert_int_equal(fake_calls(&e.world, "a", "step"), 1);
	engine_end(&e);
}

/* ---- disable and enable ---- */

static const struct disable_options plain = { .dry_run = false };

static void disable(struct engine *e, struct moves_report *out, int exit_code)
{
	engine_again(e);
	e->c.command = "disable";
	e->c.yes = true;
	disable_run(&e->c, &plain, out);
	assert_int_equal(outcome_exit(&out->outcome), exit_code);
}

static void enable(struct engine *e, struct moves_report *out, int exit_code)
{
	engine_again(e);
	e->c.command = "enable";
	enable_run(&e->c, &plain, out);
	assert_int_equal(outcome_exit(&out->outcome), exit_code);
}

static void a_disabled_place_comes_back_to_what_it_served(void **state)
{
	const struct status_options cheap = { .deep = false };
	struct engine e;
	struct moves_report out;
	struct status_report status;
	(void)state;

	engine_begin(&e, 1, "");
	fake_release(&e.world, engine_place(&e, "a"), B, false);
	fake_release(&e.world, engine_place(&e, "a"), A, true);
	assert_int_equal(disable_run(&e.c, &plain, &out), -1);
	assert_int_equal(outcome_exit(&out.outcome), 2);
	assert_string_equal(engine_place(&e, "a")->live, A);
	disable(&e, &out, 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_DEPLOYED);
	assert_null(engine_row(&out.outcome, "a")->live);
	assert_string_equal(engine_row(&out.outcome, "a")->previous, A);
	assert_null(engine_place(&e, "a")->live);
	assert_null(engine_place(&e, "a")->lock.token);
	disable(&e, &out, 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_UNCHANGED);

	/* It is as it was wanted. */
	engine_again(&e);
	assert_int_equal(status_run(&e.c, &cheap, &status), 0);
	assert_int_equal(status.places[0].health, PLACE_EMPTY);
	assert_non_null(strstr(status.places[0].note, "disabled"));

	enable(&e, &out, 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_DEPLOYED);
	assert_string_equal(engine_place(&e, "a")->live, A);
	assert_string_equal(engine_place(&e, "a")->records[1].action, "enable");
	enable(&e, &out, 0);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_UNCHANGED);
	engine_end(&e);
}

static void without_a_record_the_newest_good_release_comes_back(void **state)
{
	struct engine e;
	struct moves_report out;
	(void)state;

	engine_begin(&e, 2, "");
	fake_release(&e.world, engine_place(&e, "a"), A, false);
	fake_release(&e.world, engine_place(&e, "a"), B, false);
	fake_log(engine_place(&e, "a"), A, B, "rollback", "white screen", 50);
	fake_log(engine_place(&e, "a"), "", "20260101-100000-00000000", "disable", NULL, 60);
	enable(&e, &out, 3);
	assert_string_equal(engine_place(&e, "a")->live, A);
	assert_int_equal(engine_row(&out.outcome, "b")->result, RESULT_FAILED);
	assert_string_equal(engine_row(&out.outcome, "b")->fail.text, "it has no release to put back");
	engine_end(&e);
}

static void a_disable_whose_answer_is_lost_is_looked_at(void **state)
{
	struct engine e;
	struct moves_report out;
	(void)state;

	engine_begin(&e, 3, "");
	for (const char *name = "a\0b\0c\0"; *name; name += 2)
		fake_release(&e.world, engine_place(&e, name), A, true);
	fake_fault(&e.world, (struct fake_fault){ .op = "disable", .place = "a", .way = FAULT_AFTER, .kind = FAIL_LINK });
	fake_fault(&e.world, (struct fake_fault){ .op = "disable", .place = "b", .kind = FAIL_AUTH });
	fake_fault(&e.world, (struct fake_fault){ .op = "disable", .place = "c", .way = FAULT_AFTER, .kind = FAIL_LINK });
	fake_fault(&e.world, (struct fake_fault){ .op = "read", .place = "c", .kind = FAIL_AUTH, .skip = 2 });
	disable(&e, &out, 3);
	assert_int_equal(engine_row(&out.outcome, "a")->result, RESULT_DEPLOYED);
	assert_int_equal(engine_row(&out.outcome, "b")->result, RESULT_FAILED);
	assert_string_equal(engine_row(&out.outcome, "b")->live, A);
	assert_string_equal(engine_row(&out.outcome, "b")->fail.stage, "switch");
	assert_int_equal(engine_row(&out.outcome, "c")->result, RESULT_UNKNOWN);
	assert_null(engine_row(&out.outcome, "c")->live);
	engine_end(&e);
}

static void kinds_that_cannot_be_disabled_say_so(void **state)
{
	struct engine e;
	struct moves_report out;
	(void)state;

	engine_begin(&e, 1, "");
	fake_release(&e.world, engine_place(&e, "a"), A, true);
	e.world.no_channels = true;
	disable(&e, &out, 4);
	assert_string_equal(engine_row(&out.outcome, "a")->fail.text, "a dir host cannot be disabled");
	assert_string_equal(engine_place(&e, "a")->live, A);
	engine_end(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_made_as_firebase_tools_makes_them),
		cmocka_unit_test(expiry_takes_minutes_hours_and_days),
		cmocka_unit_test(a_channel_is_a_place_of_its_own),
		cmocka_unit_test(what_failed_on_a_channel_is_retried_there_only),
		cmocka_unit_test(kinds_without_channels_fail_before_anything_is_done),
		cmocka_unit_test(an_address_that_cannot_be_asked_is_no_failure),
		cmocka_unit_test(hints_name_the_channel),
		cmocka_unit_test(channels_are_listed),
		cmocka_unit_test(deleting_asks_and_is_recorded),
		cmocka_unit_test(promotion_makes_the_same_release_live),
		cmocka_unit_test(promotion_is_taken_back_by_rollback),
		cmocka_unit_test(promotion_of_nothing_fails_where_there_is_nothing),
		cmocka_unit_test(a_dry_promotion_moves_nothing),
		cmocka_unit_test(a_promotion_whose_answer_is_lost_is_looked_at),
		cmocka_unit_test(a_disabled_place_comes_back_to_what_it_served),
		cmocka_unit_test(without_a_record_the_newest_good_release_comes_back),
		cmocka_unit_test(a_disable_whose_answer_is_lost_is_looked_at),
		cmocka_unit_test(kinds_that_cannot_be_disabled_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
