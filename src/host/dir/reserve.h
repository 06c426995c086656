/* reserve: root/.slipway/reserve, a little room kept for the day on which the disk is full: going back and making room
 * need a lock, a link and a line in the switch log even then. It is spent when one of these meets ENOSPC or EDQUOT, and
 * laid down again when there is room; staging never touches it. */
#ifndef SLIPWAY_HOST_DIR_RESERVE_H
#define SLIPWAY_HOST_DIR_RESERVE_H

#include <stdbool.h>

/* Lays it down when it is not there; state is root/.slipway. Failing at it is no failure: it comes with the next
 * lock. */
void reserve_keep(int state);
/* True when err is a lack of room and the reserve was there to be spent: try once more. */
bool reserve_spend(int state, int err);

#endif
