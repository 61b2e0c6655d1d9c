/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_vfio - MAP and UNMAP events as ioctls, and what the kernel refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "models/consumer/hw_iotlb.h"
#include "models/consumer/type1.h"
#include "tests/fake_aspace.h"

extern const struct consumer_type consumer_vfio;

#define M2 UINT64_C(0x200000)

/* ---- the container's rules */

enum step_kind { MAP, UNMAP };

struct step {
	enum step_kind kind;
	iova_t first, last;
	int want;
	size_t want_n; /* mappings afterwards */
	const char *why;
};

static const struct step container_steps[] = {
	{MAP, 0x10000, 0x10fff, 0, 1, "a page"},
	{MAP, 0x10000, 0x10fff, -EEXIST, 1, "the same again"},
	{MAP, 0, M2 - 1, -EEXIST, 1, "2 MiB over it"},
	{MAP, 0x11000, 0x11fff, 0, 2, "the next page: not merged"},
	{UNMAP, 0x10000, 0x12fff, 0, 0, "over both, and beyond"},
	{UNMAP, 0x10000, 0x10fff, 0, 0, "of nothing: success"},
	{MAP, 0, M2 - 1, 0, 1, "2 MiB"},
	{UNMAP, 0, 0xfff, -EINVAL, 1, "2M page -> table: 4 KiB of it (observed)"},
	{MAP, 0x10000, 0x10fff, -EEXIST, 1, "2M page -> table: its pages (observed)"},
	{UNMAP, 0x1000, M2 - 1, -EINVAL, 1, "cuts at the front"},
	{UNMAP, 0x1000, 3 * M2 - 1, -EINVAL, 1, "cuts at the front, ends outside"},
	{UNMAP, 0, M2, 0, 0, "whole and one byte more"},
	{MAP, HIGH_FIRST, UINT64_MAX, 0, 1, "the upper section"},
	{MAP, 0, LOW_LAST, 0, 2, "the lower section"},
	{MAP, MSI_FIRST, MSI_FIRST + 0xfff, -ENOSPC, 2, "a third: the limit is two"},
	{UNMAP, 0, UINT64_MAX, 0, 0, "everything"},
};

static void test_container(void **state)
{
	struct type1 *t = type1_new(2);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(container_steps); i++) {
		const struct step *s = &container_steps[i];
		struct type1_map map = {s->first, s->last, 0, PERM_RW};
		int got =
			s->kind == MAP ? type1_map(t, &map) : type1_can_unmap(t, s->first, s->last);

		if (s->kind == UNMAP && got == 0)
			while (type1_take(t, s->first, s->last, &map))
				;
		if (got != s->want || type1_n(t) != s->want_n)
			fail_msg("%s: got %d and %zu mappings", s->why, got, type1_n(t));
	}
	assert_int_equal(type1_n_pinned(t), 0);
	type1_free(t);
}

/* ---- events; the steps of the observed list (16 pages at 0x10000), without the IOMMU's part */

static struct fake *with_pages(unsigned n)
{
	struct fake *f = fake_new(&consumer_vfio);

	for (unsigned i = 0; i < n; i++)
		fake_map(f, 0x10000 + i * 0x1000, 0x50000 + i * 0x1000, 0x1000, PERM_RW);
	return f;
}

static void expect(const struct fake *f, uint64_t n_map, uint64_t n_map_failed, uint64_t n_unmap,
		   uint64_t n_unmap_failed)
{
	assert_int_equal(fake_counter(f, CTR_CONSUMER_MAP), n_map);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_MAP_FAILED), n_map_failed);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_UNMAP), n_unmap);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_UNMAP_FAILED), n_unmap_failed);
}

