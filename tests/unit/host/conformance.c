#include "conformance.h"

int conformance_run(const struct host_row *row)
{
	struct CMUnitTest tests[4 * CONFORMANCE_MAX];
	void *start = (void *)(uintptr_t)row;
	size_t n = conformance_releases(tests, start);

	n += conformance_staging(tests + n, start);
	n += conformance_locks(tests + n, start);
	n += conformance_upkeep(tests + n, start);
	return _cmocka_run_group_tests(row->kind, tests, n, NULL, NULL);
}
