/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_scn - any bytes as a scenario, and each of its values for every kind of option row.
 *
 * Holds: nothing crashes or leaks; a refusal is one line with status 2; what is printed for a value
 * is read back as the same value; a copy has the same items.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scn.h"

struct fuzz_scn_obj {
	uint64_t n, size, rate, hz;
	ps_t wait;
	bool on;
	unsigned mode;
	struct dist cost;
	double share;
	const char *title;
};

static const char *const fuzz_scn_modes[] = {"unmap", "map-unmap", NULL};

static const struct opt fuzz_scn_rows[] = {
	OPT_U64(struct fuzz_scn_obj, n, "n", "1", 0, UINT64_MAX, "", "number"),
	OPT_SIZE(struct fuzz_scn_obj, size, "size", "4GiB", 0, UINT64_MAX, "size"),
	OPT_RATE(struct fuzz_scn_obj, rate, "rate", "200kpps", 0, UINT64_MAX, "rate"),
	OPT_FREQ(struct fuzz_scn_obj, hz, "hz", "3GHz", 0, UINT64_MAX, "clock"),
	OPT_TIME(struct fuzz_scn_obj, wait, "wait", "10us", 0, UINT64_MAX, "time"),
	OPT_BOOL(struct fuzz_scn_obj, on, "on", "off", "switch"),
	OPT_ENUM(struct fuzz_scn_obj, mode, "mode", "unmap", fuzz_scn_modes, "word"),
	OPT_DIST(struct fuzz_scn_obj, cost, "cost", "3us", 0, UINT64_MAX, "cost"),
	OPT_REAL(struct fuzz_scn_obj, share, "share", "0.5", 0, UINT64_MAX, "", "share"),
	OPT_TEXT(struct fuzz_scn_obj, title, "title", "", "text"),
	OPT_END,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_scn_must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_scn: %s\n", what);
	abort();
}

static void fuzz_scn_error(const struct err *e)
{
	fuzz_scn_must(e->status == EXIT_USER, "a refusal has status 2");
	fuzz_scn_must(e->text[0] && !strpbrk(e->text, "\n\r\033"), "a refusal is one line");
}

static void fuzz_scn_value(const struct opt *row, const char *text)
{
	struct fuzz_scn_obj obj = {.n = 0}, again = {.n = 0};
	const struct err_place at = {"value", 1, 1};
	struct err e = {0};
	char printed[500], twice[500];

	if (opt_set(row, &obj, text, row->name, at, &e)) {
		fuzz_scn_error(&e);
		return;
	}
	if (row->kind == OPT_KIND_TEXT)
		return;
	opt_format(row, &obj, printed, sizeof printed);
	fuzz_scn_must(opt_set(row, &again, printed, row->name, at, &e) == 0,
		      "reads what it prints");
	opt_format(row, &again, twice, sizeof twice);
	fuzz_scn_must(strcmp(printed, twice) == 0, "prints what it read");
}

static void fuzz_scn_items(struct scn *s)
{
	struct scn copy;

	scn_copy(&copy, s);
	fuzz_scn_must(copy.n_items == s->n_items, "a copy has as many items");
	for (size_t i = 0; i < s->n_items; i++) {
		const struct scn_item *item = scn_find(&copy, s->item[i].path);

		fuzz_scn_must(item && strcmp(item->path, s->item[i].path) == 0,
			      "a copy has the path");
		for (const struct opt *row = fuzz_scn_rows; row->name && item->value; row++)
			fuzz_scn_value(row, item->value);
	}
	scn_free(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_scn_obj obj;
	struct err e = {0};
	struct scn s;

	if (scn_parse(&s, "fuzz", (const char *)data, size, &e)) {
		fuzz_scn_error(&e);
		return 0;
	}
	fuzz_scn_items(&s);
	if (scn_bind(&s, "", fuzz_scn_rows, &obj, &e) ||
	    scn_bind(&s, "a", fuzz_scn_rows, &obj, &e) ||
	    scn_bind(&s, "a.b", fuzz_scn_rows, &obj, &e) || scn_check_used(&s, &e))
		fuzz_scn_error(&e);
	scn_free(&s);
	return 0;
}
