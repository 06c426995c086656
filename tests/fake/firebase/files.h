/* files: what goes into a version: the path map, uploads, and reading the map back. */
#ifndef FAKE_FILES_H
#define FAKE_FILES_H

#include "call.h"

/* Handlers, see call.h. */
int files_populate(struct call *c);
int files_list(struct call *c);
int files_upload(struct call *c);

#endif
