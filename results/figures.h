/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * figures - a finished run as names and numbers, from memory or from a result file.
 *
 * Tables and comparisons are made from this, so that a run prints the same whether it has just finished
 * or is read back years later.
 */
#ifndef RESULTS_FIGURES_H
#define RESULTS_FIGURES_H

#include "results/store.h"

struct figures_counter {
	const char *entity, *name;
	uint64_t value;
};

struct figures_cost {
	const char *entity, *primitive;
	uint64_t count, cycles;
};

/* Cycles, but n. */
struct figures_latency {
	const char *entity, *name;
	uint64_t n;
	double mean;
	uint64_t p50, p90, p99, p999, max;
};

/* Strings belong to the struct. */
struct figures {
	int64_t run_id; /* 0: not stored */
	struct store_run run;
	uint64_t sim_cycles, fingerprint;
	const char *aborted; /* "": it was not */
	struct store_param *param; /* sorted by path */
	size_t n_params;
	struct figures_counter *counter; /* those not zero */
	size_t n_counters;
	struct figures_cost *cost;
	size_t n_costs;
	struct figures_latency *latency;
	size_t n_latencies;
};

/* Of a finished run; everything is copied. aborted may be NULL. */
void figures_of(struct figures *f, const struct store_run *run, const struct store_param *param,
		size_t n_params, const struct rec *r, uint64_t sim_cycles, const char *aborted);
/* Of a stored run. 0 or -errno: no such run (the message names those there are). */
int figures_load(struct figures *f, struct store *s, int64_t run_id, struct err *e);
/* The numbers of all stored runs, ascending; freed by free(). 0 or -errno. */
int figures_list(struct store *s, int64_t **run_id, size_t *n, struct err *e);
void figures_free(struct figures *f);

/* The whole run's counter: the machine's where the machine counts it, else the sum of the entities. */
uint64_t figures_total(const struct figures *f, const char *name);
/* The same per completed I/O; 0 without I/Os. */
double figures_per_io(const struct figures *f, const char *name);
/* A primitive's cycles over all entities; and whether it was charged at all. */
uint64_t figures_cycles(const struct figures *f, const char *primitive);
bool figures_charged(const struct figures *f, const char *primitive);
/* The row of a parameter, or NULL. */
const struct store_param *figures_param(const struct figures *f, const char *path);
/* Is the primitive's cost an estimate in this run? */
bool figures_is_estimate(const struct figures *f, const char *primitive);

/* Who pays for a primitive: the guest's own code, an exit, or the host. */
enum payer { PAYER_GUEST, PAYER_EXIT, PAYER_HOST, PAYER_N };
enum payer figures_payer(const char *primitive);

/* Paths whose values differ between the runs (missing counts as different), sorted; pointers into f.
 * "title" and "seed" are no differences; parameters of source "derived" only if asked for. Freed by
 * free(). */
const char **figures_differ(const struct figures *f, size_t n, bool derived, size_t *n_paths);

bool figures_scenarios_differ(const struct figures *f, size_t n);
/* Of these paths keep those that differ between runs of one scenario: a scenario's name stands for the
 * others. Returns how many. */
size_t figures_within_scenario(const struct figures *f, size_t n, const char **path, size_t n_paths);
/* Drop paths that some run does not have and no run has set: the defaults of different models. */
size_t figures_drop_defaults(const struct figures *f, size_t n, const char **path, size_t n_paths);

#endif
