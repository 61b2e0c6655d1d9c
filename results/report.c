/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report - runs side by side as one plain-text table of at most 72 columns, for a commit message.
 *
 * Rows are a table; a row that is zero in all runs is left out. A figure that contains time spent in a
 * primitive whose cost is an estimate is marked with '~'. Counts are not marked: time moves them only
 * through timers and queues.
 */
#include "results/report.h"

#include <stdlib.h>
#include <string.h>

#include "results/report_impl.h"
#include "results/table.h"
#include "sim/xalloc.h"

static const struct {
	const char *name, *label;
} payer_row[PAYER_N] = {
	[PAYER_GUEST] = {"cycles.guest", "  guest's own code"},
	[PAYER_EXIT] = {"cycles.exit", "  exits"},
	[PAYER_HOST] = {"cycles.host", "  host"},
};

enum { LABEL_SIZE = 120 };

/* ---- lines */

struct cell {
	double value;
	bool estimate;
	bool whole; /* a count: printed without a fraction */
};

/* A label; in a table of totals nothing is "per I/O", and cycles are in millions. */
static const char *label_text(const struct report *r, const char *label, char text[LABEL_SIZE])
{
	char *per;

	snprintf(text, LABEL_SIZE, "%s", label);
	per = r->totals ? strstr(text, " per I/O") : NULL;
	if (!per)
		return text;
	per[per > text && per[-1] == ',' ? -1 : 0] = '\0';
	if (strcmp(text, "cycles") == 0)
		snprintf(text, LABEL_SIZE, "cycles, millions");
	return text;
}

/* A number that is too long for its column is given in millions, with as many digits as fit. */
static const char *number_text(const struct report *r, const struct cell *cell,
			       char number[TABLE_NUMBER])
{
	int room = r->cell_width - 1 - cell->estimate;

	if (cell->whole && cell->value != 0)
		table_u64(number, (uint64_t)cell->value);
	else
		table_real(number, cell->value);
	if (strlen(number) <= (size_t)room)
		return number;
	table_real(number, cell->value / 1e6);
	if (strlen(number) + 1 <= (size_t)room)
		strcat(number, "M");
	else
		snprintf(number, TABLE_NUMBER, "%.2e", cell->value);
	return number;
}

/* What an aborted run counted until then is no figure to stand beside others in a grid. */
static bool is_cut_short(const struct report *r, size_t i)
{
	return r->grid && *r->f[i].aborted;
}

/* One row, if it is wanted (`brief`: in a brief table, too) and not zero in all runs; pending: a heading that is
 * printed once one of its rows is. Rows that were chosen are few: they have no headings, the rule above them says
 * what they are per. */
static void put_row(const struct report *r, const char *name, bool brief, const char *label,
		    const struct cell *cell, const char **pending)
{
	char number[TABLE_NUMBER], text[LABEL_SIZE];
	bool any = false;

	for (size_t i = 0; i < r->n; i++)
		any |= cell[i].value != 0 && !is_cut_short(r, i);
	if (!any || !report_wants(r, name, brief))
		return;
	if (pending && *pending && !r->compact) {
		fprintf(r->to, "%s\n", label_text(r, *pending, text));
		*pending = NULL;
	}
	label_text(r, label, text);
	if (r->compact)
		fprintf(r->to, "  %-*.*s", LABEL_WIDTH - 2, LABEL_WIDTH - 2, text + strspn(text, " "));
	else
		report_label(r, text);
	for (size_t i = 0; i < r->n; i++)
		if (is_cut_short(r, i))
			report_cell(r, "aborts", false);
		else
			report_cell(r, number_text(r, &cell[i], number),
				    cell[i].estimate && cell[i].value != 0);
	fprintf(r->to, "\n");
}

/* ---- counts */

static void put_counts(const struct report *r)
{
	const char *pending = NULL;
	struct cell cell[COLUMNS_MAX];

	for (size_t i = 0; i < r->n; i++)
		cell[i] = (struct cell){(double)figures_total(&r->f[i], "ios"), false, true};
	put_row(r, "ios", true, "I/Os", cell, NULL);
	for (const struct report_count *c = report_counts; c->label; c++) {
		if (!c->counter) {
			pending = c->label;
			continue;
		}
		for (size_t i = 0; i < r->n; i++)
			cell[i] = (struct cell){r->totals ? (double)figures_total(&r->f[i], c->counter)
							  : figures_per_io(&r->f[i], c->counter),
						false, r->totals};
		put_row(r, c->counter, c->brief, c->label, cell, &pending);
	}
}

