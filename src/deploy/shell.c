#include "deploy/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/strbuf.h"

extern char **environ;

struct child {
	struct watch watch;             /* first: of the pidfd */
	bool over;
};

static void ended(struct watch *w, short revents)
{
	(void)revents;
	((struct child *)w)->over = true;
}

static bool replaced(char *const *vars, size_t count, const char *old)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strcspn(vars[i], "=") + 1;
		if (strncmp(vars[i], old, len) == 0)
			return true;
	}
	return false;
}

static char **environment_of(struct context *c, const struct shell_command *s)
{
	size_t inherited = 0, n = 0;

	while (environ[inherited])
		inherited++;
	char **vars = arena_alloc(&c->mem, (inherited + s->var_count + 1) * sizeof *vars);
	while (n < s->var_count) {
		vars[n] = s->vars[n];
		n++;
	}
	for (size_t i = 0; i < inherited; i++)
		if (!replaced(vars, s->var_count, environ[i]))
			vars[n++] = environ[i];
	return vars;
}

static int spawn(pid_t *pid, struct context *c, const struct shell_command *s)
{
	char sh[] = "/bin/sh", flag[] = "-c";
	char *argv[] = { sh, flag, arena_strdup(&c->mem, s->command), NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, usual;

	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	posix_spawn_file_actions_addchdir_np(&files, project_root(c->project));
	posix_spawnattr_init(&attr);
	/* The loop keeps SIGINT and SIGTERM blocked in this thread; a child must get them as usual. */
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &usual);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	int err = posix_spawn(pid, sh, &files, &attr, argv, environment_of(c, s));
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return err;
}

/* Returns the wait status. Without pidfds (Linux before 5.3) it looks ten times a second. */
static int await(struct context *c, pid_t pid)
{
	struct child child = { .watch = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN, .ready = ended } };
	int status = 0;
	bool asked = false;

	if (child.watch.fd >= 0)
		loop_watch(c->loop, &child.watch);
	while (waitpid(pid, &status, child.over ? 0 : WNOHANG) == 0) {
		loop_turn(c->loop, 100);
		c->reporter->tick(c->reporter);
		if (!asked && loop_signals(c->loop, NULL) > 0) {
			asked = true;
			kill(pid, SIGTERM);
		}
	}
	if (child.watch.fd >= 0) {
		loop_unwatch(c->loop, &child.watch);
		close(child.watch.fd);
	}
	return status;
}

int shell_run(struct context *c, const struct shell_command *s, struct fail *f)
{
	struct strbuf text = STRBUF_INIT;
	pid_t pid;

	strbuf_addf(&text, "%s: ", s->who);
	strbuf_addescaped(&text, s->command, strlen(s->command));
	c->reporter->note(c->reporter, NULL, text.buf);
	strbuf_clear(&text);
	int err = spawn(&pid, c, s);
	if (err) {
		fail_errno(f, err, "%s: cannot run its command", s->who);
		return fail_stage(f, s->stage);
	}
	int status = await(c, pid);
	if (loop_signals(c->loop, NULL) > 0)
		fail_set(f, FAIL_CANCELLED, "interrupted while %s ran its command", s->who);
	else if (WIFSIGNALED(status))
		fail_set(f, s->kind, "%s: its command was ended by signal %d", s->who, WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		fail_set(f, s->kind, "%s: its command ended with %d", s->who, WEXITSTATUS(status));
	else
		return 0;
	return fail_stage(f, s->stage);
}
