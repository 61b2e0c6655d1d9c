/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * evq_pool - memory of the event queue: slots for what events call, blocks of queue entries.
 *
 * Both are free lists, last in first out: what was given back a moment ago is still in the cache.
 */
#ifndef SIM_EVQ_POOL_H
#define SIM_EVQ_POOL_H

#include <assert.h>

#include "sim/bits.h"
#include "sim/evq.h"
#include "sim/port.h"

#define EVQ_BLOCK_BYTES 1024u
#define EVQ_BLOCK_ENTRIES ((EVQ_BLOCK_BYTES - 16u) / sizeof(struct evq_entry))
#define EVQ_SLOT_BITS 28u

/* A pending event in the queue. */
struct evq_entry {
	uint64_t time;
	uint32_t slot;
	uint32_t phase;
};

/* What it calls. */
struct evq_slot {
	ev_fn fn; /* NULL: cancelled */
	void *self;
	uint64_t arg;     /* of a free slot: the next free slot, 0 ends the list */
	ev_handle handle; /* generation, slot number; of the next user while the slot is free */
};

struct evq_block {
	struct evq_block *next;
	uint64_t n_taken; /* entries at the front that have run; level 0 only */
	struct evq_entry entry[EVQ_BLOCK_ENTRIES];
};

_Static_assert(sizeof(struct evq_entry) == 16, "queue entries are compact");
_Static_assert(sizeof(struct evq_slot) == 32, "two slots in a cache line");
_Static_assert(sizeof(struct evq_block) == EVQ_BLOCK_BYTES, "addresses tell the end of a block");

struct evq_pool {
	struct evq_slot *slab; /* slot 0 is not used */
	uint32_t free_slot;    /* 0: none */
	struct evq_block *free_block;
	struct evq_block *fresh, *fresh_end; /* rest of the last chunk of blocks */
	size_t n_slots, max_slots;
	void **chunk;
	size_t n_chunks;
};

void evq_pool_init(struct evq_pool *p);
void evq_pool_fini(struct evq_pool *p);
/* A slot or block that was never used; for when none is free. */
uint32_t evq_pool_fresh_slot(struct evq_pool *p);
struct evq_block *evq_pool_fresh_block(struct evq_pool *p);

/* The caller has ended the slot's handle. */
static inline void evq_pool_put_slot(struct evq_pool *p, uint32_t slot)
{
	p->slab[slot].arg = p->free_slot;
	p->free_slot = slot;
}

static inline struct evq_block *evq_pool_get_block(struct evq_pool *p)
{
	struct evq_block *b = p->free_block;

	if (PORT_LIKELY(b != NULL))
		p->free_block = b->next;
	else
		b = evq_pool_fresh_block(p);
	b->next = NULL;
	b->n_taken = 0;
	return b;
}

static inline void evq_pool_put_block(struct evq_pool *p, struct evq_block *b)
{
	b->next = p->free_block;
	p->free_block = b;
}

#endif
