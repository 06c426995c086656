#include "deploy/build_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
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

/* A value that differs between two targets is a target's, not the environment's. */
static bool agreed(const struct context *c, const char *build, const struct var *v)
{
	for (size_t i = 0; i < c->all.count; i++) {
		const struct target *t = &c->all.items[i];
		const struct var *other = target_var(t, v->name);
		if (strcmp(t->build, build) == 0 && (!other || !other->text || strcmp(other->text, v->text) != 0))
			return false;
	}
	return true;
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

static char **environment_for(struct context *c, const char *build)
{
	const struct target *t = NULL;
	size_t inherited = 0, n = 0;

	for (size_t i = 0; !t && i < c->all.count; i++)
		if (strcmp(c->all.items[i].build, build) == 0)
			t = &c->all.items[i];
	while (environ[inherited])
		inherited++;
	char **vars = arena_alloc(&c->mem, (inherited + (t ? t->var_count : 0) + 2) * sizeof *vars);
	if (c->env.environment)
		vars[n++] = arena_printf(&c->mem, "SLIPWAY_ENVIRONMENT=%s", c->env.environment->name);
	for (size_t i = 0; t && i < t->var_count; i++)
		if (t->vars[i].text && agreed(c, build, &t->vars[i]))
			vars[n++] = arena_printf(&c->mem, "%s=%s", t->vars[i].name, t->vars[i].text);
	size_t own = n;
	for (size_t i = 0; i < inherited; i++)
		if (!replaced(vars, own, environ[i]))
			vars[n++] = environ[i];
	return vars;
}

static int spawn(pid_t *pid, struct context *c, const char *build, const char *command)
{
	char sh[] = "/bin/sh", flag[] = "-c";
	char *argv[] = { sh, flag, arena_strdup(&c->mem, command), NULL };
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
	int err = posix_spawn(pid, sh, &files, &attr, argv, environment_for(c, build));
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

int build_command(struct context *c, const char *build, const char *command, struct fail *f)
{
	struct strbuf text = STRBUF_INIT;
	pid_t pid;

	strbuf_addf(&text, "build %s: ", build);
	strbuf_addescaped(&text, command, strlen(command));
	c->reporter->note(c->reporter, NULL, text.buf);
	strbuf_clear(&text);
	int err = spawn(&pid, c, build, command);
	if (err) {
		fail_errno(f, err, "build %s: cannot run its command", build);
		return fail_stage(f, "build");
	}
	int status = await(c, pid);
	if (loop_signals(c->loop, NULL) > 0)
		fail_set(f, FAIL_CANCELLED, "interrupted while build %s ran its command", build);
	else if (WIFSIGNALED(status))
		fail_set(f, FAIL_BUILD, "build %s: its command was ended by signal %d", build, WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		fail_set(f, FAIL_BUILD, "build %s: its command ended with %d", build, WEXITSTATUS(status));
	else
		return 0;
	return fail_stage(f, "build");
}
