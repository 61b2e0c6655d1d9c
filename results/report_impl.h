/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report_impl - shared by report.c (the rows) and report_head.c (what stands above and below them).
 */
#ifndef RESULTS_REPORT_IMPL_H
#define RESULTS_REPORT_IMPL_H

#include <stdbool.h>
#include <stdio.h>

#include "results/figures.h"

enum {
	COLUMNS = 4,
	LABEL_WIDTH = 28,
	CELL_WIDTH = 11, /* 28 + 4 * 11 = 72 */
	TOP_PRIMITIVES = 6,
};

/* What the block being printed shows. */
struct report {
	FILE *to;
	const struct figures *f; /* of the block */
	size_t n;                /* of the block */
	const struct figures *all;
	size_t n_all;
	bool brief;  /* the rows that decide, without the parts of cycles */
	bool totals; /* counts and cycles of the run, not per I/O */
};

/* A primitive and its share of all runs' cycles per I/O, to show the largest. */
struct ranked {
	const char *primitive;
	double value;
};

/* All primitives charged in any run, the dearest first; freed by free(). Returns how many. */
size_t report_rank(const struct report *r, struct ranked **out);

/* The left column and one of the others. */
void report_label(const struct report *r, const char *label);
void report_cell(const struct report *r, const char *text, bool estimate);

/* Title, machine and devices; once. */
void report_title(const struct report *r);
/* What the columns are: scenarios and the parameters that differ; a block. */
void report_columns(const struct report *r, const char *const *path, size_t n_paths);
/* Runs that ended in an abort of the modelled QEMU; a block. */
void report_aborted(const struct report *r);
/* Estimates, version, seed, the command that repeats it; once. */
void report_foot(const struct report *r, const char *command);

#endif
