/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * plot_series - what a bar consists of: the counters, primitives or latencies of a kind of picture.
 */
#include "results/plot_series.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/plot.h"
#include "sim/xalloc.h"

enum { PRIMITIVES_SHOWN = 6, PARTS_MAX = 9 };

/* Kinds made of counters; parts in the order of stacking, from below. */
static const struct kind {
	const char *name, *help, *y_label;
	bool stacked;
	const char *rest_of; /* a counter of which the parts are parts, or NULL */
	struct {
		const char *counter, *name;
	} part[PARTS_MAX];
} kinds[] = {
	{"vmexits", "exits by cause", "vmexits per I/O", true, "vmexits",
	 {{"vmexits.qi_tail", "queue tail"}, {"vmexits.kick", "doorbells"},
	  {"vmexits.mmio_other", "other IOMMU registers"}, {"vmexits.config", "PCI configuration"},
	  {"vmexits.hypercall", "hypercalls"}}},
	{"descriptors", "invalidation descriptors by type", "descriptors per I/O", true, NULL,
	 {{"qi.psi", "IOTLB, page"}, {"qi.dsi", "IOTLB, domain"}, {"qi.global", "IOTLB, global"},
	  {"qi.devtlb", "device TLB"}, {"qi.wait", "wait"}, {"qi.cc", "context cache"},
	  {"qi.iec", "interrupt entries"}, {"qi.other", "other"}}},
	{"notify", "events that reach consumers, by kind", "events per I/O", true, NULL,
	 {{"notify.map", "MAP"}, {"notify.unmap", "UNMAP"},
	  {"notify.devtlb_unmap", "device-TLB UNMAP"}}},
	{"misses", "misses of consumers and of QEMU's IOTLB", "misses per I/O", false, NULL,
	 {{"consumer.miss", "consumer"}, {"iotlb.miss", "QEMU's IOTLB"}}},
	{"walks", "page-table entries and tables read", "reads per I/O", false, NULL,
	 {{"walk.pte", "page-table entries"}, {"walk.tables", "page tables visited"}}},
	{"cycles", "cycles by the dearest primitives", "cycles per I/O", true, NULL, {{0}}},
	{"latency", "I/O latency, median and 99 %", "I/O latency, microseconds", false, NULL, {{0}}},
};

enum { N_KINDS = sizeof kinds / sizeof kinds[0], KIND_CYCLES = N_KINDS - 2, KIND_LATENCY };

const char *const plot_kinds[] = {"vmexits", "descriptors", "notify", "misses", "walks",
				  "cycles", "latency", NULL};

static void series_add(struct series *s, enum series_source source, const char *key,
		       const char *name)
{
	if (s->n == SERIES_MAX)
		return;
	s->source[s->n] = source;
	snprintf(s->key[s->n], SERIES_NAME, "%s", key);
	snprintf(s->name[s->n], SERIES_NAME, "%s", name);
	s->n++;
}

static double all_cycles_per_io(const struct figures *f)
{
	uint64_t ios = figures_total(f, "ios");
	double sum = 0;

	for (size_t i = 0; i < f->n_costs; i++)
		sum += (double)f->cost[i].cycles;
	return ios == 0 ? 0 : sum / (double)ios;
}

static double primitive_per_io(const struct figures *f, const char *primitive)
{
	uint64_t ios = figures_total(f, "ios");

	return ios == 0 ? 0 : (double)figures_cycles(f, primitive) / (double)ios;
}

static double latency_us(const struct figures *f, const char *entity, enum series_source source)
{
	for (size_t i = 0; i < f->n_latencies; i++) {
		const struct figures_latency *l = &f->latency[i];

		if (strcmp(l->entity, entity) == 0 && strcmp(l->name, "io") == 0)
			return 1e6 * (double)(source == SERIES_P50 ? l->p50 : l->p99) /
			       (double)f->run.clock_hz;
	}
	return 0;
}

/* What the series other than k leave of a total; rounding must not make it negative or a speck. */
static double rest(const struct series *s, unsigned k, const struct figures *f, double total)
{
	double left = total;

	for (unsigned i = 0; i < s->n; i++)
		if (i != k)
			left -= series_value(s, i, f);
	return left > total * 1e-9 ? left : 0;
}

