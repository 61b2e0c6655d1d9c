/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * contract_consumer - what holds for every consumer of the registry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "models/registry.h"
#include "tests/fake_aspace.h"

#define N_PAGES 24
#define FIRST UINT64_C(0xfff00000) /* where Linux allocates first: below 4 GiB, the upper section \
				    */

/* A consumer that follows its aspace; "none" is the floor and does not. */
static bool translates(const struct consumer_type *type)
{
	return strcmp(type->name, "none") != 0;
}

static struct fake *ready(const struct consumer_type *type)
{
	struct fake *f = fake_new(type);

	for (unsigned i = 0; i < N_PAGES; i++)
		fake_map(f, FIRST + i * 0x1000, 0x100000 + i * 0x2000, 0x1000, PERM_RW);
	fake_init(f, true);
	if (type->start)
		type->start(f->self, NULL, 0, &f->m);
	return f;
}

static void descriptor(const struct consumer_type *type)
{
	assert_non_null(type->name);
	assert_non_null(type->help);
	assert_non_null(type->opts);
	assert_true(type->size > 0);
	assert_non_null(type->init);
	assert_non_null(type->fini);
	assert_non_null(type->access);
}

/* What is mapped is reached, and nothing besides. */
static void reaches_what_is_mapped(const struct consumer_type *type)
{
	struct fake *f = ready(type);
	unsigned n;

	assert_int_equal(fake_io(f, FIRST + 5, N_PAGES * 0x1000 - 5, PERM_RW, &n), 'o');
	assert_int_equal(fake_counter(f, CTR_DMA_FAULT), 0);
	if (translates(type)) {
		assert_int_equal(fake_io(f, FIRST - 1, 1, PERM_R, &n), 'f');
		assert_int_equal(fake_counter(f, CTR_DMA_FAULT), 1);
	}
	fake_free(f);
}

/* After the guest unmapped everything and the event arrived, nothing is reached. */
static void forgets_at_unmap(const struct consumer_type *type)
{
	struct fake *f = ready(type);
	unsigned n;

	for (unsigned i = 0; i < N_PAGES; i++)
		fake_io(f, FIRST + i * 0x1000, 8, PERM_RW, &n);
	f->n_pages = 0;
	fake_unmap_event(f, 0, UINT64_MAX);
	for (unsigned i = 0; translates(type) && i < N_PAGES; i++)
		assert_int_equal(fake_io(f, FIRST + i * 0x1000, 8, PERM_RW, &n), 'f');
	fake_free(f);
}

/* After UNMAP of one page the others are still reached, and a new MAP is. */
static void follows_a_change(const struct consumer_type *type)
{
	struct fake *f = ready(type);
	unsigned n;

	fake_io(f, FIRST, N_PAGES * 0x1000, PERM_RW, &n);
	fake_unmap(f, FIRST + 0x3000);
	fake_unmap_event(f, FIRST + 0x3000, FIRST + 0x3fff);
	for (unsigned i = 0; i < N_PAGES; i++)
		assert_int_equal(fake_io(f, FIRST + i * 0x1000, 0x1000, PERM_R, &n),
				 i == 3 && translates(type) ? 'f' : 'o');
	fake_map(f, FIRST + 0x3000, 0x200000, 0x1000, PERM_RW);
	fake_map_event(f, FIRST + 0x3000, 0x200000, 0x1000);
	assert_int_equal(fake_io(f, FIRST, N_PAGES * 0x1000, PERM_RW, &n), 'o');
	fake_free(f);
}

/* Translation off again: no notifier is left behind; RAM is one to one. */
static void leaves_no_notifier(const struct consumer_type *type)
{
	static const struct region ram = {REGION_RAM, 0, 0x3ffffff};
	struct fake *f = ready(type);
	unsigned n;

	fake_io(f, FIRST, 8, PERM_R, &n);
	fake_region(f, &fake_low, false);
	fake_region(f, &fake_high, false);
	assert_null(f->head);
	fake_region(f, &ram, true);
	assert_int_equal(fake_io(f, 0x5000, 0x3000, PERM_W, &n), 'o');
	fake_region(f, &ram, false);
	fake_region(f, &fake_low, true);
	fake_region(f, &fake_high, true);
	assert_int_equal(fake_io(f, FIRST, N_PAGES * 0x1000, PERM_R, &n), 'o');
	fake_free(f);
}

/* The oracle sees nothing wrong as long as every event is delivered, and takes no part. */
static void oracle_is_quiet(const struct consumer_type *type)
{
	uint64_t counters[2][CTR_N];

	for (unsigned on = 0; on < 2; on++) {
		struct fake *f = fake_new(type);
		unsigned n;

		f->env.oracle = on != 0;
		fake_init(f, true);
		if (type->start)
			type->start(f->self, NULL, 0, &f->m);
		for (unsigned i = 0; i < 300; i++) {
			iova_t at = FIRST + i % 7 * 0x1000;
			gpa_t gpa = 0x100000 + i * 0x1000;

			fake_map(f, at, gpa, 0x1000, PERM_RW);
			fake_map_event(f, at, gpa, 0x1000);
			fake_io(f, at, 0x1000, PERM_W, &n);
			fake_unmap(f, at);
			if (type->unmapped)
				type->unmapped(f->self, at, at + 0xfff, i);
			fake_unmap_event(f, at, at + 0xfff);
		}
		assert_int_equal(fake_counter(f, CTR_STALE_HIT), 0);
		memcpy(counters[on], f->ent->counter, sizeof counters[on]);
		fake_free(f);
	}
	assert_memory_equal(counters[0], counters[1], sizeof counters[0]);
}

/* Two runs of the same steps count the same. */
static void is_deterministic(const struct consumer_type *type)
{
	uint64_t counters[2][CTR_N];

	for (unsigned run = 0; run < 2; run++) {
		struct fake *f = ready(type);
		unsigned n;

		for (unsigned i = 0; i < 2000; i++) {
			fake_io(f, FIRST + i * 7 % N_PAGES * 0x1000, 100, PERM_RW, &n);
			if (i % 5 == 0)
				fake_unmap_event(f, FIRST + i % N_PAGES * 0x1000,
						 FIRST + i % N_PAGES * 0x1000 + 0xfff);
		}
		memcpy(counters[run], f->ent->counter, sizeof counters[run]);
		fake_free(f);
	}
	assert_memory_equal(counters[0], counters[1], sizeof counters[0]);
}

static void for_all(void (*check)(const struct consumer_type *type))
{
	struct registry_entry entry;
	unsigned i;

	for (i = 0; registry_get(REGISTRY_CONSUMER, i, &entry); i++)
		check(entry.type);
	assert_in_range(i, 5, 100);
}

#define CONTRACT(check)                        \
	static void test_##check(void **state) \
	{                                      \
		(void)state;                   \
		for_all(check);                \
	}
CONTRACT(descriptor)
CONTRACT(reaches_what_is_mapped)
CONTRACT(forgets_at_unmap)
CONTRACT(follows_a_change)
CONTRACT(leaves_no_notifier)
CONTRACT(oracle_is_quiet)
CONTRACT(is_deterministic)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_reaches_what_is_mapped),
		cmocka_unit_test(test_forgets_at_unmap),
		cmocka_unit_test(test_follows_a_change),
		cmocka_unit_test(test_leaves_no_notifier),
		cmocka_unit_test(test_oracle_is_quiet),
		cmocka_unit_test(test_is_deterministic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
