/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_space - bits in chunks of 4,096 frames (16 MiB), chunks in nodes of 512 (8 GiB).
 *
 * A chunk has two summary words: which of its 64 words are full, which hold anything. A missing
 * chunk is free; one shared chunk stands for "all taken", so a reserved window of 32 GiB costs
 * 2,048 pointers. 1 bit per frame plus 16 bytes per chunk: a mapping of one page costs at most an
 * eighth of a byte where live mappings are dense, and at worst one chunk (528 bytes) per 16 MiB
 * where they are not.
 */
#include "models/linux/lx_space.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/bits.h"
#include "sim/port.h"
#include "sim/xalloc.h"

#define WORD_BITS 6u
#define CHUNK_BITS 12u
#define CHUNK_WORDS 64u
#define NODE_BITS 21u
#define NODE_CHUNKS 512u

struct lx_space_chunk {
	uint64_t full; /* bit w: word w is all ones */
	uint64_t any;  /* bit w: word w is not zero */
	uint64_t word[CHUNK_WORDS];
};

struct lx_space_node {
	struct lx_space_chunk *chunk[NODE_CHUNKS];
	struct lx_space_chunk *all_taken; /* the chunk that stands for "every frame taken" */
};

void lx_space_init(struct lx_space *s, unsigned pfn_bits)
{
	assert(pfn_bits >= 20 && pfn_bits <= 36);
	s->pfn_bits = pfn_bits;
	s->n_nodes = pfn_bits <= NODE_BITS ? 1 : (size_t)BIT(pfn_bits - NODE_BITS);
	s->node = xcalloc(s->n_nodes, sizeof *s->node);
}

void lx_space_fini(struct lx_space *s)
{
	for (size_t n = 0; s->node && n < s->n_nodes; n++) {
		struct lx_space_node *node = s->node[n];

		if (!node)
			continue;
		for (unsigned c = 0; c < NODE_CHUNKS; c++)
			if (node->chunk[c] != node->all_taken)
				free(node->chunk[c]);
		free(node->all_taken);
		free(node);
	}
	free(s->node);
	s->node = NULL;
}

static struct lx_space_chunk *space_chunk(const struct lx_space *s, uint64_t pfn)
{
	const struct lx_space_node *node = s->node[pfn >> NODE_BITS];

	return node ? node->chunk[pfn >> CHUNK_BITS & (NODE_CHUNKS - 1)] : NULL;
}

/* The place of pfn's chunk, its node made if needed. */
static struct lx_space_chunk **space_slot(struct lx_space *s, uint64_t pfn,
					  struct lx_space_node **node)
{
	struct lx_space_node **n = &s->node[pfn >> NODE_BITS];

	if (!*n)
		*n = xcalloc(1, sizeof **n);
	*node = *n;
	return &(*n)->chunk[pfn >> CHUNK_BITS & (NODE_CHUNKS - 1)];
}

static struct lx_space_chunk *space_all_taken(struct lx_space_node *node)
{
	if (!node->all_taken) {
		node->all_taken = xcalloc(1, sizeof *node->all_taken);
		memset(node->all_taken, 0xff, sizeof *node->all_taken);
	}
	return node->all_taken;
}

/* A chunk that may be changed. */
static struct lx_space_chunk *space_own(struct lx_space *s, uint64_t pfn)
{
	struct lx_space_node *node;
	struct lx_space_chunk **slot = space_slot(s, pfn, &node);

	if (!*slot) {
		*slot = xcalloc(1, sizeof **slot);
	} else if (PORT_UNLIKELY(*slot == node->all_taken)) {
		struct lx_space_chunk *own = xcalloc(1, sizeof *own);

		*own = **slot;
		*slot = own;
	}
	return *slot;
}

static void space_summarise(struct lx_space_chunk *c, unsigned w)
{
	c->full = (c->full & ~BIT(w)) | (uint64_t)(c->word[w] == UINT64_MAX) << w;
	c->any = (c->any & ~BIT(w)) | (uint64_t)(c->word[w] != 0) << w;
}

