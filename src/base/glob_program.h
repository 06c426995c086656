/* glob_program: a path part with groups, classes or inner wildcards as a small automaton. */
#ifndef SLIPWAY_BASE_GLOB_PROGRAM_H
#define SLIPWAY_BASE_GLOB_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/glob_class.h"
#include "base/glob_parse.h"

enum glob_op {
	GLOB_CHAR,      /* a: the character */
	GLOB_ANY,
	GLOB_SET,       /* a: the class */
	GLOB_SPLIT,     /* go on at a and at b */
	GLOB_JUMP,      /* a */
	GLOB_NOT,       /* go on at b unless the program at a matches up to the end; the index of its memory is in c */
	GLOB_AT_END,    /* go on only at the end of the part */
	GLOB_ACCEPT,    /* matches if this is the end of the part */
	GLOB_FAIL
};

struct glob_step {
	uint8_t op;
	uint32_t a, b, c;
};

struct glob_program {
	struct glob_step *steps;
	size_t count, cap;
	struct glob_class **classes;
	size_t class_count, class_cap;
	uint32_t negations;
	bool unicode;                   /* characters are code points, not UTF-16 units */
	bool magic;                     /* false: only literal characters */
	bool too_big;
};
#define GLOB_STEPS 60000

/* p is zeroed by the caller; everything lives in mem. */
void glob_compile(struct glob_program *p, const struct glob_tree *t, struct arena *mem);
bool glob_run(const struct glob_program *p, const uint32_t *s, size_t len, uint64_t *steps);

#endif
