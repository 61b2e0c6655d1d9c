/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * evq - pending events in one total order: a radix heap with a sorted front.
 *
 * A key (time, phase) is a number of nine digits: level 0 is the phase, level n the n-th byte of the
 * time. With respect to `base`, which is never later than any pending event, a key belongs to the level
 * of the highest digit in which it differs from base, and there to the bucket of that digit:
 *
 *	push:	level, digit = place(key, base); append to bucket[level][digit]
 *	pop:	take the lowest level that is in use, its lowest bucket; base = start of that bucket;
 *		few events: sort them into `near` and take them from there one by one
 *		many: place each again; all of them go to lower levels
 *
 * Buckets keep the order of pushing, and equal keys are always in the same bucket, so no sequence
 * number is stored and an entry is 16 bytes. Events that belong to a level up to near_level are in
 * `near`, all others in buckets; at one time and phase events run straight out of bucket[0][phase].
 * When pushes move too much of `near`, it is spilled: its later part goes to buckets one level down.
 *
 * Most models have few events pending, and what they push runs next. So one event stands in front of
 * the structure, while it is earlier than all others: it is neither placed nor sorted. floor is a time
 * that nothing behind it is before; an event at that very time goes behind, so that the order of pushing
 * stays an order of places.
 *
 * What an event calls is not in the entry but in a slot of the slab, which the handle names together
 * with a generation. Cancelling clears the slot; the entry is dropped when it comes up, or in a sweep
 * when more entries are dead than alive, so memory is bounded by the live events.
 *
 * Why this: a plain radix heap is the fastest at 10^6 pending events (its passes over memory are
 * sequential) and slow at 10^2, where every event goes through a bucket of its own; the sorted front
 * takes that away, and its known order lets slots be prefetched long before they are needed.
 */
#include "sim/evq.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/bits.h"
#include "sim/evq_near.h"
#include "sim/evq_pool.h"
#include "sim/port.h"
#include "sim/xalloc.h"

#define N_DIGITS EVQ_N_DIGITS
#define N_LEVELS (1u + 64u / EVQ_DIGIT_BITS)
#define N_WORDS (N_DIGITS / 64u)
#define NEAR_NONE (-1)
/* Dead entries beyond the number of live ones before a sweep. */
#define DEAD_SLACK 1024u

/* A FIFO of blocks; put is where the next entry goes, at a block boundary when that needs a block.
 */
struct bucket {
	struct evq_entry *put;
	struct evq_block *first;
};

struct evq {
	struct evq_clock clock; /* first: evq_now() reads it */
	bool stop;
	struct evq_entry front; /* earlier than floor; slot 0: there is none */
	uint64_t below; /* what is pushed before this time becomes the front: front.time or floor */
	uint64_t floor; /* nothing alive behind the front is earlier */
	uint64_t base;
	struct evq_pool pool;
	int near_level;
	uint32_t levels; /* bit n: level n is in use */
	size_t n_live, n_dead;
	uint64_t n_run;
	uint64_t used[N_LEVELS][N_WORDS]; /* bit n: bucket n is not empty */
	struct bucket bucket[N_LEVELS][N_DIGITS];
	struct evq_near near;
};

/* ---- buckets */

static inline bool evq_needs_block(const struct bucket *b)
{
	return ((uintptr_t)b->put & (EVQ_BLOCK_BYTES - 1)) == 0;
}

/* The block that put is in, or at the end of. */
static inline struct evq_block *evq_last_block(const struct bucket *b)
{
	return (struct evq_block *)(((uintptr_t)b->put - 1) & ~(uintptr_t)(EVQ_BLOCK_BYTES - 1));
}

static inline void evq_append(struct evq *q, unsigned level, unsigned digit, struct evq_entry e)
{
	struct bucket *b = &q->bucket[level][digit];

	if (evq_needs_block(b)) {
		struct evq_block *fresh = evq_pool_get_block(&q->pool);

		if (b->first)
			evq_last_block(b)->next = fresh;
		else
			b->first = fresh;
		b->put = fresh->entry;
		q->used[level][digit / 64] |= BIT(digit % 64);
		q->levels |= 1u << level;
	}
	*b->put++ = e;
}

static inline unsigned evq_level(const struct evq *q, uint64_t time)
{
	uint64_t differs = time ^ q->base;

	return differs == 0 ? 0 : bits_log2(differs) / EVQ_DIGIT_BITS + 1;
}

