/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_hole - what an assigned device finds while QEMU's handler is unmapping and mapping under it.
 *
 * A handler begins at 1000. It unmaps at 1100 and maps again at 1300, but all of that is one event: the device's
 * accesses come later in the order of events, with times of their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "models/consumer/hole.h"
#include "tests/fake_aspace.h"

extern const struct consumer_type consumer_vfio;

enum { HANDLER = 1000, UNMAPPED = 1100, MAPPED = 1300 };

/* Mapped before: A, B. The handler unmaps A, B; maps A elsewhere, and C. */
#define A UINT64_C(0x10000)
#define B UINT64_C(0x11000)
#define C UINT64_C(0x12000)

struct row {
	iova_t at;
	cycles_t time;
	char want; /* 'o'k or 'f'ault */
	bool in_hole;
	const char *why;
};

static const struct row rows[] = {
	{A, 1050, 'o', false, "not yet unmapped"},
	{A, 1099, 'o', false, "the last cycle before"},
	{A, 1100, 'f', true, "unmapped, and will be mapped"},
	{A, 1299, 'f', true, "still in the hole"},
	{A, 1300, 'o', false, "mapped again"},
	{B, 1099, 'o', false, "not yet unmapped"},
	{B, 1100, 'f', false, "unmapped for good: no hole"},
	{B, 2000, 'f', false, "for good"},
	{C, 1200, 'f', false, "not yet mapped for the first time"},
	{C, 1300, 'o', false, "mapped"},
};

static struct fake *after_handler(void)
{
	struct fake *f = fake_new(&consumer_vfio);

	fake_init(f, true);
	fake_map_event(f, A, 0x50000, 0x1000);
	fake_map_event(f, B, 0x51000, 0x1000);
	f->m.start = HANDLER;
	f->m.cycles = UNMAPPED - HANDLER;
	fake_unmap_event(f, A, B + 0xfff);
	f->m.cycles = MAPPED - HANDLER;
	fake_map_event(f, A, 0x60000, 0x1000);
	fake_map_event(f, C, 0x61000, 0x1000);
	return f;
}

static void test_views(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fake *f = after_handler();
		struct meter m = {.ent = f->ent, .start = rows[i].time};
		iova_t where;
		char got = f->type->access(f->self, rows[i].at, 8, PERM_R, &where, &m) == ACCESS_OK
				   ? 'o'
				   : 'f';

		if (got != rows[i].want ||
		    (fake_counter(f, CTR_HOLE_FAULT) == 1) != rows[i].in_hole)
			fail_msg("%s: got %c, hole.fault %u", rows[i].why, got,
				 (unsigned)fake_counter(f, CTR_HOLE_FAULT));
		assert_int_equal(fake_counter(f, CTR_DMA_FAULT), got == 'f');
		/* one page was unmapped and mapped again, 200 cycles later */
		assert_int_equal(stat_hist_n(rec_latency(f->ent, "hole")), 1);
		assert_int_equal(stat_hist_max(rec_latency(f->ent, "hole")), MAPPED - UNMAPPED);
		fake_free(f);
	}
}

/* Two handlers that do not overlap: the second MAP is no hole of the first UNMAP. */
static void test_settled(void **state)
{
	struct fake *f = fake_new(&consumer_vfio);
	struct meter m = {.ent = f->ent, .start = 5000};
	iova_t where;

	(void)state;
	fake_init(f, true);
	fake_map_event(f, A, 0x50000, 0x1000);
	f->m.start = HANDLER;
	fake_unmap_event(f, A, A + 0xfff);
	f->m.start = 4000;
	f->m.cycles = 2000;
	fake_map_event(f, A, 0x50000, 0x1000);
	assert_int_equal(stat_hist_n(rec_latency(f->ent, "hole")), 0);
	/* and an access before it is a fault, no hole */
	assert_int_equal(f->type->access(f->self, A, 8, PERM_R, &where, &m), ACCESS_FAULT);
	assert_int_equal(fake_counter(f, CTR_HOLE_FAULT), 0);
	fake_free(f);
}

/* Of several removals and additions of one handler the first and the last count. */
static void test_twice(void **state)
{
	struct hole *h = hole_new();
	struct type1_map map = {A, A + 0xfff, 0x50000, PERM_RW}, found;
	cycles_t since = 0;

	(void)state;
	hole_removed(h, &map, 1100, HANDLER);
	assert_true(hole_added(h, A, A + 0xfff, 1200, HANDLER, &since));
	assert_int_equal(since, 1100);
	map.gpa = 0x60000;
	hole_removed(h, &map, 1300, HANDLER);
	assert_true(hole_added(h, A, A + 0xfff, 1400, HANDLER, &since));
	assert_int_equal(since, 1100);
	assert_int_equal(hole_look(h, A, 1050, true, &found), HOLE_BEFORE);
	assert_int_equal(found.gpa, 0x50000);
	assert_int_equal(hole_look(h, A, 1399, true, &found), HOLE_OPEN);
	assert_int_equal(hole_look(h, A, 1400, true, &found), HOLE_SETTLED);
	assert_int_equal(hole_until(h), 1400);
	hole_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_settled),
		cmocka_unit_test(test_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
