/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench - speed figures by name: a row of a table, and a function that measures one round.
 *
 * A group of figures is a table in its own file cli/bench_<group>.c, ended by a row without name,
 * and one line in bench.def.
 */
#ifndef CLI_BENCH_H
#define CLI_BENCH_H

#include <time.h>

struct bench {
	const char *name;
	const char *unit;
	const char *what;         /* one line for `dmachurn bench --list` */
	double at_least, at_most; /* target; 0: none */
	/* One round of about `seconds` of processor time behind its warm-up: the figure in the
	 * unit, or not a number when it cannot be measured here. */
	double (*run)(double seconds);
};

#define BENCH_END            \
	{                    \
		.name = NULL \
	}

#define G(group) extern const struct bench bench_##group[];
#include "cli/bench.def"
#undef G

/* Processor time of this process in seconds: other processes' turns do not count. */
static inline double bench_cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

#endif
