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
 * When `near` fills up with new events it is spilled: its later part goes to buckets one level down.
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
 * Why not another structure: measured on exponential, bimodal, constant increments and 10^2..10^6
 * pending events, a 4-ary heap is slower everywhere, and a ladder queue by a factor of 2 at 10^6.
 */
#include "sim/evq.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/bits.h"
#include "sim/port.h"
#include "sim/xalloc.h"

#define DIGIT_BITS 8u
#define N_DIGITS (1u << DIGIT_BITS)
#define N_LEVELS (1u + 64u / DIGIT_BITS)
#define N_WORDS (N_DIGITS / 64u)
#define BLOCK_BYTES 256u
#define BLOCK_ENTRIES ((BLOCK_BYTES - 16u) / sizeof(struct entry))
/* Buckets up to this size are sorted into near; with more in one digit they are split instead. */
#define NEAR_BATCH 1024u
#define NEAR_RUN 32u
#define NEAR_ROOM (2 * NEAR_BATCH)
/* Pushes that move more than NEAR_FEW entries of near are summed up; after NEAR_MOVED moves for
 * every entry that near was filled with it is spilled, which costs about as much. */
#define NEAR_FEW 16u
#define NEAR_MOVED 32u
#define NEAR_NONE (-1)
#define CHUNK_MAX_BYTES (UINT64_C(2) << 20)
#define SLOT_BITS 28u
/* Dead entries beyond the number of live ones before a sweep. */
#define DEAD_SLACK 1024u

struct entry {
	uint64_t time;
	uint32_t slot;
	uint32_t phase;
};

struct block {
	struct block *next;
	uint64_t n_taken; /* entries at the front that have run; level 0 only */
	struct entry entry[BLOCK_ENTRIES];
};

/* A FIFO of blocks; put is where the next entry goes, at a block boundary when that needs a block.
 */
struct bucket {
	struct entry *put;
	struct block *first;
};

struct slot {
	ev_fn fn; /* NULL: cancelled */
	void *self;
	uint64_t arg;     /* of a free slot: the next free slot, 0 ends the list */
	ev_handle handle; /* generation, slot number; of the next user while the slot is free */
};

struct evq {
	struct evq_clock clock; /* first: evq_now() reads it */
	bool stop;
	struct entry front; /* earlier than floor; slot 0: there is none */
	uint64_t below;     /* what is pushed before this time becomes the front: front.time or floor */
	uint64_t floor;     /* nothing alive behind the front is earlier */
	uint64_t base;
	struct slot *slab; /* slot 0 is not used */
	uint32_t free_slot;
	uint32_t near_first, near_end; /* near[near_first .. near_end - 1] */
	int near_level;
	uint32_t near_budget; /* entries that pushes may still move before near is spilled */
	uint32_t levels;      /* bit n: level n is in use */
	struct block *free_block;
	struct block *fresh, *fresh_end; /* rest of the last chunk */
	size_t n_live, n_dead;
	uint64_t n_run;
	size_t n_slots, max_slots;
	void **chunk;
	size_t n_chunks;
	uint64_t used[N_LEVELS][N_WORDS]; /* bit n: bucket n is not empty */
	struct bucket bucket[N_LEVELS][N_DIGITS];
	struct entry near[NEAR_ROOM];
};

_Static_assert(sizeof(struct entry) == 16, "queue entries are compact");
_Static_assert(sizeof(struct slot) == 32, "two slots in a cache line");
_Static_assert(sizeof(struct block) == BLOCK_BYTES, "put finds the end of a block by its address");
_Static_assert(EV_PHASE_N <= N_DIGITS, "a phase is a digit");

/* ---- memory */

static void *evq_alloc(size_t n_bytes)
{
	size_t align = n_bytes >= CHUNK_MAX_BYTES ? CHUNK_MAX_BYTES : BLOCK_BYTES;
	void *p = xaligned(align, n_bytes);

	if (align == CHUNK_MAX_BYTES)
		port_huge_pages(p, n_bytes);
	return p;
}

