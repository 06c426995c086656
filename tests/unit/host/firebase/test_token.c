/* The life of an access token: who waits, when it is renewed, and when that ends. */
#include "host/firebase/token.h"

#include "base/mem.h"
#include "google.h"

#define TOKEN "/oauth2/v4/token"
#define SHORT "{\"access_token\":\"ya29.short\",\"expires_in\":1}"
#define LINE "Authorization: Bearer "

static struct token *service_account(struct google *g)
{
	struct strbuf text = STRBUF_INIT;
	struct token *t;

	account_json(&text, "");
	t = google_token_of(g, text.buf);
	strbuf_clear(&text);
	return t;
}

static void many_wait_for_one(void **state)
{
	struct google g;
	struct want w[50];
	struct token *t, *other;

	(void)state;
	google_begin(&g);
	google_says(&g, TOKEN, 200, NULL);
	t = service_account(&g);
	assert_null(token_bearer(t));
	for (size_t i = 0; i < 50; i++)
		google_send(t, &w[i]);
	for (size_t i = 0; i < 50; i++) {
		google_wait(&g, &w[i]);
		assert_int_equal(w[i].op.rc, 0);
	}
	google_has_token(&g, t, LINE "ya29.1");
	/* another host with the same account */
	other = google_token(&g);
	assert_ptr_equal(other, t);
	assert_int_equal(google_asked(&g), 1);
	assert_string_equal(google_request(&g, 0)->method, "POST");
	assert_true(google_has(google_request(&g, 0), "Content-Type: application/x-www-form-urlencoded"));
	google_end(&g);
}

static void renewed_early_and_once(void **state)
{
	struct google g;
	struct token *t;

	(void)state;
	google_begin(&g);
	google_says_once(&g, TOKEN, 200, SHORT);
	google_says(&g, TOKEN, 200, NULL);
	t = service_account(&g);
	google_has_token(&g, t, LINE "ya29.short");
	google_has_token(&g, t, LINE "ya29.short");
	assert_int_equal(google_asked(&g), 1);
	google_pass(&g, 600);           /* at half of its second; nobody asks, nothing is fetched */
	assert_int_equal(google_asked(&g), 1);
	assert_string_equal(token_bearer(t), LINE "ya29.short");
	google_has_token(&g, t, LINE "ya29.1");
	google_has_token(&g, t, LINE "ya29.1");
	assert_int_equal(google_asked(&g), 2);
	google_end(&g);
}

/* What cannot be renewed early serves to its end; nobody is asked again before. */
static void an_early_renewal_may_fail(void **state)
{
	struct google g;
	struct token *t;

	(void)state;
	google_begin(&g);
	google_says_once(&g, TOKEN, 200, "{\"access_token\":\"ya29.short\",\"expires_in\":\"2\"}");
	google_says_once(&g, TOKEN, 400, "{\"error\":\"x\"}");
	google_says(&g, TOKEN, 200, NULL);
	t = service_account(&g);
	google_has_token(&g, t, LINE "ya29.short");
	google_pass(&g, 1050);
	google_has_token(&g, t, LINE "ya29.short");
	google_has_token(&g, t, LINE "ya29.short");
	assert_int_equal(google_asked(&g), 2);
	token_refused(t, token_number(t));
	google_has_token(&g, t, LINE "ya29.1");
	assert_int_equal(google_asked(&g), 3);
	google_end(&g);
}

static void a_refused_one_is_replaced_once(void **state)
{
	struct google g;
	struct token *t;

	(void)state;
	google_begin(&g);
	google_says(&g, TOKEN, 200, NULL);
	t = service_account(&g);
	google_has_token(&g, t, LINE "ya29.1");
	for (int i = 0; i < 50; i++)
		token_refused(t, 1);
	google_has_token(&g, t, LINE "ya29.2");
	/* those who were slow */
	token_refused(t, 1);
	token_refused(t, 0);
	google_has_token(&g, t, LINE "ya29.2");
	assert_int_equal(google_asked(&g), 2);
	token_refused(t, 2);
	google_fails(&g, t, FAIL_AUTH, "cannot sign in to Google as " ACCOUNT_EMAIL " (GOOGLE_APPLICATION_CREDENTIALS): "
	             "the service refused a token, and refuses the new one too", "Firebase Hosting API");
	google_fails(&g, t, FAIL_AUTH, "refuses the new one too", "");
	assert_int_equal(google_asked(&g), 2);
	google_end(&g);
}

