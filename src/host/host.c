#include "host/host.h"

#include <string.h>
#include "host/kinds.h"

const struct host_ops *host_find(const char *kind)
{
	static const struct host_ops *const kinds[] = { &dir_host, &firebase_host };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i]->kind, kind) == 0)
			return kinds[i];
	return NULL;
}
