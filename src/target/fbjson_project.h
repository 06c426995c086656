/* fbjson_project: a firebase.json as the project's document, in memory. Its values stand, for messages, where they
 * stand in firebase.json. Entries that are wrong become errors; what the client ignores, warnings; what only a check
 * need say (which site is taken for the default one), hints.
 *
 * The document: one host, "hosting"; a target and a build as fbjson.h tells; one environment, called like the
 * Firebase project, so that what is recorded for staging and production of -P is told apart. Nothing else of the
 * project's directory is a document: no targets/, manifests/ or overlays/. */
#ifndef SLIPWAY_TARGET_FBJSON_PROJECT_H
#define SLIPWAY_TARGET_FBJSON_PROJECT_H

#include "target/fbjson.h"
#include "target/project_inside.h"

/* Reads p->config_name in p->dirfd: fills p->firebase, p->config and p->hooks. -1 and f as fbjson_read; p->config
 * stays empty also when no entry can be deployed, with errors in problems. */
int fbjson_project_read(struct project *p, const struct fbjson_request *rq, struct problems *problems,
                          struct fail *f);

#endif
