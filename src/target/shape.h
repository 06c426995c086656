/* shape: what a value of a document may look like. The tables in keys.c are made of shapes; they drive unknown-key
 * errors with the nearest key, type errors, and layering. The JSON Schemas in manifests/schema/ say the same (a
 * test holds them together).
 *
 * A shape names the JSON types it takes and, for each, what is inside. A string in which ${...} stands is not
 * judged by its form until it is expanded, except where the form is a name. */
#ifndef SLIPWAY_TARGET_SHAPE_H
#define SLIPWAY_TARGET_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/json.h"
#include "target/problems.h"

enum shape_types { SHAPE_STRING = 1, SHAPE_INTEGER = 2, SHAPE_NUMBER = 4, SHAPE_BOOL = 8, SHAPE_FALSE = 16,
                   SHAPE_TRUE = 32,
                   SHAPE_LIST = 64, SHAPE_OBJECT = 128 };

enum text_form {
	FORM_ANY,               /* any text, also empty */
	FORM_TEXT,              /* not empty */
	FORM_NAME,              /* of a target, host, build, environment, tag: it becomes a file name; no ${} */
	FORM_VARIABLE,          /* A-Z, 0-9, _; no ${} */
	FORM_DURATION,          /* 30s */
	FORM_SHARE,             /* 10% */
	FORM_URL,               /* http:// or https:// and no user information */
	FORM_TREE_PATH,         /* relative, no "..", no empty part */
	FORM_ADDRESS            /* user@host; never an option */
};

enum kind_bits { KIND_DIR = 1, KIND_FIREBASE = 2, KIND_S3 = 4, KIND_SSH = 8, KIND_ALL = 15 };

/* Where a key may stand. */
enum level_bits { LEVEL_HOST = 1, LEVEL_DEFAULTS = 2, LEVEL_ENVIRONMENT = 4, LEVEL_TARGET = 8, LEVEL_ENTRY = 16,
                  LEVEL_LAYERS = 31, LEVEL_NOT_HOST = 30 };

struct shape {
	unsigned types;
	enum text_form form;
	const char *const *words;       /* NULL-ended: the string must be one of them */
	int64_t min, max;               /* of an integer; max 0 = no limit */
	bool filled;                    /* a list or object must not be empty */
	enum text_form key_form;        /* of a map's keys */
	const struct shape *item;       /* of list items; NULL = anything */
	const struct shape *value;      /* of a map's values (an object without keys); NULL = anything */
	const struct key_row *keys;     /* of an object with known keys; ends with a NULL name */
	unsigned where;                 /* enum level_bits: only rows with this level; 0 = all rows */
	unsigned kinds;                 /* enum kind_bits: only rows of these kinds; 0 = all rows */
};

struct key_row {
	const char *name;
	const struct shape *shape;
	unsigned kinds;                 /* 0 = not a layered key: all kinds */
	unsigned levels;                /* 0 = everywhere */
	bool required;
	unsigned choice;                /* not 0: exactly one of the keys with this number */
	const char *beside;             /* not NULL: only where this key stands, too, and is a string */
};

/* Adds what is wrong with v to problems. */
void shape_check(const struct shape *s, const struct json_doc *d, const json *v, struct problems *problems);
/* The same for a text that was expanded: NULL when it fits, else what was expected ("a duration such as 30s"). */
const char *shape_text_wrong(const struct shape *s, const char *text);
/* The row for a key, or NULL. */
const struct key_row *shape_key(const struct key_row *rows, const char *name);
bool form_fits(enum text_form form, const char *text);
/* Every object may hold them; nobody reads them. */
bool key_is_private(const char *key);
/* A text made fit to be a FORM_NAME: other characters become "-"; "site" when nothing is left. */
const char *form_name_of(const char *text, struct arena *mem);

#endif
