/* problems_text: problems of documents, for people and in --json. */
#ifndef SLIPWAY_CMD_PROBLEMS_TEXT_H
#define SLIPWAY_CMD_PROBLEMS_TEXT_H

#include "base/json.h"
#include "base/strbuf.h"
#include "cmd/page.h"
#include "target/problems.h"

/* "targets/jarupa.json:2:3: unknown key "tagz""; no newline. */
void problem_sentence(struct strbuf *out, const struct document_problem *p);
/* A line each, with level and, below it, the hint. */
void problems_text(struct page *page, const struct problems *p);
void problems_json(struct jw *w, const struct problems *p);

#endif