static void test_events(void **state)
{
	struct fake *f = with_pages(16);
	unsigned n;

	(void)state;
	fake_init(f, true);
	/* Two sections, two notifiers, two replays; every page mapped once. */
	assert_int_equal(f->n_replayed, 2);
	assert_int_equal(f->head->first, HIGH_FIRST);
	assert_int_equal(f->head->wants, NOTIFY_MAP | NOTIFY_UNMAP);
	expect(f, 16, 0, 0, 0);
	assert_int_equal(fake_io(f, 0x10000, 0x10000, PERM_RW, &n), 'o');
	assert_int_equal(fake_io(f, 0xfff0, 0x20, PERM_R, &n), 'f');
	assert_int_equal(fake_io(f, 0x1fff0, 0x20, PERM_R, &n), 'f');
	assert_int_equal(fake_counter(f, CTR_DMA_FAULT), 2);
	/* UNMAP of a page, and again: the second call finds nothing, is made and costs all the
	 * same. */
	fake_unmap_event(f, 0x14000, 0x14fff);
	assert_int_equal(fake_io(f, 0x14000, 1, PERM_R, &n), 'f');
	assert_int_equal(fake_cost(f, PRIM_HOST_FLUSH), 1);
	fake_unmap_event(f, 0x14000, 0x14fff);
	expect(f, 16, 0, 2, 0);
	assert_int_equal(fake_cost(f, PRIM_HOST_FLUSH), 1);
	assert_int_equal(fake_cost(f, PRIM_VFIO_UNMAP), 2);
	assert_int_equal(fake_cost(f, PRIM_VFIO_UNMAP_PAGE), 1);
	assert_int_equal(fake_counter(f, CTR_NOTIFY_UNMAP_NEEDLESS), 1);
	/* L2 entry cleared: UNMAP of the 2 MiB hole over 15 nodes: one call, one flush. */
	fake_unmap_event(f, 0, M2 - 1);
	expect(f, 16, 0, 3, 0);
	assert_int_equal(fake_cost(f, PRIM_VFIO_UNMAP_PAGE), 16);
	assert_int_equal(fake_cost(f, PRIM_HOST_FLUSH), 2);
	/* 2M page; then the table back: U 4 KiB refused, M of 17 pages refused, the 2M mapping
	 * stays. */
	fake_map_event(f, 0, 0x200000, M2);
	fake_unmap_event(f, 0, 0xfff);
	for (unsigned i = 0; i < 17; i++)
		fake_map_event(f, 0x10000 + i * 0x1000, 0x50000, 0x1000);
	expect(f, 34, 17, 4, 1);
	assert_int_equal(fake_counter(f, CTR_NOTIFY_UNMAP_NEEDLESS), 1);
	assert_int_equal(fake_counter(f, CTR_NOTIFY_MAP_DUPLICATE), 17);
	assert_int_equal(fake_io(f, 0x1ff000, 0x1000, PERM_W, &n), 'o');
	/* 16 pages, then 512: most pinned at one time. */
	assert_int_equal(fake_counter(f, CTR_CONSUMER_PINNED_MAX), 512);
	/* MAP of what is not RAM: no call. */
	fake_map_event(f, 0x40000000, UINT64_C(0x3fff000), 0x2000);
	expect(f, 34, 17, 4, 1);
	fake_free(f);
}

/* Region changes: RAM is mapped one to one; a deleted section is one UNMAP, whatever is in it. */
static void test_regions(void **state)
{
	static const struct region ram = {REGION_RAM, 0, 0xbffff};
	struct fake *f = with_pages(4);
	unsigned n;

	(void)state;
	fake_init(f, false);
	fake_region(f, &ram, true);
	expect(f, 1, 0, 0, 0);
	assert_int_equal(fake_cost(f, PRIM_VFIO_MAP_PAGE), 0xc0);
	assert_int_equal(fake_io(f, 0xbf000, 0x1000, PERM_W, &n), 'o');
	fake_region(f, &ram, false);
	fake_region(f, &fake_low, true);
	fake_region(f, &fake_high, true);
	expect(f, 5, 0, 1, 0);
	assert_int_equal(fake_io(f, 0xbf000, 0x1000, PERM_W, &n), 'f');
	assert_int_equal(fake_io(f, 0x10000, 0x4000, PERM_W, &n), 'o');
	fake_region(f, &fake_low, false);
	fake_region(f, &fake_high, false);
	assert_null(f->head);
	expect(f, 5, 0, 3, 0);
	assert_int_equal(fake_cost(f, PRIM_HOST_FLUSH), 2);
	assert_int_equal(fake_io(f, 0x10000, 1, PERM_R, &n), 'f');
	fake_free(f);
}

static void test_refused_notifier(void **state)
{
	struct fake *f = with_pages(1);

	(void)state;
	f->refused = NOTIFY_MAP;
	fake_init(f, false);
	fake_region(f, &fake_low, true);
	assert_int_equal(f->n_aborted, 1);
	assert_non_null(strstr(f->why, "caching-mode"));
	assert_int_equal(f->n_replayed, 0);
	fake_free(f);
}

