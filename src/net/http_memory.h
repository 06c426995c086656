/* http_memory: how wide the last run could ask each origin, in a small file of the cache: "WIDTH ORIGIN" lines. A run
 * that starts there need not feel its way again; one that turns out to be too wide is halved at the first 429. Nothing
 * depends on it. */
#ifndef SLIPWAY_NET_HTTP_MEMORY_H
#define SLIPWAY_NET_HTTP_MEMORY_H

/* What the file says, from 1 on; 0 = nothing. */
unsigned http_memory_find(const char *file, const char *origin);
/* Puts the line in place of an older one of this origin. What cannot be written is not kept. */
void http_memory_keep(const char *file, const char *origin, unsigned width);

#endif
