/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_imap - the range map: rows of single operations, and a long random run against a plain
 * array.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "sim/imap.h"
#include "sim/port.h"

#define K4 UINT64_C(0x1000)
#define M2 UINT64_C(0x200000)
#define G1 UINT64_C(0x40000000)

struct insert_row {
	uint64_t first, last;
	int want;
	const char *why;
};

static const struct insert_row insert_rows[] = {
	{0x10000, 0x10fff, 0, "a 4 KiB page"},
	{0x10000, 0x10fff, -EEXIST, "the same again"},
	{0x0, M2 - 1, -EEXIST, "2 MiB over the page"},
	{0x0, G1 - 1, -EEXIST, "1 GiB over the page"},
	{M2, 2 * M2 - 1, 0, "2 MiB beside it"},
	{M2 + 0x5000, M2 + 0x5fff, -EEXIST, "4 KiB inside the 2 MiB"},
	{0x10800, 0x117ff, -EEXIST, "odd range over the page's second half"},
	{0x11000, 0x12fff, 0, "odd: 8 KiB"},
	{0x12000, 0x12fff, -EEXIST, "a page inside the odd range"},
	{0x13001, 0x13001, 0, "one byte"},
	{0x13000, 0x13fff, -EEXIST, "the page around the byte"},
	{G1, 2 * G1 - 1, 0, "1 GiB"},
	{UINT64_MAX - 0xfff, UINT64_MAX, 0, "the last page of all"},
	{UINT64_C(0xfef00000), UINT64_MAX, -EEXIST, "everything above the interrupt window"},
	{UINT64_C(0xfef00000), UINT64_MAX - 0x1000, 0, "the same without the last page"},
	{0, UINT64_MAX, -EEXIST, "everything"},
};

static void test_insert_rows(void **state)
{
	struct imap *m = imap_new();
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(insert_rows); i++) {
		const struct insert_row *r = &insert_rows[i];
		struct imap_entry e;
		int got = imap_insert(m, r->first, r->last, i);

		if (got != r->want)
			fail_msg("%s: got %d, want %d", r->why, got, r->want);
		n += got == 0;
		assert_int_equal(imap_n(m), n);
		if (got != 0)
			continue;
		assert_true(imap_find(m, r->first, &e));
		assert_true(e.first == r->first && e.last == r->last && e.value == i);
		assert_true(imap_find(m, r->last, &e));
		assert_true(e.first == r->first && e.last == r->last && e.value == i);
	}
	imap_free(m);
}

static void test_order_and_remove(void **state)
{
	static const struct imap_entry want[] = {
		{0x3000, 0x3fff, 1},
		{0x5000, 0x6fff, 2},
		{M2, 2 * M2 - 1, 3},
		{G1, 2 * G1 - 1, 4},
		{UINT64_C(0xfffff000), UINT64_C(0xffffffff), 5},
		{UINT64_C(1) << 47, (UINT64_C(1) << 47) + 0xfff, 6},
	};
	static const unsigned order[] = {4, 1, 5, 0, 3, 2};
	struct imap *m = imap_new();
	struct imap_entry e;
	uint64_t at = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		assert_int_equal(imap_insert(m, want[order[i]].first, want[order[i]].last,
					     want[order[i]].value),
				 0);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_true(imap_first(m, at, UINT64_MAX, &e));
		assert_memory_equal(&e, &want[i], sizeof e);
		at = e.last + 1;
	}
	assert_false(imap_first(m, at, UINT64_MAX, &e));
	assert_false(imap_first(m, 0x4000, 0x4fff, &e)); /* between two entries */
	assert_true(imap_first(m, 0x4000, 0x5000, &e));
	assert_int_equal(e.value, 2);
	/* 0x6fff..2M shares a byte with the odd range and with the 2 MiB page: two entries. */
	assert_int_equal(imap_remove_overlaps(m, 0x6fff, M2), 2);
	assert_false(imap_find(m, 0x5000, &e));
	assert_false(imap_find(m, 2 * M2 - 1, &e));
	assert_true(imap_remove(m, G1 + 5, &e));
	assert_int_equal(e.value, 4);
	assert_false(imap_remove(m, G1, NULL));
	assert_int_equal(imap_n(m), 3);
	imap_clear(m);
	assert_int_equal(imap_n(m), 0);
	assert_false(imap_first(m, 0, UINT64_MAX, &e));
	imap_free(m);
}