/* A long run may see more than one token end: what was accepted in between is another story. */
static void an_accepted_one_may_be_refused_later(void **state)
{
	struct google g;
	struct token *t;

	(void)state;
	google_begin(&g);
	google_says(&g, TOKEN, 200, NULL);
	t = service_account(&g);
	google_has_token(&g, t, LINE "ya29.1");
	token_refused(t, 1);
	google_has_token(&g, t, LINE "ya29.2");
	token_accepted(t, 1);
	token_accepted(t, 2);
	token_refused(t, 2);
	google_has_token(&g, t, LINE "ya29.3");
	google_end(&g);
}

/* One site that refuses whatever it is shown leaves the others theirs; where nobody takes one any more, that ends. */
static void one_who_refuses_is_not_all(void **state)
{
	struct google g;
	struct token *t;

	(void)state;
	google_begin(&g);
	google_says(&g, TOKEN, 200, NULL);
	t = service_account(&g);
	google_has_token(&g, t, LINE "ya29.1");
	token_refused(t, 1);
	google_has_token(&g, t, LINE "ya29.2");
	token_accepted(t, 1);           /* somebody else's answer, which was longer on its way */
	token_refused(t, 2);
	google_has_token(&g, t, LINE "ya29.3");
	token_refused(t, 3);
	google_has_token(&g, t, LINE "ya29.4");
	token_refused(t, 4);
	google_fails(&g, t, FAIL_AUTH, "refuses the new one too", "");
	assert_int_equal(google_asked(&g), 4);
	google_end(&g);
}

static void a_refusal_stays_and_trouble_passes(void **state)
{
	struct google g;
	struct token *t;

	(void)state;
	google_begin(&g);
	google_says_once(&g, TOKEN, 200, "<html>");
	google_says_once(&g, TOKEN, 503, "busy");
	google_says_once(&g, TOKEN, 200, SHORT);
	google_says(&g, TOKEN, 403, "{}");
	t = service_account(&g);
	google_fails(&g, t, FAIL_REMOTE, "(GOOGLE_APPLICATION_CREDENTIALS): the answer holds no access token", "");
	google_has_token(&g, t, LINE "ya29.short");
	assert_int_equal(google_asked(&g), 3);          /* the engine tried again after the 503 */
	token_refused(t, token_number(t));
	google_fails(&g, t, FAIL_AUTH, "Google answered 403 and gave no reason", "");
	google_fails(&g, t, FAIL_AUTH, "Google answered 403 and gave no reason", "");
	assert_int_equal(google_asked(&g), 4);
	google_end(&g);
}

/* ---- clocks ---- */
static void a_wrong_clock_costs_one_more_request(void **state)
{
	struct google g;
	struct token *t;

	(void)state;
	google_begin(&g);
	google_says(&g, TOKEN, 200, NULL);
	g.clock_s = -7200;
	t = service_account(&g);
	google_has_token(&g, t, LINE "ya29.1");
	assert_int_equal(google_asked(&g), 2);
	assert_in_range(token_skew_s(t) + 7205, 0, 10);
	token_refused(t, 1);
	google_has_token(&g, t, LINE "ya29.2");
	assert_int_equal(google_asked(&g), 3);
	google_end(&g);
}

static void a_wrong_clock_is_named(void **state)
{
	struct google g;
	struct token *t;
	struct want w;
	unsigned years[2];

	(void)state;
	google_begin(&g);
	google_says(&g, TOKEN, 400, "{\"error\":\"invalid_grant\",\"error_description\":\"Bad JWT\"}");
	g.clock_s = (int64_t)400 * 86400;
	t = service_account(&g);
	assert_int_equal(google_want(&g, t, &w), -1);
	assert_int_equal(google_asked(&g), 2);
	assert_int_equal(sscanf(strstr(w.op.fail.text, "this machine's clock says"),
	                        "this machine's clock says %4u-%*[^ ] Google's %4u-", &years[0], &years[1]), 2);
	assert_true(years[1] > years[0]);
	assert_string_equal(w.op.fail.hint, "set the clock of this machine");
	assert_non_null(strstr(w.op.fail.text, "it answered: Bad JWT"));
	google_end(&g);
}

