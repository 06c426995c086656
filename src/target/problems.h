/* problems: what is wrong with the project's documents, all of it at once. Each row says where, what, and what to
 * do. */
#ifndef SLIPWAY_TARGET_PROBLEMS_H
#define SLIPWAY_TARGET_PROBLEMS_H

#include <stddef.h>
#include "base/fail.h"
#include "base/json.h"
#include "base/mem.h"

enum problem_level { PROBLEM_ERROR, PROBLEM_WARNING, PROBLEM_HINT };

struct document_problem {
	enum problem_level level;
	const char *file;               /* relative to the project root */
	unsigned line, column;          /* 1-based; 0 = the document as a whole */
	const char *text, *hint;        /* hint may be NULL */
};

struct problems {
	struct document_problem *items;
	size_t count, cap, errors;
	struct arena mem;
};
#define PROBLEMS_INIT { NULL, 0, 0, 0, ARENA_INIT }

/* A row that is there already, to the letter, is not added again: one mistake in "defaults" is one problem, not
 * one a target. */
void problem_add(struct problems *p, enum problem_level level, const char *file, unsigned line, unsigned column,
                 const char *hint, const char *fmt, ...) __attribute__((format(printf, 7, 8)));
/* At a value (or its key) of a parsed document. */
void problem_at(struct problems *p, enum problem_level level, const struct json_doc *d, const json *v,
                enum json_where where, const char *hint, const char *fmt, ...) __attribute__((format(printf, 7, 8)));
/* A failure to read `file`: a parser's text begins with name:line:column, which become the row's own fields. */
void problem_add_failure(struct problems *p, enum problem_level level, const char *file, const struct fail *f);
/* By file, then position; whole-document rows first. */
void problems_sort(struct problems *p);
/* 0 when there is no error; else -1 with FAIL_CONFIG: the first error, and how many more. */
int problems_fail(const struct problems *p, struct fail *f);
void problems_clear(struct problems *p);

#endif
