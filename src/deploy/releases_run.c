#include "deploy/commands.h"

#include <string.h>

#include "deploy/errand.h"

/* What one place is to be marked with; id NULL = nothing to do there. */
struct marking {
	const char *id;
	struct switch_note note;
};

static void start_mark(struct run *r)
{
	struct marking *m = r->data;

	if (m->id)
		r->ops->mark(r->place, m->id, &m->note, run_op(r, run_op_done));
	else
		run_done(r, 0);
}

static int refuse_ambiguous(const struct run *r, const char *text, struct fail *f)
{
	return fail_set(f, FAIL_USAGE, "%s has more than one release that begins with \"%s\"", r->row.place, text);
}

/* Says which places have the release and need the mark. FAIL_USAGE when none has it: that is a wrong id, not a
 * wrong place. */
static int find_marks(struct errand *v, const char *text, const char *action, struct fail *f)
{
	bool pin = strcmp(action, "pin") == 0, any = false, read = false;

	for (size_t i = 0; i < v->count; i++) {
		struct run *r = &v->runs[i];
		struct marking *m = r->data;
		const struct release_info *it;
		bool ambiguous = false;

		if (!r->active)
			continue;
		read = true;
		it = release_prefix(&r->list, text, &ambiguous);
		if (ambiguous)
			return refuse_ambiguous(r, text, f);
		if (!it)
			continue;
		any = true;
		m->id = it->pinned == pin ? NULL : it->header.id;
		m->note = (struct switch_note){ .action = action, .by = v->c->who.by, .reason = v->c->message };
		if (m->id && !r->ops->mark) {
			struct fail no = FAIL_INIT;

			fail_set(&no, FAIL_CONFIG, "a %s host cannot pin releases", r->row.kind);
			run_leave(r, RESULT_FAILED, &no);
		}
	}
	if (read && !any) {
		fail_set(f, FAIL_USAGE, "no selected target has a release \"%s\"", text);
		return fail_hint(f, "`slipway releases` lists them");
	}
	return 0;
}

static int mark(struct errand *v, const char *text, const char *action, struct fail *f)
{
	static const struct phase marking = { .id = PHASE_RECORD, .start = start_mark, .changes = true };

	if (!text)
		return 0;
	if (find_marks(v, text, action, f) < 0)
		return -1;
	fleet_phase(v->fleet, &marking);
	fleet_list(v->fleet);
	return 0;
}

static int list(struct errand *v, const struct releases_options *o, struct fail *f)
{
	if (o->pin && o->unpin)
		return fail_set(f, FAIL_USAGE, "--pin and --unpin exclude each other");
	fleet_read(v->fleet);
	fleet_list(v->fleet);
	return o->pin ? mark(v, o->pin, "pin", f) : mark(v, o->unpin, "unpin", f);
}

int releases_run(struct context *c, const struct releases_options *o, struct releases_report *out)
{
	struct fail f = FAIL_INIT;
	struct errand v;
	int rc;

	memset(out, 0, sizeof *out);
	if (errand_open(&v, c, &out->outcome) < 0)
		return errand_close(&v, -1);
	errand_items(&v, sizeof(struct marking));
	rc = list(&v, o, &f) < 0 ? errand_refuse(&v, &f) : 0;
	out->places = arena_alloc(&c->mem, (v.count ? v.count : 1) * sizeof *out->places);
	for (size_t i = 0; i < v.count; i++)
		out->places[i] = (struct releases_row){ .row = &v.runs[i].row, .list = &v.runs[i].list };
	return errand_close(&v, rc);
}
