/* summary: what came of a command over places, for people: grouped by result, failures last, then a line of
 * totals. */
#ifndef SLIPWAY_CMD_SUMMARY_H
#define SLIPWAY_CMD_SUMMARY_H

#include "cmd/page.h"
#include "deploy/report.h"

/* Groups and names, failures, totals. With -q: failures and totals. Nothing when the whole run was refused. */
void summary_text(struct page *p, const struct outcome *o);
/* Only the places that failed, are unknown, pending, held or interrupted: target, stage, cause, what it serves,
 * hint. */
void summary_failures(struct page *p, const struct outcome *o);
/* "25 targets: 24 deployed, 1 failed · 1 file, 5.0 KiB sent · 0.9 s" */
void summary_totals(struct page *p, const struct outcome *o);
/* "kiosk 1a2b3c4d: 1,088 files, 72.5 MiB" a line per build. */
void summary_builds(struct page *p, const struct outcome *o);

#endif
