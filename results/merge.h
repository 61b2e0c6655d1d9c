/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * merge - several result files as one, with the runs in an order that does not depend on the files.
 */
#ifndef RESULTS_MERGE_H
#define RESULTS_MERGE_H

#include "sim/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct merge_job {
	const char *out;       /* must not exist; made whole or not at all */
	const char *const *in; /* result files */
	size_t n_in;
	bool force;    /* runs of different program versions may be mixed */
	bool no_provenance; /* leave the table provenance empty: equal runs, equal bytes */
};

struct merge_done {
	uint64_t n_runs, n_twice; /* stored; left out because an equal run was there; one with an event log is kept */
};

/* 0 or -errno. */
int merge_files(const struct merge_job *job, struct merge_done *done, struct err *e);

#endif