static inline void evq_place(struct evq *q, struct evq_entry e)
{
	unsigned level = evq_level(q, e.time);

	evq_append(q, level, evq_near_digit(level, e), e);
}

static unsigned evq_first_digit(const struct evq *q, unsigned level)
{
	unsigned word = 0;

	while (q->used[level][word] == 0)
		word++;
	return word * 64 + bits_ctz(q->used[level][word]);
}

/* Leaves the bucket empty; the caller has its blocks. */
static struct bucket evq_detach(struct evq *q, unsigned level, unsigned digit)
{
	struct bucket had = q->bucket[level][digit];
	uint64_t any = 0;

	q->bucket[level][digit] = (struct bucket){NULL, NULL};
	q->used[level][digit / 64] &= ~BIT(digit % 64);
	for (unsigned w = 0; w < N_WORDS; w++)
		any |= q->used[level][w];
	if (any == 0)
		q->levels &= ~(1u << level);
	return had;
}

/* The entries of block b of that bucket end here. */
static inline const struct evq_entry *evq_block_end(const struct bucket *had,
						    const struct evq_block *b)
{
	return b->next ? b->entry + EVQ_BLOCK_ENTRIES : had->put;
}

/* Place every entry of a detached bucket anew; `sweep` drops the dead ones. */
static void evq_place_again(struct evq *q, struct bucket had, bool sweep)
{
	struct evq_block *next;

	for (struct evq_block *b = had.first; b; b = next) {
		const struct evq_entry *end = evq_block_end(&had, b);

		next = b->next;
		if (next)
			PORT_PREFETCH(next);
		for (const struct evq_entry *e = b->entry + b->n_taken; e < end; e++) {
			if (!sweep || q->pool.slab[e->slot].fn)
				evq_place(q, *e);
			else
				evq_pool_put_slot(&q->pool, e->slot);
		}
		evq_pool_put_block(&q->pool, b);
	}
}

/* ---- near: the sorted array itself is evq_near */

/* Sort the entries of a detached bucket into the empty near; false when they are too many. */
static bool evq_fill_near(struct evq *q, const struct bucket *had, unsigned level)
{
	const struct evq_block *first = had->first;
	const struct evq_slot *slab = q->pool.slab;
	struct evq_entry all[EVQ_NEAR_BATCH];
	uint32_t n = 0;

	if (!first->next && had->put <= first->entry + EVQ_NEAR_RUN) {
		evq_near_fill(&q->near, first->entry, (uint32_t)(had->put - first->entry), q->base,
			      slab);
		return true;
	}
	for (const struct evq_block *b = first; b; b = b->next) {
		uint32_t add = (uint32_t)(evq_block_end(had, b) - b->entry);

		if (n + add > EVQ_NEAR_BATCH)
			return false;
		memcpy(all + n, b->entry, add * sizeof *all);
		n += add;
	}
	if (n > EVQ_NEAR_RUN)
		return evq_near_fill_many(&q->near, all, n, level - 1, slab);
	evq_near_fill(&q->near, all, n, q->base, slab);
	return true;
}

/* Where the bucket of that digit begins; level 1 or above. */
static inline uint64_t evq_start(const struct evq *q, unsigned level, unsigned digit)
{
	unsigned shift = (level - 1) * EVQ_DIGIT_BITS;

	return ((q->base >> shift & ~(uint64_t)(N_DIGITS - 1)) | digit) << shift;
}

/* near is empty and so is level 0: make the earliest bucket ready, unless it starts after last. */
static bool evq_refill(struct evq *q, cycles_t last)
{
	unsigned level = bits_ctz(q->levels);
	unsigned digit = evq_first_digit(q, level);
	uint64_t start = evq_start(q, level, digit);

	if (start > last)
		return false;

	struct bucket had = evq_detach(q, level, digit);

	q->base = start;
	q->near_level = (int)level - 1;
	if (!evq_fill_near(q, &had, level)) {
		q->near_level = NEAR_NONE;
		evq_place_again(q, had, false);
		return true;
	}
	evq_last_block(&had)->next = q->pool.free_block;
	q->pool.free_block = had.first;
	return true;
}

