/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * imap - a radix tree of 9 bits a level for aligned pages, a sorted array for every other range.
 *
 * A node of level l covers 2^(21 + 9 l) bytes; a slot holds the value of a page of exactly the
 * slot's size, or a node one level down that is never empty. Two bit sets say which. So finding the
 * next entry is a walk over bit sets, and a slot's memory is never cleared. The root grows upwards
 * as addresses need it: IOVAs below 4 GiB take two steps. The node used last is remembered, so a
 * run of operations on neighbouring 4 KiB pages does not descend at all.
 *
 * A map of a few entries has no tree: pages are in the array, too, until it has FEW. They move into the
 * tree before the first page is put there.
 */
#include "sim/imap.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/bits.h"
#include "sim/port.h"
#include "sim/xalloc.h"

#define LEVEL_BITS 9u
#define LEAF_SHIFT 12u /* a slot of level 0 is 4 KiB */
#define LEVELS_MAX 6u  /* 12 + 6 x 9 bits hold every address */
#define SLOTS 512u
#define WORDS (SLOTS / 64u)
#define SPARES_MAX 32u /* empty nodes kept for the next insertion */
#define FEW 8u

struct imap_node {
	uint64_t used[WORDS];    /* slots that hold something */
	uint64_t is_node[WORDS]; /* of these: a node one level down */
	unsigned n_used;
	unsigned level;
	union {
		uint64_t value;
		struct imap_node *node;
	} slot[SLOTS];
};

struct imap {
	struct imap_node *root; /* NULL: no page is in the tree */
	struct imap_node *spare;
	unsigned n_spares, n_nodes; /* spares are not in n_nodes */
	size_t n_pages;             /* entries in the tree */
	struct imap_node *leaf;     /* node of level 0 used last, or NULL */
	uint64_t leaf_at;           /* first address it covers */
	struct imap_entry *odd;     /* sorted by address */
	size_t n_odd, max_odd;
	size_t n_odd_pages; /* of n_odd: could be in the tree */
};

/* Bits below the slots of a node of that level: 12, 21, 30, ... */
static unsigned imap_shift(unsigned level)
{
	return LEAF_SHIFT + LEVEL_BITS * level;
}

static unsigned imap_index(uint64_t at, unsigned level)
{
	unsigned shift = imap_shift(level);

	return (unsigned)(at >> shift) & (SLOTS - 1);
}

/* Last byte of the slot (of a node of that level) that contains at. */
static uint64_t imap_slot_last(uint64_t at, unsigned level)
{
	return at | bits_low(imap_shift(level));
}

static bool imap_is_used(const struct imap_node *n, unsigned i)
{
	return bits_is_set(n->used[i / 64], i % 64);
}

static bool imap_is_node(const struct imap_node *n, unsigned i)
{
	return bits_is_set(n->is_node[i / 64], i % 64);
}

/* The first used slot at or after i, or SLOTS. */
static unsigned imap_next_used(const struct imap_node *n, unsigned i)
{
	for (unsigned w = i / 64; w < WORDS; w++) {
		uint64_t bits = n->used[w];

		if (w == i / 64)
			bits &= UINT64_MAX << (i % 64);
		if (bits != 0)
			return w * 64 + bits_ctz(bits);
	}
	return SLOTS;
}

static void imap_slot_set(struct imap_node *n, unsigned i)
{
	n->used[i / 64] |= BIT(i % 64);
	n->n_used++;
}

static void imap_slot_clear(struct imap_node *n, unsigned i)
{
	n->used[i / 64] &= ~BIT(i % 64);
	n->is_node[i / 64] &= ~BIT(i % 64);
	n->n_used--;
}

static struct imap_node *imap_node_new(struct imap *m, unsigned level)
{
	struct imap_node *n = m->spare;

	if (n) {
		m->spare = n->slot[0].node;
		m->n_spares--;
	} else {
		n = xcalloc(1, sizeof *n);
	}
	n->level = level;
	m->n_nodes++;
	return n;
}

