/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * breakeven - where two policies cost the same: a root of the difference of a metric.
 *
 * The difference is evaluated by real runs. It is looked at in BREAKEVEN_SCAN points of the range, equally
 * spaced by ratio (by difference when the range begins at 0); each change of sign is refined by Brent's
 * method (GSL). Points where the policies cost the same are a root only between different signs. Sample s of the band is the same with every cost that is an estimate drawn from its
 * low..high, uniformly by ratio, from the stream "breakeven" of seed + s.
 */
#ifndef CLI_BREAKEVEN_H
#define CLI_BREAKEVEN_H

#include "cli/metric.h"
#include "sim/scn.h"

#define BREAKEVEN_SCAN 9
#define BREAKEVEN_ROOTS_MAX 4

struct breakeven {
	const struct scn *scn[2];  /* of the policies; the same when they differ by one value */
	const char *vary;          /* path of the quantity */
	bool is_time;              /* its values are times: x in picoseconds; else plain numbers */
	bool is_whole;             /* x is rounded to a whole number */
	double from, to;           /* range of x, from < to */
	const char *between;       /* path of the policy; NULL: the scenarios differ */
	const char *policy[2];     /* its values, or the scenarios' file names */
	const struct metric *metric;
	double tolerance;          /* relative, of x */
};

struct breakeven_point {
	unsigned n_roots;
	double root[BREAKEVEN_ROOTS_MAX];
	double first;              /* the first difference policy[0] - policy[1] that is not 0; 0: none is */
	unsigned n_runs;
};

/* costs: texts for the PRIM_N cost primitives, NULL where the scenario's own stay. 0 or -errno. */
int breakeven_find(const struct breakeven *b, char *const *costs, struct breakeven_point *p,
		   struct err *e);

#endif
