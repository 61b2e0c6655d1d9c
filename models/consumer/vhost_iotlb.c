/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vhost_iotlb - a pool of entries, a list by age, and hashed chains by page for three page sizes.
 *
 * Aligned pages of 4 KiB, 2 MiB and 1 GiB are hashed by (size, page); any other range is on a list
 * of its own. A look-up probes the sizes that are present, so it costs one or two probes. Chains
 * keep the order of insertion, newest last.
 */
#include "models/consumer/vhost_iotlb.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "sim/bits.h"
#include "sim/xalloc.h"

#define CLASSES 3u        /* page sizes that are hashed */
#define CLASS_ODD CLASSES /* everything else: one chain */
#define NONE UINT32_MAX
#define FIRST_CAPACITY 64u

struct node {
	struct vhost_iotlb_entry e; /* first: entry pointers are node pointers */
	uint64_t age;               /* number of the insertion */
	uint32_t next;              /* in its chain; of a free node: the next free one */
	uint32_t older, newer;
	uint8_t class;
};

struct vhost_iotlb {
	struct node *node;                      /* [capacity] */
	uint32_t *chain;                        /* [n_chains], heads */
	const struct vhost_iotlb_entry **found; /* [capacity], the answer of overlaps() */
	struct rng *rng;
	uint64_t n_inserted;
	size_t max; /* 0: no limit */
	uint32_t capacity, n_chains, n;
	uint32_t odd, free, oldest, newest;
	uint32_t n_class[CLASSES + 1];
	enum vhost_iotlb_policy policy;
};

static const unsigned class_bits[CLASSES] = {12, 21, 30};

static uint8_t vhost_iotlb_class(iova_t first, iova_t last)
{
	for (uint8_t c = 0; c < CLASSES; c++)
		if (last - first == bits_low(class_bits[c]) &&
		    (first & bits_low(class_bits[c])) == 0)
			return c;
	return CLASS_ODD;
}

/* Head of the chain where a page of that class that contains `at` would be. */
static uint32_t *vhost_iotlb_chain(const struct vhost_iotlb *t, iova_t at, unsigned class)
{
	uint64_t key = (at >> class_bits[class]) * 4 + class;

	/* Fibonacci hashing: the upper bits of the product are well mixed. */
	return &t->chain[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (t->n_chains - 1)];
}

static uint32_t *vhost_iotlb_head(struct vhost_iotlb *t, const struct node *n)
{
	return n->class == CLASS_ODD ? &t->odd : vhost_iotlb_chain(t, n->e.first, n->class);
}

static bool vhost_iotlb_has(const struct node *n, iova_t at)
{
	return at - n->e.first <= n->e.last - n->e.first;
}

static void vhost_iotlb_link(struct vhost_iotlb *t, uint32_t i)
{
	uint32_t *at = vhost_iotlb_head(t, &t->node[i]);

	while (*at != NONE)
		at = &t->node[*at].next;
	*at = i;
	t->node[i].next = NONE;
}

/* Room for twice the entries; chains are made anew in the order of age. */
static void vhost_iotlb_grow(struct vhost_iotlb *t)
{
	uint32_t old = t->capacity;

	t->capacity = old == 0 ? FIRST_CAPACITY : old * 2;
	if (t->max != 0 && t->capacity > t->max)
		t->capacity = (uint32_t)t->max;
	t->n_chains = (uint32_t)bits_pow2_ceil(t->capacity) * 2;
	t->node = xrealloc(t->node, t->capacity, sizeof *t->node);
	t->found = xrealloc(t->found, t->capacity, sizeof *t->found);
	t->chain = xrealloc(t->chain, t->n_chains, sizeof *t->chain);
	for (uint32_t c = 0; c < t->n_chains; c++)
		t->chain[c] = NONE;
	t->odd = NONE;
	for (uint32_t i = t->oldest; i != NONE; i = t->node[i].newer)
		vhost_iotlb_link(t, i);
	for (uint32_t i = t->capacity; i-- > old;) {
		t->node[i].next = t->free;
		t->free = i;
	}
}

struct vhost_iotlb *vhost_iotlb_new(enum vhost_iotlb_policy policy, size_t max_entries,
				    struct rng *rng)
{
	struct vhost_iotlb *t = xcalloc(1, sizeof *t);

	t->policy = policy;
	t->max = max_entries;
	t->rng = rng;
	t->free = t->oldest = t->newest = NONE;
	vhost_iotlb_grow(t);
	return t;
}

void vhost_iotlb_free(struct vhost_iotlb *t)
{
	if (!t)
		return;
	free(t->node);
	free(t->found);
	free(t->chain);
	free(t);
}

size_t vhost_iotlb_n(const struct vhost_iotlb *t)
{
	return t->n;
}

/* The better of best and the first node of a chain that contains `at`, a page of its class. */
static inline const struct node *vhost_iotlb_better(const struct vhost_iotlb *t, uint32_t i, iova_t at,
					     unsigned class, const struct node *best)
{
	for (; i != NONE; i = t->node[i].next) {
		const struct node *n = &t->node[i];

		if (n->class != class || !vhost_iotlb_has(n, at))
			continue;
		if (!best || n->e.first < best->e.first ||
		    (n->e.first == best->e.first && n->age < best->age))
			best = n;
		if (class != CLASS_ODD)
			break; /* later ones are the same page, younger */
	}
	return best;
}