/* n is empty, so its bit sets are clear already. */
static void imap_node_free(struct imap *m, struct imap_node *n)
{
	assert(n->n_used == 0);
	if (m->leaf == n)
		m->leaf = NULL;
	m->n_nodes--;
	if (m->n_spares == SPARES_MAX) {
		free(n);
		return;
	}
	n->slot[0].node = m->spare;
	m->spare = n;
	m->n_spares++;
}

/* Free n and all nodes below. */
static void imap_tree_free(struct imap *m, struct imap_node *n)
{
	for (unsigned w = 0; w < WORDS; w++) {
		for (uint64_t left = n->is_node[w]; left != 0; left &= left - 1)
			imap_tree_free(m, n->slot[w * 64 + bits_ctz(left)].node);
		n->is_node[w] = n->used[w] = 0;
	}
	n->n_used = 0;
	imap_node_free(m, n);
}

/* The level whose slots are as large as [first, last], or -1 when the range is not such a page. */
static int imap_page_level(uint64_t first, uint64_t last)
{
	uint64_t mask = last - first;

	for (unsigned l = 0; l < LEVELS_MAX; l++)
		if (mask == bits_low(imap_shift(l)))
			return (first & mask) == 0 ? (int)l : -1;
	return -1;
}

/* Does the root cover `at`? */
static bool imap_covers(const struct imap *m, uint64_t at)
{
	unsigned bits;

	if (!m->root)
		return false;
	bits = imap_shift(m->root->level) + LEVEL_BITS;
	return bits >= 64 || at >> bits == 0;
}

/* Raise the root until it covers `at` with slots at least of that level. */
static void imap_grow(struct imap *m, uint64_t at, unsigned level)
{
	if (!m->root)
		m->root = imap_node_new(m, level);
	while (m->root->level < level || !imap_covers(m, at)) {
		struct imap_node *n = imap_node_new(m, m->root->level + 1);

		if (m->root->n_used == 0) {
			imap_node_free(m, m->root);
		} else {
			n->slot[0].node = m->root;
			n->is_node[0] = 1;
			imap_slot_set(n, 0);
		}
		m->root = n;
	}
}

/* The leaf that covers `at`, remembered; NULL when there is none. */
static struct imap_node *imap_leaf(const struct imap *m, uint64_t at)
{
	return m->leaf && at - m->leaf_at <= bits_low(imap_shift(1)) ? m->leaf : NULL;
}

static void imap_remember(struct imap *m, struct imap_node *n, uint64_t at)
{
	if (n->level != 0)
		return;
	m->leaf = n;
	m->leaf_at = at & ~bits_low(imap_shift(1));
}

/* The lowest entry below n that ends at or after `at`; n covers addresses from base, base <= at. At
 * most one child is searched in vain: the one that contains `at`. */
static bool imap_node_from(const struct imap_node *n, uint64_t base, uint64_t at,
			   struct imap_entry *out)
{
	for (unsigned i = imap_next_used(n, imap_index(at, n->level)); i < SLOTS;
	     i = imap_next_used(n, i + 1)) {
		uint64_t first = base | (uint64_t)i << imap_shift(n->level);

		if (!imap_is_node(n, i)) {
			*out = (struct imap_entry){first, imap_slot_last(first, n->level),
						   n->slot[i].value};
			return true;
		}
		if (imap_node_from(n->slot[i].node, first, at > first ? at : first, out))
			return true;
	}
	return false;
}

static bool imap_tree_from(const struct imap *m, uint64_t at, struct imap_entry *out)
{
	const struct imap_node *n = imap_leaf(m, at);

	if (n && imap_node_from(n, m->leaf_at, at, out))
		return true;
	return imap_covers(m, at) && imap_node_from(m->root, 0, at, out);
}

