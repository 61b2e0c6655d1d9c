/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_stat - the histogram's bounds against sorted samples, the confidence interval against
 * tables.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/port.h"
#include "sim/rng.h"
#include "sim/stat.h"

static void test_empty(void **state)
{
	struct stat_hist *h = stat_hist_new();

	(void)state;
	assert_int_equal(stat_hist_n(h), 0);
	assert_int_equal(stat_hist_max(h), 0);
	assert_int_equal(stat_hist_quantile(h, 0.5), 0);
	assert_true(stat_hist_mean(h) == 0.0);
	stat_hist_free(h);
	stat_hist_free(NULL);
}

static void test_one_value(void **state)
{
	/* Every power of two and its neighbours: alone, a value is its own maximum, so exact; with
	 * a larger one beside it, the median is the upper edge of its bin. */
	(void)state;
	for (unsigned shift = 0; shift < 64; shift++)
		for (int d = -1; d <= 1; d++) {
			uint64_t v = (UINT64_C(1) << shift) + (uint64_t)d;
			struct stat_hist *h = stat_hist_new();

			stat_hist_add(h, v);
			assert_true(stat_hist_quantile(h, 1) == v);
			stat_hist_add(h, UINT64_MAX);

			uint64_t median = stat_hist_quantile(h, 0.5);

			assert_true(median >= v && median - v <= v / 256);
			if (v < 512)
				assert_true(median == v);
			assert_true(stat_hist_max(h) == UINT64_MAX);
			stat_hist_free(h);
		}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void test_quantiles_of_samples(void **state)
{
	enum { N = 20000 };
	static const double share[] = {0, 0.001, 0.07, 0.25, 0.5, 0.9, 0.99, 0.999, 1};
	static const size_t rank[] = {1, 20, 1400, 5000, 10000, 18000, 19800, 19980, 20000};
	static uint64_t v[N];
	struct rng_set *set = rng_set_new(1);
	struct rng *r = rng_stream(set, "v");

	(void)state;
	for (unsigned top = 4; top <= 60; top += 8) {
		struct stat_hist *h = stat_hist_new();

		for (unsigned i = 0; i < N; i++) {
			v[i] = ((uint64_t)rng_u32(r) << 32 | rng_u32(r)) >>
			       (63 - rng_below(r, top));
			stat_hist_add(h, v[i]);
		}
		qsort(v, N, sizeof *v, compare);
		assert_true(stat_hist_max(h) == v[N - 1]);
		for (size_t i = 0; i < ARRAY_SIZE(share); i++) {
			uint64_t got = stat_hist_quantile(h, share[i]), want = v[rank[i] - 1];

			assert_true(got >= want && got - want <= want / 256);
		}
		stat_hist_reset(h);
		assert_int_equal(stat_hist_n(h), 0);
		stat_hist_add(h, 3);
		assert_int_equal(stat_hist_quantile(h, 0), 3);
		stat_hist_free(h);
	}
	rng_set_free(set);
}

static void test_mean_is_of_the_exact_sum(void **state)
{
	struct stat_hist *h = stat_hist_new();

	(void)state;
	/* 2^20 times 2^63 and once 2^20 + 1: the sum needs 84 bits; as doubles the last addend
	 * would be lost. Mean = (2^83 + 2^20 + 1) / (2^20 + 1) = 2^63 * (1 - 1/(2^20 + 1)) + 1. */
	for (unsigned i = 0; i < 1u << 20; i++)
		stat_hist_add(h, UINT64_C(1) << 63);
	stat_hist_add(h, (1u << 20) + 1);
	assert_true(fabs(stat_hist_mean(h) / (0x1p63 * (1 - 1 / (0x1p20 + 1))) - 1) < 1e-15);
	stat_hist_reset(h);
	stat_hist_add(h, 1);
	stat_hist_add(h, 2);
	assert_true(stat_hist_mean(h) == 1.5);
	stat_hist_free(h);
}

static void test_confidence(void **state)
{
	/* Student's t, two-sided: 95 % 4.303 (2 degrees of freedom), 2.262 (9); 99 % 3.250 (9). */
	static const double three[] = {1, 2, 3};                     /* sd 1 */
	static const double ten[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}; /* variance 55/6 */

	(void)state;
	assert_true(fabs(stat_ci_half_width(three, 3, 0.95) - 4.3027 / sqrt(3)) < 1e-4);
	assert_true(fabs(stat_ci_half_width(ten, 10, 0.95) - 2.2622 * sqrt(5.5 / 6)) < 1e-4);
	assert_true(fabs(stat_ci_half_width(ten, 10, 0.99) - 3.2498 * sqrt(5.5 / 6)) < 1e-4);
	assert_true(isnan(stat_ci_half_width(three, 1, 0.95)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_one_value),
		cmocka_unit_test(test_quantiles_of_samples),
		cmocka_unit_test(test_mean_is_of_the_exact_sum),
		cmocka_unit_test(test_confidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
