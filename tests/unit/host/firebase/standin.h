/* standin: the stand-in server for Firebase Hosting (tests/fake/README.md) as a process of its own, one for a whole
 * test program, and what others do to the service behind slipway's back: small calls that block.
 *
 * Where it is, everybody reads in the environment, as slipway does. */
#ifndef SLIPWAY_TESTS_FIREBASE_STANDIN_H
#define SLIPWAY_TESTS_FIREBASE_STANDIN_H

#include <sys/types.h>
#include "base/json.h"
#include "../../support/test.h"

#define STANDIN_PROJECT "demo"

struct standin {
	struct scratch home;            /* its service account lies here; HOME, too */
	pid_t pid;
};

/* Starts it and sets FIREBASE_HOSTING_API_URL, FIREBASE_TOKEN_URL and GOOGLE_APPLICATION_CREDENTIALS. False when the
 * program was not built (`make test-programs`): see standin_absent. It ends with the process that started it. */
bool standin_start(struct standin *s);
void standin_end(struct standin *s);
/* What main returns then: the result of one test that says so. */
int standin_absent(void);

/* A request with the right to do anything: a formatted path ("/v1beta1/..." or "/_fake/..."), a body or NULL. The
 * answer is malloc'd; NULL when it was 404; any other refusal fails the test. */
char *standin_call(const char *method, const char *body, const char *path, ...) __attribute__((format(printf, 3, 4)));
/* The same for a body with bytes of any kind. */
char *standin_send(const char *method, const void *body, size_t size, const char *path);
/* The answer understood; 404 fails the test. */
struct json_doc *standin_ask(const char *method, const char *body, const char *path, ...)
	__attribute__((format(printf, 3, 4)));
/* One of its counters, over all sites: "requests", "upload". */
int64_t standin_counter(const char *name);

/* The site that `name` stands for in the test with this scratch directory, made when it is new. In out (64 bytes). */
void standin_site(char out[64], const struct scratch *s, const char *name);
/* What somebody else released with other tools: one file index.html; the version's name ("projects/..."), malloc'd. */
char *standin_foreign_version(const char *site, const char *text);
/* Makes it live, as others do. */
void standin_release(const char *site, const char *version);
/* The name of the version that a release id stands for, malloc'd, or NULL. */
char *standin_version(const char *site, const char *release);

#endif
