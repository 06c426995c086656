/* first: how long a program takes from its start to its first words on the wire.
 *
 *   first [-n RUNS] [-t] COMMAND [ARG...]
 *
 * Listens on a free port of loopback, starts the command with FIREBASE_HOSTING_API_URL and FIREBASE_TOKEN_URL naming it
 * (https with -t), and waits for the first bytes that arrive. Then the command is killed: nothing is ever answered.
 * Prints "START_TO_CONNECT START_TO_BYTES" in milliseconds, the medians of the runs.
 *
 * Exit status: 1 when a run sends nothing within 10 s, or something other than HTTP (with -t: than a TLS handshake). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MOST = 100, PATIENCE_MS = 10000, TLS_HANDSHAKE = 0x16 };

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int listen_somewhere(unsigned *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, size) < 0 || listen(fd, 16) < 0
	    || getsockname(fd, (struct sockaddr *)&a, &size) < 0)
		return -1;
	*port = ntohs(a.sin_port);
	return fd;
}

static pid_t start(char **command)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	execvp(command[0], command);
	_exit(127);
}

static bool wait_for(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, PATIENCE_MS);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static bool is_hello(const unsigned char *bytes, ssize_t n, bool tls)
{
	return n > 4 && (tls ? bytes[0] == TLS_HANDSHAKE : memcmp(bytes, "POST", 4) == 0 || memcmp(bytes, "GET ", 4) == 0);
}

static bool run(int listener, bool tls, char **command, double *connected, double *spoke)
{
	unsigned char bytes[16];
	bool good = false;
	int fd = -1;
	double began = now_ms();
	pid_t pid = start(command);

	if (pid > 0 && wait_for(listener)) {
		*connected = now_ms() - began;
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	}
	if (fd >= 0 && wait_for(fd)) {
		*spoke = now_ms() - began;
		good = is_hello(bytes, recv(fd, bytes, sizeof bytes, 0), tls);
	}
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	if (fd >= 0)
		close(fd);
	return good;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	double connected[RUNS_MOST], spoke[RUNS_MOST];
	bool tls = false;
	int option, runs = 1;
	unsigned port = 0;
	char url[64];

	while ((option = getopt(argc, argv, "+n:t")) != -1) {
		tls |= option == 't';
		if (option == 'n')
			runs = (int)strtol(optarg, NULL, 10);
		if (option == '?')
			return 2;
	}
	if (optind == argc || runs < 1 || runs > RUNS_MOST) {
		fprintf(stderr, "usage: first [-n RUNS] [-t] COMMAND [ARG...]\n");
		return 2;
	}
	int listener = listen_somewhere(&port);
	if (listener < 0) {
		perror("first");
		return 1;
	}
	snprintf(url, sizeof url, "http%s://127.0.0.1:%u", tls ? "s" : "", port);
	setenv("FIREBASE_HOSTING_API_URL", url, 1);
	setenv("FIREBASE_TOKEN_URL", url, 1);
	for (int i = 0; i < runs; i++)
		if (!run(listener, tls, argv + optind, &connected[i], &spoke[i])) {
			fprintf(stderr, "first: %s says nothing of the kind\n", argv[optind]);
			return 1;
		}
	qsort(connected, (size_t)runs, sizeof *connected, by_value);
	qsort(spoke, (size_t)runs, sizeof *spoke, by_value);
	printf("%.2f %.2f\n", connected[runs / 2], spoke[runs / 2]);
	return 0;
}