/* ---- cycles */

/* Per I/O, or millions in a table of totals. */
static double cycles_shown(const struct report *r, const struct figures *f, uint64_t cycles)
{
	uint64_t by = r->totals ? 1000000 : figures_total(f, "ios");

	return by == 0 ? 0 : (double)cycles / (double)by;
}

/* The cycles of a payer (PAYER_N: of all), and whether an estimate is among them. */
static struct cell payer_cell(const struct report *r, const struct figures *f, enum payer payer)
{
	struct cell c = {0};

	for (size_t i = 0; i < f->n_costs; i++) {
		if (payer != PAYER_N && figures_payer(f->cost[i].primitive) != payer)
			continue;
		c.value += (double)f->cost[i].cycles;
		c.estimate |= f->cost[i].cycles != 0 &&
			      figures_is_estimate(f, f->cost[i].primitive);
	}
	c.value = cycles_shown(r, f, (uint64_t)c.value);
	return c;
}

static int by_value(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? 1 : -1;
	return strcmp(x->primitive, y->primitive);
}

/* All primitives charged in any run, the dearest first. Blocks rank alike, so all runs count. */
size_t report_rank(const struct report *r, struct ranked **out)
{
	struct ranked *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < r->n_all; i++)
		for (size_t k = 0; k < r->all[i].n_costs; k++) {
			const struct figures_cost *c = &r->all[i].cost[k];
			size_t at = 0;

			while (at < n && strcmp(list[at].primitive, c->primitive) != 0)
				at++;
			if (at == n) {
				list = xrealloc(list, ++n, sizeof *list);
				list[at] = (struct ranked){.primitive = c->primitive};
			}
			list[at].value += cycles_shown(r, &r->all[i], c->cycles);
		}
	if (n > 1)
		qsort(list, n, sizeof *list, by_value);
	*out = list;
	return n;
}

static void put_primitive(const struct report *r, const char *primitive)
{
	struct cell cell[COLUMNS_MAX];
	char label[LABEL_WIDTH];

	for (size_t i = 0; i < r->n; i++)
		cell[i] = (struct cell){
			cycles_shown(r, &r->f[i], figures_cycles(&r->f[i], primitive)),
			figures_is_estimate(&r->f[i], primitive), false};
	snprintf(label, sizeof label, "    %s", primitive);
	put_row(r, "cycles.top", false, label, cell, NULL);
}

static void put_cycles(const struct report *r)
{
	struct cell cell[COLUMNS_MAX];
	struct ranked *list;
	size_t n = report_rank(r, &list);

	for (size_t i = 0; i < r->n; i++)
		cell[i] = payer_cell(r, &r->f[i], PAYER_N);
	put_row(r, "cycles", true, "cycles per I/O", cell, NULL);
	for (unsigned p = 0; p < PAYER_N; p++) {
		unsigned shown = 0;

		for (size_t i = 0; i < r->n; i++)
			cell[i] = payer_cell(r, &r->f[i], (enum payer)p);
		put_row(r, payer_row[p].name, true, payer_row[p].label, cell, NULL);
		for (size_t k = 0; k < n && shown < TOP_PRIMITIVES; k++)
			if (figures_payer(list[k].primitive) == (enum payer)p) {
				put_primitive(r, list[k].primitive);
				shown++;
			}
	}
	free(list);
}

/* ---- latency and rate */

static const struct figures_latency *find_latency(const struct figures *f,
						  const struct figures_latency *like)
{
	for (size_t i = 0; i < f->n_latencies; i++)
		if (strcmp(f->latency[i].entity, like->entity) == 0 &&
		    strcmp(f->latency[i].name, like->name) == 0)
			return &f->latency[i];
	return NULL;
}

static bool any_estimate(const struct report *r, const struct figures *f)
{
	return payer_cell(r, f, PAYER_N).estimate;
}

