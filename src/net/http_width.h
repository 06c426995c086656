/* http_width: how many requests a peer may have under way at once. A pure state machine: told what happened and when,
 * it knows neither clock nor network.
 *
 * Answers are counted in rounds of `now` answers, about one round trip each; an answer that left nobody waiting begins
 * the round anew, since more at once would prove nothing then. At a round's end the throughput, requests and bytes
 * together, is compared: a width is kept as long as it brought a quarter of what it could have brought, else the one
 * before comes back. It doubles until that fails for the first time, then it tries an eighth more, ever more seldom
 * while that is no use.
 *
 * While it doubles, a burst need not wait for a round that was full: when somebody waits, as many answers without
 * trouble as it is wide, of narrower bursts, are worth a doubling too.
 *
 * Trouble halves it, down to 1, and at most once for all requests that were under way at that time: a 429, a stall, or
 * 503 for more than one in sixteen. (A few are hiccups of single machines over there. Halving for each of them, a
 * service that fails 2 % of its calls at random would be asked by 8 at a time.) After that it grows by a quarter a
 * round, by an eighth near the width that brought the trouble, and goes on as above from there. */
#ifndef SLIPWAY_NET_HTTP_WIDTH_H
#define SLIPWAY_NET_HTTP_WIDTH_H

#include <stdbool.h>
#include <stdint.h>

struct http_width {
	unsigned now;                   /* requests that may be under way; 1 .. most */
	unsigned most;
	unsigned base;                  /* the width that `rate` was measured at; below now = now is on trial */
	double rate;                    /* per second; 0 = not measured yet */
	unsigned known;                 /* the width before the last trouble; 0 = none was, or it has been reached again */
	bool doubling;
	unsigned calm;                  /* answers since the last doubling or trouble */
	unsigned rest, patience;        /* rounds until the next trial; and after the next one that fails */
	/* ---- the round ---- */
	int64_t began_ns;
	unsigned answers;
	double work;
	/* ---- trouble */
	unsigned hiccups, since;        /* 503 seen; and answers since the first of them */
	int64_t halved_ns;              /* what began before has been counted */
	int64_t narrowed_ns;            /* when that last made it narrower: not when it was 1 already */
};
enum http_trouble_kind { HTTP_TROUBLE_REFUSED, HTTP_TROUBLE_UNAVAILABLE, HTTP_TROUBLE_STALL };      /* 429, 503 */

/* start and most are at least 1. */
void http_width_init(struct http_width *w, unsigned start, unsigned most, int64_t now_ns);
/* A request waits for want of width. True when there is more of it now. */
bool http_width_pressed(struct http_width *w, int64_t now_ns);
/* A request ended well, having moved so many bytes of body. waiting: another one stood in line for want of width. */
void http_width_answer(struct http_width *w, int64_t now_ns, uint64_t bytes, bool waiting);
/* A request that began at started_ns ended in trouble. Does not count as an answer. */
void http_width_trouble(struct http_width *w, int64_t started_ns, int64_t now_ns, enum http_trouble_kind kind);
/* Has it become narrower since then? What was refused to a request that began before may be due to that width. */
bool http_width_narrowed_since(const struct http_width *w, int64_t started_ns);

#endif
