/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_gmem - what is read is what was written, whichever pages are remembered.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "models/gmem.h"

#define RAM_BYTES (UINT64_C(8) << 30)
#define BELOW_4G (UINT64_C(2) << 30)
#define ABOVE_4G (UINT64_C(1) << 32)
/* Pages that are this far apart share a place among those remembered. */
#define RIVAL_BYTES (GMEM_RECENT * PAGE_BYTES)

static void test_rivals(void **state)
{
	/* three rounds over pages of one place and one more of another: nobody sees another's words */
	static const gpa_t page[] = {0, RIVAL_BYTES, 2 * RIVAL_BYTES, PAGE_BYTES, ABOVE_4G};
	struct gmem *g = gmem_new(RAM_BYTES, BELOW_4G);
	uint64_t word;

	(void)state;
	for (uint64_t round = 1; round <= 3; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(page); i++)
			assert_true(gmem_write64(g, page[i] + 8 * round, 16 * i + round));
		for (size_t i = 0; i < ARRAY_SIZE(page); i++) {
			assert_true(gmem_read64(g, page[i] + 8 * round, &word));
			assert_int_equal(word, 16 * i + round);
			assert_int_equal(gmem_page(g, page[i])[round], 16 * i + round);
		}
	}
	assert_int_equal(gmem_n_pages(g), ARRAY_SIZE(page));
	gmem_free(g);
}

static void test_never_written_is_zero(void **state)
{
	struct gmem *g = gmem_new(RAM_BYTES, BELOW_4G);
	uint64_t word = 1;

	(void)state;
	assert_true(gmem_read64(g, 0, &word));
	assert_int_equal(word, 0);
	assert_int_equal(gmem_page(g, 0)[511], 0);
	/* read as zero before, written since: the zeros were not remembered */
	assert_true(gmem_write64(g, 8, 7));
	assert_int_equal(gmem_page(g, 0)[1], 7);
	assert_true(gmem_read64(g, RIVAL_BYTES + 8, &word));
	assert_int_equal(word, 0);
	assert_int_equal(gmem_n_pages(g), 1);
	gmem_free(g);
}

static void test_ends_of_ram(void **state)
{
	/* RAM is [0, 2 GiB) and [4 GiB, 10 GiB) */
	static const struct {
		gpa_t at;
		size_t n;
		bool want;
	} row[] = {
		{BELOW_4G - 8, 8, true},
		{BELOW_4G - 8, 9, false},
		{BELOW_4G - 7, 8, false},
		{BELOW_4G, 1, false},
		{ABOVE_4G - 1, 2, false},
		{ABOVE_4G, 8, true},
		{ABOVE_4G + RAM_BYTES - BELOW_4G - 16, 16, true},
		{ABOVE_4G + RAM_BYTES - BELOW_4G - 16, 17, false},
		{UINT64_MAX, 1, false},
	};
	struct gmem *g = gmem_new(RAM_BYTES, BELOW_4G);

	(void)state;
	/* the second time the pages are remembered */
	for (unsigned round = 0; round < 2; round++)
		for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
			uint8_t out[32] = {0}, in[32];

			memset(in, 0x5a, sizeof in);
			assert_int_equal(gmem_write(g, row[i].at, in, row[i].n), row[i].want);
			assert_int_equal(gmem_read(g, row[i].at, out, row[i].n), row[i].want);
			assert_int_equal(out[0], row[i].want ? 0x5a : 0);
		}
	gmem_free(g);
}

static void test_over_a_page_end(void **state)
{
	struct gmem *g = gmem_new(RAM_BYTES, BELOW_4G);
	uint64_t in = UINT64_C(0x8877665544332211), out = 0;

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		assert_true(gmem_write(g, 2 * PAGE_BYTES - 3, &in, sizeof in));
		assert_true(gmem_read(g, 2 * PAGE_BYTES - 3, &out, sizeof out));
		assert_true(out == in);
		assert_true(gmem_page(g, PAGE_BYTES)[511] == UINT64_C(0x332211) << 40);
		assert_true(gmem_page(g, 2 * PAGE_BYTES)[0] == UINT64_C(0x8877665544));
	}
	gmem_fill(g, PAGE_BYTES, 0, 2 * PAGE_BYTES);
	assert_true(gmem_read(g, 2 * PAGE_BYTES - 3, &out, sizeof out));
	assert_int_equal(out, 0);
	gmem_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rivals),
		cmocka_unit_test(test_never_written_is_zero),
		cmocka_unit_test(test_ends_of_ram),
		cmocka_unit_test(test_over_a_page_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
