/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * figures - a finished run as names and numbers, from memory or from a result file.
 */
#include "results/figures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/store_db.h"
#include "sim/xalloc.h"

static void text_free(const char *text)
{
	free((char *)(uintptr_t)text);
}

static char *text_copy(const char *text)
{
	return xstrdup(text ? text : "");
}

/* ---- growing the arrays */

static void add_param(struct figures *f, const struct store_param *p)
{
	f->param = xrealloc(f->param, f->n_params + 1, sizeof *f->param);
	f->param[f->n_params++] = (struct store_param){
		text_copy(p->path), text_copy(p->value), text_copy(p->source), text_copy(p->evidence)};
}

static void add_counter(struct figures *f, const char *entity, const char *name, uint64_t value)
{
	f->counter = xrealloc(f->counter, f->n_counters + 1, sizeof *f->counter);
	f->counter[f->n_counters++] =
		(struct figures_counter){text_copy(entity), text_copy(name), value};
}

static void add_cost(struct figures *f, const char *entity, const char *primitive, uint64_t count,
		     uint64_t cycles)
{
	f->cost = xrealloc(f->cost, f->n_costs + 1, sizeof *f->cost);
	f->cost[f->n_costs++] =
		(struct figures_cost){text_copy(entity), text_copy(primitive), count, cycles};
}

/* *l with its strings copied. */
static void add_latency(struct figures *f, const struct figures_latency *l)
{
	f->latency = xrealloc(f->latency, f->n_latencies + 1, sizeof *f->latency);
	f->latency[f->n_latencies] = *l;
	f->latency[f->n_latencies].entity = text_copy(l->entity);
	f->latency[f->n_latencies].name = text_copy(l->name);
	f->n_latencies++;
}

/* ---- from memory */

static void take_entity(struct figures *f, const struct entity *e, const struct rec_names *names)
{
	for (unsigned c = 0; c < names->n_counters; c++)
		if (e->counter[c] != 0)
			add_counter(f, e->name, names->counter[c], e->counter[c]);
	for (unsigned p = 0; p < names->n_prims; p++)
		if (e->cost[p].count != 0)
			add_cost(f, e->name, names->prim[p], e->cost[p].count, e->cost[p].cycles);
	for (unsigned k = 0; k < e->n_latencies; k++) {
		const struct stat_hist *h = e->latency[k].hist;

		if (stat_hist_n(h) != 0)
			add_latency(f, &(struct figures_latency){
					       .entity = e->name,
					       .name = e->latency[k].name,
					       .n = stat_hist_n(h),
					       .mean = stat_hist_mean(h),
					       .p50 = stat_hist_quantile(h, 0.5),
					       .p90 = stat_hist_quantile(h, 0.9),
					       .p99 = stat_hist_quantile(h, 0.99),
					       .p999 = stat_hist_quantile(h, 0.999),
					       .max = stat_hist_max(h)});
	}
}

void figures_of(struct figures *f, const struct store_run *run, const struct store_param *param,
		size_t n_params, const struct rec *r, uint64_t sim_cycles, const char *aborted)
{
	*f = (struct figures){.run = *run,
			      .sim_cycles = sim_cycles,
			      .fingerprint = store_fingerprint(r, sim_cycles),
			      .aborted = text_copy(aborted)};
	f->run.scenario = text_copy(run->scenario);
	f->run.title = text_copy(run->title);
	f->run.point = text_copy(run->point);
	f->run.program = text_copy(run->program);
	for (size_t i = 0; i < n_params; i++)
		add_param(f, &param[i]);
	for (unsigned i = 0; i < r->n_entities; i++)
		take_entity(f, r->entity[i], r->names);
}

/* ---- from a file */

static uint64_t column_u64(sqlite3_stmt *st, int column)
{
	return (uint64_t)sqlite3_column_int64(st, column);
}

static void read_run(struct figures *f, sqlite3_stmt *st)
{
	f->run = (struct store_run){
		.scenario = text_copy(store_db_text(st, 1)),
		.title = text_copy(store_db_text(st, 2)),
		.seed = column_u64(st, 3),
		.point = text_copy(store_db_text(st, 4)),
		.replicate = column_u64(st, 5),
		.program = text_copy(store_db_text(st, 6)),
		.clock_hz = column_u64(st, 9),
	};
	f->fingerprint = strtoull(store_db_text(st, 7), NULL, 16);
	f->sim_cycles = column_u64(st, 8);
	f->aborted = text_copy(store_db_text(st, 10));
}

static void read_param(struct figures *f, sqlite3_stmt *st)
{
	add_param(f, &(struct store_param){store_db_text(st, 1), store_db_text(st, 2),
					   store_db_text(st, 3), store_db_text(st, 4)});
}

