/* firebase-server: a stand-in for Firebase Hosting, for tests. See ../README.md. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"
#include "options.h"
#include "server.h"

struct ending {
	struct source source;
	bool now;
};

static void on_signal(struct source *s, uint32_t bits)
{
	(void)bits;
	((struct ending *)s)->now = true;
}

static int watch_signals(struct ending *e, struct events *events, struct fail *f)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	*e = (struct ending){ .source = { signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), on_signal } };
	if (e->source.fd < 0)
		return fail_errno(f, errno, "signalfd");
	return events_watch(events, &e->source, EPOLLIN, f);
}

/* More descriptors than the usual 1,024; and buffers of some 100 KB come and go all the time: not by mmap each. */
static void raise_limits(void)
{
	struct rlimit r;

	mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
	mallopt(M_TRIM_THRESHOLD, 512 * 1024 * 1024);
	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

/* Lines for whoever started us, "ready" last, and the file whose appearance means the same. */
static int tell_ready(const struct server *s, const struct options *o, struct fail *f)
{
	char line[64];
	int len = snprintf(line, sizeof line, "ready http://127.0.0.1:%u\n", gate_port(s->gate));

	if (s->tls_gate)
		printf("tls https://127.0.0.1:%u\n", gate_port(s->tls_gate));
	fputs(line, stdout);
	fflush(stdout);
	if (o->ready)
		return file_replace(AT_FDCWD, o->ready, line + strlen("ready "), (size_t)len - strlen("ready "), 0, f);
	return 0;
}

static int run(const struct options *o, struct fail *f)
{
	struct server s;
	struct ending ending;
	int rc = server_open(&s, o, f);

	if (rc == 0)
		rc = watch_signals(&ending, s.events, f);
	if (rc == 0)
		rc = tell_ready(&s, o, f);
	while (rc == 0 && !ending.now) {
		events_turn(s.events);
		trace_flush(&s.trace);
	}
	server_close(&s);
	return rc;
}

int main(int argc, char **argv)
{
	struct options o;
	struct fail f = FAIL_INIT;
	pid_t parent = getppid();

	if (options_read(&o, argc, argv, &f) < 0) {
		fprintf(stderr, "firebase-server: %s\n%s", f.text, options_usage);
		return 2;
	}
	if (o.help) {
		fputs(options_usage, stdout);
		return 0;
	}
	if (o.die_with_parent) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	raise_limits();
	if (run(&o, &f) < 0) {
		fprintf(stderr, "firebase-server: %s\n", f.text);
		return 1;
	}
	return 0;
}