/* Index of the first odd range that ends at or after `at`; n_odd when there is none. */
static size_t imap_odd_from(const struct imap *m, uint64_t at)
{
	size_t lo = 0, hi = m->n_odd;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->odd[mid].last < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The first odd range that shares a byte with [first, last], or NULL. */
static inline const struct imap_entry *imap_odd_first(const struct imap *m, uint64_t first,
						      uint64_t last)
{
	size_t i = m->n_odd == 0 || m->odd[0].last >= first ? 0 : imap_odd_from(m, first);

	return i < m->n_odd && m->odd[i].first <= last ? &m->odd[i] : NULL;
}

bool imap_first(const struct imap *m, uint64_t first, uint64_t last, struct imap_entry *out)
{
	const struct imap_entry *odd = imap_odd_first(m, first, last);
	struct imap_entry page;

	assert(first <= last);
	if (m->n_pages != 0 && imap_tree_from(m, first, &page) && page.first <= last &&
	    (!odd || page.first < odd->first)) {
		*out = page;
		return true;
	}
	if (odd)
		*out = *odd;
	return odd != NULL;
}

bool imap_find(const struct imap *m, uint64_t at, struct imap_entry *out)
{
	const struct imap_node *n = NULL;
	const struct imap_entry *odd;
	uint64_t base;

	if (m->n_pages != 0) {
		n = imap_leaf(m, at);
		if (!n && imap_covers(m, at))
			n = m->root;
	}
	while (n && imap_is_used(n, imap_index(at, n->level))) {
		unsigned i = imap_index(at, n->level);

		if (!imap_is_node(n, i)) {
			base = at & ~bits_low(imap_shift(n->level));
			*out = (struct imap_entry){base, imap_slot_last(base, n->level),
						   n->slot[i].value};
			return true;
		}
		n = n->slot[i].node;
	}
	odd = imap_odd_first(m, at, at);
	if (odd)
		*out = *odd;
	return odd != NULL;
}

static void imap_insert_odd(struct imap *m, struct imap_entry e)
{
	size_t i = imap_odd_from(m, e.first);

	if (m->n_odd == m->max_odd) {
		m->max_odd = m->max_odd == 0 ? 8 : m->max_odd * 2;
		m->odd = xrealloc(m->odd, m->max_odd, sizeof *m->odd);
	}
	memmove(m->odd + i + 1, m->odd + i, (m->n_odd - i) * sizeof *m->odd);
	m->odd[i] = e;
	m->n_odd++;
}

/* Enter a page; the odd ranges were looked at before. Nodes are made only once the way is known to
 * be free, so that a refused insertion leaves no empty node behind. */
static int imap_insert_page(struct imap *m, uint64_t first, unsigned level, uint64_t value)
{
	struct imap_node *n = level == 0 ? imap_leaf(m, first) : NULL;
	unsigned i;

	if (!n) {
		imap_grow(m, first, level);
		n = m->root;
	}
	while (n->level > level) {
		i = imap_index(first, n->level);
		if (!imap_is_used(n, i)) {
			n->slot[i].node = imap_node_new(m, n->level - 1);
			n->is_node[i / 64] |= BIT(i % 64);
			imap_slot_set(n, i);
		} else if (!imap_is_node(n, i)) {
			return -EEXIST; /* inside a larger page: no node was made on the way here */
		}
		n = n->slot[i].node;
	}
	i = imap_index(first, level);
	if (imap_is_used(n, i))
		return -EEXIST;
	n->slot[i].value = value;
	imap_slot_set(n, i);
	m->n_pages++;
	imap_remember(m, n, first);
	return 0;
}

/* The array's pages into the tree. */
static void imap_plant(struct imap *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n_odd; i++) {
		struct imap_entry e = m->odd[i];
		int level = imap_page_level(e.first, e.last);

		if (level < 0)
			m->odd[kept++] = e;
		else
			imap_insert_page(m, e.first, (unsigned)level, e.value);
	}
	m->n_odd = kept;
	m->n_odd_pages = 0;
}

