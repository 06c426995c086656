/* plan_text: a plan for people. Targets with the same change share a line: "38 targets: ~ app.3f.js, ~
 * index.html". */
#ifndef SLIPWAY_CMD_PLAN_TEXT_H
#define SLIPWAY_CMD_PLAN_TEXT_H

#include "base/json.h"
#include "cmd/page.h"
#include "deploy/commands.h"

void plan_page(struct page *p, const struct plan_report *report);
/* "ignored: 14 by your rules, 2 built in (dot file, node_modules)", a line per build that hides something. */
void plan_ignored(struct page *p, const struct build *builds, size_t count);

/* A row of "ignored" and "hidden" in --json. */
void plan_hidden_json(struct jw *w, const struct build *build, const struct hidden *h);

#endif
