/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * plot - runs as a gnuplot script: one bar a policy, grouped by what else differs.
 */
#ifndef RESULTS_PLOT_H
#define RESULTS_PLOT_H

#include <stdio.h>

#include "results/figures.h"

/* Names of the kinds, NULL-ended: "vmexits", ... */
extern const char *const plot_kinds[];

struct plot_job {
	unsigned kind;      /* index in plot_kinds */
	const char *format; /* "png", "svg" */
	const char *output; /* file that gnuplot writes */
};

/* Write the script. Replicates of a run become one bar, their mean. 0, or -errno: no runs, or nothing of
 * that kind in them. */
int plot_script(FILE *to, const struct plot_job *job, const struct figures *f, size_t n,
		struct err *e);

#endif
