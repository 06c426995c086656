/* bare: the floor that a fan-out to directories is measured against: the same creates or links in a bare loop on all
 * cores.
 *
 *   bare create SOURCE DEST...     every file of SOURCE (contents read beforehand) is created in every DEST
 *   bare link SOURCE DEST...       every file of SOURCE is hard-linked into every DEST
 *   bare tree DEST COUNT           COUNT small distinct files in DEST, 100 to a directory (input for the other benches)
 *
 * DESTs must not exist. Prints the seconds of the loop alone. */
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct item {
	char *path;             /* relative to SOURCE */
	char *data;
	size_t size;
	bool is_dir;
};

struct work {
	struct item *items;
	size_t count, cap;
	char **dests;
	size_t dest_count;
	int source;
	bool link;
	atomic_size_t next;
};

static struct work work;                /* nftw has no argument; one job a process */
static size_t source_len;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static char *slurp(const char *path, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data = malloc(size + 1);
	if (fd < 0 || data == NULL || read(fd, data, size) != (ssize_t)size)
		die(path);
	close(fd);
	return data;
}

static int collect(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if ((type != FTW_F && type != FTW_D) || path[source_len] == '\0')
		return 0;
	if (work.count == work.cap) {
		work.cap = work.cap * 2 + 64;
		work.items = realloc(work.items, work.cap * sizeof *work.items);
		if (work.items == NULL)
			die("memory");
	}
	struct item *i = &work.items[work.count++];
	*i = (struct item){ .path = strdup(path + source_len + 1), .size = (size_t)st->st_size, .is_dir = type == FTW_D };
	if (!i->is_dir && !work.link)
		i->data = slurp(path, i->size);
	return 0;
}

static int place(int dest, const struct item *i)
{
	if (i->is_dir)
		return mkdirat(dest, i->path, 0755);
	if (work.link)
		return linkat(work.source, i->path, dest, i->path, 0);
	int fd = openat(dest, i->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	ssize_t n = write(fd, i->data, i->size);
	return close(fd) == 0 && n == (ssize_t)i->size ? 0 : -1;
}

static void *worker(void *arg)
{
	(void)arg;
	for (;;) {
		size_t d = atomic_fetch_add(&work.next, 1);
		if (d >= work.dest_count)
			return NULL;
		if (mkdir(work.dests[d], 0755) < 0)
			die(work.dests[d]);
		int dest = open(work.dests[d], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		for (size_t n = 0; n < work.count; n++)
			if (place(dest, &work.items[n]) < 0)
				die(work.items[n].path);
		close(dest);
	}
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int make_tree(const char *dest, long count)
{
	char name[64], body[256];
	if (mkdir(dest, 0755) < 0 || chdir(dest) < 0)
		die(dest);
	for (long n = 0; n < count; n++) {
		if (n % 100 == 0) {
			snprintf(name, sizeof name, "d%04ld", n / 100);
			if (mkdir(name, 0755) < 0)
				die(name);
		}
		snprintf(name, sizeof name, "d%04ld/chunk-%06ld.js", n / 100, n);
		int len = snprintf(body, sizeof body, "export const id = %ld;\n/* %0*ld */\n", n, (int)(n % 150) + 1, n);
		int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
		if (fd < 0 || write(fd, body, (size_t)len) != len || close(fd) < 0)
			die(name);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "tree") == 0)
		return make_tree(argv[2], strtol(argv[3], NULL, 10));
	if (argc < 4 || (strcmp(argv[1], "create") != 0 && strcmp(argv[1], "link") != 0)) {
		fprintf(stderr, "usage: bare create|link SOURCE DEST... | bare tree DEST COUNT\n");
		return 2;
	}
	work.link = strcmp(argv[1], "link") == 0;
	source_len = strlen(argv[2]);
	work.dests = argv + 3;
	work.dest_count = (size_t)argc - 3;
	work.source = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (work.source < 0 || nftw(argv[2], collect, 32, FTW_PHYS) < 0)
		die(argv[2]);

	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[64];
	size_t count = cores < 1 ? 1 : cores > 64 ? 64 : (size_t)cores;
	double start = now();
	for (size_t n = 0; n < count; n++)
		if (pthread_create(&threads[n], NULL, worker, NULL) != 0)
			die("thread");
	for (size_t n = 0; n < count; n++)
		pthread_join(threads[n], NULL);
	printf("%.3f\n", now() - start);
	return 0;
}
