/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * summary - the table of one run on a terminal.
 */
#include "cli/summary.h"

#include <stdlib.h>
#include <string.h>

#include "models/counters.h"
#include "models/cost/cost.h"

static double us(const struct run_result *r, double cycles)
{
	return cycles * 1e6 / (double)r->clock_hz;
}

static uint64_t n_ios(const struct run_result *r)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < r->rec->n_entities; i++)
		n += r->rec->entity[i]->counter[CTR_IOS];
	return n;
}

static void print_entity(FILE *to, const struct run_result *r, const struct entity *ent,
			 uint64_t per)
{
	bool any = false;

	for (unsigned c = 0; c < CTR_N; c++) {
		if (ent->counter[c] == 0)
			continue;
		if (!any)
			fprintf(to, "  %-26s %14s %12s\n", ent->name, "count", "per I/O");
		any = true;
		fprintf(to, "    %-24s %14llu", counters_names.counter[c],
			(unsigned long long)ent->counter[c]);
		if (per != 0 && c != CTR_CONSUMER_PINNED_MAX) /* a maximum is of no I/O */
			fprintf(to, " %12.3f", (double)ent->counter[c] / (double)per);
		fprintf(to, "\n");
	}
	for (unsigned i = 0; i < ent->n_latencies; i++) {
		const struct rec_latency *l = &ent->latency[i];

		if (stat_hist_n(l->hist) == 0)
			continue;
		fprintf(to, "    latency %-16s mean %.2f us, p50 %.2f us, p99 %.2f us, max %.2f us\n",
			l->name, us(r, stat_hist_mean(l->hist)),
			us(r, (double)stat_hist_quantile(l->hist, 0.5)),
			us(r, (double)stat_hist_quantile(l->hist, 0.99)),
			us(r, (double)stat_hist_max(l->hist)));
	}
}

/* A device whose workload.ios the end of the run's duration left undone. Not told with a warm-up, during
 * which I/Os are not counted. */
static void print_unfinished(FILE *to, const struct run_result *r, const struct entity *ent)
{
	const char *warm_up = run_result_param(r, "warm-up"), *ios;
	uint64_t done = ent->counter[CTR_IOS] + ent->counter[CTR_DROPPED];
	char path[300];

	snprintf(path, sizeof path, "devices.%s.workload.ios", ent->name);
	ios = run_result_param(r, path);
	if (!r->unfinished || !ios || !warm_up || strcmp(warm_up, "0") != 0 ||
	    done >= strtoull(ios, NULL, 10))
		return;
	fprintf(to, "    %llu of %s I/Os: the run's duration (%s) was over\n", (unsigned long long)done, ios,
		run_result_param(r, "duration"));
}

/* Counter c of entity i as it stood at mark k; behind the last mark: as it stands. */
static uint64_t counter_at(const struct run_result *r, unsigned k, unsigned i, enum counter c)
{
	const struct rec_mark *m = &r->rec->mark[k];

	if (k >= r->rec->n_marks)
		return r->rec->entity[i]->counter[c];
	return i < m->n_entities ? m->counter[i * r->rec->names->n_counters + c] : 0;
}

/* A replayed trace: what each of its phases submitted. */
static void print_phases(FILE *to, const struct run_result *r)
{
	static const struct {
		enum counter counter;
		const char *name;
	} column[] = {
		{CTR_IQT_WRITES, "tail"},   {CTR_QI_PSI, "psi"},	 {CTR_QI_DSI, "dsi"},
		{CTR_QI_GLOBAL, "global"}, {CTR_QI_DEVTLB, "devtlb"}, {CTR_QI_CC, "cc"},
		{CTR_QI_IEC, "iec"},	   {CTR_QI_WAIT, "wait"},
	};
	const struct entity *iommu = rec_find(r->rec, "iommu");
	unsigned first = 0;

	while (first < r->rec->n_marks && (strcmp(r->rec->mark[first].name, "start-up") == 0 ||
					   strcmp(r->rec->mark[first].name, "warm-up") == 0))
		first++;
	if (first == r->rec->n_marks || !iommu)
		return;
	fprintf(to, "  %-26s", "phase");
	for (unsigned i = 0; i < ARRAY_SIZE(column); i++)
		fprintf(to, " %7s", column[i].name);
	fprintf(to, "\n");
	for (unsigned k = first; k < r->rec->n_marks; k++) {
		fprintf(to, "    %-24s", r->rec->mark[k].name);
		for (unsigned i = 0; i < ARRAY_SIZE(column); i++)
			fprintf(to, " %7llu",
				(unsigned long long)(counter_at(r, k + 1, iommu->id, column[i].counter) -
						     counter_at(r, k, iommu->id, column[i].counter)));
		fprintf(to, "\n");
	}
}

void summary_print(FILE *to, const struct run_result *r, uint64_t replicate)
{
	const char *qemu = run_result_param(r, "iommu.qemu");
	const char *modelled = run_result_param(r, "iommu.qemu-modelled");

	fprintf(to, "%s%s%s\n", r->scenario, *r->title ? ": " : "", r->title);
	fprintf(to, "  seed %llu, replicate %llu, guest Linux %s, %s%s%s, %.3f ms simulated, fingerprint %016llx\n",
		(unsigned long long)r->seed, (unsigned long long)replicate,
		run_result_param(r, "guest.kernel"), run_result_param(r, "iommu.model"),
		qemu ? " of QEMU " : "", qemu ? qemu : "", us(r, (double)r->sim_cycles) / 1000,
		(unsigned long long)r->fingerprint);
	if (modelled)
		fprintf(to, "  QEMU %s behaves as %s, which was observed\n", qemu, modelled);
	for (unsigned i = 0; i < r->rec->n_entities; i++) {
		const struct entity *ent = r->rec->entity[i];
		uint64_t own = ent->counter[CTR_IOS];

		print_entity(to, r, ent, own ? own : n_ios(r));
		print_unfinished(to, r, ent);
	}
	print_phases(to, r);
	if (r->sim_cycles != 0)
		fprintf(to, "  %.0f I/Os per second\n",
			(double)n_ios(r) * (double)r->clock_hz / (double)r->sim_cycles);
	fprintf(to, "\n");
}
