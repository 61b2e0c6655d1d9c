/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * type1 - mappings in an imap; the value is the guest page's address with the permission in its low
 * bits.
 *
 * Sources: linux vfio_iommu_type1.c; that a cutting UNMAP is EINVAL and a MAP over it EEXIST was
 * observed.
 */
#include "models/consumer/type1.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "sim/imap.h"
#include "sim/xalloc.h"

struct type1 {
	struct imap *maps;
	size_t max; /* 0: no limit */
	uint64_t n_pinned;
};

static struct type1_map type1_of(const struct imap_entry *e)
{
	return (struct type1_map){e->first, e->last, e->value & PAGE_MASK,
				  (enum perm)(e->value & PERM_RW)};
}

static uint64_t type1_pages(iova_t first, iova_t last)
{
	return ((last - first) >> PAGE_BITS) + 1;
}

struct type1 *type1_new(size_t max_entries)
{
	struct type1 *t = xcalloc(1, sizeof *t);

	t->maps = imap_new();
	t->max = max_entries;
	return t;
}

void type1_free(struct type1 *t)
{
	if (!t)
		return;
	imap_free(t->maps);
	free(t);
}

/* The kernel looks for an overlap first, then at the limit. */
int type1_map(struct type1 *t, const struct type1_map *map)
{
	struct imap_entry e;

	assert((map->gpa & ~PAGE_MASK) == 0);
	if (imap_first(t->maps, map->first, map->last, &e))
		return -EEXIST;
	if (t->max != 0 && imap_n(t->maps) >= t->max)
		return -ENOSPC;
	imap_insert(t->maps, map->first, map->last, map->gpa | (uint64_t)map->perm);
	t->n_pinned += type1_pages(map->first, map->last);
	return 0;
}

int type1_can_unmap(const struct type1 *t, iova_t first, iova_t last)
{
	struct imap_entry e;

	if (imap_find(t->maps, first, &e) && e.first != first)
		return -EINVAL;
	if (imap_find(t->maps, last, &e) && e.last != last)
		return -EINVAL;
	return 0;
}

bool type1_take(struct type1 *t, iova_t first, iova_t last, struct type1_map *out)
{
	struct imap_entry e;

	if (!imap_first(t->maps, first, last, &e))
		return false;
	imap_remove(t->maps, e.first, NULL);
	t->n_pinned -= type1_pages(e.first, e.last);
	*out = type1_of(&e);
	return true;
}

bool type1_find(const struct type1 *t, iova_t at, struct type1_map *out)
{
	struct imap_entry e;

	if (!imap_find(t->maps, at, &e))
		return false;
	*out = type1_of(&e);
	return true;
}

bool type1_first(const struct type1 *t, iova_t first, iova_t last, struct type1_map *out)
{
	struct imap_entry e;

	if (!imap_first(t->maps, first, last, &e))
		return false;
	*out = type1_of(&e);
	return true;
}

size_t type1_n(const struct type1 *t)
{
	return imap_n(t->maps);
}

uint64_t type1_n_pinned(const struct type1 *t)
{
	return t->n_pinned;
}
