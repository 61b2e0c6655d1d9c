/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * metric - one number of a finished run, by name: what policies are compared by.
 */
#ifndef CLI_METRIC_H
#define CLI_METRIC_H

#include "cli/runner.h"

struct metric {
	const char *name, *unit, *help;
	/* Over all devices; NAN when the run did no I/O. */
	double (*of)(const struct run_result *r);
};

extern const struct metric metrics[]; /* name NULL at the end */

/* 0, or -EINVAL with the allowed names. */
int metric_find(const char *name, const struct metric **m, struct err *e);

#endif
