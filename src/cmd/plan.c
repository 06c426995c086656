#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "cmd/channel.h"
#include "cmd/deploy.h"
#include "cmd/format.h"
#include "cmd/plan_text.h"
#include "cmd/result.h"
#include "cmd/verbs.h"

static const struct opt_row rows[] = {
	{ "dist", 0, OPT_LIST, DEPLOY(dist), "DIR", WORDS_DIR, "the build to read; NAME=DIR when the project has several" },
	{ "retry-failed", 0, OPT_FLAG, DEPLOY(retry_failed), NULL, WORDS_NONE,
	  "only targets whose last deploy did not succeed" },
	{ "repair", 0, OPT_FLAG, DEPLOY(repair), NULL, WORDS_NONE, "as deploy --repair would" },
	{ "again", 0, OPT_FLAG, DEPLOY(again), NULL, WORDS_NONE, "as deploy --again would" },
	{ "allow-removals", 0, OPT_FLAG, DEPLOY(allow_removals), NULL, WORDS_NONE,
	  "do not refuse when most files or an entry page vanish" },
	{ "no-cache", 0, OPT_FLAG, DEPLOY(no_cache), NULL, WORDS_NONE, "read every file again" },
	{ "compare-content", 0, OPT_FLAG, DEPLOY(compare_content), NULL, WORDS_NONE,
	  "fetch what others compressed, and tell what differs by its encoding only" },
	CHANNEL_ROW(DEPLOY(channel)),
	{ "exit-code", 0, OPT_FLAG, DEPLOY(exit_code), NULL, WORDS_NONE, "exit 1 when something would change" },
};

int plan_make(struct invocation *in, struct fail *f)
{
	const struct deploy_opts *o = in->opts;
	const struct deploy_options options = deploy_options_of(o);
	if (deploy_channel(in, f) < 0)
		return -1;
	struct plan_report *report = arena_alloc(&in->mem, sizeof(*report));
	in->report = report;
	in->outcome = &report->outcome;
	if (plan_run(&in->context, &options, report) < 0)
		return -1;
	bool any = false;
	for (size_t i = 0; i < report->outcome.row_count; i++)
		any |= report->outcome.rows[i]->result == RESULT_NONE;
	report->outcome.difference = o->exit_code && any;
	return 0;
}

void plan_text(struct invocation *in, struct page *page)
{
	const struct plan_report *report = in->report;
	if (report)
		plan_page(page, report);
}

static const char *hex_of(struct arena *mem, const uint8_t digest[SHA256_SIZE])
{
	char *hex = arena_bytes(mem, SHA256_HEX);
	hex_encode(hex, digest, SHA256_SIZE);
	return hex;
}

static void items_json(struct invocation *in, struct jw *w, const struct place_plan *p, enum plan_kind kind,
                       const char *key)
{
	jw_key(w, key);
	jw_array(w);
	for (size_t i = 0; i < p->plan.count; i++) {
		const struct plan_item *item = &p->plan.items[i];
		const struct entry *e = item->want ? item->want : item->have;
		const uint8_t *wire = e->blob->secret ? NULL : place_plan_wire(p, i);
		if (item->kind != kind)
			continue;
		jw_object(w);
		jw_kstr(w, "path", item->path);
		jw_kint(w, "size", (int64_t)e->blob->size);
		jw_kstr(w, "sha256", e->blob->secret ? NULL : hex_of(&in->mem, e->blob->sha256));
		jw_kstr(w, "wire_sha256", wire ? hex_of(&in->mem, wire) : NULL);
		jw_kstr(w, "why", p->why ? p->why[i] : NULL);
		jw_end(w);
	}
	jw_end(w);
}

void plan_json_place(struct invocation *in, struct jw *w, size_t i)
{
	const struct plan_report *report = in->report;
	if (!report->places)
		return;
	const struct place_plan *p = &report->places[i];
	items_json(in, w, p, PLAN_ADD, "add");
	items_json(in, w, p, PLAN_CHANGE, "change");
	items_json(in, w, p, PLAN_REMOVE, "remove");
	jw_key(w, "config");
	jw_array(w);
	for (size_t k = 0; k < p->config_count; k++) {
		jw_object(w);
		jw_kstr(w, "key", p->config[k].key);
		jw_kstr(w, "from", p->config[k].from);
		jw_kstr(w, "to", p->config[k].to);
		jw_end(w);
	}
	jw_end(w);
	jw_kint(w, "keep", (int64_t)p->row->kept);
	jw_kint(w, "send_bytes", (int64_t)p->plan.send_bytes);
	jw_kbool(w, "exact", p->exact);
	jw_kbool(w, "first", p->plan.first);
}

void plan_json(struct invocation *in, struct jw *w)
{
	const struct plan_report *report = in->report;
	jw_key(w, "ignored");
	jw_array(w);
	for (size_t b = 0; report && b < report->build_count; b++)
		for (size_t i = 0; i < report->builds[b].hidden_count; i++)
			plan_hidden_json(w, &report->builds[b], &report->builds[b].hidden[i]);
	jw_end(w);
}

const struct cmd_verb cmd_plan = {
	.run = plan_make, .text = plan_text, .json = plan_json, .json_place = plan_json_place, .no_cache = deploy_no_cache,
	.opts = rows, .opt_count = sizeof(rows) / sizeof(rows[0]), .opts_size = sizeof(struct deploy_opts),
	.usage = "plan [TARGET...] [options]",
	.about = "Reads the build and what each target serves, and says what deploy would do.\n"
	         "Targets with the same change share a line; -v lists every file. Nothing is\n"
	         "changed anywhere, and no secret is read: what depends on one is \"known at\n"
	         "deploy\".",
};
