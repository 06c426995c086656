/* google: the token endpoints of a small Google on loopback, and what it takes to sign in there: an environment, a
 * loop, an engine and tokens.
 *
 * /oauth2/v4/token believes only JWTs that the test account has signed for this very address, at Google's time; it, and
 * every other path, answers what the test has set. What came is kept. */
#ifndef SLIPWAY_TESTS_FIREBASE_GOOGLE_H
#define SLIPWAY_TESTS_FIREBASE_GOOGLE_H

#include <pthread.h>
#include "account.h"
#include "host/firebase/token.h"
#include "net/loop.h"

struct project_dir;
struct server;

struct asked { char *method, *target, *head, *body; };

struct google_answer {
	const char *path;               /* of the target, without its query */
	int status;
	/* headers: lines with \r\n each. body NULL = a token "ya29.N", N counting up, good for 3599 s */
	const char *headers, *body;
	unsigned times;                 /* 0 = for ever; the first fitting one that is left applies */
};

struct google {
	struct server *server;
	char origin[64];
	pthread_mutex_t mutex;
	struct asked *asked;
	size_t asked_count, asked_cap;
	struct google_answer answers[8];
	size_t answer_count;
	unsigned serial;                /* of tokens */
	int64_t clock_s;                /* its clock minus ours; a Date header is sent when it is not 0 */

	struct scratch home;
	struct loop *loop;
	struct http *http;
	struct secrets *secrets;
	struct project_dir *project;    /* what secrets came from */
	struct tokens *tokens;
	struct strbuf notes;
};

/* FIREBASE_TOKEN_URL is its origin; nothing else is set. */
void google_begin(struct google *g);
void google_end(struct google *g);
/* Before anything is asked, or between. */
void google_answers(struct google *g, struct google_answer a);
void google_says(struct google *g, const char *path, int status, const char *body);
void google_says_once(struct google *g, const char *path, int status, const char *body);
/* Removes all of them. */
void google_forget(struct google *g);
size_t google_asked(struct google *g);
/* The i-th request from 0; valid until google_end. */
const struct asked *google_request(struct google *g, size_t i);
/* A field of a form, decoded (the caller's to free); NULL when absent. */
char *google_field(const char *form, const char *name);
/* Whether a request has this header line ("Name: value"). */
bool google_has(const struct asked *a, const char *line);

/* Finds the credential that the environment names and adopts it, or fails the test. */
struct token *google_token(struct google *g);
/* Writes key.json and lets GOOGLE_APPLICATION_CREDENTIALS name it. GOOGLE in text becomes the origin. */
struct token *google_token_of(struct google *g, const char *text);

struct want {
	struct op op;                   /* first */
	bool over;
};
void google_send(struct token *t, struct want *w);
/* Turns the loop until it is over, or fails the test after 20 s. */
void google_wait(struct google *g, struct want *w);
/* Both. The result's rc. */
int google_want(struct google *g, struct token *t, struct want *w);
/* Wants, and compares the bearer; NULL = whatever it is. */
void google_has_token(struct google *g, struct token *t, const char *bearer);
/* Wants, and compares what went wrong; parts of text and hint. */
void google_fails(struct google *g, struct token *t, enum fail_kind kind, const char *text, const char *hint);
/* Turns the loop for so long. */
void google_pass(struct google *g, int64_t ms);

#endif
