/* rollback_choose: what each place goes back to. Pure: it looks at lists and switch logs that were read before,
 * and moves nothing.
 *
 * Three ways to say where. BACK: each place's previous release, `steps` along good parents; refused when the
 * places serve different runs unless `each`. UNDO: the same, but only for the places whose live release is `id`;
 * the others stay. TO and BEFORE: what each place served when run `id` was the newest, or just before a moment. A
 * place that is already there stays.
 *
 * A place that would have to move and has nowhere to go makes the whole choice fail before anything moves. */
#ifndef SLIPWAY_DEPLOY_ROLLBACK_CHOOSE_H
#define SLIPWAY_DEPLOY_ROLLBACK_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"
#include "base/mem.h"
#include "release/history.h"
#include "release/switchlog.h"

enum rollback_way { ROLLBACK_BACK, ROLLBACK_UNDO, ROLLBACK_TO, ROLLBACK_BEFORE };

struct rollback_wish {
	enum rollback_way way;
	const char *id;                 /* UNDO, TO: an id, a unique prefix, or a foreign name */
	bool id_known;                  /* TO: the ledger knows a run of exactly this id */
	int64_t before_s;               /* BEFORE */
	unsigned steps;                 /* BACK, UNDO: at least 1 */
	bool each;                      /* BACK: the places need not serve the same run */
};

struct rollback_place {
	const char *name;
	const char *live;               /* NULL = nothing is live */
	const struct release_list *list;
	const struct switchlog *log;
	const struct release_info *to;  /* the answer: where it goes; NULL = it stays, or is lost */
	bool lost;                      /* the answer: it has nowhere to go */
};

/* The places that serve one run. */
struct rollback_group {
	const char *id;                 /* NULL = they serve nothing */
	const char **names;
	size_t count;
};

/* Fills `to` of every place. -1: FAIL_USAGE (the places serve different runs; the id is unknown or ambiguous) or
 * FAIL_MISSING (a place has nowhere to go; those are marked lost). Texts live in *f, ids in mem. */
int rollback_choose(struct rollback_place *places, size_t count, const struct rollback_wish *wish, struct arena *mem,
                    struct fail *f);

/* What was deployed, by the log, between `to` and what is live, and is not held any more: newest first, in mem. A step
 * back passes over it. */
size_t rollback_passed(const char ***out, const struct rollback_place *p, const char *to, struct arena *mem);

/* The places by what they serve: larger groups first, then newer ids. */
size_t rollback_groups(struct rollback_group **out, const struct rollback_place *places, size_t count,
                       struct arena *mem);
/* "12 targets serve 20261123-090501-1a2b3c4d: bern, chur, genf (+9)", with at most `most` names. */
const char *rollback_group_text(const struct rollback_group *g, size_t most, struct arena *mem);

/* What a place served when run `id` was the newest: that release if the place has it; else what its log says was
 * live before a newer run reached it (rollbacks and found switches count only while they happened before next_s,
 * the time of the next run that is known); else the newest release that is not bad and not newer than the run.
 * NULL = nothing. */
const struct release_info *rollback_served_with(const struct release_list *list, const struct switchlog *log,
                                                const char *id, int64_t next_s);
/* What a place served just before a moment, by its log; where the log does not tell, or that release is gone: the
 * newest release that is not bad and was made before. NULL = nothing. */
const struct release_info *rollback_served_before(const struct release_list *list, const struct switchlog *log,
                                                  int64_t before_s);

#endif
