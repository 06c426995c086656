/* versions: sites and their versions: what is asked about them, creating, describing, finalizing and deleting. */
#ifndef FAKE_VERSIONS_H
#define FAKE_VERSIONS_H

#include "call.h"

/* Handlers, see call.h. */
int sites_list(struct call *c);
int sites_get(struct call *c);
int versions_create(struct call *c);
int versions_list(struct call *c);
int versions_get(struct call *c);
int versions_patch(struct call *c);
int versions_delete(struct call *c);
/* The version the path names; NULL after refusing. */
struct version *version_of(struct call *c);

#endif
