/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hole - two maps: ranges that went (value: index of the mapping and its time), ranges that came
 * (their time).
 *
 * Both are emptied when a handler begins after the last of their times.
 */
#include "models/consumer/hole.h"

#include <stdlib.h>

#include "sim/imap.h"
#include "sim/xalloc.h"

struct hole_gone {
	struct type1_map map;
	cycles_t at;
};

struct hole {
	cycles_t until;
	struct imap *went, *came;
	struct hole_gone *gone;
	size_t n_gone, max_gone;
};

struct hole *hole_new(void)
{
	struct hole *h = xcalloc(1, sizeof *h);

	h->went = imap_new();
	h->came = imap_new();
	return h;
}

void hole_free(struct hole *h)
{
	if (!h)
		return;
	imap_free(h->went);
	imap_free(h->came);
	free(h->gone);
	free(h);
}

cycles_t hole_until(const struct hole *h)
{
	return h->until;
}

/* Time goes on: what was ahead has happened. */
static void hole_advance(struct hole *h, cycles_t at, cycles_t now)
{
	if (now >= h->until && h->until != 0) {
		imap_clear(h->went);
		imap_clear(h->came);
		h->n_gone = 0;
	}
	if (at > h->until)
		h->until = at;
}

void hole_removed(struct hole *h, const struct type1_map *map, cycles_t at, cycles_t now)
{
	hole_advance(h, at, now);
	if (imap_insert(h->went, map->first, map->last, h->n_gone))
		return; /* it has gone before */
	if (h->n_gone == h->max_gone) {
		h->max_gone = h->max_gone ? 2 * h->max_gone : 16;
		h->gone = xrealloc(h->gone, h->max_gone, sizeof *h->gone);
	}
	h->gone[h->n_gone++] = (struct hole_gone){*map, at};
}

bool hole_added(struct hole *h, iova_t first, iova_t last, cycles_t at, cycles_t now,
		cycles_t *since)
{
	struct imap_entry e;

	hole_advance(h, at, now);
	imap_remove_overlaps(h->came, first, last);
	imap_insert(h->came, first, last, at);
	if (!imap_first(h->went, first, last, &e))
		return false;
	*since = h->gone[e.value].at;
	return true;
}

enum hole_view hole_look(const struct hole *h, iova_t at, cycles_t t, bool is_mapped,
			 struct type1_map *map)
{
	struct imap_entry e;
	bool went = imap_find(h->went, at, &e);

	if (went && h->gone[e.value].at > t) {
		*map = h->gone[e.value].map;
		return HOLE_BEFORE;
	}
	if (!is_mapped || !imap_find(h->came, at, &e) || e.value <= t)
		return HOLE_SETTLED;
	return went ? HOLE_OPEN : HOLE_NONE;
}