static PORT_COLD void evq_more_slots(struct evq *q)
{
	size_t max = q->max_slots ? 2 * q->max_slots : 128;
	struct slot *slab = evq_alloc(max * sizeof *slab);

	assert(max <= BIT(SLOT_BITS));
	if (q->slab)
		memcpy(slab, q->slab, q->n_slots * sizeof *slab);
	free(q->slab);
	q->slab = slab;
	q->max_slots = max;
}

static PORT_COLD uint32_t evq_fresh_slot(struct evq *q)
{
	if (q->n_slots == q->max_slots)
		evq_more_slots(q);
	q->slab[q->n_slots] = (struct slot){.handle = BIT(SLOT_BITS) | q->n_slots};
	return (uint32_t)q->n_slots++;
}

static inline void evq_put_slot(struct evq *q, uint32_t slot)
{
	q->slab[slot].arg = q->free_slot;
	q->free_slot = slot;
}

static PORT_COLD void evq_more_blocks(struct evq *q)
{
	size_t n_bytes = (size_t)16 * BLOCK_BYTES << q->n_chunks;

	if (q->n_chunks >= 32 || n_bytes > CHUNK_MAX_BYTES)
		n_bytes = CHUNK_MAX_BYTES;
	q->chunk = xrealloc(q->chunk, q->n_chunks + 1, sizeof *q->chunk);
	q->fresh = q->chunk[q->n_chunks++] = evq_alloc(n_bytes);
	q->fresh_end = q->fresh + n_bytes / BLOCK_BYTES;
}

static inline struct block *evq_get_block(struct evq *q)
{
	struct block *b = q->free_block;

	if (PORT_LIKELY(b != NULL)) {
		q->free_block = b->next;
	} else {
		if (q->fresh == q->fresh_end)
			evq_more_blocks(q);
		b = q->fresh++;
	}
	b->next = NULL;
	b->n_taken = 0;
	return b;
}

static inline void evq_put_block(struct evq *q, struct block *b)
{
	b->next = q->free_block;
	q->free_block = b;
}

/* ---- buckets */

static inline bool evq_needs_block(const struct bucket *b)
{
	return ((uintptr_t)b->put & (BLOCK_BYTES - 1)) == 0;
}

/* The block that put is in, or at the end of. */
static inline struct block *evq_last_block(const struct bucket *b)
{
	return (struct block *)(((uintptr_t)b->put - 1) & ~(uintptr_t)(BLOCK_BYTES - 1));
}