int imap_insert(struct imap *m, uint64_t first, uint64_t last, uint64_t value)
{
	int level = imap_page_level(first, last);
	struct imap_entry e;

	assert(first <= last);
	if (level < 0 || (m->n_pages == 0 && m->n_odd < FEW)) {
		if (imap_first(m, first, last, &e))
			return -EEXIST;
		imap_insert_odd(m, (struct imap_entry){first, last, value});
		m->n_odd_pages += level >= 0;
		return 0;
	}
	if (m->n_odd_pages != 0)
		imap_plant(m);
	if (PORT_UNLIKELY(m->n_odd != 0)) {
		size_t i = imap_odd_from(m, first);

		if (i < m->n_odd && m->odd[i].first <= last)
			return -EEXIST;
	}
	return imap_insert_page(m, first, (unsigned)level, value);
}

static bool imap_remove_odd(struct imap *m, uint64_t at, struct imap_entry *out)
{
	size_t i = imap_odd_from(m, at);

	if (i == m->n_odd || m->odd[i].first > at)
		return false;
	if (out)
		*out = m->odd[i];
	if (m->n_odd_pages != 0)
		m->n_odd_pages -= imap_page_level(m->odd[i].first, m->odd[i].last) >= 0;
	m->n_odd--;
	memmove(m->odd + i, m->odd + i + 1, (m->n_odd - i) * sizeof *m->odd);
	return true;
}

/* Take slot i out of n, which is path[n->level]; nodes that become empty go, too. */
static void imap_prune(struct imap *m, struct imap_node *const *path, uint64_t at, unsigned level)
{
	unsigned top = m->root->level;

	for (;; level++) {
		imap_slot_clear(path[level], imap_index(at, level));
		if (path[level]->n_used != 0)
			return;
		if (level == top) {
			imap_node_free(m, m->root);
			m->root = NULL;
			return;
		}
		imap_node_free(m, path[level]);
	}
}

bool imap_remove(struct imap *m, uint64_t at, struct imap_entry *out)
{
	struct imap_node *path[LEVELS_MAX], *n = imap_leaf(m, at);
	unsigned i, level = 0;
	uint64_t base;

	if (n && n->n_used > 1 && imap_is_used(n, imap_index(at, 0))) {
		path[0] = n; /* the node stays: what is above it does not matter */
	} else {
		if (!imap_covers(m, at))
			return imap_remove_odd(m, at, out);
		n = m->root;
		for (level = n->level;; level--) {
			path[level] = n;
			i = imap_index(at, level);
			if (!imap_is_used(n, i))
				return imap_remove_odd(m, at, out);
			if (!imap_is_node(n, i))
				break;
			n = n->slot[i].node;
		}
		imap_remember(m, n, at);
	}
	base = at & ~bits_low(imap_shift(level));
	if (out)
		*out = (struct imap_entry){base, imap_slot_last(base, level),
					   n->slot[imap_index(at, level)].value};
	m->n_pages--;
	imap_prune(m, path, at, level);
	return true;
}

size_t imap_remove_overlaps(struct imap *m, uint64_t first, uint64_t last)
{
	struct imap_entry e;
	size_t n = 0;

	while (imap_first(m, first, last, &e)) {
		imap_remove(m, e.first, NULL);
		n++;
		if (e.last >= last)
			break;
		first = e.last + 1;
	}
	return n;
}

void imap_clear(struct imap *m)
{
	if (m->root)
		imap_tree_free(m, m->root);
	assert(m->n_nodes == 0);
	m->root = NULL;
	m->n_pages = 0;
	m->n_odd = m->n_odd_pages = 0;
}

struct imap *imap_new(void)
{
	return xcalloc(1, sizeof(struct imap));
}

void imap_free(struct imap *m)
{
	if (!m)
		return;
	imap_clear(m);
	while (m->spare) {
		struct imap_node *n = m->spare;

		m->spare = n->slot[0].node;
		free(n);
	}
	free(m->odd);
	free(m);
}

size_t imap_n(const struct imap *m)
{
	return m->n_pages + m->n_odd;
}

size_t imap_host_bytes(const struct imap *m)
{
	return sizeof *m + (m->n_nodes + m->n_spares) * sizeof(struct imap_node) +
	       m->max_odd * sizeof *m->odd;
}