static void put_quantile(const struct report *r, const struct figures_latency *like,
			 const char *quantile, const struct cell *cell, const char **pending)
{
	char name[100], label[100];

	snprintf(name, sizeof name, "latency.%s.%s", like->name, quantile);
	snprintf(label, sizeof label, "  %s %s, %s%s", like->entity, like->name, quantile,
		 r->compact ? ", us" : "");
	put_row(r, name, true, label, cell, pending);
}

static void put_latency(const struct report *r, const struct figures_latency *like,
			const char **pending)
{
	struct cell p50[COLUMNS_MAX] = {{0}}, p99[COLUMNS_MAX] = {{0}};

	for (size_t i = 0; i < r->n; i++) {
		const struct figures_latency *l = find_latency(&r->f[i], like);
		double us = 1e6 / (double)r->f[i].run.clock_hz;

		p50[i].estimate = p99[i].estimate = any_estimate(r, &r->f[i]);
		p50[i].value = l ? (double)l->p50 * us : 0;
		p99[i].value = l ? (double)l->p99 * us : 0;
	}
	put_quantile(r, like, "p50", p50, pending);
	put_quantile(r, like, "p99", p99, pending);
}

/* Every latency that any run of the block has, once. */
static void put_latencies(const struct report *r)
{
	const char *pending = "latency, us";

	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->f[i].n_latencies; k++) {
			bool before = false;

			for (size_t j = 0; j < i; j++)
				before |= find_latency(&r->f[j], &r->f[i].latency[k]) != NULL;
			if (!before)
				put_latency(r, &r->f[i].latency[k], &pending);
		}
}

static void put_rates(const struct report *r)
{
	struct cell ios[COLUMNS_MAX], dropped[COLUMNS_MAX];

	for (size_t i = 0; i < r->n; i++) {
		const struct figures *f = &r->f[i];
		double s = (double)f->sim_cycles / (double)f->run.clock_hz;
		bool estimate = any_estimate(r, f);

		ios[i] = (struct cell){s > 0 ? (double)figures_total(f, "ios") / s : 0, estimate, false};
		dropped[i] =
			(struct cell){s > 0 ? (double)figures_total(f, "dropped") / s : 0, estimate, false};
	}
	put_row(r, "rate", true, "I/Os per second", ios, NULL);
	put_row(r, "rate.dropped", true, "dropped per second", dropped, NULL);
}

void report_rule(const struct report *r)
{
	int width = LABEL_WIDTH + r->cell_width * (int)r->n;
	const char *says = r->rule_says ? r->rule_says : r->compact && !r->totals ? "per I/O" : "";
	int len = *says ? fprintf(r->to, "%s ", says) : 0;

	for (int i = len; i < width; i++)
		putc('-', r->to);
	putc('\n', r->to);
}

void report_body(const struct report *r)
{
	put_counts(r);
	put_cycles(r);
	put_latencies(r);
	put_rates(r);
}

static void put_block(const struct report *r, const char *const *path, size_t n_paths)
{
	report_columns(r, path, n_paths);
	report_rule(r);
	report_body(r);
	report_aborted(r);
}

struct report report_of(FILE *to, const struct figures *f, size_t n,
			       const struct report_style *style)
{
	return (struct report){.to = to, .all = f, .n_all = n, .cell_width = CELL_WIDTH,
			       .rows = style->rows, .compact = style->rows != NULL, .brief = style->brief, .totals = style->totals};
}

void report_print(FILE *to, const struct figures *f, size_t n, const struct report_style *style)
{
	struct report r = report_of(to, f, n, style);
	size_t n_paths;
	const char **path = figures_differ(f, n, true, &n_paths);

	n_paths = figures_drop_defaults(f, n, path, n_paths);
	if (style->bare) /* what a scenario sets is told by its title */
		n_paths = figures_within_scenario(f, n, path, n_paths);
	else
		report_title(&r);
	for (size_t at = 0; at < n; at += COLUMNS) {
		r.f = &f[at];
		r.n = n - at < COLUMNS ? n - at : COLUMNS;
		put_block(&r, path, n_paths);
		if (!style->bare || at + COLUMNS < n)
			fprintf(to, "\n");
	}
	if (!style->bare)
		report_foot(&r, style->command);
	free(path);
}
