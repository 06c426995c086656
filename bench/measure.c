/* measure: runs a command and prints "SECONDS PEAK_KIB CPU_SECONDS" of it as a whole process.
 *
 *   measure [-o FILE] COMMAND [ARG...]     FILE takes the command's stdout and stderr (default /dev/null)
 *
 * Exit status: the command's own; 127 when it could not be started. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void child(const char *file, char **command)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd >= 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execvp(command[0], command);
	}
	_exit(127);
}

int main(int argc, char **argv)
{
	const char *file = "/dev/null";
	char **command = argv + 1;
	if (argc > 3 && strcmp(argv[1], "-o") == 0) {
		file = argv[2];
		command += 2;
	}
	if (command[0] == NULL) {
		fprintf(stderr, "usage: measure [-o FILE] COMMAND [ARG...]\n");
		return 2;
	}
	struct timespec a, b;
	clock_gettime(CLOCK_MONOTONIC, &a);
	pid_t pid = fork();
	if (pid == 0)
		child(file, command);
	int status = 0;
	struct rusage use = { 0 };
	if (pid < 0 || wait4(pid, &status, 0, &use) < 0) {
		perror("measure");
		return 127;
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.3f %ld %.3f\n", (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9, use.ru_maxrss,
	       seconds(use.ru_utime) + seconds(use.ru_stime));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
