/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * list - runs for people (a table), for spreadsheets (CSV) and for programs (JSON).
 */
#include "results/list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "results/table.h"

static double total_cycles_per_io(const struct figures *f)
{
	uint64_t ios = figures_total(f, "ios");
	double sum = 0;

	for (size_t i = 0; i < f->n_costs; i++)
		sum += (double)f->cost[i].cycles;
	return ios == 0 ? 0 : sum / (double)ios;
}

/* "notifier=unmap mapping=static": the last word of each path that differs between the runs. */
static void describe(const struct figures *f, const char *const *path, size_t n_paths, char *buf,
		     size_t size)
{
	buf[0] = '\0';
	for (size_t k = 0; k < n_paths; k++) {
		const struct store_param *p = figures_param(f, path[k]);
		const char *dot = strrchr(path[k], '.');
		size_t len = strlen(buf);

		if (p)
			snprintf(buf + len, size - len, "%s%s=%s", len ? " " : "",
				 dot ? dot + 1 : path[k], p->value);
	}
}

void list_table(FILE *to, const struct figures *f, size_t n)
{
	static const char *const header[] = {"run", "scenario", "what differs", "replicate",
					     "seed", "I/Os", "exits/IO", "misses/IO", "cycles/IO",
					     "simulated ms"};
	struct table *t = table_new("rllrrrrrrr", header);
	char number[TABLE_NUMBER], text[400];
	size_t n_paths;
	const char **path = figures_differ(f, n, false, &n_paths);

	n_paths = figures_within_scenario(f, n, path, n_paths);
	for (size_t i = 0; i < n; i++) {
		const struct store_run *run = &f[i].run;

		snprintf(text, sizeof text, "%" PRId64, f[i].run_id);
		table_add(t, text);
		table_add(t, run->scenario);
		describe(&f[i], path, n_paths, text, sizeof text);
		table_add(t, text[0] || !run->point ? text : run->point);
		snprintf(text, sizeof text, "%" PRIu64, run->replicate);
		table_add(t, text);
		snprintf(text, sizeof text, "%" PRIu64, run->seed);
		table_add(t, text);
		table_add(t, table_u64(number, figures_total(&f[i], "ios")));
		table_add(t, table_real(number, figures_per_io(&f[i], "vmexits")));
		table_add(t, table_real(number, figures_per_io(&f[i], "consumer.miss")));
		table_add(t, table_real(number, total_cycles_per_io(&f[i])));
		table_add(t, table_real(number, 1e3 * (double)f[i].sim_cycles /
							(double)run->clock_hz));
	}
	table_print(t, to);
	table_free(t);
	free(path);
}

/* ---- CSV */

static void csv_row(FILE *to, const struct figures *f, const char *entity, const char *figure,
		    const char *value, const char *unit)
{
	fprintf(to, "%" PRId64 ",", f->run_id);
	table_csv(to, f->run.scenario);
	putc(',', to);
	table_csv(to, f->run.point);
	fprintf(to, ",%" PRIu64 ",%" PRIu64 ",", f->run.replicate, f->run.seed);
	table_csv(to, entity);
	putc(',', to);
	table_csv(to, figure);
	putc(',', to);
	table_csv(to, value);
	fprintf(to, ",%s\n", unit);
}

static void csv_u64(FILE *to, const struct figures *f, const char *entity, const char *const name[2],
		    uint64_t value, const char *unit)
{
	char figure[200], number[TABLE_NUMBER];

	snprintf(figure, sizeof figure, "%s%s", name[0], name[1]);
	snprintf(number, sizeof number, "%" PRIu64, value);
	csv_row(to, f, entity, figure, number, unit);
}

static void csv_latency(FILE *to, const struct figures *f, const struct figures_latency *l)
{
	const struct {
		const char *name;
		uint64_t value;
	} row[] = {{".p50", l->p50}, {".p90", l->p90}, {".p99", l->p99}, {".p999", l->p999},
		   {".max", l->max}};
	char figure[200], number[TABLE_NUMBER];

	csv_u64(to, f, l->entity, (const char *const[2]){l->name, ".n"}, l->n, "count");
	snprintf(figure, sizeof figure, "%s.mean", l->name);
	snprintf(number, sizeof number, "%.17g", l->mean);
	csv_row(to, f, l->entity, figure, number, "cycles");
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		csv_u64(to, f, l->entity, (const char *const[2]){l->name, row[i].name},
			row[i].value, "cycles");
}

