/* setup: what commands need before they run, by the flags of their row; and its undoing. */
#ifndef SLIPWAY_CMD_SETUP_H
#define SLIPWAY_CMD_SETUP_H

#include "base/fail.h"
#include "cmd/command.h"
#include "target/fbjson.h"

/* How a firebase.json is to be read: what the command line says, and where firebase-tools keeps what it remembers. */
struct fbjson_request setup_firebase(struct invocation *in);
/* Everything the flags ask for, in order. */
int setup_open(struct invocation *in, struct fail *f);
/* The steps, for a verb that does with part of them. */
int setup_project(struct invocation *in, struct fail *f);       /* loaded; problems collected in in->problems */
int setup_environment(struct invocation *in, struct fail *f);   /* chosen, resolved; the first line is said */
int setup_engine(struct invocation *in, struct fail *f);        /* targets selected; loop, secrets */
int setup_state(struct invocation *in, struct fail *f);         /* .slipway, as the command needs it */
/* Saves what was learnt of contents, and says what was wrong with the cache. */
void setup_save(struct invocation *in);
void setup_close(struct invocation *in);

#endif
