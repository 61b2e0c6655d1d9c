/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store - runs in an SQLite file: one transaction a run, there whole or not at all.
 *
 * Tables: run, param, counter, cost, latency, event, resource, mark, provenance (schema.sql); several
 * processes may append to one file, each waits for the other's transaction. Wall-clock
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

/* What identifies a run; copied. */
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
	const char *source;   /* "default", "file", "command line", "derived" */
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
/* Leaves one single file, without -wal and -shm, when no other process has it open. Also removes a file
 * that this process created and that holds no run. Not for a store in use; NULL is allowed. */
int store_close(struct store *s, struct err *e);

/* Begin a run: copies what identifies it and its parameters. Others may write until the first block of
 * the event log, or store_run_end(), begins the transaction and gives the run its number. */
void store_run_begin(struct store *s, const struct store_run *run, const struct store_param *param,
		     size_t n_params);
/* The modelled QEMU would have aborted: the reason goes into run.aborted. */
void store_run_aborted(struct store *s, const char *why);
/* Event log rows of the open run. */
struct rec_sink store_event_sink(struct store *s);
/* Counters (those not zero), costs, latencies, marks, resources; commit. sim_cycles: length of the
 * measured part. After rec_flush(); when that failed, this returns the sink's error with its reason. On
 * any error the run is rolled back. */
int store_run_end(struct store *s, const struct rec *r, const struct store_resource *res,
		  size_t n_res, uint64_t sim_cycles, struct err *e);
/* Roll the open run back; nothing when none is open. */
void store_run_abort(struct store *s);
/* The number of the last run that was stored, from 1; 0: none. */
int64_t store_run_id(const struct store *s);

/* A 64-bit hash of everything that store_run_end() would store of r but the event log (logging does not
 * change a run): equal runs, equal fingerprints. */
uint64_t store_fingerprint(const struct rec *r, uint64_t sim_cycles);

#endif
