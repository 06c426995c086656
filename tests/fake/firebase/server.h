/* server: everything together: takes requests from the gates, sends them to the API, the control interface or the
 * served sites, and hands the answers back as the faults want it. */
#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

#include <stdbool.h>
#include "events.h"
#include "faults.h"
#include "gate.h"
#include "options.h"
#include "token.h"
#include "trace.h"
#include "world.h"

struct server {
	struct gate_user user;              /* first: the gates give it back */
	const struct options *options;
	struct events *events;
	struct gate *gate, *tls_gate;       /* tls_gate may be NULL */
	struct ssl_ctx_st *tls;
	struct world world;
	struct tokens tokens;
	struct faults faults;
	struct trace trace;
};

/* Listens and writes the service accounts' files. The options are borrowed. */
int server_open(struct server *s, const struct options *o, struct fail *f);
void server_close(struct server *s);

/* For handlers: the URL of a site ("SITE" or "SITE--CHANNEL-SUFFIX"), and where this client shall upload. */
const char *server_site_url(const struct server *s, struct arena *a, const char *label);
const char *server_upload_base(const struct call *c);

#endif
