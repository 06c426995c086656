/* folder: what the walk knows of one directory while it walks. One job lists it and sorts its names; its slices are
 * examined by that job, or by one each. A job touches its own folder or slice, and reads those above. */
#ifndef SLIPWAY_DIST_FOLDER_H
#define SLIPWAY_DIST_FOLDER_H

#include "dist/walk.h"

struct name {
	uint32_t at;                    /* in the folder's names */
	uint8_t is_dir, is_link, is_file;
};

struct slice {
	struct job job;
	struct folder *folder;
	size_t from, to;                /* of the folder's list */
	struct found *files;
	size_t file_count;
	char *text;                     /* the files' paths */
	size_t text_len;
	struct folder **children;       /* in order */
	size_t *before;                 /* how many files of the slice stand before each child */
	size_t child_count, child_cap, before_cap;
	struct notes notes;
};

struct folder {
	struct job job;
	struct walk *walk;
	struct folder *parent;
	char *path;                     /* "" at the top */
	size_t path_len;
	struct verdict verdict;         /* RULE_KEEP or RULE_ENTER */
	unsigned links;                 /* directory links on the way here */
	uint64_t device, inode;
	char *names;
	size_t names_len, names_cap;
	struct name *list;
	size_t count, cap;
	struct slice *slices;
	size_t slice_count;
	struct notes notes;
};

struct folder *folder_new(struct walk *w, struct folder *parent, const char *path, struct verdict v);
void folder_free(struct folder *d);             /* with all below it; accepts NULL */
/* Reads the names of the folder open at fd, settles what they are, and sorts them in tree order. -1 with errno. */
int folder_list(struct folder *d, int fd);
/* Is it one of the directories around it? */
bool folder_is_loop(const struct folder *d);

/* Judges and examines the slice's names; fd is the folder's (O_PATH is enough). New folders go to walk_enter. */
void slice_examine(struct slice *s, int fd);

/* ---- of walk.c ---- */

void walk_enter(struct folder *d);
bool walk_is_cancelled(const struct walk *w);
/* What the system said about a path becomes a problem of the build, unless it is about this machine. */
void walk_note_errno(struct walk *w, struct notes *n, const char *path, int err);
/* What is wrong with a link that could not be followed; NULL when that is not it. */
const char *walk_link_problem(int err);

#endif
