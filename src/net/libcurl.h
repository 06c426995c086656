/* libcurl: the library, loaded when it is wanted. With what it needs in turn it is thirty libraries: loading them takes
 * longer than all else that a program does until its first request, and a run that talks to no service needs none of
 * them. So they are loaded by a thread, beside the reading of the project and the build.
 *
 *   struct libcurl *c = libcurl_begin();       returns at once
 *   if (libcurl_wait(c, &f) < 0) ...           before anything of it is called
 *   c->easy_setopt(e, CURLOPT_URL, "...");     as curl_easy_setopt; values need their exact types: long is 1L
 *
 * Only the network engine includes this. */
#ifndef SLIPWAY_NET_LIBCURL_H
#define SLIPWAY_NET_LIBCURL_H

#include <pthread.h>
#include <stdbool.h>
#include <curl/curl.h>
#include "base/fail.h"

#if defined LIBCURL_VERSION_NUM && LIBCURL_VERSION_NUM < 0x075800
#error "libcurl 7.88 or newer is needed"
#endif

/* What is used of it, without "curl_". */
#define LIBCURL_FUNCTIONS(X) \
	X(easy_cleanup) X(easy_getinfo) X(easy_header) X(easy_init) X(easy_reset) X(easy_setopt) X(easy_strerror) \
	X(getdate) X(global_cleanup) X(global_init) X(multi_add_handle) X(multi_assign) X(multi_cleanup) \
	X(multi_info_read) X(multi_init) X(multi_remove_handle) X(multi_setopt) X(multi_socket_action) X(slist_append) \
	X(slist_free_all) X(version_info)

struct libcurl {
#define LIBCURL_MEMBER(name) __typeof__(curl_##name) *(name);
	LIBCURL_FUNCTIONS(LIBCURL_MEMBER)
#undef LIBCURL_MEMBER

	/* the file's */
	pthread_t thread;
	bool threaded;                  /* the thread is not joined yet */
	bool ready;
	struct fail fail;               /* why it is not */
};

struct libcurl *libcurl_begin(void);
/* -1: FAIL_LOCAL, it cannot be loaded or started. May be asked again. */
int libcurl_wait(struct libcurl *c, struct fail *f);
/* Waits, and gives back what it holds; the library stays in memory. Accepts NULL. */
void libcurl_free(struct libcurl *c);

#endif
