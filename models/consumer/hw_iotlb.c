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

bool hw_iotlb_use(struct hw_iotlb *t, iova_t at, unsigned page_bits)
{
	iova_t first = at & ~bits_low(page_bits);
	struct hw_set *s;

	if (t->n_sets == 0)
		return false;
	s = &t->set[((first >> page_bits) * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (t->n_sets - 1)];
	for (unsigned w = 0; w < WAYS; w++)
		if (s->first[w] == first && s->last[w] == (first | bits_low(page_bits)))
			return true;
	s->first[s->next] = first;
	s->last[s->next] = first | bits_low(page_bits);
	s->next = (s->next + 1) % WAYS;
	return false;
}

void hw_iotlb_flush(struct hw_iotlb *t, iova_t first, iova_t last)
{
	for (size_t i = 0; i < t->n_sets; i++)
		for (unsigned w = 0; w < WAYS; w++)
			if (t->set[i].first[w] <= last && t->set[i].last[w] >= first) {
				t->set[i].first[w] = 1;
				t->set[i].last[w] = 0;
			}
}
