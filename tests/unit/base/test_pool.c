#include "base/pool.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

struct sum {
	struct job job;
	struct pool *pool;
	pthread_t home;
	uint64_t value, result;
	int again;                  /* how many more times done() submits it */
	unsigned runs, dones;
	bool wrong_thread;
	sigset_t mask;
};

static void sum_run(struct job *j)
{
	struct sum *s = (struct sum *)j;

	for (uint64_t i = 1; i <= s->value; i++)
		s->result += i;
	s->runs++;
	if (pthread_equal(pthread_self(), s->home))
		s->wrong_thread = true;
	pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
}

static void sum_done(struct job *j)
{
	struct sum *s = (struct sum *)j;

	s->dones++;
	if (!pthread_equal(pthread_self(), s->home))
		s->wrong_thread = true;
	if (s->again-- > 0)
		pool_submit(s->pool, j);
}

static struct pool *new_pool(unsigned threads)
{
	struct fail f = FAIL_INIT;
	struct pool *p = NULL;

	if (pool_new(&p, threads, &f) < 0)
		fail_msg("%s", f.text);
	return p;
}

static void prepare(struct sum *jobs, size_t count, struct pool *p)
{
	memset(jobs, 0, count * sizeof *jobs);
	for (size_t i = 0; i < count; i++)
		jobs[i] = (struct sum){ .job = { .run = sum_run, .done = sum_done }, .pool = p, .home = pthread_self(),
			.value = i };
}

static void check(const struct sum *jobs, size_t count, unsigned times)
{
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(jobs[i].runs, times);
		assert_int_equal(jobs[i].dones, times);
		assert_int_equal(jobs[i].result, times * (i * (i + 1) / 2));
		assert_false(jobs[i].wrong_thread);
		assert_true(sigismember(&jobs[i].mask, SIGINT));
		assert_true(sigismember(&jobs[i].mask, SIGUSR1));
	}
}

static void test_all_run_once(void **state)
{
	(void)state;
	static struct sum jobs[5000];
	struct pool *p = new_pool(4);

	assert_int_equal(pool_threads(p), 4);
	prepare(jobs, 5000, p);
	for (size_t i = 0; i < 5000; i++)
		pool_submit(p, &jobs[i].job);
	pool_wait(p);
	check(jobs, 5000, 1);
	assert_int_equal(pool_drain(p), 0);
	pool_wait(p);
	pool_free(p);
}

static void test_done_may_submit_again(void **state)
{
	(void)state;
	static struct sum jobs[100];
	struct pool *p = new_pool(3);

	prepare(jobs, 100, p);
	for (size_t i = 0; i < 100; i++) {
		jobs[i].again = 20;
		pool_submit(p, &jobs[i].job);
	}
	pool_wait(p);
	check(jobs, 100, 21);
	pool_free(p);
}

static void test_the_fd_tells(void **state)
{
	(void)state;
	static struct sum jobs[200];
	struct pool *p = new_pool(2);
	struct pollfd fd = { .fd = pool_fd(p), .events = POLLIN };
	size_t left = 200;

	prepare(jobs, 200, p);
	assert_int_equal(poll(&fd, 1, 0), 0);
	for (size_t i = 0; i < 200; i++)
		pool_submit(p, &jobs[i].job);
	while (left > 0) {
		assert_int_equal(poll(&fd, 1, 20000), 1);
		left = pool_drain(p);
	}
	assert_int_equal(poll(&fd, 1, 0), 0);
	check(jobs, 200, 1);
	pool_free(p);
}

static void test_free_finishes_the_work(void **state)
{
	(void)state;
	static struct sum jobs[500];
	struct pool *p = new_pool(2);

	prepare(jobs, 500, p);
	jobs[7].again = 3;
	for (size_t i = 0; i < 500; i++)
		pool_submit(p, &jobs[i].job);
	pool_free(p);
	for (size_t i = 0; i < 500; i++)
		assert_int_equal(jobs[i].dones, i == 7 ? 4 : 1);
	pool_free(NULL);
}

