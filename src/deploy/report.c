#include "deploy/report.h"

static const char *const result_names[] = {
	[RESULT_NONE] = "none",
	[RESULT_DEPLOYED] = "deployed", [RESULT_UNCHANGED] = "unchanged",
	[RESULT_FAILED] = "failed",
	[RESULT_UNKNOWN] = "unknown", [RESULT_PENDING] = "pending", [RESULT_SKIPPED] = "skipped", [RESULT_HELD] = "held",
	[RESULT_ROLLED_BACK] = "rolled_back", [RESULT_INTERRUPTED] = "interrupted",
};

static const char *const phase_names[] = {
	[PHASE_WAIT] = "wait", [PHASE_OPEN] = "open", [PHASE_READ] = "read", [PHASE_PLAN] = "plan", [PHASE_LOCK] = "lock",
	[PHASE_STAGE] = "stage", [PHASE_SEAL] = "seal", [PHASE_FLUSH] = "flush", [PHASE_SWITCH] = "switch",
	[PHASE_VERIFY] = "verify", [PHASE_RECORD] = "record", [PHASE_PRUNE] = "prune", [PHASE_DELETE] = "delete",
	[PHASE_UNLOCK] = "unlock", [PHASE_DONE] = "done",
};

const char *result_name(enum result r)
{
	return result_names[r];
}

const char *phase_name(enum phase_id p)
{
	return phase_names[p];
}

static bool row_holds(const struct row *row)
{
	return row->result == RESULT_DEPLOYED || row->result == RESULT_UNCHANGED ||
	       (row->result == RESULT_NONE && row->fail.kind == FAIL_NONE);
}

/* The exits that say why the run as a whole stopped; 0 = none of them. */
static int exit_of(const struct fail *error)
{
	switch (error->kind) {
	case FAIL_CANCELLED:
		return 8;
	case FAIL_STATE:
		return 6;
	case FAIL_BUILD:
		return 7;
	case FAIL_USAGE:
	case FAIL_CONFIG:
		return 2;
	default:
		return 0;
	}
}

int outcome_exit(const struct outcome *o)
{
	bool changed = o->changed_something, holds = o->error.kind == FAIL_NONE, interrupted = o->interrupted;

	for (size_t i = 0; i < o->row_count; i++) {
		const struct row *row = o->rows[i];

		holds = holds && row_holds(row);
		interrupted = interrupted || row->result == RESULT_INTERRUPTED;
		changed = changed || row->result == RESULT_UNKNOWN || row->result == RESULT_ROLLED_BACK;
	}
	if (interrupted)
		return 8;
	int rc = exit_of(&o->error);
	if (rc)
		return rc;
	if (o->error.kind == FAIL_CONFLICT && !changed)
		return 5;
	if (!holds)
		return changed ? 3 : 4;
	return o->difference ? 1 : 0;
}