/* ---- giving up ---- */
static void those_who_wait_may_leave(void **state)
{
	struct google g;
	struct token *t;
	struct want first, second, third;

	(void)state;
	google_begin(&g);
	google_says(&g, TOKEN, 200, NULL);
	t = service_account(&g);
	google_send(t, &first);
	google_send(t, &second);
	google_send(t, &third);
	token_unwant(t, &third.op);
	token_unwant(t, &first.op);
	assert_false(first.over);
	google_wait(&g, &first);
	google_wait(&g, &third);
	assert_int_equal(first.op.rc, -1);
	assert_int_equal(first.op.fail.kind, FAIL_CANCELLED);
	google_wait(&g, &second);
	assert_int_equal(second.op.rc, 0);
	token_unwant(t, &second.op);
	token_refused(t, token_number(t));
	google_send(t, &first);
	atomic_store(&first.op.cancel, true);
	google_wait(&g, &first);
	assert_int_equal(first.op.fail.kind, FAIL_CANCELLED);
	google_end(&g);
}

static void everything_ends_under_way(void **state)
{
	struct google g;
	struct want w;

	(void)state;
	google_begin(&g);
	google_says(&g, TOKEN, 200, NULL);
	google_send(service_account(&g), &w);
	loop_turn(g.loop, 0);
	tokens_free(g.tokens);
	g.tokens = NULL;
	google_wait(&g, &w);
	assert_int_equal(w.op.rc, -1);
	assert_int_equal(w.op.fail.kind, FAIL_CANCELLED);
	google_end(&g);
}

/* ---- answers that are no tokens ---- */
static void odd(struct google *g, int status, const char *headers, const char *body, const char *text)
{
	google_forget(g);
	google_answers(g, (struct google_answer){ .path = TOKEN, .status = status, .headers = headers, .body = body });
	google_fails(g, service_account(g), FAIL_REMOTE, text, "");
	assert_int_equal(unsetenv("GOOGLE_APPLICATION_CREDENTIALS"), 0);
}

static void odd_answers(void **state)
{
	struct google g;
	struct strbuf huge = STRBUF_INIT;

	(void)state;
	google_begin(&g);
	for (int i = 0; i < 70000; i++)
		strbuf_addch(&huge, ' ');
	odd(&g, 302, "Location: /elsewhere\r\n", "", "the answer leads elsewhere (302), where no secret is sent");
	odd(&g, 200, "", "{\"access_token\":\"a\\r\\nX-Evil: 1\"}", "the access token holds what no token does");
	odd(&g, 200, "", "{\"access_token\":\"\"}", "the answer holds no access token");
	odd(&g, 200, "", "", "the answer holds no access token");
	odd(&g, 200, "", huge.buf, "longer than 65536 bytes");
	for (size_t i = 0; i < google_asked(&g); i++)
		assert_string_equal(google_request(&g, i)->target, TOKEN);
	assert_int_equal(google_asked(&g), 5);
	strbuf_clear(&huge);
	google_end(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_wait_for_one),
		cmocka_unit_test(renewed_early_and_once),
		cmocka_unit_test(an_early_renewal_may_fail),
		cmocka_unit_test(a_refused_one_is_replaced_once),
		cmocka_unit_test(an_accepted_one_may_be_refused_later),
		cmocka_unit_test(one_who_refuses_is_not_all),
		cmocka_unit_test(a_refusal_stays_and_trouble_passes),
		cmocka_unit_test(a_wrong_clock_costs_one_more_request),
		cmocka_unit_test(a_wrong_clock_is_named),
		cmocka_unit_test(those_who_wait_may_leave),
		cmocka_unit_test(everything_ends_under_way),
		cmocka_unit_test(odd_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
