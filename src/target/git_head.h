/* git_head: branch and commit of a checkout, read from .git without running git. */
#ifndef SLIPWAY_TARGET_GIT_HEAD_H
#define SLIPWAY_TARGET_GIT_HEAD_H

#include "base/mem.h"

struct git_head { const char *branch, *commit; };      /* NULL: detached, unborn, unreadable, or no checkout */
/* Looks in dir and above it; follows .git files of worktrees and submodules, and packed refs. */
void git_head_read(struct git_head *out, const char *dir, struct arena *mem);

#endif
