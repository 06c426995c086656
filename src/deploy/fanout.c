#include "deploy/fanout.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A copy takes some calls of its own: below this, sending is as quick. */
#define FOLLOWER_BYTES ((uint64_t)256 * 1024)
#define FOLLOWER_FILES 8

struct set {                            /* of contents: open addressing, a power of two */
	const struct blob **slots;
	size_t size;
};

struct shared { size_t files; uint64_t bytes; };

static size_t slot_of(const struct set *s, const struct blob *b)
{
	size_t at;

	memcpy(&at, b->sha256, sizeof at);
	at &= s->size - 1;
	while (s->slots[at] && memcmp(s->slots[at]->sha256, b->sha256, SHA256_SIZE) != 0)
		at = (at + 1) & (s->size - 1);
	return at;
}

static const struct blob *missing_blob(const struct fanout_place *p, size_t i)
{
	return p->want->entries[p->missing[i]].blob;
}

static struct set set_of(const struct fanout_place *p)
{
	struct set s = { .size = 64 };

	while (s.size < p->count * 2)
		s.size *= 2;
	s.slots = xcalloc(s.size, sizeof(const struct blob *));
	for (size_t i = 0; i < p->count; i++)
		s.slots[slot_of(&s, missing_blob(p, i))] = missing_blob(p, i);
	return s;
}

static struct shared shared_with(const struct set *s, const struct fanout_place *p)
{
	struct shared sum = { 0, 0 };

	for (size_t i = 0; i < p->count; i++) {
		if (!s->slots[slot_of(s, missing_blob(p, i))])
			continue;
		sum.files++;
		sum.bytes += missing_blob(p, i)->size;
	}
	return sum;
}

bool fanout_concerns(size_t files, uint64_t bytes)
{
	return files >= FOLLOWER_FILES || bytes >= FOLLOWER_BYTES;
}

static bool could_follow(const struct fanout_place *p, struct shared sum)
{
	return sum.files * 2 > p->count && fanout_concerns(sum.files, sum.bytes);
}

/* The open place that lacks most. */
static size_t next_seed(const struct fanout_place *places, const bool *closed, size_t count)
{
	size_t best = FANOUT_NONE;

	for (size_t i = 0; i < count; i++)
		if (!closed[i] && places[i].count && (best == FANOUT_NONE || places[i].count > places[best].count))
			best = i;
	return best;
}

/* Even if all the others lacked the same. */
static bool may_pay(const struct fanout_place *p, size_t count)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < p->count; i++)
		bytes += missing_blob(p, i)->size;
	return p->count * (count - 1) > FANOUT_FILES || bytes * (count - 1) > FANOUT_BYTES;
}

static void try_seed(struct fanout_place *places, bool *closed, size_t count, size_t seed)
{
	struct set set;
	struct shared all = { 0, 0 };

	closed[seed] = true;
	if (!may_pay(&places[seed], count))
		return;
	set = set_of(&places[seed]);
	bool *follows = xcalloc(count, sizeof *follows);
	for (size_t i = 0; i < count; i++) {
		if (closed[i] || !places[i].count || places[i].group != places[seed].group)
			continue;
		struct shared sum = shared_with(&set, &places[i]);
		follows[i] = could_follow(&places[i], sum);
		all.files += follows[i] ? sum.files : 0;
		all.bytes += follows[i] ? sum.bytes : 0;
	}
	bool pays = all.files > FANOUT_FILES || all.bytes > FANOUT_BYTES;
	for (size_t i = 0; pays && i < count; i++) {
		if (!follows[i])
			continue;
		places[i].seed = seed;
		closed[i] = true;
	}
	free(follows);
	free(set.slots);
}

void fanout_choose(struct fanout_place *places, size_t count)
{
	bool *closed = xcalloc(count, sizeof *closed);

	for (size_t i = 0; i < count; i++)
		places[i].seed = FANOUT_NONE;
	for (size_t seed = next_seed(places, closed, count); seed != FANOUT_NONE; seed = next_seed(places, closed, count))
		try_seed(places, closed, count, seed);
	free(closed);
}