struct freed {
	struct job job;
	atomic_uint *count;
};

static void freed_run(struct job *j)
{
	atomic_fetch_add(((struct freed *)j)->count, 1);
}

static void freed_done(struct job *j)
{
	free(j);
}

struct feeder {
	struct pool *pool;
	atomic_uint *count;
};

static void *feed(void *arg)
{
	struct feeder *f = arg;

	for (int i = 0; i < 500; i++) {
		struct freed *j = malloc(sizeof *j);
		if (!j)
			abort();
		*j = (struct freed){ .job = { .run = freed_run, .done = freed_done }, .count = f->count };
		pool_submit(f->pool, &j->job);
	}
	return NULL;
}

static void test_any_thread_submits(void **state)
{
	(void)state;
	atomic_uint count = 0;
	struct pool *p = new_pool(4);
	struct feeder f = { p, &count };
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, feed, &f), 0);
	for (int i = 0; i < 100; i++)
		pool_drain(p);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	pool_wait(p);
	assert_int_equal(atomic_load(&count), 2000);
	pool_free(p);
}

struct ranked {
	struct job job;
	atomic_uint *clock;
	unsigned rank;
	pthread_mutex_t *gate;
};

static void ranked_run(struct job *j)
{
	struct ranked *r = (struct ranked *)j;

	pthread_mutex_lock(r->gate);
	pthread_mutex_unlock(r->gate);
	r->rank = atomic_fetch_add(r->clock, 1);
}

static void ranked_done(struct job *j)
{
	(void)j;
}

static void test_urgent_overtakes(void **state)
{
	(void)state;
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	atomic_uint clock = 0;
	struct pool *p = new_pool(1);
	struct ranked jobs[6];

	for (size_t i = 0; i < 6; i++)
		jobs[i] = (struct ranked){ .job = { .run = ranked_run, .done = ranked_done }, .clock = &clock, .gate = &gate };
	/* Also the only one there is, and the last one after others. */
	pool_submit_urgent(p, &jobs[0].job);
	pool_wait(p);
	assert_int_equal(jobs[0].rank, 0);
	pthread_mutex_lock(&gate);
	for (size_t i = 1; i < 5; i++)
		pool_submit(p, &jobs[i].job);
	pool_submit_urgent(p, &jobs[5].job);
	pthread_mutex_unlock(&gate);
	pool_wait(p);
	/* At most the one that was running already came before. */
	assert_in_range(jobs[5].rank, 1, 2);
	assert_true(jobs[2].rank > jobs[5].rank && jobs[4].rank == 5);
	pool_free(p);
}

static void test_sizes(void **state)
{
	(void)state;
	struct pool *p = new_pool(0);
	assert_in_range(pool_threads(p), 1, 16);
	pool_free(p);
	p = new_pool(1000);
	assert_int_equal(pool_threads(p), 16);
	pool_free(p);
}

/* Run in a child: the limits do not come back. */
static int start_without(int resource)
{
	struct rlimit none = { 0, 0 };
	struct fail f = FAIL_INIT;
	struct pool *p;

	if (resource == RLIMIT_NPROC && geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return 99;
	setrlimit((__rlimit_resource_t)resource, &none);
	if (pool_new(&p, 4, &f) == 0)
		return 1;
	return f.kind == FAIL_LOCAL && strstr(f.text, "cannot start workers") ? 0 : 2;
}

static void test_no_descriptor_no_thread(void **state)
{
	(void)state;
	static const int resources[] = { RLIMIT_NOFILE, RLIMIT_NPROC };

	for (size_t i = 0; i < 2; i++) {
		int status;
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(start_without(resources[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_run_once),
		cmocka_unit_test(test_done_may_submit_again),
		cmocka_unit_test(test_the_fd_tells),
		cmocka_unit_test(test_free_finishes_the_work),
		cmocka_unit_test(test_any_thread_submits),
		cmocka_unit_test(test_urgent_overtakes),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_no_descriptor_no_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