/* Bits of the word of `first` that lie in first..last. */
static uint64_t space_mask(uint64_t first, uint64_t last)
{
	unsigned hi = (first ^ last) >> WORD_BITS ? 63 : (unsigned)(last & 63);

	return BITS(hi, (unsigned)(first & 63));
}

void lx_space_take(struct lx_space *s, uint64_t first, uint64_t last)
{
	assert(first <= last && last >> s->pfn_bits == 0);
	while (first <= last) {
		if (first % BIT(CHUNK_BITS) == 0 && last - first >= BIT(CHUNK_BITS) - 1) {
			struct lx_space_node *node;
			struct lx_space_chunk **slot = space_slot(s, first, &node);

			if (*slot != node->all_taken)
				free(*slot);
			*slot = space_all_taken(node);
			first += BIT(CHUNK_BITS);
			continue;
		}
		struct lx_space_chunk *c = space_own(s, first);
		unsigned w = (unsigned)(first >> WORD_BITS & (CHUNK_WORDS - 1));

		c->word[w] |= space_mask(first, last);
		space_summarise(c, w);
		first = (first | 63) + 1;
	}
}

void lx_space_give(struct lx_space *s, uint64_t first, uint64_t last)
{
	assert(first <= last && last >> s->pfn_bits == 0);
	while (first <= last) {
		if (space_chunk(s, first)) {
			struct lx_space_chunk *c = space_own(s, first);
			unsigned w = (unsigned)(first >> WORD_BITS & (CHUNK_WORDS - 1));

			c->word[w] &= ~space_mask(first, last);
			space_summarise(c, w);
		}
		first = (first | 63) + 1;
	}
}

bool lx_space_is_taken(const struct lx_space *s, uint64_t pfn)
{
	const struct lx_space_chunk *c = space_chunk(s, pfn);

	return c && bits_is_set(c->word[pfn >> WORD_BITS & (CHUNK_WORDS - 1)], pfn & 63);
}

/* Bit i set where bits i .. i+n-1 of `free` are all set, 1 <= n <= 64. */
static uint64_t space_runs(uint64_t free_bits, unsigned n)
{
	unsigned have = 1;

	while (have < n) {
		unsigned step = n - have < have ? n - have : have;

		free_bits &= free_bits >> step;
		have += step;
	}
	return free_bits;
}

/* Bits at multiples of align, align 1..64. */
static uint64_t space_aligned(uint64_t align)
{
	return align == 64 ? 1 : UINT64_MAX / bits_low((unsigned)align);
}

/* n <= 64 and align <= 64: a run never leaves its word. */
static uint64_t space_find_small(const struct lx_space *s, uint64_t low, uint64_t high, unsigned n,
				 uint64_t align)
{
	uint64_t starts = space_aligned(align);

	while (high > low) {
		const struct lx_space_chunk *c = space_chunk(s, high - 1);
		uint64_t base = (high - 1) & ~UINT64_C(63);
		unsigned w = (unsigned)(base >> WORD_BITS & (CHUNK_WORDS - 1));
		uint64_t room, fit;

		if (c && bits_is_set(c->full, w)) { /* jump to the next word with a hole */
			uint64_t open = ~c->full & bits_low(w);

			high = base & ~(BIT(CHUNK_BITS) - 1);
			if (open)
				high += ((uint64_t)bits_log2(open) + 1) << WORD_BITS;
			continue;
		}
		room = (c ? ~c->word[w] : UINT64_MAX) & bits_low((unsigned)(high - base));
		if (base < low)
			room &= ~bits_low((unsigned)(low - base));
		fit = space_runs(room, n) & starts;
		if (fit)
			return base + bits_log2(fit);
		high = base;
	}
	return LX_SPACE_NONE;
}

