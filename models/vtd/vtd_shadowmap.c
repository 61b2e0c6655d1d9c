/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_shadowmap - what page walks have found: QEMU's IOVA tree, as a radix tree of page-table slots.
 *
 * An empty node is taken out at once, so a child pointer means that pages are below it. A few of those
 * are kept: a guest that maps and unmaps one buffer after the other empties and fills all levels each time.
 */
#include "models/vtd/vtd_shadowmap.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/bits.h"
#include "sim/xalloc.h"

_Static_assert(sizeof(union vtd_shadowslot) == 8, "a pointer fits a slot of 8 bytes");

static unsigned shadow_bits(unsigned level)
{
	return PAGE_BITS + 9 * (level - 1);
}

static unsigned shadow_index(iova_t iova, unsigned level)
{
	return (unsigned)(iova >> shadow_bits(level)) & (VTD_SHADOW_SLOTS - 1);
}

static bool shadow_is_page(union vtd_shadowslot s)
{
	return (s.page & PERM_RW) != 0;
}

static struct vtd_shadownode *shadow_new(struct vtd_shadowmap *t)
{
	struct vtd_shadownode *n = t->spare;

	if (!n)
		return xcalloc(1, sizeof *n);
	t->spare = n->slot[0].child;
	t->n_spare--;
	n->slot[0].page = 0;
	return n;
}

/* n is empty: all its slots are 0. */
static void shadow_give(struct vtd_shadowmap *t, struct vtd_shadownode *n)
{
	if (t->n_spare == VTD_SHADOW_LEVELS) {
		free(n);
		return;
	}
	n->slot[0].child = t->spare;
	t->spare = n;
	t->n_spare++;
}

/* Frees the node and counts its pages. */
static void shadow_free(struct vtd_shadowmap *t, struct vtd_shadownode *n)
{
	for (unsigned i = 0; n->n_used != 0 && i < VTD_SHADOW_SLOTS; i++) {
		if (n->slot[i].page == 0)
			continue;
		n->n_used--;
		if (shadow_is_page(n->slot[i]))
			t->n_pages--;
		else
			shadow_free(t, n->slot[i].child);
	}
	free(n);
}

void vtd_shadowmap_clear(struct vtd_shadowmap *t)
{
	if (t->root)
		shadow_free(t, t->root);
	t->root = NULL;
	for (struct vtd_shadownode *n = t->spare, *next; n; n = next) {
		next = n->slot[0].child;
		free(n);
	}
	t->spare = NULL;
	t->n_spare = 0;
	assert(t->n_pages == 0);
}

/* The slot at the level or the page above that covers it (then *level is raised); NULL: nothing there. */
static const union vtd_shadowslot *shadow_find(const struct vtd_shadowmap *t, iova_t iova,
					       unsigned *level)
{
	const struct vtd_shadownode *n = t->root;

	for (unsigned l = VTD_SHADOW_LEVELS; n; l--) {
		const union vtd_shadowslot *s = &n->slot[shadow_index(iova, l)];

		if (l == *level || shadow_is_page(*s)) {
			*level = l;
			return s;
		}
		n = s->child;
	}
	return NULL;
}

uint64_t vtd_shadowmap_get(const struct vtd_shadowmap *t, iova_t iova, unsigned level)
{
	unsigned at = level;
	const union vtd_shadowslot *s = shadow_find(t, iova, &at);

	return s && at == level && shadow_is_page(*s) ? s->page : 0;
}

bool vtd_shadowmap_overlaps(const struct vtd_shadowmap *t, iova_t iova, unsigned level)
{
	const union vtd_shadowslot *s = shadow_find(t, iova, &level);

	return s && s->page != 0;
}

const union vtd_shadowslot *vtd_shadowmap_table(const struct vtd_shadowmap *t, iova_t iova,
						bool *covered)
{
	unsigned level = 2;
	const union vtd_shadowslot *s = shadow_find(t, iova, &level);

	*covered = s && shadow_is_page(*s);
	return s && !*covered && s->child ? s->child->slot : NULL;
}

/* Forget [first, last], inside the node's range at this level; true if the node is now empty. */
static bool shadow_remove(struct vtd_shadowmap *t, struct vtd_shadownode *n, unsigned level,
			  iova_t first, iova_t last)
{
	unsigned from = shadow_index(first, level), to = shadow_index(last, level);

	for (unsigned i = from; i <= to && n->n_used != 0; i++) {
		union vtd_shadowslot *s = &n->slot[i];
		uint64_t low = bits_low(shadow_bits(level));

		if (s->page == 0)
			continue;
		if (shadow_is_page(*s)) {
			t->n_pages--;
		} else if ((i == from && (first & low) != 0) || (i == to && (last & low) != low)) {
			if (!shadow_remove(t, s->child, level - 1, i == from ? first : 0,
					   i == to ? last : low))
				continue;
			shadow_give(t, s->child);
		} else {
			shadow_free(t, s->child);
		}
		s->page = 0;
		n->n_used--;
	}
	return n->n_used == 0;
}

void vtd_shadowmap_remove(struct vtd_shadowmap *t, iova_t first, iova_t last)
{
	iova_t top = bits_low(shadow_bits(VTD_SHADOW_LEVELS) + 9);

	if (!t->root || first > top)
		return;
	if (last > top)
		last = top;
	if (shadow_remove(t, t->root, VTD_SHADOW_LEVELS, first, last)) {
		shadow_give(t, t->root);
		t->root = NULL;
	}
}

void vtd_shadowmap_insert(struct vtd_shadowmap *t, iova_t iova, unsigned level, uint64_t page)
{
	struct vtd_shadownode **n = &t->root;

	assert((page & PERM_RW) != 0 && level < VTD_SHADOW_LEVELS);
	for (unsigned l = VTD_SHADOW_LEVELS;; l--) {
		union vtd_shadowslot *s;

		if (!*n)
			*n = shadow_new(t);
		s = &(*n)->slot[shadow_index(iova, l)];
		if (s->page == 0)
			(*n)->n_used++;
		if (l == level) {
			assert(s->page == 0);
			s->page = page;
			t->n_pages++;
			return;
		}
		assert(!shadow_is_page(*s));
		n = &s->child;
	}
}