/* Dense 4 KiB pages: 8 bytes for the value and one node of 4,232 bytes for 512 of them = 8.3, a
 * little for the upper levels and spares; 16 is promised. */
static void test_memory_per_page(void **state)
{
	enum { N = 65536 };
	struct imap *m = imap_new();
	size_t empty;

	(void)state;
	for (uint64_t i = 0; i < N; i++)
		assert_int_equal(imap_insert(m, 0xfffff000 - i * K4, 0xffffffff - i * K4, i), 0);
	assert_in_range(imap_host_bytes(m), 8 * N, 16 * N);
	assert_int_equal(imap_remove_overlaps(m, 0, UINT64_MAX), N);
	/* What is left are the spare nodes: at most 32. */
	empty = imap_host_bytes(m);
	assert_in_range(empty, 0, 33 * 4300);
	imap_free(m);
}

/* A plain array of ranges, searched from end to end: obviously right. */
#define MODEL_MAX 400
struct model {
	struct imap_entry e[MODEL_MAX];
	unsigned n;
};

static int model_first(const struct model *m, uint64_t first, uint64_t last)
{
	int best = -1;

	for (unsigned i = 0; i < m->n; i++)
		if (m->e[i].first <= last && m->e[i].last >= first &&
		    (best < 0 || m->e[i].first < m->e[best].first))
			best = (int)i;
	return best;
}

static uint64_t random_state;
static uint64_t random_next(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return random_state >> 33;
}

/* A range near one of three places, page-shaped or not. */
static void random_range(uint64_t *first, uint64_t *last)
{
	static const uint64_t bases[] = {0, UINT64_C(0xfec00000), UINT64_C(0xffffffffffc00000)};
	static const uint64_t sizes[] = {K4, K4, K4, M2, 2 * K4, 5 * K4, 1, 3 * M2};
	uint64_t size = sizes[random_next() % ARRAY_SIZE(sizes)];

	*first = bases[random_next() % ARRAY_SIZE(bases)];
	if (size == M2 || size == 3 * M2)
		*first += random_next() % 2 * M2;
	else
		*first += random_next() % 1024 * K4;
	*last = *first + size - 1;
	if (*last < *first)
		*last = UINT64_MAX;
}

static void compare(const struct imap *m, const struct model *model, uint64_t first, uint64_t last)
{
	struct imap_entry e;
	int want = model_first(model, first, last);

	assert_int_equal(imap_first(m, first, last, &e), want >= 0);
	if (want >= 0)
		assert_memory_equal(&e, &model->e[want], sizeof e);
	want = model_first(model, first, first);
	assert_int_equal(imap_find(m, first, &e), want >= 0);
	if (want >= 0)
		assert_memory_equal(&e, &model->e[want], sizeof e);
	assert_int_equal(imap_n(m), model->n);
}

static void test_random_against_array(void **state)
{
	static struct model model;
	struct imap *m = imap_new();
	struct imap_entry e;
	uint64_t first, last;

	(void)state;
	random_state = 7;
	for (unsigned step = 0; step < 60000; step++) {
		random_range(&first, &last);
		if (random_next() % 2 == 0 && model.n < MODEL_MAX) {
			int want = model_first(&model, first, last) < 0 ? 0 : -EEXIST;

			assert_int_equal(imap_insert(m, first, last, step), want);
			if (want == 0)
				model.e[model.n++] = (struct imap_entry){first, last, step};
		} else if (random_next() % 8 == 0) {
			size_t n = 0;
			int i;

			while ((i = model_first(&model, first, last)) >= 0) {
				model.e[i] = model.e[--model.n];
				n++;
			}
			assert_int_equal(imap_remove_overlaps(m, first, last), n);
		} else {
			int i = model_first(&model, first, first);

			assert_int_equal(imap_remove(m, first, &e), i >= 0);
			if (i >= 0) {
				assert_memory_equal(&e, &model.e[i], sizeof e);
				model.e[i] = model.e[--model.n];
			}
		}
		random_range(&first, &last);
		compare(m, &model, first, last);
	}
	imap_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_insert_rows),
		cmocka_unit_test(test_order_and_remove),
		cmocka_unit_test(test_memory_per_page),
		cmocka_unit_test(test_random_against_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
