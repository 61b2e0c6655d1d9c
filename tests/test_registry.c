/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_registry - what every plug-in owes its users: a name, help, options whose defaults can be
 * read.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/consumer/consumer.h"
#include "models/registry.h"
#include "sim/xalloc.h"

static const char word_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-."; /* behaviour.walk */

/* Calls check for every plug-in of every kind; returns how many there are. */
static unsigned each(void (*check)(enum registry_kind kind, const struct registry_entry *entry))
{
	struct registry_entry entry;
	unsigned n = 0;

	for (unsigned kind = 0; kind < REGISTRY_KIND_N; kind++)
		for (unsigned i = 0; registry_get(kind, i, &entry); i++, n++)
			check(kind, &entry);
	return n;
}

static void check_words(enum registry_kind kind, const struct registry_entry *entry)
{
	const struct opt *rows = entry->opts;

	print_message("%s %s\n", registry_kind_name(kind), entry->name);
	assert_true(entry->name[0] && !entry->name[strspn(entry->name, word_letters)]);
	assert_true(entry->help && entry->help[0]);
	assert_int_not_equal(entry->size, 0);
	for (const struct opt *row = rows; row && row->name; row++) {
		assert_true(row->name[0] && !row->name[strspn(row->name, word_letters)]);
		assert_true(row->help[0] && row->help[strlen(row->help) - 1] != '.');
		assert_non_null(row->unit);
		assert_ptr_equal(opt_find(rows, row->name), row); /* no name twice */
	}
}

/* The canonical text of a default is read as the same default. */
static void check_defaults(enum registry_kind kind, const struct registry_entry *entry)
{
	void *obj = xcalloc(1, entry->size), *again = xcalloc(1, entry->size);

	(void)kind;
	if (entry->opts) {
		opt_defaults(entry->opts, obj);
		opt_defaults(entry->opts, again);
	}
	for (const struct opt *row = entry->opts; row && row->name; row++) {
		struct err e = {0};
		char text[500];

		if (!row->def || row->kind == OPT_KIND_TEXT)
			continue;
		opt_format(row, obj, text, sizeof text);
		if (opt_set(row, again, text, row->name, (struct err_place){0}, &e))
			fail_msg("%s", e.text);
	}
	assert_memory_equal(obj, again, entry->size);
	free(obj);
	free(again);
}

static void check_found(enum registry_kind kind, const struct registry_entry *entry)
{
	struct err e = {0};
	const void *type = NULL;

	assert_int_equal(registry_find(kind, entry->name, "p", (struct err_place){0}, &type, &e),
			 0);
	assert_ptr_equal(type, entry->type); /* no name twice within a kind */
}

static void test_registry_plugins(void **state)
{
	(void)state;
	assert_true(each(check_words) > 0);
	each(check_defaults);
	each(check_found);
}

static void test_registry_unknown(void **state)
{
	const struct err_place at = {"a.yaml", 4, 5};
	const struct consumer_type *type = NULL;
	char names[400] = "", want[600];
	struct registry_entry entry;
	struct err e = {0};

	(void)state;
	for (unsigned i = 0; registry_get(REGISTRY_CONSUMER, i, &entry); i++)
		snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
			 entry.name);
	assert_int_equal(registry_find(REGISTRY_CONSUMER, "vhots", "devices.net0.consumer.model",
				       at, &type, &e),
			 -EINVAL);
	assert_null(type);
	snprintf(want, sizeof want,
		 "a.yaml:4:5: devices.net0.consumer.model: got 'vhots', allowed: %s; did you mean "
		 "'vhost'?",
		 names);
	assert_string_equal(e.text, want);
	e = (struct err){0};
	registry_find(REGISTRY_CONSUMER, "qqqqqqq", "m", at, &type, &e);
	snprintf(want, sizeof want, "a.yaml:4:5: m: got 'qqqqqqq', allowed: %s", names);
	assert_string_equal(e.text, want);
	assert_int_equal(registry_find(REGISTRY_CONSUMER, "vhost", "m", at, &type, &e), 0);
	assert_string_equal(type->name, "vhost");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registry_plugins),
		cmocka_unit_test(test_registry_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
