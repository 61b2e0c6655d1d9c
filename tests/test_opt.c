/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_opt - {row, text, canonical value or error line}, for every kind of option row.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sim/opt.h"
#include "sim/unit.h"

struct obj {
	uint64_t n, any, size, rate, hz;
	ps_t wait;
	bool on;
	unsigned mode;
	struct dist cost;
	double share;
	const char *title;
};

static const char *const modes[] = {"unmap", "map-unmap", "devtlb", NULL};

static const struct opt rows[] = {
	OPT_U64(struct obj, n, "n", "16", 1, 65536, "pages", "a bounded number"),
	OPT_U64(struct obj, any, "any", "0", 0, UINT64_MAX, "", "any number"),
	OPT_SIZE(struct obj, size, "size", "4GiB", 1, UINT64_C(1) << 42, "a size"),
	OPT_RATE(struct obj, rate, "rate", "200kpps", 1, 1000000000, "a rate"),
	OPT_FREQ(struct obj, hz, "hz", "3GHz", 1000000, UINT64_C(100000000000), "a clock"),
	OPT_TIME(struct obj, wait, "wait", "10us", 0, 100 * PS_PER_S, "a time"),
	OPT_BOOL(struct obj, on, "on", "off", "a switch"),
	OPT_ENUM(struct obj, mode, "mode", "unmap", modes, "a word"),
	OPT_DIST(struct obj, cost, "cost", "3us", 0, PS_PER_S, "a cost"),
	OPT_REAL(struct obj, share, "share", "0.5", 100000, 10000000, "", "a share"),
	OPT_TEXT(struct obj, title, "title", "none", "free text"),
	OPT_U64(struct obj, any, "must", NULL, 0, 9, "", "without default"),
	OPT_END,
};

