/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench_log - rows of the event log a second, from rec_event() into an SQLite file.
 *
 * The file is in a new directory below TMPDIR (/tmp if unset), committed within the measured time
 * and removed. Processor time counts: a slow disk is not in the figure.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/bench.h"
#include "models/counters.h"
#include "results/store.h"
#include "sim/xalloc.h"

#define LOG_CHUNK 20000u /* rows between two looks at the clock */

static void log_rows(struct rec *r, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		struct rec_event row = {
			.at_cycles = 1000 * r->n_events,
			.kind = EVENT_NOTIFY_UNMAP,
			.iova = (r->n_events & 0xffff) * 4096,
			.bytes = 4096,
			.cycles = 1234,
			.cause = r->n_events,
		};

		rec_event(r, &row);
	}
}

/* Rows a second into an open store; not a number when it fails. */
static double log_into(struct store *store, double seconds, struct err *e)
{
	static const struct store_run run = {
		.scenario = "bench", .title = "", .point = "", .program = "bench", .clock_hz = 1};
	struct rec *r = rec_new(&counters_names);
	double began = bench_cpu_seconds(), used;
	uint64_t n = 0;
	int ret;

	rec_entity(r, "iommu");
	store_run_begin(store, &run, NULL, 0);
	rec_log_to(r, store_event_sink(store));
	do {
		log_rows(r, LOG_CHUNK);
		n += LOG_CHUNK;
	} while (bench_cpu_seconds() - began < seconds);
	rec_flush(r);
	ret = store_run_end(store, r, NULL, 0, 1, e);
	used = bench_cpu_seconds() - began;
	rec_free(r);
	return ret ? (double)NAN : (double)n / used;
}

static double log_rate(double seconds)
{
	const char *tmp = getenv("TMPDIR");
	char *folder = xasprintf("%s/dmachurn-bench-XXXXXX", tmp ? tmp : "/tmp");
	char *file = NULL;
	struct store *store = NULL;
	struct err e = {0};
	double rate = (double)NAN;

	if (!mkdtemp(folder)) {
		err_env(&e, "%s: cannot make a directory there", folder);
	} else {
		file = xasprintf("%s/log.db", folder);
		if (!store_open(&store, file, STORE_APPEND, &e))
			rate = log_into(store, seconds, &e);
		store_close(store, &e);
		unlink(file);
		rmdir(folder);
	}
	if (e.status)
		fprintf(stderr, "dmachurn: bench: %s\n", e.text);
	free(file);
	free(folder);
	return rate;
}

const struct bench bench_log[] = {
	{"log-rows", "rows/s", "event log into SQLite, with the commit", 5e5, 0, log_rate},
	BENCH_END,
};