/* The highest taken frame of first..last, or LX_SPACE_NONE. */
static uint64_t space_prev_taken(const struct lx_space *s, uint64_t first, uint64_t last)
{
	for (;;) {
		const struct lx_space_chunk *c = space_chunk(s, last);
		uint64_t base = last & ~(BIT(CHUNK_BITS) - 1);
		uint64_t any = 0;

		if (c) {
			unsigned w = (unsigned)(last >> WORD_BITS & (CHUNK_WORDS - 1));
			uint64_t here = c->word[w] & bits_low((unsigned)(last & 63) + 1);

			if (here) {
				uint64_t at = (last & ~UINT64_C(63)) + bits_log2(here);

				return at >= first ? at : LX_SPACE_NONE;
			}
			any = c->any & bits_low(w);
		}
		if (any) {
			unsigned w = bits_log2(any);
			uint64_t at = base + (uint64_t)w * 64 + bits_log2(c->word[w]);

			return at >= first ? at : LX_SPACE_NONE;
		}
		if (base <= first)
			return LX_SPACE_NONE;
		last = base - 1;
	}
}

uint64_t lx_space_find(const struct lx_space *s, uint64_t low, uint64_t high, uint64_t n,
		       uint64_t align)
{
	assert(n != 0 && align >= n && (align & (align - 1)) == 0);
	if (high > BIT(s->pfn_bits))
		high = BIT(s->pfn_bits);
	if (align <= 64)
		return space_find_small(s, low, high, (unsigned)n, align);
	while (high >= n) {
		uint64_t at = (high - n) & ~(align - 1);
		uint64_t taken;

		if (at < low)
			break;
		taken = space_prev_taken(s, at, at + n - 1);
		if (taken == LX_SPACE_NONE)
			return at;
		high = taken;
	}
	return LX_SPACE_NONE;
}

/* The lowest taken frame >= pfn in pfn's chunk, or LX_SPACE_NONE. */
static uint64_t space_next_in_chunk(const struct lx_space_chunk *c, uint64_t pfn)
{
	uint64_t base = pfn & ~(BIT(CHUNK_BITS) - 1);
	unsigned w = (unsigned)(pfn >> WORD_BITS & (CHUNK_WORDS - 1));
	uint64_t here = c->word[w] & ~bits_low((unsigned)(pfn & 63));
	uint64_t any = c->any & ~bits_low(w + 1);

	if (here)
		return (pfn & ~UINT64_C(63)) + bits_ctz(here);
	if (!any)
		return LX_SPACE_NONE;
	w = bits_ctz(any);
	return base + (uint64_t)w * 64 + bits_ctz(c->word[w]);
}

uint64_t lx_space_next_taken(const struct lx_space *s, uint64_t pfn)
{
	while (pfn >> s->pfn_bits == 0) {
		const struct lx_space_node *node = s->node[pfn >> NODE_BITS];
		const struct lx_space_chunk *c;

		if (!node) {
			pfn = (pfn | (BIT(NODE_BITS) - 1)) + 1;
			continue;
		}
		c = node->chunk[pfn >> CHUNK_BITS & (NODE_CHUNKS - 1)];
		if (c) {
			uint64_t at = space_next_in_chunk(c, pfn);

			if (at != LX_SPACE_NONE)
				return at;
		}
		pfn = (pfn | (BIT(CHUNK_BITS) - 1)) + 1;
	}
	return LX_SPACE_NONE;
}

size_t lx_space_host_bytes(const struct lx_space *s)
{
	size_t bytes = s->n_nodes * sizeof *s->node;

	for (size_t n = 0; n < s->n_nodes; n++) {
		const struct lx_space_node *node = s->node[n];

		if (!node)
			continue;
		bytes += sizeof *node + (node->all_taken ? sizeof *node->all_taken : 0);
		for (unsigned c = 0; c < NODE_CHUNKS; c++)
			if (node->chunk[c] && node->chunk[c] != node->all_taken)
				bytes += sizeof *node->chunk[c];
	}
	return bytes;
}
