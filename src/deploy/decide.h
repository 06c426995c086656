/* decide: what plan and deploy have in common. The wish (what every place should serve) and, per place, what follows
 * from what it serves now: unchanged, held, or a plan. Nothing here changes anything anywhere.
 *
 * Order of calls: wish_make, fleet_open, wish_attach, fleet_read, decide. After the places were locked and read again,
 * decide_moved decides anew where the live release is another one than before. */
#ifndef SLIPWAY_DEPLOY_DECIDE_H
#define SLIPWAY_DEPLOY_DECIDE_H

#include "deploy/builds.h"
#include "deploy/commands.h"
#include "deploy/compose.h"
#include "deploy/fleet.h"

struct wish {
	struct context *c;
	const struct deploy_options *o;
	struct builds *builds;
	struct composer *composer;
	struct composed *of;            /* per target of the context */
	const char *release;            /* what places are switched to, once chosen */
	const char *config;             /* digest of what decides the trees of all targets of the environment */
	struct web *web;                /* plan --compare-content's, while it plans; else NULL */
};

struct comparing;
struct place_stage;
struct place_wish {                     /* r->data */
	struct wish *wish;
	const struct composed *want;
	uint8_t label[SHA256_SIZE];     /* what header.tree of a release of it reads on this place */
	const struct build *build;
	struct plan plan;               /* counts; items only when kept */
	struct place_plan *report;      /* plan's; NULL in deploy */
	const char **why;               /* report's */
	struct comparing *comparing;    /* compare_content.h */
	const char *base;               /* live release that the decision is about */
	uint8_t base_tree[SHA256_SIZE];
	bool planned, fresh;            /* fresh: trust nothing that is stored there */
	bool late;                      /* what is live was read after staging (presume.h) */
	bool stage_again;               /* what was staged is not to be used */
	struct manifest have;           /* while the plan is made */
	struct arena scratch;           /* holds it */
	struct fail refused;            /* what the fuse says */
	struct place_stage *stage;      /* deploy's (stage.h) */
};

/* Runs predeploy hooks (unless `plan`) and, when asked, the build commands; reads builds and overlays, resolves secrets
 * (unless `plan`) and composes every target's tree. -1 is the end of the run; w is to be freed either way. */
int wish_make(struct wish *w, struct context *c, const struct deploy_options *o, bool plan, struct fail *f);
/* What was read stays with the context: reports point at it. */
void wish_free(struct wish *w);
/* FAIL_CONFIG when a target's kind has no host table in this program. */
int wish_check_kinds(const struct context *c, struct fail *f);
/* Gives every run its place_wish. plans: one a place, or NULL. */
void wish_attach(struct wish *w, struct fleet *fl, struct place_plan *plans);

/* Decides for the active runs: those with nothing to do leave as unchanged or held, blocked ones as failed; the others
 * have their counts. -1: a fuse blew or names collide (FAIL_BUILD), for the first place; nothing may be changed. */
int decide(struct wish *w, struct fleet *fl, struct fail *f);
/* As decide, for runs whose live release moved since. */
int decide_moved(struct wish *w, struct fleet *fl, struct fail *f);

#endif
