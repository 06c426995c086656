/* peers: the calls that only the official client makes, answered well enough for it to go on. */
#ifndef FAKE_PEERS_H
#define FAKE_PEERS_H

#include "call.h"

/* Handlers, see call.h. */
int peers_project(struct call *c);              /* Firebase's view of a project: its default site */
int peers_resource(struct call *c);             /* the resource manager's view */
int peers_permissions(struct call *c);          /* every permission that is asked about is held */
int peers_domains(struct call *c);              /* authorised domains: only ours, and whatever is set is fine */
int peers_functions(struct call *c);            /* a project has none */
int peers_service(struct call *c);              /* every service is enabled */

#endif