static inline void evq_append(struct evq *q, unsigned level, unsigned digit, struct entry e)
{
	struct bucket *b = &q->bucket[level][digit];

	if (evq_needs_block(b)) {
		struct block *fresh = evq_get_block(q);

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

	return differs == 0 ? 0 : bits_log2(differs) / DIGIT_BITS + 1;
}

static inline unsigned evq_digit(unsigned level, struct entry e)
{
	return level == 0 ? e.phase : (unsigned)(e.time >> (level - 1) * DIGIT_BITS) % N_DIGITS;
}

static inline void evq_place(struct evq *q, struct entry e)
{
	unsigned level = evq_level(q, e.time);

	evq_append(q, level, evq_digit(level, e), e);
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
static inline const struct entry *evq_block_end(const struct bucket *had, const struct block *b)
{
	return b->next ? b->entry + BLOCK_ENTRIES : had->put;
}

/* Place every entry of a detached bucket anew; `sweep` drops the dead ones. */
static void evq_place_again(struct evq *q, struct bucket had, bool sweep)
{
	struct block *next;

	for (struct block *b = had.first; b; b = next) {
		const struct entry *end = evq_block_end(&had, b);

		next = b->next;
		if (next)
			PORT_PREFETCH(next);
		for (const struct entry *e = b->entry + b->n_taken; e < end; e++) {
			if (!sweep || q->slab[e->slot].fn)
				evq_place(q, *e);
			else
				evq_put_slot(q, e->slot);
		}
		evq_put_block(q, b);
	}
}

/* ---- near */

static inline bool evq_is_later(struct entry a, struct entry b)
{
	return a.time > b.time || (a.time == b.time && a.phase > b.phase);
}

/* n entries, at most NEAR_RUN, of a bucket that begins at start, sorted into near. All that can
 * differ in a bucket are 56 bits of time and the phase; with the place in the bucket behind them
 * keys are never equal, and the number of lower keys is the place in near: no branch depends on a
 * key. */
static inline void evq_rank_near(struct evq *q, const struct entry *from, uint32_t n,
				 uint64_t start)
{
	uint64_t key[NEAR_RUN];

	for (uint32_t i = 0; i < n; i++) {
		PORT_PREFETCH(&q->slab[from[i].slot]);
		key[i] = ((from[i].time - start) << 3 | from[i].phase) << 5 | i;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t rank = 0;

		for (uint32_t k = 0; k < n; k++)
			rank += key[k] < key[i];
		q->near[rank] = from[i];
	}
	q->near_first = 0;
	q->near_end = n;
}

/* near[near_first .. near_end - 1] by key, equal keys left in their order. */
static void evq_sort_near(struct evq *q)
{
	struct entry *near = q->near;

	for (uint32_t i = q->near_first + 1; i < q->near_end; i++) {
		struct entry e = near[i];
		uint32_t at = i;

		for (; at > q->near_first && evq_is_later(near[at - 1], e); at--)
			near[at] = near[at - 1];
		near[at] = e;
	}
}

/* n entries of a bucket by their digit of that level into near; false, and near left empty, when
 * too many share a digit. */
static bool evq_count_near(struct evq *q, const struct entry *from, uint32_t n, unsigned level)
{
	uint16_t at[N_DIGITS] = {0};
	uint16_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		if (++at[evq_digit(level, from[i])] > NEAR_RUN)
			return false;
	for (unsigned d = 0; d < N_DIGITS; d++) {
		uint16_t had = at[d];

		at[d] = sum;
		sum = (uint16_t)(sum + had);
	}
	for (uint32_t i = 0; i < n; i++)
		q->near[at[evq_digit(level, from[i])]++] = from[i];
	q->near_first = 0;
	q->near_end = n;
	return true;
}

/* Sort the entries of a detached bucket into the empty near; false when they are too many. */
static bool evq_fill_near(struct evq *q, const struct bucket *had, unsigned level)
{
	const struct block *first = had->first;
	struct entry *to = q->near + NEAR_BATCH;
	uint32_t n = 0;

	if (PORT_LIKELY(!first->next)) {
		evq_rank_near(q, first->entry, (uint32_t)(had->put - first->entry), q->base);
		return true;
	}
	for (const struct block *b = first; b; b = b->next) {
		uint32_t add = (uint32_t)(evq_block_end(had, b) - b->entry);

		if (n + add > NEAR_BATCH)
			return false;
		memcpy(to + n, b->entry, add * sizeof *to);
		n += add;
	}
	if (n <= NEAR_RUN) {
		evq_rank_near(q, to, n, q->base);
		return true;
	}
	if (!evq_count_near(q, to, n, level - 1))
		return false;
	for (uint32_t i = 0; i < n; i++)
		PORT_PREFETCH(&q->slab[to[i].slot]);
	evq_sort_near(q);
	return true;
}

/* Where the bucket of that digit begins; level 1 or above. */
static inline uint64_t evq_start(const struct evq *q, unsigned level, unsigned digit)
{
	unsigned shift = (level - 1) * DIGIT_BITS;

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
	q->near_budget = NEAR_MOVED * (q->near_end - q->near_first);
	evq_last_block(&had)->next = q->free_block;
	q->free_block = had.first;
	return true;
}

/* Give the later part of near to buckets, so that near reaches one level less far. */
static void evq_spill(struct evq *q)
{
	unsigned level = (unsigned)q->near_level;
	uint32_t keep = q->near_first;

	q->base = q->clock.now;
	while (keep < q->near_end && evq_level(q, q->near[keep].time) < level)
		keep++;
	for (uint32_t i = keep; i < q->near_end; i++)
		evq_append(q, level, evq_digit(level, q->near[i]), q->near[i]);
	q->near_end = keep;
	q->near_level--;
	q->near_budget = NEAR_MOVED * (keep - q->near_first);
}

/* The place in near behind all entries that are not later than e. */
static uint32_t evq_near_place(const struct evq *q, struct entry e)
{
	uint32_t at = q->near_first, n = q->near_end - at;

	while (n > 0) {
		uint32_t half = n / 2;
		bool behind = !evq_is_later(q->near[at + half], e);

		at = behind ? at + half + 1 : at;
		n = behind ? n - half - 1 : half;
	}
	return at;
}

/* A place in the middle of the room for n entries. */
static inline uint32_t evq_near_middle(uint32_t n)
{
	return (NEAR_ROOM - n) / 2;
}

/* Insert e into many, moving the shorter side; false when near is full or has moved too much. */
static bool evq_insert_many(struct evq *q, struct entry e)
{
	struct entry *near = q->near;
	uint32_t n = q->near_end - q->near_first;

	if (q->near_first == 0 || q->near_end == NEAR_ROOM) {
		if (n > NEAR_ROOM - 2)
			return false;
		memmove(near + evq_near_middle(n), near + q->near_first, n * sizeof *near);
		q->near_first = evq_near_middle(n);
		q->near_end = q->near_first + n;
	}

	uint32_t at = evq_near_place(q, e);
	uint32_t n_behind = q->near_end - at, n_before = at - q->near_first;
	uint32_t n_moved = n_behind < n_before ? n_behind : n_before;

	if (n_moved > NEAR_FEW) {
		if (n_moved > q->near_budget)
			return false;
		q->near_budget -= n_moved;
	}
	if (n_behind <= n_before) {
		memmove(near + at + 1, near + at, n_behind * sizeof *near);
		q->near_end++;
	} else {
		memmove(near + q->near_first - 1, near + q->near_first, n_before * sizeof *near);
		q->near_first--;
		at--;
	}
	near[at] = e;
	return true;
}

static inline bool evq_insert_near(struct evq *q, struct entry e)
{
	struct entry *near = q->near;
	uint32_t first = q->near_first, at = q->near_end;

	if (first == at) {
		q->near_first = first = at = NEAR_ROOM / 2;
		q->near_end = at;
	}
	if (at - first > NEAR_FEW || at == NEAR_ROOM)
		return evq_insert_many(q, e);
	for (; at > first && evq_is_later(near[at - 1], e); at--)
		near[at] = near[at - 1];
	near[at] = e;
	q->near_end++;
	return true;
}

static void evq_insert(struct evq *q, struct entry e)
{
	unsigned level;

	while ((int)(level = evq_level(q, e.time)) <= q->near_level) {
		if (evq_insert_near(q, e))
			return;
		evq_spill(q);
	}
	evq_append(q, level, evq_digit(level, e), e);
}

/* ---- the queue */

struct evq *evq_new(void)
{
	struct evq *q = xcalloc(1, sizeof *q);

	q->near_level = NEAR_NONE;
	q->below = q->floor = UINT64_MAX;
	evq_fresh_slot(q);
	return q;
}

void evq_free(struct evq *q)
{
	if (!q)
		return;
	for (size_t i = 0; i < q->n_chunks; i++)
		free(q->chunk[i]);
	free(q->chunk);
	free(q->slab);
	free(q);
}

static inline void evq_leave_front(struct evq *q)
{
	q->front.slot = 0;
	q->below = q->floor;
}

/* Behind the front. */
static inline void evq_put(struct evq *q, struct entry e)
{
	unsigned level = evq_level(q, e.time);

	if (e.time < q->floor)
		q->floor = e.time;
	if ((int)level > q->near_level)
		evq_append(q, level, evq_digit(level, e), e);
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
static PORT_NOINLINE ev_handle evq_push_on(struct evq *q, struct entry e, ev_handle h)
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
	evq_put_slot(q, evq_fresh_slot(q));
	return evq_push(q, at, phase, fn, self, arg);
}

ev_handle evq_push(struct evq *q, cycles_t at, enum ev_phase phase, ev_fn fn, void *self,
		   uint64_t arg)
{
	assert(fn && at >= q->clock.now && phase < EV_PHASE_N);

	uint32_t slot = q->free_slot;
	struct entry e = {at, slot, phase};
	struct slot *s;

	if (PORT_UNLIKELY(slot == 0)) /* all that is not in the way is a call at the end */
		return evq_push_first(q, at, phase, fn, self, arg);
	s = &q->slab[slot];
	q->free_slot = (uint32_t)s->arg;
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
	uint32_t kept = q->near_first;

	for (uint32_t i = q->near_first; i < q->near_end; i++) {
		if (q->slab[q->near[i].slot].fn)
			q->near[kept++] = q->near[i];
		else
			evq_put_slot(q, q->near[i].slot);
	}
	q->near_end = kept;
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
	uint64_t slot = h & bits_low(SLOT_BITS);

	if (slot == 0 || slot >= q->n_slots || q->slab[slot].handle != h || !q->slab[slot].fn)
		return false;
	q->slab[slot].fn = NULL;
	q->slab[slot].handle += BIT(SLOT_BITS);
	q->n_live--;
	if (slot == q->front.slot) {
		evq_leave_front(q);
		evq_put_slot(q, (uint32_t)slot);
		return true;
	}
	if (++q->n_dead > q->n_live + DEAD_SLACK)
		evq_sweep(q);
	return true;
}

/* The first entry of the bucket of the lowest phase. */
static struct entry evq_take_phase(struct evq *q)
{
	unsigned phase = bits_ctz(q->used[0][0]);
	struct bucket *b = &q->bucket[0][phase];
	struct block *first = b->first;
	struct entry e = first->entry[first->n_taken++];

	if (first->next) {
		if (first->n_taken < BLOCK_ENTRIES)
			return e;
		b->first = first->next;
	} else {
		if (first->entry + first->n_taken < b->put)
			return e;
		evq_detach(q, 0, phase);
	}
	evq_put_block(q, first);
	return e;
}

/* Take the earliest entry out, unless it is later than last. */
static inline bool evq_take(struct evq *q, cycles_t last, struct entry *e)
{
	for (;;) {
		if (q->near_first < q->near_end) {
			*e = q->near[q->near_first];
			if (e->time > last)
				return false;
			q->near_first++;
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
	if (q->near_first < q->near_end)
		return q->near[q->near_first].time;
	if (q->levels == 0)
		return UINT64_MAX;
	if (q->levels & 1)
		return q->base;

	unsigned level = bits_ctz(q->levels);

	return evq_start(q, level, evq_first_digit(q, level));
}

/* Take the earliest entry that is alive from behind the empty front; slot 0 when it is later than last. */
static PORT_NOINLINE struct entry evq_take_behind(struct evq *q, cycles_t last)
{
	struct entry e;

	while (q->n_live != 0 && evq_take(q, last, &e)) {
		if (PORT_LIKELY(q->slab[e.slot].fn != NULL)) {
			q->below = q->floor = evq_earliest(q);
			return e;
		}
		q->n_dead--;
		evq_put_slot(q, e.slot);
	}
	return (struct entry){0};
}

static inline bool evq_run_one(struct evq *q, cycles_t last)
{
	struct entry e = q->front;
	struct slot *s;

	if (PORT_LIKELY(e.slot != 0)) {
		if (e.time > last)
			return false;
		evq_leave_front(q);
	} else {
		e = evq_take_behind(q, last);
		if (e.slot == 0)
			return false;
	}
	s = &q->slab[e.slot];

	ev_fn fn = s->fn;
	void *self = s->self;
	uint64_t arg = s->arg;

	s->handle += BIT(SLOT_BITS);
	evq_put_slot(q, e.slot);
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
