/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fingerprint - a run's results as one 64-bit number (FNV-1a over names and little-endian words).
 *
 * What is zero is skipped, so a counter that is added to the program does not change the fingerprint of
 * runs that do not use it. The event log is left out: logging must not change a run.
 */
#include <string.h>

#include "results/store.h"

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static void hash_bytes(uint64_t *h, const void *p, size_t n)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++)
		*h = (*h ^ b[i]) * FNV_PRIME;
}

static void hash_u64(uint64_t *h, uint64_t v)
{
	hash_bytes(h, &v, sizeof v);
}

static void hash_text(uint64_t *h, const char *s)
{
	hash_bytes(h, s, strlen(s) + 1);
}

static void hash_counters(uint64_t *h, const struct rec_names *names, const uint64_t *counter)
{
	for (unsigned c = 0; c < names->n_counters; c++)
		if (counter[c] != 0) {
			hash_text(h, names->counter[c]);
			hash_u64(h, counter[c]);
		}
}

static void hash_latency(uint64_t *h, const struct rec_latency *l)
{
	static const double quantile[] = {0.5, 0.9, 0.99, 0.999};
	double mean = stat_hist_mean(l->hist);

	hash_text(h, l->name);
	hash_u64(h, stat_hist_n(l->hist));
	hash_bytes(h, &mean, sizeof mean);
	for (size_t i = 0; i < sizeof quantile / sizeof quantile[0]; i++)
		hash_u64(h, stat_hist_quantile(l->hist, quantile[i]));
	hash_u64(h, stat_hist_max(l->hist));
}

static void hash_entity(uint64_t *h, const struct entity *e, const struct rec_names *names)
{
	hash_text(h, e->name);
	hash_counters(h, names, e->counter);
	for (unsigned p = 0; p < names->n_prims; p++)
		if (e->cost[p].count != 0) {
			hash_text(h, names->prim[p]);
			hash_u64(h, e->cost[p].count);
			hash_u64(h, e->cost[p].cycles);
		}
	for (unsigned k = 0; k < e->n_latencies; k++)
		if (stat_hist_n(e->latency[k].hist) != 0)
			hash_latency(h, &e->latency[k]);
}

uint64_t store_fingerprint(const struct rec *r, uint64_t sim_cycles)
{
	uint64_t h = FNV_OFFSET;

	hash_u64(&h, sim_cycles);
	for (unsigned i = 0; i < r->n_entities; i++)
		hash_entity(&h, r->entity[i], r->names);
	for (unsigned m = 0; m < r->n_marks; m++) {
		hash_text(&h, r->mark[m].name);
		hash_u64(&h, r->mark[m].at_cycles);
		for (unsigned i = 0; i < r->mark[m].n_entities; i++)
			hash_counters(&h, r->names,
				      r->mark[m].counter + (size_t)i * r->names->n_counters);
	}
	return h;
}
