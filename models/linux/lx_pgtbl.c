/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_pgtbl - tables of 512 entries, level n_levels at the root, level 1 at the bottom
 * (VT-d 3.7, 9.8).
 *
 * A table is made when the first mapping needs it and taken out only by an unmap that covers its
 * whole span (linux intel/iommu.c dma_pte_clear_level), so typical traffic of single pages leaves
 * it in place.
 */
#include "models/linux/lx_pgtbl.h"

#include <assert.h>
#include <stdlib.h>

#include "models/vtd/vtd_spec.h"
#include "sim/port.h"
#include "sim/xalloc.h"

#define INDEX_BITS 9u
#define PTE_BYTES 8u
#define REGION_BITS 21u /* span of a leaf table */

void lx_ranges_add(struct lx_ranges *r, const struct lx_range *v)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 8;
		r->v = xrealloc(r->v, r->cap, sizeof *r->v);
	}
	r->v[r->n++] = *v;
}

void lx_ranges_fini(struct lx_ranges *r)
{
	free(r->v);
	*r = (struct lx_ranges){0};
}

void lx_pgtbl_init(struct lx_pgtbl *t, struct guest_kernel *k)
{
	uint64_t sizes = FGET(VTD_CAP_SLLPS, k->cap);

	*t = (struct lx_pgtbl){.k = k, .n_levels = k->levels, .leaf_max = 1};
	if (k->cfg.superpages && bits_is_set(sizes, 0))
		t->leaf_max = bits_is_set(sizes, 1) ? 3 : 2;
}

gpa_t lx_pgtbl_root(struct lx_pgtbl *t)
{
	if (t->root == 0)
		t->root = lx_mem_alloc(t->k);
	return t->root;
}

/* Bits of an address below one entry of a level. */
static unsigned level_shift(unsigned level)
{
	return PAGE_BITS + (level - 1) * INDEX_BITS;
}

static gpa_t entry_at(gpa_t table, iova_t iova, unsigned level)
{
	return table + (iova >> level_shift(level) & bits_low(INDEX_BITS)) * PTE_BYTES;
}

static uint64_t entry_read(const struct lx_pgtbl *t, gpa_t at)
{
	uint64_t pte = 0;
	bool is_ram = gmem_read64(t->k->mem, at, &pte);

	assert(is_ram);
	(void)is_ram;
	return pte;
}

static bool entry_present(uint64_t pte)
{
	return (pte & (FMASK(VTD_PTE_R) | FMASK(VTD_PTE_W))) != 0;
}

static bool entry_is_leaf(uint64_t pte, unsigned level)
{
	return level == 1 || FGET(VTD_PTE_PS, pte) != 0;
}

static gpa_t entry_table(uint64_t pte)
{
	return pte & FMASK(VTD_PTE_ADDR);
}

static void charge(struct meter *m, uint64_t n_entries)
{
	if (n_entries == 0)
		return;
	meter_charge(m, PRIM_GUEST_PTE, n_entries);
	if (PORT_LIKELY(m->ent != NULL))
		rec_count(m->ent, CTR_GUEST_PTE, n_entries);
}

/* The table under `pte` of `level` and all below it, added to *pages. */
static void collect(const struct lx_pgtbl *t, uint64_t pte, unsigned level, struct lx_pages *pages)
{
	gpa_t table;

	if (!entry_present(pte) || entry_is_leaf(pte, level))
		return;
	table = entry_table(pte);
	if (level > 2)
		for (unsigned i = 0; i < BIT(INDEX_BITS); i++)
			collect(t, entry_read(t, table + i * PTE_BYTES), level - 1, pages);
	lx_pages_add(pages, table);
}

static void forget_hints(struct lx_pgtbl *t, iova_t first, iova_t last)
{
	for (unsigned i = 0; i < LX_PGTBL_HINTS; i++)
		if (t->hint[i].region > first >> REGION_BITS &&
		    t->hint[i].region <= (last >> REGION_BITS) + 1)
			t->hint[i].region = 0;
}

void lx_pgtbl_fini(struct lx_pgtbl *t)
{
	struct lx_pages pages = {0};

	if (t->root == 0)
		return;
	collect(t, t->root | FMASK(VTD_PTE_R), t->n_levels + 1, &pages);
	lx_pages_release(t->k, &pages);
	*t = (struct lx_pgtbl){0};
}

/* The table that holds the entries of `level` for iova, made with those above it if missing. */
static gpa_t table_for(struct lx_pgtbl *t, iova_t iova, unsigned level, uint64_t *n_entries)
{
	gpa_t table = t->root;

	for (unsigned l = t->n_levels; l > level; l--) {
		gpa_t at = entry_at(table, iova, l);
		uint64_t pte = entry_read(t, at);

		if (!entry_present(pte)) {
			pte = lx_mem_alloc(t->k) | FMASK(VTD_PTE_R) | FMASK(VTD_PTE_W);
			gmem_write64(t->k->mem, at, pte);
			++*n_entries;
		}
		assert(!entry_is_leaf(pte, l) && "mapped over a superpage");
		table = entry_table(pte);
	}
	return table;
}

