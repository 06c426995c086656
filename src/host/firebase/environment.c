#include "host/firebase/environment.h"

#include <stdlib.h>
#include <string.h>

static const char *origin_from(const char *name, struct arena *mem)
{
	const char *text = getenv(name);
	size_t len = text ? strlen(text) : 0;

	while (len && text[len - 1] == '/')
		len--;
	return len ? arena_strndup(mem, text, len) : NULL;
}

const char *environment_api(struct arena *mem)
{
	return origin_from("FIREBASE_HOSTING_API_URL", mem);
}

const char *environment_site_url(const char *site, struct arena *mem)
{
	const char *base = origin_from("FIREBASE_HOSTING_URL", mem);
	const char *host = base ? strstr(base, "://") : NULL;

	if (!host)
		return arena_printf(mem, "https://%s.web.app", site);
	return arena_printf(mem, "%.*s://%s.%s", (int)(host - base), base, site, host + 3);
}