/* The limit is hit at replay: the rest is refused and faults later. iommufd has none. */
static void test_limit(void **state)
{
	static const struct {
		const char *backend;
		unsigned want_failed;
		char want_last;
	} rows[] = {{"type1", 6, 'f'}, {"iommufd", 0, 'o'}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fake *f = with_pages(16);
		unsigned n;

		fake_opt(f, "backend", rows[i].backend);
		fake_opt(f, "dma-entry-limit", "10");
		fake_init(f, true);
		expect(f, 16, rows[i].want_failed, 0, 0);
		assert_int_equal(fake_io(f, 0x19000, 1, PERM_R, &n), 'o');
		assert_int_equal(fake_io(f, 0x1a000, 1, PERM_R, &n), rows[i].want_last);
		fake_free(f);
	}
}

static void test_permissions(void **state)
{
	struct fake *f = fake_new(&consumer_vfio);
	unsigned n;

	(void)state;
	fake_map(f, 0x10000, 0x50000, 0x1000, PERM_R);
	fake_init(f, true);
	assert_int_equal(fake_io(f, 0x10000, 1, PERM_R, &n), 'o');
	assert_int_equal(fake_io(f, 0x10000, 1, PERM_W, &n), 'f');
	assert_int_equal(fake_io(f, 0x10000, 1, PERM_RW, &n), 'f');
	fake_free(f);
}

/* ---- the host's IOTLB */

static void test_hw_iotlb(void **state)
{
	struct fake *f = fake_new(&consumer_vfio);
	unsigned n;

	(void)state;
	fake_map(f, M2, M2, M2, PERM_RW);         /* congruent: the host uses a 2 MiB page */
	fake_map(f, 2 * M2, 0x1000, M2, PERM_RW); /* not congruent: 4 KiB pages */
	fake_init(f, true);
	fake_io(f, M2, M2, PERM_R, &n);
	assert_int_equal(fake_cost(f, PRIM_HW_IOTLB_MISS), 1);
	fake_io(f, M2 + 0x3000, 8, PERM_R, &n);
	assert_int_equal(fake_cost(f, PRIM_HW_IOTLB_HIT), 1);
	fake_io(f, 2 * M2, 0x3000, PERM_R, &n);
	assert_int_equal(fake_cost(f, PRIM_HW_IOTLB_MISS), 4);
	fake_io(f, 2 * M2, 0x3000, PERM_R, &n);
	assert_int_equal(fake_cost(f, PRIM_HW_IOTLB_HIT), 4);
	/* An UNMAP of the first drops its page only. */
	fake_unmap_event(f, M2, 2 * M2 - 1);
	fake_io(f, 2 * M2, 0x3000, PERM_R, &n);
	assert_int_equal(fake_cost(f, PRIM_HW_IOTLB_HIT), 7);
	fake_map_event(f, M2, M2, M2);
	fake_io(f, M2, 8, PERM_R, &n);
	assert_int_equal(fake_cost(f, PRIM_HW_IOTLB_MISS), 5);
	fake_free(f);
}

static void test_hw_iotlb_capacity(void **state)
{
	struct hw_iotlb *t = hw_iotlb_new(4); /* one set of 4 ways, first in first out */

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_false(hw_iotlb_use(t, i * 0x1000, 12));
	assert_false(hw_iotlb_use(t, 0, 12)); /* replaced by page 4, comes in for page 1 */
	assert_true(hw_iotlb_use(t, 0x2000, 12));
	assert_false(hw_iotlb_use(t, 0x1000, 12));
	hw_iotlb_free(t);
	t = hw_iotlb_new(0);
	assert_false(hw_iotlb_use(t, 0, 12));
	assert_false(hw_iotlb_use(t, 0, 12));
	hw_iotlb_free(t);
}

static void test_oracle(void **state)
{
	struct fake *f = with_pages(2);
	unsigned n;

	(void)state;
	f->env.oracle = true;
	fake_init(f, true);
	fake_unmap(f, 0x10000);
	f->type->unmapped(f->self, 0x10000, 0x10fff, 500);
	f->m.start = 600;
	fake_io(f, 0x10000, 0x2000, PERM_R, &n);
	assert_int_equal(fake_counter(f, CTR_STALE_HIT), 1);
	f->m.start = 900;
	fake_unmap_event(f, 0x10000, 0x10fff);
	assert_int_equal(stat_hist_max(rec_latency(f->ent, "stale_window")), 400);
	fake_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_container), cmocka_unit_test(test_events),
		cmocka_unit_test(test_regions),   cmocka_unit_test(test_refused_notifier),
		cmocka_unit_test(test_limit),     cmocka_unit_test(test_permissions),
		cmocka_unit_test(test_hw_iotlb),  cmocka_unit_test(test_hw_iotlb_capacity),
		cmocka_unit_test(test_oracle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
