/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_err - lines, places, the first error wins, nearest words.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sim/err.h"

static void test_err_place(void **state)
{
	static const struct {
		struct err_place at;
		const char *want;
	} rows[] = {
		{{"a.yaml", 3, 7}, "a.yaml:3:7: seed: bad"},
		{{"a.yaml", 0, 0}, "a.yaml: seed: bad"},
		{{"--set", 0, 0}, "--set: seed: bad"},
		{{NULL, 3, 7}, "seed: bad"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err e = {0};

		assert_int_equal(err_at(&e, rows[i].at, "%s: bad", "seed"), -EINVAL);
		assert_int_equal(e.status, EXIT_USER);
		assert_string_equal(e.text, rows[i].want);
	}
}

static void test_err_first_wins(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(err_env(&e, "disk %d", 1), -EIO);
	assert_int_equal(err_user(&e, "second"), -EINVAL);
	assert_int_equal(err_at(&e, (struct err_place){"f", 1, 1}, "third"), -EINVAL);
	assert_int_equal(err_env(&e, "fourth"), -EIO);
	assert_string_equal(e.text, "disk 1");
	assert_int_equal(e.status, EXIT_ENVIRONMENT);
}

static void test_err_is_one_line(void **state)
{
	static char big[2000];
	struct err e = {0};

	(void)state;
	err_user(&e, "got '%s'", "a\nb\x1b[0m\x7f");
	assert_string_equal(e.text, "got 'a?b?[0m?'");
	memset(big, 'x', sizeof big - 1);
	e = (struct err){0};
	err_at(&e, (struct err_place){big, 1, 2}, "%s", big);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	/* 250 characters of the file name are kept, so the message still shows. */
	assert_memory_equal(e.text + 250, ":1:2: xxx", 9);
}

static void test_err_nearest(void **state)
{
	static const char *const verbs[] = {"run", "compare", "sweep", "show", "plot", NULL};
	static const char *const bools[] = {"on", "off", NULL};
	static const char *const keys[] = {"caching-mode", "device-iotlb", "aw-bits", "x", NULL};
	static const struct {
		const char *word;
		const char *const *list;
		const char *want, *why;
	} rows[] = {
		{"rnu", verbs, "run", "neighbours swapped: 1"},
		{"runn", verbs, "run", "one too many"},
		{"compair", verbs, "compare", "2 of 7"},
		{"comp", verbs, "compare", "its beginning"},
		{"sh", verbs, NULL, "too short for a beginning, 2 of 4 differ"},
		{"xyz", verbs, NULL, "nothing alike"},
		{"SHOW", verbs, "show", "case does not count"},
		{"no", bools, "on", "swapped"},
		{"of", bools, "off", "1 of 3, and begins like it; on is 1 too"},
		{"o", bools, "on", "the first of equals: 1 of 2"},
		{"ja", bools, NULL, "2 of 2"},
		{"caching_mode", keys, "caching-mode", "underscores do not count"},
		{"cachign-mdoe", keys, "caching-mode", "two swaps"},
		{"aw_bit", keys, "aw-bits", "1 of 7"},
		{"y", keys, NULL, "1 of 1: nothing in common"},
		{"", keys, NULL, "nothing written"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *got = err_nearest(rows[i].word, rows[i].list);

		if (rows[i].want == NULL ? got != NULL : !got || strcmp(got, rows[i].want) != 0)
			fail_msg("'%s' (%s): got %s", rows[i].word, rows[i].why,
				 got ? got : "none");
	}
}

static void test_err_nearest_long(void **state)
{
	static char word[400];
	const char *list[] = {word, "seed", NULL};

	(void)state;
	memset(word, 'a', sizeof word - 1);
	assert_null(err_nearest(word, list));
	assert_string_equal(err_nearest("sed", list), "seed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err_place),        cmocka_unit_test(test_err_first_wins),
		cmocka_unit_test(test_err_is_one_line),  cmocka_unit_test(test_err_nearest),
		cmocka_unit_test(test_err_nearest_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
