/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hw_iotlb - sets of 4 ways; the set is hashed from the page, so that strides do not collide.
 */
#include "models/consumer/hw_iotlb.h"

#include <stdint.h>
#include <stdlib.h>

#include "sim/bits.h"
#include "sim/xalloc.h"

#define WAYS 4u

struct hw_set {
	iova_t first[WAYS], last[WAYS]; /* of a page; first > last: free */
	unsigned next;                  /* way to be replaced */
};

struct hw_iotlb {
	struct hw_set *set;
	size_t n_sets;
	bool has_large; /* pages of more than 4 KiB may be in it */
};

struct hw_iotlb *hw_iotlb_new(size_t n_entries)
{
	struct hw_iotlb *t = xcalloc(1, sizeof *t);

	if (n_entries != 0)
		t->n_sets = bits_pow2_ceil((n_entries + WAYS - 1) / WAYS);
	t->set = xcalloc(t->n_sets, sizeof *t->set);
	hw_iotlb_flush(t, 0, UINT64_MAX);
	return t;
}

void hw_iotlb_free(struct hw_iotlb *t)
{
	if (!t)
		return;
	free(t->set);
	free(t);
}

/* Where the page that begins at `first` would be. */
static struct hw_set *hw_iotlb_set(const struct hw_iotlb *t, iova_t first, unsigned page_bits)
{
	return &t->set[((first >> page_bits) * UINT64_C(0x9e3779b97f4a7c15)) >> 32 &
		       (t->n_sets - 1)];
}

bool hw_iotlb_use(struct hw_iotlb *t, iova_t at, unsigned page_bits)
{
	iova_t first = at & ~bits_low(page_bits);
	struct hw_set *s;

	if (t->n_sets == 0)
		return false;
	s = hw_iotlb_set(t, first, page_bits);
	for (unsigned w = 0; w < WAYS; w++)
		if (s->first[w] == first && s->last[w] == (first | bits_low(page_bits)))
			return true;
	s->first[s->next] = first;
	s->last[s->next] = first | bits_low(page_bits);
	s->next = (s->next + 1) % WAYS;
	t->has_large |= page_bits != PAGE_BITS;
	return false;
}

static void hw_iotlb_flush_set(struct hw_set *s, iova_t first, iova_t last)
{
	for (unsigned w = 0; w < WAYS; w++)
		if (s->first[w] <= last && s->last[w] >= first) {
			s->first[w] = 1;
			s->last[w] = 0;
		}
}

void hw_iotlb_flush(struct hw_iotlb *t, iova_t first, iova_t last)
{
	if (!t->has_large && t->n_sets != 0 && ((first ^ last) & PAGE_MASK) == 0) {
		hw_iotlb_flush_set(hw_iotlb_set(t, first & PAGE_MASK, PAGE_BITS), first, last);
		return;
	}
	for (size_t i = 0; i < t->n_sets; i++)
		hw_iotlb_flush_set(&t->set[i], first, last);
	if (first == 0 && last == UINT64_MAX)
		t->has_large = false;
}