static void read_counter(struct figures *f, sqlite3_stmt *st)
{
	add_counter(f, store_db_text(st, 1), store_db_text(st, 2), column_u64(st, 3));
}

static void read_cost(struct figures *f, sqlite3_stmt *st)
{
	add_cost(f, store_db_text(st, 1), store_db_text(st, 2), column_u64(st, 3),
		 column_u64(st, 4));
}

static void read_latency(struct figures *f, sqlite3_stmt *st)
{
	add_latency(f, &(struct figures_latency){
			       .entity = store_db_text(st, 1),
			       .name = store_db_text(st, 2),
			       .n = column_u64(st, 3),
			       .mean = sqlite3_column_double(st, 4),
			       .p50 = column_u64(st, 5),
			       .p90 = column_u64(st, 6),
			       .p99 = column_u64(st, 7),
			       .p999 = column_u64(st, 8),
			       .max = column_u64(st, 9)});
}

/* Tables are read in the order of their keys, which is the order of their rows. */
static const struct {
	const char *sql;
	void (*read)(struct figures *f, sqlite3_stmt *st);
} sources[] = {
	{"SELECT * FROM run WHERE run_id = ?", read_run},
	{"SELECT * FROM param WHERE run_id = ? ORDER BY path", read_param},
	{"SELECT c.* FROM counter c JOIN entity n ON n.run_id = c.run_id AND n.name = c.entity "
	 "WHERE c.run_id = ? ORDER BY n.id, c.name", read_counter},
	{"SELECT * FROM cost WHERE run_id = ? ORDER BY entity, primitive", read_cost},
	{"SELECT c.* FROM latency c JOIN entity n ON n.run_id = c.run_id AND n.name = c.entity "
	 "WHERE c.run_id = ? ORDER BY n.id, c.name", read_latency},
};

static int load_table(struct figures *f, struct store *s, size_t i, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, sources[i].sql);

	if (!rc)
		rc = store_db_bind(s, st, e, "i", f->run_id);
	if (!rc)
		while ((rc = store_db_step(s, st, e)) == 1)
			sources[i].read(f, st);
	sqlite3_finalize(st);
	return rc;
}

static int no_such_run(struct store *s, int64_t run_id, struct err *e)
{
	int64_t first, last;

	if (store_db_int(s, "SELECT min(run_id) FROM run", &first, e) ||
	    store_db_int(s, "SELECT max(run_id) FROM run", &last, e))
		return -EIO;
	if (last == 0)
		return err_user(e, "%s: holds no runs", s->path);
	return err_user(e, "--run: got %lld, %s holds runs %lld..%lld", (long long)run_id, s->path,
			(long long)first, (long long)last);
}

int figures_load(struct figures *f, struct store *s, int64_t run_id, struct err *e)
{
	int rc = 0;

	*f = (struct figures){.run_id = run_id};
	for (size_t i = 0; i < sizeof sources / sizeof sources[0] && !rc; i++)
		rc = load_table(f, s, i, e);
	if (!rc && !f->run.program)
		rc = no_such_run(s, run_id, e);
	if (rc)
		figures_free(f);
	return rc;
}

int figures_list(struct store *s, int64_t **run_id, size_t *n, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, "SELECT run_id FROM run ORDER BY run_id");

	*run_id = NULL;
	*n = 0;
	if (!rc)
		while ((rc = store_db_step(s, st, e)) == 1) {
			*run_id = xrealloc(*run_id, *n + 1, sizeof **run_id);
			(*run_id)[(*n)++] = sqlite3_column_int64(st, 0);
		}
	sqlite3_finalize(st);
	return rc;
}

void figures_free(struct figures *f)
{
	for (size_t i = 0; i < f->n_params; i++) {
		text_free(f->param[i].path);
		text_free(f->param[i].value);
		text_free(f->param[i].source);
		text_free(f->param[i].evidence);
	}
	for (size_t i = 0; i < f->n_counters; i++) {
		text_free(f->counter[i].entity);
		text_free(f->counter[i].name);
	}
	for (size_t i = 0; i < f->n_costs; i++) {
		text_free(f->cost[i].entity);
		text_free(f->cost[i].primitive);
	}
	for (size_t i = 0; i < f->n_latencies; i++) {
		text_free(f->latency[i].entity);
		text_free(f->latency[i].name);
	}
	free(f->param);
	free(f->counter);
	free(f->cost);
	free(f->latency);
	text_free(f->run.scenario);
	text_free(f->run.title);
	text_free(f->run.point);
	text_free(f->run.program);
	text_free(f->aborted);
	*f = (struct figures){0};
}

/* ---- questions */

