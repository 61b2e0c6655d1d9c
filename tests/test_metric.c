/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_metric - each metric of breakeven, on a result made by hand.
 *
 * Device a: 3 I/Os of 100, 100 and 400 cycles, 2 misses, 4 exits, 50 cycles charged. Device b: 1 I/O of
 * 1000 cycles, 10 exits, 30 cycles. The machine counts the exits of both again. 800 cycles of simulated time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "cli/metric.h"
#include "models/cost/cost.h"
#include "models/counters.h"

static struct run_result result_new(void)
{
	struct run_result r = {.sim_cycles = 800, .rec = rec_new(&counters_names)};
	struct entity *machine = rec_entity(r.rec, "machine");
	struct entity *a = rec_entity(r.rec, "a"), *b = rec_entity(r.rec, "b");

	rec_count(machine, CTR_VMEXITS, 14);
	rec_count(a, CTR_IOS, 3);
	rec_count(a, CTR_VMEXITS, 4);
	rec_count(a, CTR_CONSUMER_MISS, 2);
	rec_count(a, CTR_CONSUMER_HIT, 7);
	rec_count(b, CTR_IOS, 1);
	rec_count(b, CTR_VMEXITS, 10);
	a->cost[PRIM_IRQ].cycles = 50;
	b->cost[PRIM_IRQ].cycles = 30;
	stat_hist_add(rec_latency(a, "io"), 100);
	stat_hist_add(rec_latency(a, "io"), 100);
	stat_hist_add(rec_latency(a, "io"), 400);
	stat_hist_add(rec_latency(a, "miss"), 5000);
	stat_hist_add(rec_latency(b, "io"), 1000);
	return r;
}

static const struct row {
	const char *name;
	double want, tolerance; /* quantiles are upper edges of bins 1/256 wide */
	const char *why;
} rows[] = {
	{"latency", 400, 0, "(100 + 100 + 400 + 1000) / 4 I/Os; a miss is no I/O"},
	{"latency-p99", 1000, 4, "of b, the worse device"},
	{"cycles", 20, 0, "(50 + 30) / 4"},
	{"time", 200, 0, "800 / 4"},
	{"vmexits", 3.5, 0, "14 / 4, the machine's not twice"},
	{"misses", 0.5, 0, "2 / 4"},
};

static void each_metric(void **state)
{
	struct run_result r = result_new();

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct metric *m;
		struct err e = {0};
		double got;

		assert_int_equal(metric_find(rows[i].name, &m, &e), 0);
		got = m->of(&r);
		if (!(fabs(got - rows[i].want) <= rows[i].tolerance))
			fail_msg("%s: got %g, want %g: %s", rows[i].name, got, rows[i].want, rows[i].why);
	}
	rec_free(r.rec);
}

/* 98 I/Os of 100 cycles, one of 2000, one of 9000: the 99th of 100 in order took 2000. */
static void p99_is_no_median_and_no_maximum(void **state)
{
	struct run_result r = {.rec = rec_new(&counters_names)};
	struct stat_hist *io = rec_latency(rec_entity(r.rec, "a"), "io");
	const struct metric *m;
	struct err e = {0};
	double got;

	(void)state;
	for (unsigned i = 0; i < 98; i++)
		stat_hist_add(io, 100);
	stat_hist_add(io, 9000);
	stat_hist_add(io, 2000);
	assert_int_equal(metric_find("latency-p99", &m, &e), 0);
	got = m->of(&r);
	if (!(fabs(got - 2000) <= 8)) /* a bin is 1/256 wide */
		fail_msg("got %g", got);
	rec_free(r.rec);
}

static void every_metric_has_a_row(void **state)
{
	(void)state;
	for (const struct metric *m = metrics; m->name; m++) {
		size_t i = 0;

		while (i < sizeof rows / sizeof rows[0] && strcmp(rows[i].name, m->name) != 0)
			i++;
		if (i == sizeof rows / sizeof rows[0])
			fail_msg("no row for %s", m->name);
	}
}

static void without_io_there_is_none(void **state)
{
	struct run_result r = {.sim_cycles = 800, .rec = rec_new(&counters_names)};

	(void)state;
	rec_entity(r.rec, "a");
	for (const struct metric *m = metrics; m->name; m++)
		assert_true(isnan(m->of(&r)));
	rec_free(r.rec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_metric),
		cmocka_unit_test(p99_is_no_median_and_no_maximum),
		cmocka_unit_test(every_metric_has_a_row),
		cmocka_unit_test(without_io_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
