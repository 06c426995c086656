#include "net/libcurl.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "base/mem.h"

/* The name of its interface, not of one version: it has been this since 7.16 (2006). */
#define LIBRARY "libcurl.so.4"

/* dlsym gives an object pointer for a function; POSIX asks that the two convert. */
static bool find(void *library, const char *symbol, void *function)
{
	void *found = dlsym(library, symbol);

	*(void **)function = found;
	return found != NULL;
}

static int load(struct libcurl *c, struct fail *f)
{
	void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
	bool all = library != NULL;

#define LIBCURL_FIND(name) all = all && find(library, "curl_" #name, &c->name);
	LIBCURL_FUNCTIONS(LIBCURL_FIND)
#undef LIBCURL_FIND
	if (!all) {
		fail_set(f, FAIL_LOCAL, "%s", dlerror());
		return fail_hint(f, "slipway needs libcurl 7.88 or newer (Debian: libcurl4)");
	}
	if (c->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return fail_set(f, FAIL_LOCAL, "libcurl cannot be started");
	c->ready = true;
	return 0;
}

static void *run(void *arg)
{
	struct libcurl *c = arg;

	(void)load(c, &c->fail);
	return NULL;
}

struct libcurl *libcurl_begin(void)
{
	struct libcurl *c = xcalloc(1, sizeof *c);

	c->threaded = pthread_create(&c->thread, NULL, run, c) == 0;
	if (!c->threaded)
		run(c);
	return c;
}

int libcurl_wait(struct libcurl *c, struct fail *f)
{
	if (c->threaded)
		pthread_join(c->thread, NULL);
	c->threaded = false;
	if (c->ready)
		return 0;
	*f = c->fail;
	return -1;
}

void libcurl_free(struct libcurl *c)
{
	struct fail ignored = FAIL_INIT;

	if (!c)
		return;
	if (libcurl_wait(c, &ignored) == 0)
		c->global_cleanup();
	free(c);
}
