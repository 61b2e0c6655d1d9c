/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * import_group - which iommu:map events are one map call, for logs without function lines.
 *
 * 1. A later unmap that begins where an event begins and is longer takes the events that join up
 * behind it: dma_unmap_sg() undoes a whole dma_map_sg().
 * 2. Events that join up, are never unmapped, and whose addresses were never used before, are one
 *    allocation made of single pages: the allocator hands out fresh ranges downwards, so two fresh
 *    calls never join upwards.
 */
#include "cli/import.h"

#include <stdlib.h>

#include "sim/xalloc.h"

/* An operation by address, then by position. */
struct group_key {
	iova_t iova;
	unsigned op;
};

static int group_compare(const void *a, const void *b)
{
	const struct group_key *x = a, *y = b;

	if (x->iova != y->iova)
		return x->iova < y->iova ? -1 : 1;
	return x->op < y->op ? -1 : x->op > y->op;
}

/* All operations of a kind, sorted. */
static struct group_key *group_keys(const struct guest_log *g, enum guest_kind kind, size_t *n)
{
	struct group_key *keys = xcalloc(g->n_ops, sizeof *keys);

	*n = 0;
	for (size_t i = 0; i < g->n_ops; i++)
		if (g->op[i].kind == kind)
			keys[(*n)++] = (struct group_key){g->op[i].iova, (unsigned)i};
	qsort(keys, *n, sizeof *keys, group_compare);
	return keys;
}

/* Index of the first key that is not below (iova, op). */
static size_t group_find(const struct group_key *keys, size_t n, iova_t iova, unsigned op)
{
	size_t low = 0, high = n;
	const struct group_key want = {iova, op};

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (group_compare(&keys[middle], &want) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct group {
	struct guest_log *g;
	struct group_key *map, *unmap;
	size_t n_maps, n_unmaps;
};

/* Bytes of the next unmap that begins at op's address, 0: there is none before it is mapped again.
 */
static uint64_t group_unmapped(const struct group *p, unsigned op)
{
	iova_t iova = p->g->op[op].iova;
	size_t u = group_find(p->unmap, p->n_unmaps, iova, op);
	size_t m = group_find(p->map, p->n_maps, iova, op + 1);

	if (u == p->n_unmaps || p->unmap[u].iova != iova)
		return 0;
	if (m < p->n_maps && p->map[m].iova == iova && p->map[m].op < p->unmap[u].op)
		return 0;
	return p->g->op[p->unmap[u].op].n_bytes;
}

static bool group_is_fresh(const struct group *p, unsigned op)
{
	size_t m = group_find(p->map, p->n_maps, p->g->op[op].iova, 0);

	return p->map[m].op == op;
}

/* Does event b carry on the call that a began? */
static bool group_joins(const struct group *p, const struct guest_op *a, uint64_t unmapped,
			bool fresh, unsigned b)
{
	const struct guest_op *op = &p->g->op[b];

	if (op->kind != GUEST_MAP || op->cpu != a->cpu || a->iova + a->n_bytes != op->iova)
		return false;
	if (unmapped)
		return a->n_bytes + op->n_bytes <= unmapped;
	return fresh && group_is_fresh(p, b) && group_unmapped(p, b) == 0;
}

void import_group(struct guest_log *g)
{
	struct group p = {.g = g};
	struct guest_op *out = xcalloc(g->n_ops, sizeof *out);
	size_t n_out = 0;

	p.map = group_keys(g, GUEST_MAP, &p.n_maps);
	p.unmap = group_keys(g, GUEST_UNMAP, &p.n_unmaps);
	for (size_t i = 0; i < g->n_ops;) {
		struct guest_op *op = &out[n_out++];
		unsigned first = (unsigned)i;
		uint64_t unmapped;
		bool fresh;

		*op = g->op[i++];
		if (op->kind != GUEST_MAP)
			continue;
		unmapped = group_unmapped(&p, first);
		fresh = group_is_fresh(&p, first);
		for (; i < g->n_ops && group_joins(&p, op, unmapped, fresh, (unsigned)i); i++) {
			op->n_bytes += g->op[i].n_bytes;
			op->n_segs += g->op[i].n_segs;
		}
	}
	free(p.map);
	free(p.unmap);
	free(g->op);
	g->op = out;
	g->n_op_room = g->n_ops ? g->n_ops : 1;
	g->n_ops = n_out;
}
