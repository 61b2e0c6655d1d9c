/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store - runs in an SQLite file: one transaction a run, there whole or not at all.
 *
 * Tables: run, param, counter, cost, latency, event, resource, mark, provenance (schema.sql). Wall-clock
 * times and host names go into provenance alone; the other tables are byte-identical between two runs of
 * the same program, scenario and seed.
 */
#ifndef RESULTS_STORE_H
#define RESULTS_STORE_H

#include "sim/err.h"
#include "sim/rec.h"

struct store;

enum store_mode {
	STORE_APPEND, /* create the file, or add runs to it; refuses files that are not dmachurn's */
	STORE_READ,
};

/* What identifies a run. Strings live until store_run_end(). */
struct store_run {
	const char *scenario; /* file name as given, without its folder */
	const char *title;
	const char *point;    /* "PATH=VALUE PATH=VALUE", sorted; "" without sweep */
	const char *program;  /* version */
	uint64_t seed;
	uint64_t replicate;
	uint64_t clock_hz;
};

struct store_param {
	const char *path, *value;
	const char *source;   /* "default", "file", "command line" */
	const char *evidence; /* costs: "measured", "derived", "estimate"; otherwise "" */
};

/* A FIFO resource's totals. */
struct store_resource {
	const char *name;
	uint64_t n_acquired, n_waited;
	uint64_t wait_cycles, max_wait_cycles, busy_cycles;
};

/* Open path; the file and its schema are made when missing. 0, or -errno with *e: a path that cannot be
 * written, a disk that is full, a file of another program or of a newer schema. */
int store_open(struct store **s, const char *path, enum store_mode mode, struct err *e);
/* Also removes a file that this process created and that holds no run. NULL is allowed. */
int store_close(struct store *s, struct err *e);

/* Begin the transaction of a run: its parameters. The run's id is returned in *run_id: 1, 2, ... */
int store_run_begin(struct store *s, const struct store_run *run, const struct store_param *param,
		    size_t n_params, int64_t *run_id, struct err *e);
/* Event log rows of the open run. */
struct rec_sink store_event_sink(struct store *s);
/* Counters (those not zero), costs, latencies, marks, resources; commit. sim_cycles: length of the
 * measured part. */
int store_run_end(struct store *s, const struct rec *r, const struct store_resource *res,
		  size_t n_res, uint64_t sim_cycles, struct err *e);
/* Roll the open run back. */
void store_run_abort(struct store *s);

/* A 64-bit hash of everything that store_run_end() would store of r: equal runs, equal fingerprints. */
uint64_t store_fingerprint(const struct rec *r, uint64_t sim_cycles);

#endif
