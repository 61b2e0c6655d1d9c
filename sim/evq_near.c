/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * evq_near - the events that run next, in a sorted array.
 *
 * What costs is not comparing but branches that the processor guesses wrongly: few entries are sorted
 * by counting how many keys are lower than each, many by one counting pass over a digit.
 */
#include "sim/evq_near.h"

#include <string.h>

_Static_assert(EV_PHASE_N <= 8 && EVQ_NEAR_RUN <= 32, "56 bits of time, 3 of phase, 5 of place");

void evq_near_fill(struct evq_near *near, const struct evq_entry *from, uint32_t n, uint64_t start,
		   const struct evq_slot *slab)
{
	uint64_t key[EVQ_NEAR_RUN];

	/* With the place in the bucket in them no two keys are equal. */
	for (uint32_t i = 0; i < n; i++) {
		PORT_PREFETCH(&slab[from[i].slot]);
		key[i] = ((from[i].time - start) << 3 | from[i].phase) << 5 | i;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t rank = 0;

		for (uint32_t k = 0; k < n; k++)
			rank += key[k] < key[i];
		near->entry[rank] = from[i];
	}
	near->first = 0;
	evq_near_cut(near, n);
}

/* For entries that are nearly in order; equal keys keep theirs. */
static void evq_near_sort(struct evq_entry *entry, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct evq_entry e = entry[i];
		uint32_t at = i;

		for (; at > 0 && evq_near_is_later(entry[at - 1], e); at--)
			entry[at] = entry[at - 1];
		entry[at] = e;
	}
}

bool evq_near_fill_many(struct evq_near *near, const struct evq_entry *from, uint32_t n,
			unsigned level, const struct evq_slot *slab)
{
	uint16_t at[EVQ_N_DIGITS] = {0};
	uint16_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		if (++at[evq_near_digit(level, from[i])] > EVQ_NEAR_RUN)
			return false;
	for (unsigned d = 0; d < EVQ_N_DIGITS; d++) {
		uint16_t had = at[d];

		at[d] = sum;
		sum = (uint16_t)(sum + had);
	}
	for (uint32_t i = 0; i < n; i++) {
		PORT_PREFETCH(&slab[from[i].slot]);
		near->entry[at[evq_near_digit(level, from[i])]++] = from[i];
	}
	evq_near_sort(near->entry, n);
	near->first = 0;
	evq_near_cut(near, n);
	return true;
}

/* The place behind all entries that are not later than e. */
static uint32_t evq_near_place(const struct evq_near *near, struct evq_entry e)
{
	uint32_t at = near->first, n = near->end - at;

	while (n > 0) {
		uint32_t half = n / 2;
		bool behind = !evq_near_is_later(near->entry[at + half], e);

		at = behind ? at + half + 1 : at;
		n = behind ? n - half - 1 : half;
	}
	return at;
}

/* Entries to the middle of the room; false when there is no room at both ends then. */
static bool evq_near_recentre(struct evq_near *near)
{
	uint32_t n = near->end - near->first, first = (EVQ_NEAR_ROOM - n) / 2;

	if (n > EVQ_NEAR_ROOM - 2)
		return false;
	memmove(near->entry + first, near->entry + near->first, n * sizeof *near->entry);
	near->first = first;
	near->end = first + n;
	return true;
}

/* Moves the shorter side. */
bool evq_near_insert_many(struct evq_near *near, struct evq_entry e)
{
	if ((near->first == 0 || near->end == EVQ_NEAR_ROOM) && !evq_near_recentre(near))
		return false;

	struct evq_entry *first = near->entry + near->first;
	uint32_t at = evq_near_place(near, e);
	uint32_t n_before = at - near->first, n_behind = near->end - at;
	uint32_t n_moved = n_behind < n_before ? n_behind : n_before;

	if (n_moved > EVQ_NEAR_FEW) {
		if (n_moved > near->budget)
			return false;
		near->budget -= n_moved;
	}
	if (n_behind <= n_before) {
		memmove(near->entry + at + 1, near->entry + at, n_behind * sizeof *first);
		near->end++;
	} else {
		memmove(first - 1, first, n_before * sizeof *first);
		near->first--;
		at--;
	}
	near->entry[at] = e;
	return true;
}
