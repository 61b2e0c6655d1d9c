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

struct report_style {
	const char *command; /* what repeats it, or NULL */
	bool brief;          /* only the rows that decide */
	bool totals;         /* counts and cycles of the whole run instead of per I/O */
};

/* Four runs side by side, more in blocks below each other. */
void report_print(FILE *to, const struct figures *f, size_t n, const struct report_style *style);

#endif