uint64_t figures_total(const struct figures *f, const char *name)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < f->n_counters; i++) {
		if (strcmp(f->counter[i].name, name) != 0)
			continue;
		if (strcmp(f->counter[i].entity, "machine") == 0)
			return f->counter[i].value;
		sum += f->counter[i].value;
	}
	return sum;
}

double figures_per_io(const struct figures *f, const char *name)
{
	uint64_t ios = figures_total(f, "ios");

	return ios == 0 ? 0 : (double)figures_total(f, name) / (double)ios;
}

uint64_t figures_cycles(const struct figures *f, const char *primitive)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < f->n_costs; i++)
		if (strcmp(f->cost[i].primitive, primitive) == 0)
			sum += f->cost[i].cycles;
	return sum;
}

bool figures_charged(const struct figures *f, const char *primitive)
{
	for (size_t i = 0; i < f->n_costs; i++)
		if (strcmp(f->cost[i].primitive, primitive) == 0)
			return true;
	return false;
}

const struct store_param *figures_param(const struct figures *f, const char *path)
{
	for (size_t i = 0; i < f->n_params; i++)
		if (strcmp(f->param[i].path, path) == 0)
			return &f->param[i];
	return NULL;
}

bool figures_is_estimate(const struct figures *f, const char *primitive)
{
	char path[100];
	const struct store_param *p;

	snprintf(path, sizeof path, "costs.%s", primitive);
	p = figures_param(f, path);
	return p && strcmp(p->evidence, "estimate") == 0;
}

enum payer figures_payer(const char *primitive)
{
	if (strncmp(primitive, "guest-", 6) == 0)
		return PAYER_GUEST;
	if (strncmp(primitive, "vmexit-", 7) == 0 || strncmp(primitive, "kick-", 5) == 0 ||
	    strcmp(primitive, "irq") == 0)
		return PAYER_EXIT;
	return PAYER_HOST;
}

static bool param_differs(const struct figures *f, size_t n, const char *path)
{
	const struct store_param *first = figures_param(&f[0], path);

	for (size_t i = 1; i < n; i++) {
		const struct store_param *p = figures_param(&f[i], path);

		if (!p != !first || (p && strcmp(p->value, first->value) != 0))
			return true;
	}
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool path_is_in(const char *const *path, size_t n, const char *what)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(path[i], what) == 0)
			return true;
	return false;
}

const char **figures_differ(const struct figures *f, size_t n, bool derived, size_t *n_paths)
{
	const char **path = NULL;

	*n_paths = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < f[i].n_params; k++) {
			const char *p = f[i].param[k].path;

			bool seen = i != 0 && figures_param(&f[0], p); /* asked already */
			bool follows = strcmp(f[i].param[k].source, "derived") == 0;

			if (seen || (follows && !derived) || strcmp(p, "title") == 0 || strcmp(p, "seed") == 0 ||
			    strcmp(p, "iommu.qemu-modelled") == 0 ||
			    path_is_in(path, *n_paths, p) || !param_differs(f, n, p))
				continue;
			path = xrealloc(path, *n_paths + 1, sizeof *path);
			path[(*n_paths)++] = p;
		}
	if (*n_paths > 1)
		qsort(path, *n_paths, sizeof *path, by_text);
	return path;
}

bool figures_scenarios_differ(const struct figures *f, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (strcmp(f[i].run.scenario, f[0].run.scenario) != 0)
			return true;
	return false;
}

static bool same_value(const struct figures *a, const struct figures *b, const char *path)
{
	const struct store_param *p = figures_param(a, path), *q = figures_param(b, path);

	return p && q ? strcmp(p->value, q->value) == 0 : p == q;
}

size_t figures_within_scenario(const struct figures *f, size_t n, const char **path, size_t n_paths)
{
	size_t kept = 0;

	for (size_t k = 0; k < n_paths; k++) {
		bool differs = false;

		for (size_t i = 0; i < n && !differs; i++) {
			size_t first = 0; /* run of the same scenario */

			while (strcmp(f[first].run.scenario, f[i].run.scenario) != 0)
				first++;
			differs = !same_value(&f[first], &f[i], path[k]);
		}
		if (differs)
			path[kept++] = path[k];
	}
	return kept;
}

size_t figures_drop_defaults(const struct figures *f, size_t n, const char **path, size_t n_paths)
{
	size_t kept = 0;

	for (size_t k = 0; k < n_paths; k++) {
		bool missing = false, set = false;

		for (size_t i = 0; i < n; i++) {
			const struct store_param *p = figures_param(&f[i], path[k]);

			missing |= !p;
			set |= p && strcmp(p->source, "default") != 0;
		}
		if (!missing || set)
			path[kept++] = path[k];
	}
	return kept;
}