static void csv_run(FILE *to, const struct figures *f)
{
	csv_u64(to, f, "machine", (const char *const[2]){"clock_hz", ""}, f->run.clock_hz, "hertz");
	csv_u64(to, f, "machine", (const char *const[2]){"sim_cycles", ""}, f->sim_cycles, "cycles");
	for (size_t i = 0; i < f->n_params; i++)
		csv_row(to, f, "param", f->param[i].path, f->param[i].value, "text");
	for (size_t i = 0; i < f->n_counters; i++)
		csv_u64(to, f, f->counter[i].entity, (const char *const[2]){f->counter[i].name, ""},
			f->counter[i].value, "count");
	for (size_t i = 0; i < f->n_costs; i++) {
		csv_u64(to, f, f->cost[i].entity,
			(const char *const[2]){f->cost[i].primitive, ".count"}, f->cost[i].count,
			"count");
		csv_u64(to, f, f->cost[i].entity,
			(const char *const[2]){f->cost[i].primitive, ".cycles"}, f->cost[i].cycles,
			"cycles");
	}
	for (size_t i = 0; i < f->n_latencies; i++)
		csv_latency(to, f, &f->latency[i]);
}

void list_csv(FILE *to, const struct figures *f, size_t n)
{
	fprintf(to, "run_id,scenario,point,replicate,seed,entity,figure,value,unit\n");
	for (size_t i = 0; i < n; i++)
		csv_run(to, &f[i]);
}

/* ---- JSON; whole numbers are printed exactly, readers with doubles lose digits above 2^53 */

static void json_pair(FILE *to, const char *name, const char *text, const char *end)
{
	table_json(to, name);
	fputs(": ", to);
	table_json(to, text);
	fputs(end, to);
}

static void json_param(FILE *to, const struct store_param *p)
{
	fputs("{", to);
	json_pair(to, "path", p->path, ", ");
	json_pair(to, "value", p->value, ", ");
	json_pair(to, "source", p->source, ", ");
	json_pair(to, "evidence", p->evidence, "}");
}

static void json_counter(FILE *to, const struct figures_counter *c)
{
	fputs("{", to);
	json_pair(to, "entity", c->entity, ", ");
	json_pair(to, "name", c->name, ", ");
	fprintf(to, "\"value\": %" PRIu64 "}", c->value);
}

static void json_cost(FILE *to, const struct figures_cost *c)
{
	fputs("{", to);
	json_pair(to, "entity", c->entity, ", ");
	json_pair(to, "primitive", c->primitive, ", ");
	fprintf(to, "\"count\": %" PRIu64 ", \"cycles\": %" PRIu64 "}", c->count, c->cycles);
}

static void json_latency(FILE *to, const struct figures_latency *l)
{
	fputs("{", to);
	json_pair(to, "entity", l->entity, ", ");
	json_pair(to, "name", l->name, ", ");
	fprintf(to, "\"n\": %" PRIu64 ", \"mean\": %.17g, \"p50\": %" PRIu64 ", \"p90\": %" PRIu64
		    ", \"p99\": %" PRIu64 ", \"p999\": %" PRIu64 ", \"max\": %" PRIu64 "}",
		l->n, l->mean, l->p50, l->p90, l->p99, l->p999, l->max);
}

static void json_run(FILE *to, const struct figures *f)
{
	fprintf(to, "{\"run_id\": %" PRId64 ", ", f->run_id);
	json_pair(to, "scenario", f->run.scenario, ", ");
	json_pair(to, "title", f->run.title, ", ");
	json_pair(to, "point", f->run.point, ", ");
	json_pair(to, "program", f->run.program, ", ");
	json_pair(to, "aborted", f->aborted, ",\n ");
	fprintf(to, "\"seed\": %" PRIu64 ", \"replicate\": %" PRIu64 ", \"clock_hz\": %" PRIu64
		    ", \"sim_cycles\": %" PRIu64 ", \"fingerprint\": \"%016" PRIx64 "\",\n \"param\": [",
		f->run.seed, f->run.replicate, f->run.clock_hz, f->sim_cycles, f->fingerprint);
	for (size_t i = 0; i < f->n_params; i++) {
		fputs(i ? ",\n  " : "\n  ", to);
		json_param(to, &f->param[i]);
	}
	fputs("],\n \"counter\": [", to);
	for (size_t i = 0; i < f->n_counters; i++) {
		fputs(i ? ",\n  " : "\n  ", to);
		json_counter(to, &f->counter[i]);
	}
	fputs("],\n \"cost\": [", to);
	for (size_t i = 0; i < f->n_costs; i++) {
		fputs(i ? ",\n  " : "\n  ", to);
		json_cost(to, &f->cost[i]);
	}
	fputs("],\n \"latency\": [", to);
	for (size_t i = 0; i < f->n_latencies; i++) {
		fputs(i ? ",\n  " : "\n  ", to);
		json_latency(to, &f->latency[i]);
	}
	fputs("]}", to);
}

void list_json(FILE *to, const struct figures *f, size_t n)
{
	fputs("[", to);
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ",\n" : "", to);
		json_run(to, &f[i]);
	}
	fputs("]\n", to);
}
