/* wire: the world's things as the API's JSON. Empty fields are left out, int64 are strings, times RFC 3339. */
#ifndef FAKE_WIRE_H
#define FAKE_WIRE_H

#include "call.h"

/* "projects/NUMBER/sites/S" or "sites/S", as the call was asked; in the call's memory. */
const char *site_name(struct call *c, const struct site *s);
const char *version_name(struct call *c, const struct version *v);
/* Finds the version in a name of either form. NULL when it is no version name of this world. */
struct version *version_named(struct call *c, const char *name);
/* Each writes one object. */
void write_site(struct call *c, const struct site *s);
void write_version(struct call *c, const struct version *v);
void write_release(struct call *c, const struct site *s, const struct release *r);
void write_channel(struct call *c, const struct site *s, const struct channel *ch);
/* An object that is JSON text already, under a key. */
void write_raw(struct jw *w, const char *key, const char *text);
/* "2026-11-23T09:05:01.123456Z", in the arena. */
const char *wire_time(struct arena *a, int64_t us);

#endif