/* Give the later part of near to buckets, so that near reaches one level less far. */
static void evq_spill(struct evq *q)
{
	unsigned level = (unsigned)q->near_level;
	struct evq_near *near = &q->near;
	uint32_t keep = near->first;

	q->base = q->clock.now;
	while (keep < near->end && evq_level(q, near->entry[keep].time) < level)
		keep++;
	for (uint32_t i = keep; i < near->end; i++)
		evq_append(q, level, evq_near_digit(level, near->entry[i]), near->entry[i]);
	evq_near_cut(near, keep);
	q->near_level--;
}

static void evq_insert(struct evq *q, struct evq_entry e)
{
	unsigned level;

	while ((int)(level = evq_level(q, e.time)) <= q->near_level) {
		if (evq_near_insert(&q->near, e))
			return;
		evq_spill(q);
	}
	evq_append(q, level, evq_near_digit(level, e), e);
}

/* ---- the queue */

struct evq *evq_new(void)
{
	struct evq *q = xcalloc(1, sizeof *q);

	q->near_level = NEAR_NONE;
	q->below = q->floor = UINT64_MAX;
	evq_pool_init(&q->pool);
	return q;
}

void evq_free(struct evq *q)
{
	if (!q)
		return;
	evq_pool_fini(&q->pool);
	free(q);
}

static inline void evq_leave_front(struct evq *q)
{
	q->front.slot = 0;
	q->below = q->floor;
}

/* Behind the front. */
static inline void evq_put(struct evq *q, struct evq_entry e)
{
	unsigned level = evq_level(q, e.time);

	if (e.time < q->floor)
		q->floor = e.time;
	if ((int)level > q->near_level)
		evq_append(q, level, evq_near_digit(level, e), e);
	else
		evq_insert(q, e);
}

/* Nothing behind the front is at its time, so that what is pushed there later comes after it. */
static PORT_COLD void evq_demote(struct evq *q)
{
	evq_put(q, q->front);
	evq_leave_front(q);
}

/* There is a front, or e is not before all others. */
static PORT_NOINLINE ev_handle evq_push_on(struct evq *q, struct evq_entry e, ev_handle h)
{
	if (q->front.slot != 0 && e.time <= q->front.time)
		evq_demote(q);
	if (e.time < q->below) {
		q->front = e;
		q->below = e.time;
		return h;
	}
	evq_put(q, e);
	if (q->front.slot == 0)
		q->below = q->floor;
	return h;
}

/* No slot is free. */
static PORT_COLD PORT_NOINLINE ev_handle evq_push_first(struct evq *q, cycles_t at,
							enum ev_phase phase, ev_fn fn, void *self,
							uint64_t arg)
{
	evq_pool_put_slot(&q->pool, evq_pool_fresh_slot(&q->pool));
	return evq_push(q, at, phase, fn, self, arg);
}

ev_handle evq_push(struct evq *q, cycles_t at, enum ev_phase phase, ev_fn fn, void *self,
		   uint64_t arg)
{
	assert(fn && at >= q->clock.now && phase < EV_PHASE_N);

	uint32_t slot = q->pool.free_slot;
	struct evq_entry e = {at, slot, phase};
	struct evq_slot *s;

	if (PORT_UNLIKELY(slot == 0)) /* all that is not in the way is a call at the end */
		return evq_push_first(q, at, phase, fn, self, arg);
	s = &q->pool.slab[slot];
	q->pool.free_slot = (uint32_t)s->arg;
	s->fn = fn;
	s->self = self;
	s->arg = arg;
	q->n_live++;
	if (at >= q->below || q->front.slot != 0)
		return evq_push_on(q, e, s->handle);
	q->front = e;
	q->below = at;
	return s->handle;
}

/* Drop all dead entries. */
static void evq_sweep(struct evq *q)
{
	uint32_t kept = q->near.first;

	for (uint32_t i = q->near.first; i < q->near.end; i++) {
		if (q->pool.slab[q->near.entry[i].slot].fn)
			q->near.entry[kept++] = q->near.entry[i];
		else
			evq_pool_put_slot(&q->pool, q->near.entry[i].slot);
	}
	q->near.end = kept;
	for (unsigned level = 0; level < N_LEVELS; level++)
		for (unsigned word = 0; word < N_WORDS; word++)
			for (uint64_t left = q->used[level][word]; left; left &= left - 1) {
				unsigned digit = word * 64 + bits_ctz(left);

				evq_place_again(q, evq_detach(q, level, digit), true);
			}
	q->n_dead = 0;
}

