/* beneath: opening what lies below a directory, following links, but never out of it. */
#ifndef SLIPWAY_DIST_BENEATH_H
#define SLIPWAY_DIST_BENEATH_H

struct beneath {
	int fd;                 /* the directory */
	char *real;             /* its real path, for links that name it whole */
};
/* Opens dir; -1 with errno. */
int beneath_init(struct beneath *b, const char *dir);
void beneath_clear(struct beneath *b);
/* An fd or -1 with errno: EXDEV when a link on the way leaves the directory, ELOOP when links go in circles.
 * O_CLOEXEC is added. path "" is the directory itself. A link that leaves and comes back is fine. Any thread. */
int beneath_open(const struct beneath *b, const char *path, int flags);

#endif
