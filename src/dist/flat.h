/* flat: a flat file of equal rows under 128-bit keys, read whole and replaced whole: what the file index is.
 * Measured on 100,000 rows beside SQLite (one transaction, synchronous off): loaded in half the time (18 to 35 ms),
 * written in a quarter (80 against 350 ms), and searched by all threads without a lock.
 *
 * File: header, rows, then slots (row number + 1, open addressing). The header holds a checksum of all that follows,
 * so a torn or foreign file is never believed; it is replaced by rename, so a reader sees one whole table, and two
 * writers leave one of two. Byte order and layout are this machine's: a table from elsewhere fails its check and is
 * made anew. */
#ifndef SLIPWAY_DIST_FLAT_H
#define SLIPWAY_DIST_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/fail.h"
#include "dist/xxh.h"

/* A row is row_size bytes (a multiple of 8), and begins with its struct xxh128. */
struct flat_format {
	const char *kind;               /* at most 8 characters */
	uint32_t version;               /* a file with a newer one is FAIL_STATE, with an older one empty */
	uint32_t rules;                 /* what the rows' judgements were made by; a file with another one is empty */
	size_t row_size;
};

struct flat;
/* Looks at the file's version only: FAIL_STATE when it is newer. Rows can be added at once, found after flat_load. */
int flat_open(struct flat **out, int dirfd, const char *name, const struct flat_format *format, struct fail *f);
/* Reads the rows, once; before any other thread asks. Never fails for want of a usable file: absent, damaged,
 * unreadable or older is empty. */
void flat_load(struct flat *t);
void flat_free(struct flat *t);               /* accepts NULL; saves nothing */
size_t flat_count(const struct flat *t);      /* rows that were loaded */
const void *flat_row(const struct flat *t, size_t i);
/* The loaded row, or NULL. Marks it as used. Any thread. */
const void *flat_find(const struct flat *t, struct xxh128 key);
/* Remembers a row (copied), to be saved; it takes the place of one with the same key. Any thread. */
void flat_add(struct flat *t, const void *row);
/* Is there anything that saving would change? */
bool flat_changed(const struct flat *t);
/* Writes what was loaded or has been saved by others meanwhile, and what was added. Loaded rows that were not used
 * are left out when they outnumber the rest. */
int flat_save(struct flat *t, struct fail *f);

#endif
