/* moves: where places went or would go, "jarupa  C -> A" a line; for the commands that switch without deploying. */
#ifndef SLIPWAY_CMD_MOVES_H
#define SLIPWAY_CMD_MOVES_H

#include "base/json.h"
#include "cmd/page.h"
#include "deploy/commands.h"

void moves_text(struct page *page, const struct place_move *moves, size_t count);
/* "moves": [{"place","from","to"}] */
void moves_json(struct jw *w, const struct place_move *moves, size_t count);

#endif
