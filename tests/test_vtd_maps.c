/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_vtd_maps - the indexed cache of translations and the tree of mappings against plain lists.
 *
 * The lists apply QEMU's rules as they are written: scan all, compare, remove.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "models/vtd/vtd_iotlb.h"
#include "models/vtd/vtd_shadowmap.h"
#include "sim/bits.h"
#include "sim/xalloc.h"

#define N_STEPS 200000u

static uint64_t draw_state = 1;

/* A fixed sequence (Knuth's MMIX constants); the upper bits. */
static unsigned draw(unsigned n)
{
	draw_state = draw_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)((draw_state >> 33) % n);
}

struct plain_entry {
	struct vtd_iotlb_key key;
	uint16_t did;
	bool used;
};

static struct plain_entry plain[VTD_IOTLB_MAX];

static bool plain_matches(const struct plain_entry *e, uint16_t did, uint64_t addr, unsigned am,
			  unsigned mask_bits)
{
	uint64_t mask = ~(BIT(am) - 1) & bits_low(mask_bits);
	uint64_t page = bits_low(PAGE_BITS + 9 * (e->key.level - 1u));

	return e->did == did && ((e->key.gfn & mask) == (addr >> PAGE_BITS & mask) ||
				 e->key.gfn == (addr & ~page) >> PAGE_BITS);
}

static struct plain_entry *plain_find(const struct vtd_iotlb_key *k)
{
	struct plain_entry *room = NULL;

	for (unsigned i = 0; i < VTD_IOTLB_MAX; i++) {
		struct plain_entry *e = &plain[i];

		if (!e->used)
			room = e;
		else if (e->key.gfn == k->gfn && e->key.sid == k->sid && e->key.level == k->level)
			return e;
	}
	return room;
}

static void iotlb_compare(const struct vtd_iotlb *t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < VTD_IOTLB_MAX; i++) {
		const struct vtd_iotlb_entry *e;

		if (!plain[i].used)
			continue;
		n++;
		e = vtd_iotlb_find(t, plain[i].key.sid, 0, plain[i].key.gfn << PAGE_BITS);
		assert_non_null(e);
	}
	assert_int_equal(t->n, n);
}

static void iotlb_step(struct vtd_iotlb *t, unsigned mask_bits)
{
	unsigned level = draw(8) < 6 ? 1 : 2 + draw(2), bits = 9 * (level - 1);
	struct vtd_iotlb_key k = {
		.gfn = (uint64_t)draw(2048) >> bits << bits,
		.sid = (uint16_t)draw(3),
		.level = (uint8_t)level,
	};
	uint16_t did = (uint16_t)(draw(3) * 64); /* the same list of domains */
	unsigned am = draw(4) ? draw(4) : draw(19);
	uint64_t addr = (uint64_t)draw(2048) << PAGE_BITS;
	struct plain_entry *e;

	if (draw(3)) {
		if (t->n == VTD_IOTLB_MAX)
			return;
		vtd_iotlb_insert(t, &k, did, 0, 3);
		e = plain_find(&k);
		*e = (struct plain_entry){k, did, true};
	} else if (draw(20) == 0) {
		vtd_iotlb_drop_domain(t, did);
		for (unsigned i = 0; i < VTD_IOTLB_MAX; i++)
			plain[i].used &= plain[i].did != did;
	} else {
		vtd_iotlb_drop_pages(t, did, addr, am, mask_bits);
		for (unsigned i = 0; i < VTD_IOTLB_MAX; i++)
			if (plain[i].used && plain_matches(&plain[i], did, addr, am, mask_bits))
				plain[i].used = false;
	}
}

static void test_iotlb(void **state)
{
	(void)state;
	for (unsigned mask_bits = 8; mask_bits <= 64; mask_bits += 56) {
		struct vtd_iotlb *t = xcalloc(1, sizeof *t);

		vtd_iotlb_init(t);
		for (unsigned i = 0; i < VTD_IOTLB_MAX; i++)
			plain[i].used = false;
		for (unsigned i = 0; i < N_STEPS / 10; i++) {
			iotlb_step(t, mask_bits);
			if (i % 16 == 0)
				iotlb_compare(t);
		}
		vtd_iotlb_reset(t);
		assert_int_equal(t->n, 0);
		free(t);
	}
}

/* QEMU's interval tree as a list of disjoint pages. */
struct plain_map {
	iova_t first, last;
	uint64_t page;
};

static struct plain_map maps[4096];
static unsigned n_maps;

static bool map_overlaps(iova_t first, iova_t last)
{
	for (unsigned i = 0; i < n_maps; i++)
		if (maps[i].first <= last && maps[i].last >= first)
			return true;
	return false;
}

static void map_remove(iova_t first, iova_t last)
{
	for (unsigned i = 0; i < n_maps;)
		if (maps[i].first <= last && maps[i].last >= first)
			maps[i] = maps[--n_maps];
		else
			i++;
}

static void shadow_step(struct vtd_shadowmap *t)
{
	static const unsigned shift[] = {0, PAGE_BITS, PAGE_BITS + 9, PAGE_BITS + 18};
	unsigned level = draw(6) < 4 ? 1 : 2 + draw(2);
	iova_t base = draw(4) ? 0 : BIT(39); /* a second branch of the top */
	iova_t iova = (base + ((uint64_t)draw(1200) << (PAGE_BITS + draw(2) * 9))) >>
		      shift[level] << shift[level];
	iova_t last = iova + bits_low(shift[level]);
	uint64_t page = (uint64_t)draw(1000) << PAGE_BITS | (1 + draw(3));

	if (draw(10) == 0) { /* any range, like a whole-unmap */
		iova = base + ((uint64_t)draw(1000) << PAGE_BITS);
		last = iova + ((uint64_t)draw(3000) << PAGE_BITS) + (draw(2) ? 0 : 0xfff);
	}
	assert_int_equal(vtd_shadowmap_overlaps(t, iova, level) &&
				 last == iova + bits_low(shift[level]),
			 map_overlaps(iova, iova + bits_low(shift[level])) &&
				 last == iova + bits_low(shift[level]));
	vtd_shadowmap_remove(t, iova, last);
	map_remove(iova, last);
	if (draw(3) && last == iova + bits_low(shift[level])) {
		vtd_shadowmap_insert(t, iova, level, page);
		maps[n_maps++] = (struct plain_map){iova, last, page};
		assert_true(vtd_shadowmap_get(t, iova, level) == page);
	}
	assert_int_equal(t->n_pages, n_maps);
}

static void test_shadowmap(void **state)
{
	struct vtd_shadowmap t = {0};

	(void)state;
	for (unsigned i = 0; i < N_STEPS; i++)
		shadow_step(&t);
	for (unsigned i = 0; i < n_maps; i++) {
		unsigned bits = bits_log2(maps[i].last - maps[i].first + 1);

		assert_true(vtd_shadowmap_get(&t, maps[i].first, (bits - PAGE_BITS) / 9 + 1) ==
			    maps[i].page);
	}
	vtd_shadowmap_clear(&t);
	assert_int_equal(t.n_pages, 0);
	assert_null(t.root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_iotlb),
		cmocka_unit_test(test_shadowmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
