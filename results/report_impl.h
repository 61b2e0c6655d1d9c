/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report_impl - shared by report.c (the table), report_rows.c (the names of its rows), report_head.c (what stands
 * above and below them) and report_grid.c.
 */
#ifndef RESULTS_REPORT_IMPL_H
#define RESULTS_REPORT_IMPL_H

#include <stdbool.h>
#include <stdio.h>

#include "results/report.h"

enum {
	COLUMNS = 4,
	COLUMNS_MAX = 7, /* of a grid, whose columns are narrower */
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
	int cell_width;
	const char *rows; /* names of those wanted, or NULL: see report_wants() */
	bool compact;     /* no headings */
	const char *rule_says; /* at the beginning of the rule, or NULL */
	bool grid;        /* rows of many scenarios below each other */
	bool brief;  /* the rows that decide, without the parts of cycles */
	bool totals; /* counts and cycles of the run, not per I/O */
};

/* A row that shows a counter; the table ends with a label NULL. */
struct report_count {
	const char *counter; /* NULL: a heading */
	const char *label;
	bool brief; /* also in a brief table */
};
extern const struct report_count report_counts[];

struct report report_of(FILE *to, const struct figures *f, size_t n, const struct report_style *style);

/* The line below the head, and all rows of the block. */
void report_rule(const struct report *r);
void report_body(const struct report *r);

/* Is the row of that name printed? brief: it is one of a brief table. */
bool report_wants(const struct report *r, const char *row, bool brief);

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
