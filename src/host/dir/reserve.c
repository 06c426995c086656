#include "host/dir/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"

#define RESERVE_NAME "reserve"
/* A lock and its renewal, a link, a line in the log: a block each. */
#define RESERVE_BYTES 16384

void reserve_keep(int state)
{
	char bytes[RESERVE_BYTES];
	struct fail ignored = FAIL_INIT;
	struct stat st;

	if (fstatat(state, RESERVE_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size == RESERVE_BYTES)
		return;
	/* Zeros would take no room where the file system compresses. */
	if (getrandom(bytes, sizeof bytes, GRND_NONBLOCK) == (ssize_t)sizeof bytes)
		file_replace(state, RESERVE_NAME, bytes, sizeof bytes, 0, &ignored);
}

bool reserve_spend(int state, int err)
{
	return (err == ENOSPC || err == EDQUOT) && unlinkat(state, RESERVE_NAME, 0) == 0;
}