double series_value(const struct series *s, unsigned k, const struct figures *f)
{
	switch (s->source[k]) {
	case SERIES_COUNTER:
		return figures_per_io(f, s->key[k]);
	case SERIES_REST:
		return rest(s, k, f, figures_per_io(f, s->key[k]));
	case SERIES_CYCLES:
		return primitive_per_io(f, s->key[k]);
	case SERIES_CYCLES_REST:
		return rest(s, k, f, all_cycles_per_io(f));
	case SERIES_P50:
	case SERIES_P99:
		return latency_us(f, s->key[k], s->source[k]);
	}
	return 0;
}

/* ---- collecting */

static void collect_counters(struct series *s, const struct kind *kind)
{
	for (unsigned i = 0; i < PARTS_MAX && kind->part[i].counter; i++)
		series_add(s, SERIES_COUNTER, kind->part[i].counter, kind->part[i].name);
	if (kind->rest_of)
		series_add(s, SERIES_REST, kind->rest_of, "other");
}

struct ranked {
	const char *primitive;
	double value;
};

static int by_value(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? 1 : -1;
	return strcmp(x->primitive, y->primitive);
}

static size_t rank_add(struct ranked **list, size_t n, const char *primitive, double value)
{
	size_t at = 0;

	while (at < n && strcmp((*list)[at].primitive, primitive) != 0)
		at++;
	if (at == n) {
		*list = xrealloc(*list, ++n, sizeof **list);
		(*list)[at] = (struct ranked){.primitive = primitive};
	}
	(*list)[at].value += value;
	return n;
}

static void collect_cycles(struct series *s, const struct figures *f, size_t n)
{
	struct ranked *list = NULL;
	size_t n_list = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t ios = figures_total(&f[i], "ios");

		for (size_t k = 0; k < f[i].n_costs && ios != 0; k++)
			n_list = rank_add(&list, n_list, f[i].cost[k].primitive,
					  (double)f[i].cost[k].cycles / (double)ios);
	}
	if (n_list > 1)
		qsort(list, n_list, sizeof *list, by_value);
	for (size_t k = 0; k < n_list && k < PRIMITIVES_SHOWN; k++)
		series_add(s, SERIES_CYCLES, list[k].primitive, list[k].primitive);
	if (n_list > PRIMITIVES_SHOWN)
		series_add(s, SERIES_CYCLES_REST, "", "all others");
	free(list);
}

static bool series_has(const struct series *s, const char *key)
{
	for (unsigned k = 0; k < s->n; k++)
		if (strcmp(s->key[k], key) == 0)
			return true;
	return false;
}

static void collect_latency(struct series *s, const struct figures *f, size_t n)
{
	char name[SERIES_NAME];

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < f[i].n_latencies; k++) {
			const struct figures_latency *l = &f[i].latency[k];

			if (strcmp(l->name, "io") != 0 || series_has(s, l->entity))
				continue;
			snprintf(name, sizeof name, "%.40s, median", l->entity);
			series_add(s, SERIES_P50, l->entity, name);
			snprintf(name, sizeof name, "%.40s, 99 %%", l->entity);
			series_add(s, SERIES_P99, l->entity, name);
		}
}

static bool series_is_zero(const struct series *s, unsigned k, const struct figures *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (series_value(s, k, &f[i]) != 0)
			return false;
	return true;
}

/* Drop what is zero everywhere, but keep one: a picture of zeros is an answer, too. */
static void drop_zeros(struct series *s, const struct figures *f, size_t n)
{
	for (unsigned k = s->n; k-- > 0 && s->n > 1;) {
		if (!series_is_zero(s, k, f, n))
			continue;
		for (unsigned i = k; i + 1 < s->n; i++) {
			memcpy(s->name[i], s->name[i + 1], SERIES_NAME);
			memcpy(s->key[i], s->key[i + 1], SERIES_NAME);
			s->source[i] = s->source[i + 1];
		}
		s->n--;
	}
}

int series_collect(struct series *s, unsigned kind, const struct figures *f, size_t n,
		   struct err *e)
{
	const struct kind *row = &kinds[kind];

	*s = (struct series){.what = row->help, .y_label = row->y_label, .stacked = row->stacked};
	if (kind == KIND_CYCLES)
		collect_cycles(s, f, n);
	else if (kind == KIND_LATENCY)
		collect_latency(s, f, n);
	else
		collect_counters(s, row);
	if (s->n == 0)
		return err_user(e, "the runs hold nothing of kind '%s'", row->name);
	drop_zeros(s, f, n);
	return 0;
}