bool evq_cancel(struct evq *q, ev_handle h)
{
	uint64_t slot = h & bits_low(EVQ_SLOT_BITS);

	if (slot == 0 || slot >= q->pool.n_slots || q->pool.slab[slot].handle != h ||
	    !q->pool.slab[slot].fn)
		return false;
	q->pool.slab[slot].fn = NULL;
	q->pool.slab[slot].handle += BIT(EVQ_SLOT_BITS);
	q->n_live--;
	if (slot == q->front.slot) {
		evq_leave_front(q);
		evq_pool_put_slot(&q->pool, (uint32_t)slot);
		return true;
	}
	if (++q->n_dead > q->n_live + DEAD_SLACK)
		evq_sweep(q);
	return true;
}

/* The first entry of the bucket of the lowest phase. */
static struct evq_entry evq_take_phase(struct evq *q)
{
	unsigned phase = bits_ctz(q->used[0][0]);
	struct bucket *b = &q->bucket[0][phase];
	struct evq_block *first = b->first;
	struct evq_entry e = first->entry[first->n_taken++];

	if (first->next) {
		if (first->n_taken < EVQ_BLOCK_ENTRIES)
			return e;
		b->first = first->next;
	} else {
		if (first->entry + first->n_taken < b->put)
			return e;
		evq_detach(q, 0, phase);
	}
	evq_pool_put_block(&q->pool, first);
	return e;
}

/* Take the earliest entry out, unless it is later than last. */
static inline bool evq_take(struct evq *q, cycles_t last, struct evq_entry *e)
{
	for (;;) {
		if (q->near.first < q->near.end) {
			*e = q->near.entry[q->near.first];
			if (e->time > last)
				return false;
			q->near.first++;
			return true;
		}
		if (q->levels & 1) {
			if (q->base > last)
				return false;
			*e = evq_take_phase(q);
			return true;
		}
		if (q->levels == 0 || !evq_refill(q, last))
			return false;
	}
}

/* A time that nothing in the structure is before. */
static inline uint64_t evq_earliest(const struct evq *q)
{
	if (q->near.first < q->near.end)
		return q->near.entry[q->near.first].time;
	if (q->levels == 0)
		return UINT64_MAX;
	if (q->levels & 1)
		return q->base;

	unsigned level = bits_ctz(q->levels);

	return evq_start(q, level, evq_first_digit(q, level));
}

/* Take the earliest entry that is alive from behind the empty front; slot 0 when it is later than last. */
static PORT_NOINLINE struct evq_entry evq_take_behind(struct evq *q, cycles_t last)
{
	struct evq_entry e;

	while (q->n_live != 0 && evq_take(q, last, &e)) {
		if (PORT_LIKELY(q->pool.slab[e.slot].fn != NULL)) {
			q->below = q->floor = evq_earliest(q);
			return e;
		}
		q->n_dead--;
		evq_pool_put_slot(&q->pool, e.slot);
	}
	return (struct evq_entry){0};
}

static inline bool evq_run_one(struct evq *q, cycles_t last)
{
	struct evq_entry e = q->front;
	struct evq_slot *s;

	if (PORT_LIKELY(e.slot != 0)) {
		if (e.time > last)
			return false;
		evq_leave_front(q);
	} else {
		e = evq_take_behind(q, last);
		if (e.slot == 0)
			return false;
	}
	s = &q->pool.slab[e.slot];

	ev_fn fn = s->fn;
	void *self = s->self;
	uint64_t arg = s->arg;

	s->handle += BIT(EVQ_SLOT_BITS);
	evq_pool_put_slot(&q->pool, e.slot);
	q->n_live--;
	q->n_run++;
	q->clock.now = e.time;
	fn(self, arg);
	return true;
}

bool evq_step(struct evq *q)
{
	return evq_run_one(q, UINT64_MAX);
}

uint64_t evq_run(struct evq *q, cycles_t last)
{
	uint64_t n_before = q->n_run;

	q->stop = false;
	while (!q->stop && evq_run_one(q, last))
		;
	if (!q->stop && q->n_live != 0 && q->clock.now < last)
		q->clock.now = last;
	return q->n_run - n_before;
}

void evq_stop(struct evq *q)
{
	q->stop = true;
}

size_t evq_pending(const struct evq *q)
{
	return q->n_live;
}

uint64_t evq_n_run(const struct evq *q)
{
	return q->n_run;
}