/* want: the canonical text, or the error line behind "a.yaml:2:3: x.NAME: ". */
static const struct {
	const char *name, *text, *want;
} cases[] = {
	/* numbers */
	{"n", "1", "1"},
	{"n", "65536", "65536"},
	{"n", "64k", "64000"},
	{"n", "1.5k", "1500"},
	{"n", "0x10", "16"},
	{"n", "0X1f", "31"},
	{"n", "007", "7"},
	{"n", "5.0", "5"},
	{"n", "2 k", "2000"},
	{"n", "0", "got '0', allowed 1..65536"},
	{"n", "65537", "got '65537', allowed 1..65536"},
	{"n", "-5", "got '-5', allowed 1..65536"},
	{"n", "", "got '', allowed 1..65536"},
	{"n", "many", "got 'many', allowed 1..65536"},
	{"n", "0x", "got '0x', allowed 1..65536"},
	{"n", "0xfg", "got '0xfg', allowed 1..65536"},
	{"n", "1.5", "got '1.5', allowed 1..65536, a whole number of pages"},
	{"n", "1K", "got '1K', allowed 1..65536, with a unit: k, M, G; did you mean '1k'?"},
	{"n", "1 x", "got '1 x', allowed 1..65536, with a unit: k, M, G"},
	{"n", "1.2.3", "got '1.2.3', allowed 1..65536, with a unit: k, M, G"},
	{"any", "18446744073709551615", "18446744073709551615"}, /* 2^64 - 1 */
	{"any", "0xffffffffffffffff", "18446744073709551615"},
	{"any", "0x0000ffffffffffffffff", "18446744073709551615"},
	{"any", "18446744073709551616", "got '18446744073709551616', allowed 0 or more"},
	{"any", "0x10000000000000000", "got '0x10000000000000000', allowed 0 or more"},
	{"any", "18446744073.709551615G", "18446744073709551615"},
	{"any", "18446744073.709551616G", "got '18446744073.709551616G', allowed 0 or more"},
	{"any", "20000000000G", "got '20000000000G', allowed 0 or more"}, /* 2 * 10^19 > 2^64 */
	{"any", "99999999999999999999999999999999999999999999",
	 "got '99999999999999999999999999999999999999999999', allowed 0 or more"},
	{"any", "0.5", "got '0.5', allowed 0 or more, a whole number of units"},
	/* sizes: powers of 1024 */
	{"size", "1500", "1500B"},
	{"size", "64KiB", "64KiB"},
	{"size", "1.5 KiB", "1536B"},
	{"size", "1024MiB", "1GiB"},
	{"size", "4TiB", "4TiB"},
	{"size", "4.1TiB", "got '4.1TiB', allowed 1B..4TiB, a whole number of bytes"},
	{"size", "5TiB", "got '5TiB', allowed 1B..4TiB"},
	{"size", "20000000TiB", "got '20000000TiB', allowed 1B..4TiB"}, /* 2*10^7 * 2^40 > 2^64 */
	{"size", "64K", "got '64K', allowed 1B..4TiB, with a unit: B, KiB, MiB, GiB, TiB; "
			"did you mean '64KiB'?"},
	{"size", "64kib", "got '64kib', allowed 1B..4TiB, with a unit: B, KiB, MiB, GiB, TiB; "
			  "did you mean '64KiB'?"},
	{"size", "0.5B", "got '0.5B', allowed 1B..4TiB, a whole number of bytes"},
	/* rates */
	{"rate", "200kpps", "200k/s"},
	{"rate", "1Mpps", "1M/s"},
	{"rate", "5kiops", "5k/s"},
	{"rate", "10k/s", "10k/s"},
	{"rate", "10/s", "10/s"},
	{"rate", "1.5M", "1500k/s"},
	{"rate", "1234", "1234/s"},
	{"rate", "2Gpps", "got '2Gpps', allowed 1/s..1G/s"},
	{"rate", "0", "got '0', allowed 1/s..1G/s"},
	{"rate", "2kbps", "got '2kbps', allowed 1/s..1G/s, with a unit: /s, pps or iops, each with k, M "
			  "or G; did you mean '2kpps'?"},
	/* frequencies */
	{"hz", "3GHz", "3GHz"},
	{"hz", "2.9999GHz", "2999900kHz"},
	{"hz", "2100 MHz", "2100MHz"},
	{"hz", "1000000Hz", "1MHz"},
	{"hz", "3", "got '3', allowed 1MHz..100GHz, with a unit: Hz, kHz, MHz, GHz"},
	{"hz", "3Ghz", "got '3Ghz', allowed 1MHz..100GHz, with a unit: Hz, kHz, MHz, GHz; did you mean "
		       "'3GHz'?"},
	{"hz", "1Hz", "got '1Hz', allowed 1MHz..100GHz"},
	{"hz", "0", "got '0', allowed 1MHz..100GHz"},
	/* times, in ps inside */
	{"wait", "10us", "10us"},
	{"wait", "1.5us", "1500ns"},
	{"wait", ".5ns", "500ps"},
	{"wait", "1 ms", "1ms"},
	{"wait", "3\xc2\xb5s", "3us"},
	{"wait", "0.001us", "1ns"},
	{"wait", "0", "0"},
	{"wait", "0.0", "0"},
	{"wait", "0s", "0"},
	{"wait", "100s", "100s"},
	{"wait", "1.00000000000000000000000000s", "1s"},
	{"wait", "0.000000000001s", "1ps"},
	{"wait", "0.0000000000015s",
	 "got '0.0000000000015s', allowed 0..100s, a whole number of ps"},
	{"wait", "0.5ps", "got '0.5ps', allowed 0..100s, a whole number of ps"},
	{"wait", "0.0000000000000000000000001s",
	 "got '0.0000000000000000000000001s', allowed 0..100s, a whole number of ps"},
	{"wait", "1.00000000000000000000000001s",
	 "got '1.00000000000000000000000001s', allowed 0..100s, a whole number of ps"},
	{"wait", "101s", "got '101s', allowed 0..100s"},
	{"wait", "99999999s", "got '99999999s', allowed 0..100s"}, /* 10^20 ps > 2^64 */
	{"wait", "10", "got '10', allowed 0..100s, with a unit: ps, ns, us, ms, s"},
	{"wait", "10sec", "got '10sec', allowed 0..100s, with a unit: ps, ns, us, ms, s; did you mean "
			  "'10s'?"},
	{"wait", "10u", "got '10u', allowed 0..100s, with a unit: ps, ns, us, ms, s; did you mean "
			"'10us'?"},
	{"wait", "10 parsec", "got '10 parsec', allowed 0..100s, with a unit: ps, ns, us, ms, s; did "
			      "you mean '10ps'?"},
	{"wait", "10h", "got '10h', allowed 0..100s, with a unit: ps, ns, us, ms, s"},
	{"wait", "soon", "got 'soon', allowed 0..100s"},
	{"wait", "-1us", "got '-1us', allowed 0..100s"},
	/* switches */
	{"on", "on", "on"},
	{"on", "yes", "on"},
	{"on", "true", "on"},
	{"on", "off", "off"},
	{"on", "no", "off"},
	{"on", "false", "off"},
	{"on", "onn", "got 'onn', allowed: on, off; did you mean 'on'?"},
	{"on", "ON", "got 'ON', allowed: on, off; did you mean 'on'?"},
	{"on", "maybe", "got 'maybe', allowed: on, off"},
	{"on", "1", "got '1', allowed: on, off"},
	/* words */
	{"mode", "map-unmap", "map-unmap"},
	{"mode", "map_unmap",
	 "got 'map_unmap', allowed: unmap, map-unmap, devtlb; did you mean 'map-unmap'?"},
	{"mode", "", "got '', allowed: unmap, map-unmap, devtlb"},
	/* numbers with a fraction; bounds are 0.1 and 10 */
	{"share", "0.1", "0.1"},
	{"share", "10", "10"},
	{"share", "1e-1", "0.1"},
	{"share", "0.30000000000000004", "0.30000000000000004"}, /* 17 digits: not 0.3 */
	{"share", "0.09", "got '0.09', allowed 0.1..10"},
	{"share", "10.000001", "got '10.000001', allowed 0.1..10"},
	{"share", "nan", "got 'nan', allowed 0.1..10"},
	{"share", "inf", "got 'inf', allowed 0.1..10"},
	{"share", "0x1p0", "got '0x1p0', allowed 0.1..10"},
	{"share", "1e999", "got '1e999', allowed 0.1..10"},
	{"share", "half", "got 'half', allowed 0.1..10"},
	{"share", "", "got '', allowed 0.1..10"},
	/* distributions */
	{"cost", "2500ns", "2500ns"},
	{"cost", "2s", "got '2s', allowed mean 0..1s"},
	/* text */
	{"title", "any: thing # at all", "any: thing # at all"},
	{"title", "", ""},
};

