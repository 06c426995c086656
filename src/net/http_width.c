#include "net/http_width.h"

#define REQUEST_COST 16384.0            /* a request without a body weighs as much as so many bytes */
#define PATIENCE_MOST 32
#define HICCUPS_OF 16

static void new_round(struct http_width *w, int64_t now_ns)
{
	w->began_ns = now_ns;
	w->answers = 0;
	w->work = 0;
}

void http_width_init(struct http_width *w, unsigned start, unsigned most, int64_t now_ns)
{
	*w = (struct http_width){ .most = most, .doubling = true, .patience = 1, .halved_ns = INT64_MIN,
	                          .narrowed_ns = INT64_MIN };
	w->now = w->base = start < most ? start : most;
	new_round(w, now_ns);
}

/* The trial is over: does more at once mean more throughput? */
static void judge_trial(struct http_width *w, double rate)
{
	double could = (double)w->now / w->base - 1, did = rate / w->rate - 1;

	if (did >= could / 4) {
		w->base = w->now;
		w->rate = rate;
		w->patience = 1;
		return;
	}
	w->now = w->base;
	w->doubling = false;
	w->rest = w->patience;
	w->patience = w->patience * 2 < PATIENCE_MOST ? w->patience * 2 : PATIENCE_MOST;
}

static void widen(struct http_width *w)
{
	unsigned more = w->now / 8 + (w->now < 8);

	if (w->rest > 0) {
		w->rest--;
		return;
	}
	if (w->doubling) {
		more = w->now;
		w->calm = 0;
	} else if (w->now < w->known / 4 * 3) {
		more = w->now / 4 + (w->now < 4);
	}
	w->now = more < w->most - w->now ? w->now + more : w->most;
	if (w->now <= w->known)         /* where it has been already is no trial */
		w->base = w->now;
}

static void judge_round(struct http_width *w, int64_t now_ns)
{
	double rate = w->work / ((double)(now_ns > w->began_ns ? now_ns - w->began_ns : 1) / 1e9);

	if (w->now > w->base && w->rate > 0) {
		judge_trial(w, rate);
	} else {
		w->rate = w->rate > 0 ? (w->rate + rate) / 2 : rate;
		w->base = w->now;
	}
	widen(w);
}

bool http_width_pressed(struct http_width *w, int64_t now_ns)
{
	if (!w->doubling || w->calm < w->now || w->now == w->most)
		return false;
	w->now = w->now < w->most - w->now ? w->now * 2 : w->most;
	w->base = w->now;
	w->rate = 0;
	w->calm = 0;
	new_round(w, now_ns);
	return true;
}

void http_width_answer(struct http_width *w, int64_t now_ns, uint64_t bytes, bool waiting)
{
	w->calm++;
	if (w->hiccups && ++w->since >= w->now)
		w->hiccups = w->since = 0;
	if (!waiting) {
		new_round(w, now_ns);
		return;
	}
	w->work += REQUEST_COST + (double)bytes;
	if (++w->answers < w->now)
		return;
	judge_round(w, now_ns);
	new_round(w, now_ns);
}

void http_width_trouble(struct http_width *w, int64_t started_ns, int64_t now_ns, enum http_trouble_kind kind)
{
	if (started_ns <= w->halved_ns)
		return;
	if (kind == HTTP_TROUBLE_UNAVAILABLE && (++w->hiccups < 2 || w->hiccups <= w->now / HICCUPS_OF))
		return;
	w->known = w->now;
	if (w->now > 1)
		w->narrowed_ns = now_ns;
	w->now = w->base = w->now > 1 ? w->now / 2 : 1;
	w->rate = 0;
	w->doubling = false;
	w->calm = 0;
	w->rest = 0;
	w->patience = 1;
	w->hiccups = w->since = 0;
	w->halved_ns = now_ns;
	new_round(w, now_ns);
}

bool http_width_narrowed_since(const struct http_width *w, int64_t started_ns)
{
	return started_ns <= w->narrowed_ns;
}
