/* holder: which process holds a lock, and whether it still lives. Only a process of this very boot and pid namespace
 * can be told dead; of any other the lease decides. */
#ifndef SLIPWAY_HOST_DIR_HOLDER_H
#define SLIPWAY_HOST_DIR_HOLDER_H

#include <stdbool.h>
#include "base/json.h"
#include "base/mem.h"

/* Adds this process to the lock's object: host, pid, boot, space, start. */
void holder_write(struct jw *w);
/* "ci-7 pid 4711" */
const char *holder_where(const json *lock, struct arena *mem);
bool holder_dead(const json *lock);

#endif