static void test_opt_cases(void **state)
{
	const struct err_place at = {"a.yaml", 2, 3};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct opt *row = opt_find(rows, cases[i].name);
		struct obj obj, again;
		struct err e = {0};
		char got[400], path[40];
		int ret;

		memset(&obj, 0x5a, sizeof obj);
		memset(&again, 0x5a, sizeof again);
		snprintf(path, sizeof path, "x.%s", cases[i].name);
		ret = opt_set(row, &obj, cases[i].text, path, at, &e);
		if (ret == 0) {
			opt_format(row, &obj, got, sizeof got);
			assert_int_equal(opt_set(row, &again, got, path, at, &e), 0);
			/* What is printed reads back as the same object. */
			if (row->kind != OPT_KIND_TEXT)
				assert_memory_equal(&obj, &again, sizeof obj);
			assert_string_equal(got, cases[i].want);
			continue;
		}
		assert_int_equal(ret, -EINVAL);
		assert_int_equal(e.status, EXIT_USER);
		snprintf(got, sizeof got, "a.yaml:2:3: x.%s: %s", cases[i].name, cases[i].want);
		assert_string_equal(e.text, got);
		memset(&again, 0x5a, sizeof again);
		assert_memory_equal(&obj, &again, sizeof obj); /* refused: nothing changed */
	}
}

static void test_opt_dist_error(void **state)
{
	const struct err_place at = {"--set", 0, 0};
	struct err why = {0}, e = {0};
	struct obj obj;
	struct dist d;
	char want[1200];

	(void)state;
	assert_int_equal(dist_parse(&d, "gauss(1us)", &why), -EINVAL);
	snprintf(want, sizeof want, "--set: costs.cost: %s", why.text);
	assert_int_equal(opt_set(opt_find(rows, "cost"), &obj, "gauss(1us)", "costs.cost", at, &e),
			 -EINVAL);
	assert_string_equal(e.text, want);
}

static void test_opt_defaults(void **state)
{
	struct obj obj = {.any = 77};
	char got[80];

	(void)state;
	opt_defaults(rows, &obj);
	assert_int_equal(obj.n, 16);
	assert_int_equal(obj.any, 0);
	assert_true(obj.size == UINT64_C(4) << 30);
	assert_int_equal(obj.rate, 200000);
	assert_true(obj.hz == UINT64_C(3000000000));
	assert_int_equal(obj.wait, 10 * PS_PER_US);
	assert_false(obj.on);
	assert_int_equal(obj.mode, 0);
	assert_string_equal(obj.title, "none");
	opt_format(opt_find(rows, "share"), &obj, got, sizeof got);
	assert_string_equal(got, "0.5");
	assert_null(opt_find(rows, "absent"));
}

static void test_opt_allowed_small_buffer(void **state)
{
	char buf[8];

	(void)state;
	opt_allowed(opt_find(rows, "mode"), buf, sizeof buf);
	assert_string_equal(buf, "unmap, ");
}

static void test_opt_long_values(void **state)
{
	struct obj obj;
	struct err e = {0};
	char text[500], want[200];

	(void)state;
	memset(text, '9', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	opt_set(opt_find(rows, "n"), &obj, text, "n", (struct err_place){0}, &e);
	/* 80 characters of the value are shown, and what is allowed is never pushed out. */
	snprintf(want, sizeof want, "n: got '%.80s', allowed 1..65536", text);
	assert_string_equal(e.text, want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opt_cases),
		cmocka_unit_test(test_opt_dist_error),
		cmocka_unit_test(test_opt_defaults),
		cmocka_unit_test(test_opt_allowed_small_buffer),
		cmocka_unit_test(test_opt_long_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
