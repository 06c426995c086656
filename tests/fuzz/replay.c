/* replay: feeds every file of a corpus directory to a fuzz target and reports in TAP. The directory is the argument, or
 * tests/fuzz/corpus/NAME when the program is called replay_NAME. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static int feed(int dirfd, const char *name, unsigned number)
{
	struct strbuf content = STRBUF_INIT;
	struct fail f = FAIL_INIT;

	if (file_read(&content, dirfd, name, 16U << 20, 0, &f) < 0) {
		printf("not ok %u - %s: %s\n", number, name, f.text);
		return -1;
	}
	/* A copy of exactly that size: an overrun of one byte is seen by the sanitizers. */
	unsigned char *data = malloc(content.len ? content.len : 1);
	if (!data)
		return -1;
	memcpy(data, content.buf, content.len);
	LLVMFuzzerTestOneInput(data, content.len);
	free(data);
	strbuf_clear(&content);
	printf("ok %u - %s\n", number, name);
	return 0;
}

int main(int argc, char **argv)
{
	char path[256];
	struct dirent **names;
	unsigned number = 0;
	int failures = 0;

	const char *mark = strrchr(argv[0], '/');
	mark = strstr(mark ? mark : argv[0], "replay_");
	if (argc > 1)
		snprintf(path, sizeof path, "%s", argv[1]);
	else
		snprintf(path, sizeof path, "tests/fuzz/corpus/%s", mark ? mark + strlen("replay_") : "");
	setvbuf(stdout, NULL, _IOLBF, 0);

	int dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int count = dirfd < 0 ? -1 : scandir(path, &names, NULL, alphasort);
	if (count <= 2) {
		printf("1..1\nnot ok 1 - no corpus in %s\n", path);
		return 1;
	}
	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.')
			failures += feed(dirfd, names[i]->d_name, ++number) < 0;
		free(names[i]);
	}
	free(names);
	printf("1..%u\n", number);
	return failures > 0 || number == 0;
}
