/* engine: a context over fake places and a real project in a temporary directory, for the tests of the engine. */
#ifndef SLIPWAY_TESTS_DEPLOY_ENGINE_H
#define SLIPWAY_TESTS_DEPLOY_ENGINE_H

#include "test.h"

#include "deploy/commands.h"
#include "target/select.h"
#include "fake_host.h"

struct engine {
	struct scratch dir;             /* the project: slipway.json, dist/, targets by name */
	struct context c;
	struct problems problems;
	struct reporter reporter;
	struct strbuf notes;            /* what the reporter was told, a line each: "jarupa: text" */
	struct strbuf events;
	struct fake_world world;
};

/* Targets a, b, ... as many as `targets`; dist/index.html and dist/app.js. `extra`: more of slipway.json, beginning
 * with a comma, or "". */
void engine_begin(struct engine *e, size_t targets, const char *extra);
/* The context of a new command: closed and opened again, with the ledger that the last one left. */
void engine_again(struct engine *e);
void engine_end(struct engine *e);
struct fake_place *engine_place(struct engine *e, const char *name);
const struct row *engine_row(const struct outcome *o, const char *place);
/* deploy_run with these options; the report lives until the next engine_again. */
int engine_deploy(struct engine *e, const struct deploy_options *o, struct deploy_report *out);

#endif
