#include "release/plan.h"

#include <string.h>

/* A set of contents: open addressing over digests, at most half full. */
struct content_set {
	const struct blob **slots;
	size_t mask;
};

static void set_init(struct content_set *s, size_t items, struct arena *mem)
{
	size_t cap = 16;

	while (cap < items * 2)
		cap *= 2;
	s->slots = arena_alloc(mem, cap * sizeof *s->slots);
	s->mask = cap - 1;
}

static bool set_add(struct content_set *s, const struct blob *b)
{
	uint64_t key;
	size_t i;

	memcpy(&key, b->sha256, sizeof key);
	for (i = (size_t)key & s->mask; s->slots[i]; i = (i + 1) & s->mask)
		if (blob_equal(s->slots[i], b))
			return false;
	s->slots[i] = b;
	return true;
}

static bool same_headers(const uint8_t *a, const uint8_t *b)
{
	return (!a && !b) || (a && b && memcmp(a, b, SHA256_SIZE) == 0);
}

static void count_item(struct plan *p, enum plan_kind kind)
{
	switch (kind) {
	case PLAN_KEEP:
		p->keep++;
		break;
	case PLAN_ADD:
		p->add++;
		break;
	case PLAN_CHANGE:
		p->change++;
		break;
	case PLAN_REMOVE:
		p->remove++;
		break;
	}
}

/* Walks both trees in path order. Counts into p, or, once p->items exists, fills it. */
static void merge(struct plan *p, const struct tree *want, const struct tree *have)
{
	size_t w = 0, h = 0, have_count = have ? have->count : 0;

	while (w < want->count || h < have_count) {
		struct plan_item it = { .kind = PLAN_KEEP };
		int order = w == want->count ? 1 : h == have_count ? -1 : strcmp(want->entries[w].path, have->entries[h].path);

		if (order <= 0)
			it.want = &want->entries[w++];
		if (order >= 0)
			it.have = &have->entries[h++];
		if (order < 0)
			it.kind = PLAN_ADD;
		else if (order > 0)
			it.kind = PLAN_REMOVE;
		else if (!blob_equal(it.want->blob, it.have->blob) || !same_headers(it.want->headers, it.have->headers))
			it.kind = PLAN_CHANGE;
		if (!p->items) {
			count_item(p, it.kind);
		} else if (it.kind != PLAN_KEEP) {
			it.path = order <= 0 ? it.want->path : it.have->path;
			p->items[p->count++] = it;
		}
	}
}

static void count_sending(struct plan *p, const struct tree *have, struct arena *mem)
{
	struct content_set held;

	set_init(&held, (have ? have->count : 0) + p->add + p->change, mem);
	for (size_t i = 0; have && i < have->count; i++)
		set_add(&held, have->entries[i].blob);
	for (size_t i = 0; i < p->count; i++) {
		if (p->items[i].kind == PLAN_REMOVE || !set_add(&held, p->items[i].want->blob))
			continue;
		p->send_files++;
		p->send_bytes += p->items[i].want->blob->size;
	}
}

void plan_build(struct plan *p, const struct tree *want, const struct tree *have, struct arena *mem)
{
	size_t changes;

	*p = (struct plan){ .first = have == NULL };
	merge(p, want, have);
	changes = p->add + p->change + p->remove;
	if (!changes)
		return;
	p->items = arena_alloc(mem, changes * sizeof *p->items);
	merge(p, want, have);
	count_sending(p, have, mem);
}

void plan_count_paths(struct plan *p)
{
	p->send_files = p->send_bytes = 0;
	for (size_t i = 0; i < p->count; i++) {
		if (p->items[i].kind == PLAN_REMOVE)
			continue;
		p->send_files++;
		p->send_bytes += p->items[i].want->blob->size;
	}
}

static int refuse(struct fail *f)
{
	return fail_hint(f, "if this is meant, deploy with --allow-removals");
}

int plan_fuse_empty(size_t want, struct fail *f)
{
	return want ? 0 : fail_set(f, FAIL_BUILD, "the build has 0 files");
}

int plan_fuse_counts(size_t want, uint64_t have, bool allow_removals, struct fail *f)
{
	if (allow_removals || have <= want || have - want <= 20 || (have - want) * 2 <= have)
		return 0;
	fail_set(f, FAIL_BUILD, "the build has %zu files where %llu are live: most of them would be removed", want,
	         (unsigned long long)have);
	return refuse(f);
}

int plan_fuse(const struct plan *p, const struct tree *want, const struct tree *have, const char *const *entry_pages,
              size_t entry_count, bool allow_removals, struct fail *f)
{
	if (!have || allow_removals)
		return 0;
	for (size_t i = 0; i < entry_count; i++) {
		if (!tree_find(have, entry_pages[i]) || tree_find(want, entry_pages[i]))
			continue;
		fail_set(f, FAIL_BUILD, "the entry page %s is live but missing from the build", entry_pages[i]);
		return refuse(f);
	}
	if (p->remove > 20 && p->remove * 2 > have->count) {
		fail_set(f, FAIL_BUILD, "%zu of the %zu live files would be removed", p->remove, have->count);
		return refuse(f);
	}
	return 0;
}
