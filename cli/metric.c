/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * metric - one number of a finished run, by name: what policies are compared by.
 */
#include "cli/metric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/cost/cost.h"
#include "models/counters.h"

static uint64_t sum_counter(const struct run_result *r, enum counter c)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < r->rec->n_entities; i++)
		if (strcmp(r->rec->entity[i]->name, "machine") != 0)
			sum += r->rec->entity[i]->counter[c];
	return sum;
}

static double per_io(const struct run_result *r, double total)
{
	uint64_t n = sum_counter(r, CTR_IOS);

	return n ? total / (double)n : NAN;
}

static double of_cycles(const struct run_result *r)
{
	double sum = 0;

	for (unsigned i = 0; i < r->rec->n_entities; i++)
		for (unsigned p = 0; p < PRIM_N; p++)
			sum += (double)r->rec->entity[i]->cost[p].cycles;
	return per_io(r, sum);
}

static double of_latency(const struct run_result *r)
{
	double sum = 0, n = 0;

	for (unsigned i = 0; i < r->rec->n_entities; i++) {
		const struct entity *ent = r->rec->entity[i];

		for (unsigned l = 0; l < ent->n_latencies; l++) {
			if (strcmp(ent->latency[l].name, "io") != 0)
				continue;
			sum += stat_hist_mean(ent->latency[l].hist) *
			       (double)stat_hist_n(ent->latency[l].hist);
			n += (double)stat_hist_n(ent->latency[l].hist);
		}
	}
	return n > 0 ? sum / n : NAN;
}

static double of_p99(const struct run_result *r)
{
	double worst = NAN;

	for (unsigned i = 0; i < r->rec->n_entities; i++) {
		const struct entity *ent = r->rec->entity[i];

		for (unsigned l = 0; l < ent->n_latencies; l++)
			if (strcmp(ent->latency[l].name, "io") == 0 && stat_hist_n(ent->latency[l].hist))
				worst = fmax(isnan(worst) ? 0 : worst,
					     (double)stat_hist_quantile(ent->latency[l].hist, 0.99));
	}
	return worst;
}

static double of_time(const struct run_result *r)
{
	return per_io(r, (double)r->sim_cycles);
}

static double of_vmexits(const struct run_result *r)
{
	return per_io(r, (double)sum_counter(r, CTR_VMEXITS));
}

static double of_misses(const struct run_result *r)
{
	return per_io(r, (double)sum_counter(r, CTR_CONSUMER_MISS));
}

const struct metric metrics[] = {
	{"latency", "cycles", "mean time from handing an I/O over to its end", of_latency},
	{"latency-p99", "cycles", "the same, 99th percentile of the worst device", of_p99},
	{"cycles", "cycles per I/O", "CPU work of guest and host, without waiting", of_cycles},
	{"time", "cycles per I/O", "simulated time divided by I/Os: the inverse of throughput", of_time},
	{"vmexits", "per I/O", "exits to user space", of_vmexits},
	{"misses", "per I/O", "accesses that had to ask the IOMMU", of_misses},
	{NULL, NULL, NULL, NULL},
};

int metric_find(const char *name, const struct metric **m, struct err *e)
{
	char allowed[256] = "";

	for (*m = metrics; (*m)->name; (*m)++) {
		if (strcmp((*m)->name, name) == 0)
			return 0;
		snprintf(allowed + strlen(allowed), sizeof allowed - strlen(allowed), "%s%s",
			 *m == metrics ? "" : ", ", (*m)->name);
	}
	return err_user(e, "--metric: got '%s', allowed: %s", name, allowed);
}
