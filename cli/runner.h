/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * runner - one run: scenario -> machine -> events -> recorder -> store.
 */
#ifndef CLI_RUNNER_H
#define CLI_RUNNER_H

#include "results/store.h"
#include "sim/scn.h"

struct run_job {
	const struct scn *scn;    /* with --set applied; not modified */
	const char *point;        /* as store_run.point; NULL: "" */
	uint64_t replicate;       /* 0.. ; the seed used is f(seed, replicate), replicate 0: the seed */
	bool has_seed;            /* --seed */
	uint64_t seed;
	bool log_events;
	/* Called now and then with the share of simulated time done, 0..1; NULL: silent. */
	void (*progress)(void *self, double share);
	void *progress_self;
};

/* What a finished run leaves for tables; freed by run_result_free(). */
struct run_result {
	char *scenario, *title;      /* file name, title */
	uint64_t seed, clock_hz;
	cycles_t sim_cycles;         /* measured part */
	uint64_t fingerprint;
	struct rec *rec;
	struct store_param *param;   /* every parameter of the run, sorted by path */
	size_t n_params;
	bool unfinished; /* the duration was over before every workload and step of life was */
	char *aborted;   /* NULL, or why the modelled QEMU would have aborted (then exit status 3) */
};

/* Parse and validate only (the machine is built and thrown away). 0 or -errno. */
int runner_check(const struct scn *scn, struct err *e);

/* Run it; with a store (may be NULL) the run is one transaction there. 0 or -errno. An aborted run is
 * returned with 0 and out->aborted set, and is stored. */
int runner_run(const struct run_job *job, struct store *store, struct run_result *out,
	       struct err *e);
void run_result_free(struct run_result *r);

/* The value of a parameter ("guest.kernel"), or NULL. */
const char *run_result_param(const struct run_result *r, const char *path);

#endif
