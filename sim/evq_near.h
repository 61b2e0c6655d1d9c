/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * evq_near - the events that run next, in a sorted array with room at both ends.
 *
 * It is filled at once, with the entries of a bucket in the order of pushing, and then takes single
 * entries: behind all that are not later.
 */
#ifndef SIM_EVQ_NEAR_H
#define SIM_EVQ_NEAR_H

#include "sim/evq_pool.h"

#define EVQ_DIGIT_BITS 8u
#define EVQ_N_DIGITS (1u << EVQ_DIGIT_BITS)
/* evq_near_fill() sorts so many; in evq_near_fill_many() so many may have one digit. */
#define EVQ_NEAR_RUN 32u
#define EVQ_NEAR_BATCH 512u
#define EVQ_NEAR_ROOM (2 * EVQ_NEAR_BATCH)
/* Inserts that move more than EVQ_NEAR_FEW entries are summed up; after EVQ_NEAR_MOVED moves for every
 * entry that there was, the next is refused. To sort the entries into buckets costs about as much. */
#define EVQ_NEAR_FEW 16u
#define EVQ_NEAR_MOVED 32u

struct evq_near {
	uint32_t first, end; /* entry[first .. end - 1] are in use */
	uint32_t budget;     /* entries that inserts may still move */
	struct evq_entry entry[EVQ_NEAR_ROOM];
};

/* Digit `level` of a key: 0 is the phase, n the n-th byte of the time. */
static inline unsigned evq_near_digit(unsigned level, struct evq_entry e)
{
	return level == 0 ? e.phase
			  : (unsigned)(e.time >> (level - 1) * EVQ_DIGIT_BITS) % EVQ_N_DIGITS;
}

static inline bool evq_near_is_later(struct evq_entry a, struct evq_entry b)
{
	return a.time > b.time || (a.time == b.time && a.phase > b.phase);
}

/* Into the empty array: n <= EVQ_NEAR_RUN entries at or after start, less than 2^56 after it. Their
 * slots are prefetched. */
void evq_near_fill(struct evq_near *near, const struct evq_entry *from, uint32_t n, uint64_t start,
		   const struct evq_slot *slab);

/* The same for n <= EVQ_NEAR_BATCH entries that have all digits above `level` in common; false, and the
 * array left empty, when too many have the same digit there. */
bool evq_near_fill_many(struct evq_near *near, const struct evq_entry *from, uint32_t n,
			unsigned level, const struct evq_slot *slab);

/* Keep what is before place `end`. */
static inline void evq_near_cut(struct evq_near *near, uint32_t end)
{
	near->end = end;
	near->budget = EVQ_NEAR_MOVED * (end - near->first);
}

/* Insert into more than EVQ_NEAR_FEW, or at the end of the room; as evq_near_insert(). */
bool evq_near_insert_many(struct evq_near *near, struct evq_entry e);

/* Insert e; false when the array is full or its budget is used up. */
static inline bool evq_near_insert(struct evq_near *near, struct evq_entry e)
{
	struct evq_entry *entry = near->entry;
	uint32_t first = near->first, at = near->end;

	if (first == at)
		near->first = near->end = first = at = EVQ_NEAR_ROOM / 2;
	if (at - first > EVQ_NEAR_FEW || at == EVQ_NEAR_ROOM)
		return evq_near_insert_many(near, e);
	for (; at > first && evq_near_is_later(entry[at - 1], e); at--)
		entry[at] = entry[at - 1];
	entry[at] = e;
	near->end++;
	return true;
}

#endif
