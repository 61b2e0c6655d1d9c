/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_tcg - consumers inside QEMU: TCG's TLB, and devices that translate every access.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/fake_aspace.h"

extern const struct consumer_type consumer_tcg, consumer_emulated;

#define M2 UINT64_C(0x200000)
#define G1 UINT64_C(0x40000000)

/* One notifier over everything, registered at the first translation; a storm costs one flush. */
static void test_tcg_one_shot(void **state)
{
	struct fake *f = fake_new(&consumer_tcg);
	unsigned n;

	(void)state;
	fake_init(f, true);
	fake_map(f, M2, 0x400000, M2, PERM_RW);
	assert_null(f->head);
	assert_int_equal(fake_io(f, M2 + 0x1ff8, 16, PERM_W, &n), 'o'); /* two pages of the TLB */
	assert_int_equal(f->n_translated, 2);
	assert_non_null(f->head);
	assert_null(f->head->next);
	assert_true(f->head->first == 0 && f->head->last == UINT64_MAX);
	assert_int_equal(f->head->wants, NOTIFY_UNMAP);
	assert_int_equal(fake_io(f, M2 + 0x1ff8, 16, PERM_R, &n), 'o');
	assert_int_equal(f->n_translated, 2);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_HIT), 2);
	/* 19 pieces of a whole-space UNMAP: the first flushes, 18 find it disarmed. */
	for (unsigned i = 0; i < 19; i++)
		fake_unmap_event(f, i * M2, (i + 1) * M2 - 1);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_FLUSH), 1);
	assert_int_equal(fake_cost(f, PRIM_TCG_FLUSH), 1);
	assert_int_equal(fake_counter(f, CTR_NOTIFY_UNMAP_NEEDLESS), 18);
	fake_io(f, M2, 1, PERM_R, &n); /* arms it again */
	fake_unmap_event(f, 0x1000, 0x1fff);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_FLUSH), 2);
	fake_free(f);
}

static void test_tcg_permissions_and_evictions(void **state)
{
	struct fake *f = fake_new(&consumer_tcg);
	unsigned n;

	(void)state;
	fake_opt(f, "tlb", "4");
	fake_init(f, true);
	fake_map(f, 0x10000, 0x1000, 0x1000, PERM_R);
	fake_map(f, 0x14000, 0x2000, 0x1000, PERM_RW); /* 4 pages on: the same place of 4 */
	assert_int_equal(fake_io(f, 0x10000, 1, PERM_R, &n), 'o');
	assert_int_equal(fake_io(f, 0x10000, 1, PERM_W, &n), 'f');
	assert_int_equal(fake_counter(f, CTR_DMA_FAULT), 1);
	assert_int_equal(fake_io(f, 0x14000, 1, PERM_W, &n), 'o');
	assert_int_equal(fake_counter(f, CTR_CONSUMER_EVICT), 1);
	fake_free(f);
}

struct access_row {
	struct xlat page;
	iova_t at;
	uint64_t n_bytes;
	enum perm need;
	char want;
	unsigned n_translated;
	const char *why;
};

#define RAM_END UINT64_C(0x4000000)
static const struct access_row access_rows[] = {
	{{0x10000, 0x1000, 0xfff, PERM_RW}, 0x10010, 8, PERM_R, 'o', 1, "inside a page"},
	{{0x10000, 0x1000, 0xfff, PERM_RW}, 0x10ff8, 16, PERM_R, 'f', 2, "into an unmapped page"},
	{{M2, 0, M2 - 1, PERM_RW}, M2, M2, PERM_R, 'o', 1, "a leaf of 2 MiB is one translation"},
	{{0x10000, 0x1000, 0xfff, PERM_R},
	 0x10000,
	 1,
	 PERM_W,
	 'f',
	 1,
	 "permission: refused by QEMU"},
	{{G1, 0, G1 - 1, PERM_RW}, G1 + RAM_END - 8, 8, PERM_R, 'o', 1, "last word of RAM"},
	{{G1, 0, G1 - 1, PERM_RW}, G1 + RAM_END - 8, 9, PERM_R, 'f', 1, "past RAM"},
	{{M2, RAM_END - M2, M2 - 1, PERM_RW}, 2 * M2 - 8, 8, PERM_R, 'o', 1, "offset in the leaf"},
	{{0x10000, 0x1000, 0xfff, PERM_RW},
	 MSI_FIRST,
	 4,
	 PERM_W,
	 'o',
	 0,
	 "interrupt window: a message"},
	{{LOW_LAST & PAGE_MASK, 0x1000, 0xfff, PERM_RW},
	 LOW_LAST - 7,
	 16,
	 PERM_W,
	 'o',
	 1,
	 "from memory into the window"},
};

static void test_emulated_accesses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(access_rows); i++) {
		const struct access_row *r = &access_rows[i];
		struct fake *f = fake_new(&consumer_emulated);
		unsigned n;
		char got;

		f->env.oracle = true;
		fake_init(f, true);
		fake_map(f, r->page.iova, r->page.gpa, r->page.mask + 1, r->page.perm);
		got = fake_io(f, r->at, r->n_bytes, r->need, &n);
		if (got != r->want || f->n_translated != r->n_translated)
			fail_msg("%s: got %c, %u translations", r->why, got, f->n_translated);
		assert_int_equal(fake_counter(f, CTR_STALE_HIT), 0);
		assert_null(f->head); /* no notifier, ever */
		fake_free(f);
	}
}

/* Nothing is kept: the same access asks each time. */
static void test_emulated_keeps_nothing(void **state)
{
	struct fake *f = fake_new(&consumer_emulated);
	unsigned n;

	(void)state;
	fake_init(f, true);
	fake_map(f, 0x10000, 0x1000, 0x1000, PERM_RW);
	for (unsigned i = 0; i < 5; i++)
		fake_io(f, 0x10000, 8, PERM_R, &n);
	assert_int_equal(f->n_translated, 5);
	assert_int_equal(fake_cost(f, PRIM_EMU_ACCESS), 5);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_MISS), 5);
	fake_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcg_one_shot),
		cmocka_unit_test(test_tcg_permissions_and_evictions),
		cmocka_unit_test(test_emulated_accesses),
		cmocka_unit_test(test_emulated_keeps_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
