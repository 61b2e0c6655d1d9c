/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * evq_pool - memory of the event queue.
 *
 * Slots are one array that doubles, so that a slot is found by its number. Blocks stay where they
 * are: they come in chunks that double up to 2 MiB, the size of a large page.
 */
#include "sim/evq_pool.h"

#include <stdlib.h>
#include <string.h>

#include "sim/xalloc.h"

#define LARGE_PAGE_BYTES (UINT64_C(2) << 20)
#define FIRST_SLOTS 128u
#define FIRST_BLOCKS 16u

static void *evq_pool_alloc(size_t n_bytes)
{
	bool is_large = n_bytes >= LARGE_PAGE_BYTES;
	void *p = xaligned(is_large ? LARGE_PAGE_BYTES : EVQ_BLOCK_BYTES, n_bytes);

	if (is_large)
		port_huge_pages(p, n_bytes);
	return p;
}

static void evq_pool_more_slots(struct evq_pool *p)
{
	size_t max = p->max_slots ? 2 * p->max_slots : FIRST_SLOTS;
	struct evq_slot *slab = evq_pool_alloc(max * sizeof *slab);

	assert(max <= BIT(EVQ_SLOT_BITS));
	if (p->slab)
		memcpy(slab, p->slab, p->n_slots * sizeof *slab);
	free(p->slab);
	p->slab = slab;
	p->max_slots = max;
}

uint32_t evq_pool_fresh_slot(struct evq_pool *p)
{
	if (p->n_slots == p->max_slots)
		evq_pool_more_slots(p);
	p->slab[p->n_slots] = (struct evq_slot){.handle = BIT(EVQ_SLOT_BITS) | p->n_slots};
	return (uint32_t)p->n_slots++;
}

static void evq_pool_more_blocks(struct evq_pool *p)
{
	size_t n_bytes = LARGE_PAGE_BYTES;

	if (p->n_chunks < 7) /* 16 blocks << 7 are 2 MiB */
		n_bytes = (size_t)FIRST_BLOCKS * EVQ_BLOCK_BYTES << p->n_chunks;
	p->chunk = xrealloc(p->chunk, p->n_chunks + 1, sizeof *p->chunk);
	p->fresh = p->chunk[p->n_chunks++] = evq_pool_alloc(n_bytes);
	p->fresh_end = p->fresh + n_bytes / EVQ_BLOCK_BYTES;
}

struct evq_block *evq_pool_fresh_block(struct evq_pool *p)
{
	if (p->fresh == p->fresh_end)
		evq_pool_more_blocks(p);
	return p->fresh++;
}

void evq_pool_init(struct evq_pool *p)
{
	memset(p, 0, sizeof *p);
	evq_pool_fresh_slot(p);
}

void evq_pool_fini(struct evq_pool *p)
{
	for (size_t i = 0; i < p->n_chunks; i++)
		free(p->chunk[i]);
	free(p->chunk);
	free(p->slab);
}
