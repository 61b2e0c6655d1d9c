/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report - runs side by side as one plain-text table of at most 72 columns, for a commit message.
 *
 * What it has to contain is what the lists ask for: the guest's kernel and mode, exits, descriptors,
 * walks, notifications, misses, cycles per I/O, latency, and which inputs are estimates.
 */
#ifndef RESULTS_REPORT_H
#define RESULTS_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "results/figures.h"
#include "sim/err.h"

struct report_style {
	const char *command; /* what repeats it, or NULL */
	bool brief;          /* only the rows that decide */
	bool totals;         /* counts and cycles of the whole run instead of per I/O */
	bool bare;           /* the table alone: nothing above and below it */
	const char *rows;    /* "walk,notify.unmap": these rows or groups of rows; NULL: all */
};

/* Is each name of the list a row or a group of rows? 0, or -EINVAL with the nearest name. */
int report_rows_check(const char *list, struct err *e);

/* Four runs side by side, more in blocks below each other. */
void report_print(FILE *to, const struct figures *f, size_t n, const struct report_style *style);

/* Scenarios (or other values) below each other, a parameter's values side by side. */
struct report_grid {
	const char *path; /* the parameter */
	const char *const *column;
	size_t n_columns;
	const char *const *group; /* what stands above the rows of each */
	const char *const *brief; /* the same in few words, for a line of its own row */
	size_t n_groups;
};

/* f: group by group. If all groups have the same one row, it is named once and each group is a line. Neighbouring columns that are the same in every row are printed once. */
void report_print_grid(FILE *to, const struct figures *f, const struct report_grid *g,
		       const struct report_style *style);

#endif
