/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * plot_series - what a bar consists of: the counters, primitives or latencies of a kind of picture.
 */
#ifndef RESULTS_PLOT_SERIES_H
#define RESULTS_PLOT_SERIES_H

#include "results/figures.h"

enum { SERIES_MAX = 12, SERIES_NAME = 80 };

enum series_source {
	SERIES_COUNTER, /* key: a counter, per I/O */
	SERIES_REST,    /* key: a counter, per I/O, less all other series */
	SERIES_CYCLES,  /* key: a primitive, cycles per I/O */
	SERIES_CYCLES_REST, /* cycles per I/O, less all other series */
	SERIES_P50, SERIES_P99, /* key: an entity; its I/O latency in microseconds */
};

struct series {
	const char *what, *y_label;
	bool stacked;
	unsigned n;
	char name[SERIES_MAX][SERIES_NAME]; /* legend */
	char key[SERIES_MAX][SERIES_NAME];
	enum series_source source[SERIES_MAX];
};

/* The series of kind that are not zero in all runs; if all are, the first one. -errno with *e when the
 * runs hold nothing of that kind at all. */
int series_collect(struct series *s, unsigned kind, const struct figures *f, size_t n,
		   struct err *e);
/* One run's value of series k. */
double series_value(const struct series *s, unsigned k, const struct figures *f);

#endif
