/* control: the interface under /_fake/ by which tests ask, set and break things (see ../README.md). No bearer, no
 * faults, no latency, not counted. */
#ifndef FAKE_CONTROL_H
#define FAKE_CONTROL_H

#include "call.h"
#include "gate.h"

void control_answer(struct call *c, struct conn *conn);

#endif
