/* releases: channels and what is released on them. */
#ifndef FAKE_RELEASES_H
#define FAKE_RELEASES_H

#include "call.h"

/* Handlers, see call.h. On a site's own releases the channel is "live" for creating, any for listing. */
int releases_create(struct call *c);
int releases_list(struct call *c);
int releases_get(struct call *c);
int channels_create(struct call *c);
int channels_list(struct call *c);
int channels_get(struct call *c);
int channels_patch(struct call *c);
int channels_delete(struct call *c);

#endif
