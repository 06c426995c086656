#include "base/capture.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "../support/test.h"
#include "base/clock.h"

#define MOST 64

static enum captured run(const char *script, int most_ms, char *const *env, char out[MOST + 1], size_t *len)
{
	char sh[] = "sh", flag[] = "-c", *text = strdup(script);
	char *argv[] = { sh, flag, text, NULL };
	struct capture how = { .argv = argv, .env = env, .dirfd = -1, .most_ms = most_ms };
	enum captured result = capture_run(&how, out, MOST, len);

	free(text);
	return result;
}

static void output_environment_and_place(void **state)
{
	struct scratch *s = *state;
	char variable[] = "ONLY=this", echo[] = "cat", name[] = "here", out[MOST + 1];
	char *env[] = { variable, NULL }, *argv[] = { echo, name, NULL };
	struct capture how = { .argv = argv, .dirfd = s->fd, .most_ms = 10000 };
	size_t len = 0;

	assert_int_equal(run("cat; printf %s \"$ONLY$HOME\"", 10000, env, out, &len), CAPTURED);
	assert_int_equal(len, 4);
	assert_memory_equal(out, "this", 4);
	scratch_write(s, "here", "found");
	assert_int_equal(capture_run(&how, out, MOST, &len), CAPTURED);
	assert_int_equal(len, 5);
	assert_memory_equal(out, "found", 5);
}

static void ways_to_fail(void **state)
{
	char out[MOST + 1], none[] = "no-such-program-here", dir[] = "/", *argv[] = { none, NULL };
	struct capture how = { .argv = argv, .dirfd = -1, .most_ms = 10000 };
	size_t len = 0;

	(void)state;
	assert_int_equal(run("printf said; exit 3", 10000, NULL, out, &len), CAPTURE_FAILED);
	assert_memory_equal(out, "said", len);
	assert_int_equal(run("kill -9 $$", 10000, NULL, out, &len), CAPTURE_FAILED);
	assert_int_equal(run("printf %065d 1", 10000, NULL, out, &len), CAPTURE_LONG);
	assert_int_equal(run("exec sleep 60", 20, NULL, out, &len), CAPTURE_LATE);
	assert_int_equal(run("exec >&-; exec sleep 60", 20, NULL, out, &len), CAPTURE_LATE);
	assert_int_equal(capture_run(&how, out, MOST, &len), CAPTURE_ABSENT);
	argv[0] = dir;
	assert_int_equal(capture_run(&how, out, MOST, &len), CAPTURE_REFUSED);
}

struct interrupter { int fifo; atomic_bool cancel; };

/* Once the child runs. */
static void *interrupt(void *arg)
{
	struct interrupter *i = arg;
	char c;

	if (read(i->fifo, &c, 1) == 1)
		atomic_store(&i->cancel, true);
	return NULL;
}

static void a_cancelled_one_is_killed(void **state)
{
	int ends[2];
	char sh[] = "sh", flag[] = "-c", script[80], out[MOST + 1], *argv[] = { sh, flag, script, NULL };
	struct interrupter i = { .cancel = false };
	struct capture how = { .argv = argv, .dirfd = -1, .most_ms = 60000, .cancel = &i.cancel };
	int64_t began = clock_mono_ns();
	pthread_t thread;
	size_t len = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	i.fifo = ends[0];
	snprintf(script, sizeof script, "echo x >&%d; exec sleep 60", ends[1]);
	assert_int_equal(pthread_create(&thread, NULL, interrupt, &i), 0);
	assert_int_equal(capture_run(&how, out, MOST, &len), CAPTURE_CANCELLED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(clock_mono_ns() - began < 30000000000);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(output_environment_and_place, scratch_setup, scratch_teardown),
		cmocka_unit_test(ways_to_fail),
		cmocka_unit_test(a_cancelled_one_is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
