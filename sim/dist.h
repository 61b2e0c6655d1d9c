/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dist - "25us", "lognormal(25us, cv=0.4)": text -> distribution -> whole cycles.
 *
 * dist_compile() turns the distribution into a table of its inverse cumulative function (GSL), in
 * whole units; a draw is one random integer and integer interpolation in that table. This is the
 * one place where floating point becomes cycles.
 */
#ifndef SIM_DIST_H
#define SIM_DIST_H

#include <stdint.h>

#include "sim/err.h"
#include "sim/rng.h"
#include "sim/time.h"

enum dist_kind {
	DIST_CONST,       /* 3us */
	DIST_UNIFORM,     /* uniform(1us, 5us) */
	DIST_EXPONENTIAL, /* exponential(10us)            mean */
	DIST_NORMAL,      /* normal(10us, cv=0.1)         mean; cut at 0 */
	DIST_LOGNORMAL,   /* lognormal(25us, cv=0.4)      mean */
	DIST_GAMMA,       /* gamma(25us, cv=0.4)          mean */
	DIST_PARETO,      /* pareto(5us, alpha=2.5)       minimum */
	DIST_KIND_N
};

/* A distribution over times, as written; a value type. */
struct dist {
	enum dist_kind kind;
	ps_t a, b;     /* times of the signature above, picoseconds */
	double shape;  /* cv or alpha */
};

/* Text -> *d. 0, or -EINVAL with one line in *e that says what is allowed. */
int dist_parse(struct dist *d, const char *text, struct err *e);

/* The canonical text of d (parses to an equal d), into buf of n bytes. */
void dist_format(const struct dist *d, char *buf, unsigned n);

/* The mean in picoseconds. */
double dist_mean_ps(const struct dist *d);

/* A distribution ready to draw from, in cycles of a clock of hz; shared tables are not modified. */
struct dist_table;
struct dist_table *dist_compile(const struct dist *d, uint64_t hz);
void dist_table_free(struct dist_table *t);

/* A draw; r may be NULL for DIST_CONST, which uses no random number. */
cycles_t dist_draw(const struct dist_table *t, struct rng *r);

#endif