static gpa_t leaf_table_for(struct lx_pgtbl *t, iova_t iova, uint64_t *n_entries)
{
	uint64_t region = (iova >> REGION_BITS) + 1;
	unsigned h = region % LX_PGTBL_HINTS;

	if (PORT_UNLIKELY(t->hint[h].region != region)) {
		t->hint[h].table = table_for(t, iova, 1, n_entries);
		t->hint[h].region = region;
	}
	return t->hint[h].table;
}

/* The highest level of a leaf that may start here. */
static unsigned leaf_level(const struct lx_pgtbl *t, iova_t iova, gpa_t gpa, uint64_t n_pages)
{
	unsigned level = 1;

	while (level < t->leaf_max && ((iova | gpa) & bits_low(level_shift(level + 1))) == 0 &&
	       n_pages >> (level * INDEX_BITS) != 0)
		level++;
	return level;
}

/* One superpage leaf; the caller still has n_pages to map, this one's among them. */
static void map_super(struct lx_pgtbl *t, iova_t iova, uint64_t pte, unsigned level,
		      uint64_t n_pages, struct lx_ranges *replaced, uint64_t *n_entries)
{
	gpa_t at = entry_at(table_for(t, iova, level, n_entries), iova, level);
	uint64_t old = entry_read(t, at);
	iova_t last = iova | bits_low(level_shift(level));
	uint64_t rest = (n_pages << PAGE_BITS) & ~bits_low(level_shift(level));

	if (entry_present(old)) {
		struct lx_pages tables = {0};

		assert(!entry_is_leaf(old, level) && "mapped twice");
		collect(t, old, level, &tables);
		lx_pages_release(t->k, &tables);
		forget_hints(t, iova, last);
		lx_ranges_add(replaced, &(struct lx_range){iova, last, iova + rest - 1});
		++*n_entries;
	}
	gmem_write64(t->k->mem, at, pte | FMASK(VTD_PTE_PS));
	++*n_entries;
}

void lx_pgtbl_map(struct lx_pgtbl *t, iova_t iova, gpa_t gpa, uint64_t n_pages, enum perm perm,
		  struct lx_ranges *replaced, struct meter *m)
{
	uint64_t access =
		FPUT(VTD_PTE_R, (perm & PERM_R) != 0) | FPUT(VTD_PTE_W, (perm & PERM_W) != 0);
	uint64_t n_entries = 0;

	assert(perm != PERM_NONE && ((iova | gpa) & ~PAGE_MASK) == 0);
	while (n_pages != 0) {
		unsigned level = leaf_level(t, iova, gpa, n_pages);
		uint64_t n_bytes = BIT(level_shift(level));

		if (level == 1) {
			gpa_t table = leaf_table_for(t, iova, &n_entries);

			gmem_write64(t->k->mem, entry_at(table, iova, 1), gpa | access);
			n_entries++;
		} else {
			map_super(t, iova, gpa | access, level, n_pages, replaced, &n_entries);
		}
		iova += n_bytes;
		gpa += n_bytes;
		n_pages -= n_bytes >> PAGE_BITS;
	}
	charge(m, n_entries);
}

/* Entries of one table that overlap [first, last]; returns how many were cleared. */
static uint64_t clear_level(struct lx_pgtbl *t, gpa_t table, unsigned level, iova_t first,
			    iova_t last, struct lx_pages *gone)
{
	uint64_t span = BIT(level_shift(level));
	uint64_t n_cleared = 0;

	for (iova_t at = first;; at = (at & ~(span - 1)) + span) {
		gpa_t entry = entry_at(table, at, level);
		uint64_t pte = entry_read(t, entry);
		iova_t begin = at & ~(span - 1), end = begin + span - 1;

		if (entry_present(pte)) {
			if (entry_is_leaf(pte, level) || (first <= begin && last >= end)) {
				collect(t, pte, level, gone);
				gmem_write64(t->k->mem, entry, 0);
				n_cleared++;
			} else {
				n_cleared += clear_level(t, entry_table(pte), level - 1, at,
							 last < end ? last : end, gone);
			}
		}
		if (end >= last)
			return n_cleared;
	}
}

void lx_pgtbl_unmap(struct lx_pgtbl *t, iova_t first, iova_t last, struct lx_pages *gone,
		    struct meter *m)
{
	uint64_t region = (first >> REGION_BITS) + 1;
	unsigned h = region % LX_PGTBL_HINTS;
	bool one_table =
		first >> REGION_BITS == last >> REGION_BITS && last - first < bits_low(REGION_BITS);

	assert((first & ~PAGE_MASK) == 0 && first <= last);
	if (one_table && t->hint[h].region == region) {
		charge(m, clear_level(t, t->hint[h].table, 1, first, last, gone));
		return;
	}
	charge(m, clear_level(t, t->root, t->n_levels, first, last, gone));
	if (gone->n != 0)
		forget_hints(t, first, last);
}