const struct vhost_iotlb_entry *vhost_iotlb_find(const struct vhost_iotlb *t, iova_t at)
{
	const struct node *best = NULL;

	for (unsigned c = 0; c < CLASSES; c++)
		if (t->n_class[c] != 0)
			best = vhost_iotlb_better(t, *vhost_iotlb_chain(t, at, c), at, c, best);
	if (t->n_class[CLASS_ODD] != 0)
		best = vhost_iotlb_better(t, t->odd, at, CLASS_ODD, best);
	return best ? &best->e : NULL;
}

void vhost_iotlb_remove(struct vhost_iotlb *t, const struct vhost_iotlb_entry *e)
{
	uint32_t i = (uint32_t)((const struct node *)e - t->node);
	struct node *n = &t->node[i];
	uint32_t *at = vhost_iotlb_head(t, n);

	while (*at != i)
		at = &t->node[*at].next;
	*at = n->next;
	*(n->older == NONE ? &t->oldest : &t->node[n->older].newer) = n->newer;
	*(n->newer == NONE ? &t->newest : &t->node[n->newer].older) = n->older;
	t->n_class[n->class]--;
	t->n--;
	n->next = t->free;
	t->free = i;
}

/* Is there an entry that begins at `first`? */
static bool vhost_iotlb_starts(struct vhost_iotlb *t, iova_t first)
{
	size_t n;
	const struct vhost_iotlb_entry *const *e = vhost_iotlb_overlaps(t, first, first, &n);

	for (size_t i = 0; i < n; i++)
		if (e[i]->first == first)
			return true;
	return false;
}

static void vhost_iotlb_evict(struct vhost_iotlb *t, struct vhost_iotlb_entry *evicted)
{
	uint32_t i = t->oldest;

	/* The pool is full, so every index names an entry. */
	if (t->policy == VHOST_IOTLB_DPDK && t->rng)
		i = (uint32_t)rng_below(t->rng, t->n);
	*evicted = t->node[i].e;
	vhost_iotlb_remove(t, &t->node[i].e);
}

bool vhost_iotlb_insert(struct vhost_iotlb *t, const struct vhost_iotlb_entry *e,
			struct vhost_iotlb_entry *evicted)
{
	bool full = t->max != 0 && t->n == t->max;
	uint32_t i;

	if (t->policy == VHOST_IOTLB_DPDK && vhost_iotlb_starts(t, e->first))
		return false;
	if (full)
		vhost_iotlb_evict(t, evicted);
	else if (t->n == t->capacity)
		vhost_iotlb_grow(t);
	i = t->free;
	t->free = t->node[i].next;
	t->node[i] = (struct node){
		.e = *e,
		.age = t->n_inserted++,
		.older = t->newest,
		.newer = NONE,
		.class = vhost_iotlb_class(e->first, e->last),
	};
	*(t->newest == NONE ? &t->oldest : &t->node[t->newest].newer) = i;
	t->newest = i;
	t->n_class[t->node[i].class]++;
	t->n++;
	vhost_iotlb_link(t, i);
	return full;
}

/* Pages of that class in [first, last], found by probing. */
static size_t vhost_iotlb_probe(struct vhost_iotlb *t, iova_t first, iova_t last, unsigned class,
				size_t n)
{
	uint64_t page = first >> class_bits[class], end = last >> class_bits[class];

	for (;; page++) {
		iova_t at = page << class_bits[class];

		for (uint32_t i = *vhost_iotlb_chain(t, at, class); i != NONE; i = t->node[i].next)
			if (t->node[i].class == class && t->node[i].e.first == at)
				t->found[n++] = &t->node[i].e;
		if (page == end)
			return n;
	}
}

/* Entries on a list that overlap; by_age: all of them, else the odd ones. */
static size_t vhost_iotlb_scan(struct vhost_iotlb *t, iova_t first, iova_t last, bool by_age,
			       size_t n)
{
	for (uint32_t i = by_age ? t->oldest : t->odd; i != NONE;
	     i = by_age ? t->node[i].newer : t->node[i].next)
		if (t->node[i].e.first <= last && t->node[i].e.last >= first)
			t->found[n++] = &t->node[i].e;
	return n;
}

const struct vhost_iotlb_entry *const *vhost_iotlb_overlaps(struct vhost_iotlb *t, iova_t first,
							    iova_t last, size_t *n)
{
	/* Probing costs one step a page, the list one step an entry. */
	if ((last - first) >> class_bits[0] >= t->n) {
		*n = vhost_iotlb_scan(t, first, last, true, 0);
		return t->found;
	}
	*n = 0;
	for (unsigned c = 0; c < CLASSES; c++)
		if (t->n_class[c] != 0)
			*n = vhost_iotlb_probe(t, first, last, c, *n);
	if (t->n_class[CLASS_ODD] != 0)
		*n = vhost_iotlb_scan(t, first, last, false, *n);
	return t->found;
}
