/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * plot - runs as a gnuplot script: one bar a policy, grouped by what else differs.
 *
 *   series    the parts of a bar, by the kind of the picture
 *   bars      runs with the same label; the label is the value of the parameter with most values
 *   groups    the values of the other parameters that differ
 */
#include "results/plot.h"

#include <stdlib.h>
#include <string.h>

#include "results/plot_gp.h"
#include "results/plot_series.h"
#include "results/table.h"
#include "sim/xalloc.h"

enum { LABEL_SIZE = 200, LABEL_SHOWN = 30, NUMBERS_MAX = 16 };

struct bar {
	char group[LABEL_SIZE], label[LABEL_SIZE];
	unsigned n_runs;
	double x;
	double value[SERIES_MAX]; /* mean of the runs */
};

struct picture {
	const struct series *series;
	struct bar *bar;
	size_t n_bars;
	bool has_groups;
	unsigned rotated; /* degrees by which the labels are turned */
	double y_top;
};

/* ---- labels */

/* How many different values a parameter has; n is small or the values are few. */
static size_t count_values(const struct figures *f, size_t n, const char *path)
{
	const char **seen = xcalloc(n, sizeof *seen);
	size_t n_seen = 0;

	for (size_t i = 0; i < n; i++) {
		const struct store_param *p = figures_param(&f[i], path);
		const char *value = p ? p->value : "-";
		size_t k = 0;

		while (k < n_seen && strcmp(seen[k], value) != 0)
			k++;
		if (k == n_seen)
			seen[n_seen++] = value;
	}
	free(seen);
	return n_seen;
}

static void append(char *text, const char *before, const char *what)
{
	size_t len = strlen(text);

	snprintf(text + len, LABEL_SIZE - len, "%s%s", len ? before : "", what);
}

static void scenario_label(char *text, const struct figures *f)
{
	size_t len = strlen(f->run.scenario);
	bool yaml = len > 5 && strcmp(f->run.scenario + len - 5, ".yaml") == 0;

	snprintf(text, LABEL_SIZE, "%.*s", (int)(yaml ? len - 5 : len), f->run.scenario);
}

/* One run's label and group. main_path: the parameter on the axis, NULL: the scenario's name is. */
static void label_run(struct bar *b, const struct figures *f, const char *main_path,
		      const char *const *path, size_t n_paths)
{
	b->label[0] = b->group[0] = '\0';
	if (!main_path)
		scenario_label(b->label, f);
	for (size_t k = 0; k < n_paths; k++) {
		const struct store_param *p = figures_param(f, path[k]);
		const char *value = p ? p->value : "-";

		if (main_path && strcmp(path[k], main_path) == 0)
			append(b->label, "", value);
		else
			append(b->group, ", ", value);
	}
}

static const char *choose_main_path(const struct figures *f, size_t n, const char *const *path,
				    size_t n_paths)
{
	const char *best = NULL;
	size_t most = 0;

	if (figures_scenarios_differ(f, n))
		return NULL;
	for (size_t k = 0; k < n_paths; k++) {
		size_t n_values = count_values(f, n, path[k]);

		if (n_values > most) {
			most = n_values;
			best = path[k];
		}
	}
	return best;
}

/* ---- bars */

static struct bar *find_bar(struct picture *p, const struct bar *like)
{
	for (size_t i = 0; i < p->n_bars; i++)
		if (strcmp(p->bar[i].label, like->label) == 0 &&
		    strcmp(p->bar[i].group, like->group) == 0)
			return &p->bar[i];
	return NULL;
}

static void add_run(struct picture *p, const struct figures *f, const struct bar *labelled)
{
	struct bar *b = find_bar(p, labelled);

	if (!b) {
		p->bar = xrealloc(p->bar, p->n_bars + 1, sizeof *p->bar);
		b = &p->bar[p->n_bars++];
		*b = *labelled;
	}
	b->n_runs++;
	for (unsigned k = 0; k < p->series->n; k++)
		b->value[k] += series_value(p->series, k, f);
	p->has_groups |= b->group[0] != '\0';
}

/* Groups together, in the order of their first runs; a gap between groups. */
static void place_bars(struct picture *p)
{
	double x = 0;
	char *placed = xcalloc(p->n_bars, 1);

	for (size_t i = 0; i < p->n_bars; i++) {
		if (placed[i])
			continue;
		x += i != 0 ? 0.7 : 0;
		for (size_t k = i; k < p->n_bars; k++)
			if (!placed[k] && strcmp(p->bar[k].group, p->bar[i].group) == 0) {
				p->bar[k].x = x++;
				placed[k] = 1;
			}
		if (!p->has_groups)
			break;
	}
	free(placed);
}

static double bar_height(const struct picture *p, const struct bar *b)
{
	double sum = 0, most = 0;

	for (unsigned k = 0; k < p->series->n; k++) {
		sum += b->value[k];
		most = b->value[k] > most ? b->value[k] : most;
	}
	return p->series->stacked ? sum : most;
}

static void finish_bars(struct picture *p)
{
	size_t longest = 0;

	for (size_t i = 0; i < p->n_bars; i++) {
		struct bar *b = &p->bar[i];
		size_t len = strlen(b->label);

		for (unsigned k = 0; k < p->series->n; k++)
			b->value[k] /= b->n_runs;
		longest = len > longest ? len : longest;
		if (bar_height(p, b) > p->y_top)
			p->y_top = bar_height(p, b);
	}
	/* Room above for the numbers and the groups' names; all zero: an axis is needed still. */
	p->y_top = p->y_top > 0 ? p->y_top * (p->has_groups ? 1.2 : 1.1) : 1;
	if ((longest + 2) * p->n_bars > 90)	       /* characters that fit below 700 pixels */
		p->rotated = longest > 14 ? 60 : 30; /* flat ones would leave the picture */
	place_bars(p);
}

/* ---- the script */

/* A long label keeps its end, where policies differ. */
static const char *shown(const char *label, char buf[LABEL_SHOWN + 1])
{
	size_t len = strlen(label);

	if (len <= LABEL_SHOWN)
		return label;
	snprintf(buf, LABEL_SHOWN + 1, "..%s", label + len - (LABEL_SHOWN - 2));
	return buf;
}

/* A gnuplot string: single quotes, doubled inside. */
static void put_text(FILE *to, const char *text)
{
	putc('\'', to);
	for (; *text; text++) {
		if (*text == '\'')
			putc('\'', to);
		putc(*text == '\n' ? ' ' : *text, to);
	}
	putc('\'', to);
}

static void put_terminal(FILE *to, const struct plot_job *job)
{
	if (strcmp(job->format, "svg") == 0)
		fprintf(to, "set terminal svg size 1000,600 font 'sans,14' background 'white'\n");
	else
		fprintf(to, "set terminal pngcairo size 1000,600 font 'sans,12' background 'white'\n");
	fprintf(to, "set output ");
	put_text(to, job->output);
	fprintf(to, "\n");
}

static void put_data(FILE *to, const struct picture *p)
{
	fprintf(to, "$bars << EOD\n");
	for (size_t i = 0; i < p->n_bars; i++) {
		double sum = 0;

		fprintf(to, "%g", p->bar[i].x);
		for (unsigned k = 0; k < p->series->n; k++) {
			sum = p->series->stacked ? sum + p->bar[i].value[k] : p->bar[i].value[k];
			fprintf(to, " %.9g", sum);
		}
		fprintf(to, "\n");
	}
	fprintf(to, "EOD\n");
}

static void put_ticks(FILE *to, const struct picture *p)
{
	char buf[LABEL_SHOWN + 1];

	fprintf(to, "set xtics (");
	for (size_t i = 0; i < p->n_bars; i++) {
		if (i != 0)
			fprintf(to, ", ");
		put_text(to, shown(p->bar[i].label, buf));
		fprintf(to, " %g", p->bar[i].x);
	}
	fprintf(to, ")\n");
}

/* The number above each bar, "0" for none: a bar that is not there must not look forgotten. */
static void put_numbers(FILE *to, const struct picture *p)
{
	char number[TABLE_NUMBER];
	unsigned n = p->series->stacked ? 1 : p->series->n;

	if (p->n_bars * n > NUMBERS_MAX) /* they would overlap */
		return;
	for (size_t i = 0; i < p->n_bars; i++)
		for (unsigned k = 0; k < n; k++) {
			double v = p->series->stacked ? bar_height(p, &p->bar[i])
						      : p->bar[i].value[k];
			double side = (k - (n - 1) / 2.0) * 0.8 / n;

			fprintf(to, "set label '%s' at %g, %.9g center offset 0,0.6 font ',%d'\n",
				v == 0 ? "0" : table_real(number, v), p->bar[i].x + side, v,
				p->n_bars * n > 10 ? 8 : 10);
		}
}

/* Names of the groups along the top, lines between the groups. */
static void put_groups(FILE *to, const struct picture *p)
{
	for (size_t i = 0; i < p->n_bars && p->has_groups; i++) {
		double first = p->bar[i].x, last = first;
		bool seen = false;

		for (size_t k = 0; k < p->n_bars; k++)
			if (strcmp(p->bar[k].group, p->bar[i].group) == 0) {
				seen |= k < i;
				last = p->bar[k].x > last ? p->bar[k].x : last;
			}
		if (seen)
			continue;
		fprintf(to, "set label ");
		put_text(to, p->bar[i].group);
		fprintf(to, " at %g, graph 0.96 center noenhanced\n", (first + last) / 2);
		if (first > 0)
			fprintf(to, "set arrow from %g, graph 0 to %g, graph 1 nohead "
				    "lc rgb '#aaaaaa' dt 2\n", first - 0.85, first - 0.85);
	}
}

static double last_x(const struct picture *p)
{
	double x = 0;

	for (size_t i = 0; i < p->n_bars; i++)
		x = p->bar[i].x > x ? p->bar[i].x : x;
	return x;
}

static void put_settings(FILE *to, const struct picture *p, const struct figures *f, size_t n)
{
	char title[400];
	const struct store_run *run = &f[0].run;
	double x = last_x(p), room = x < 3 ? (3 - x) / 2 : 0; /* few bars do not become walls */
	bool one = !figures_scenarios_differ(f, n);

	snprintf(title, sizeof title, "%s", one ? *run->title ? run->title : run->scenario
						: p->series->what);
	if (n > p->n_bars)
		snprintf(title + strlen(title), sizeof title - strlen(title),
			 " (mean of %zu runs a bar)", n / p->n_bars);
	fprintf(to, "title_text = ");
	put_text(to, title);
	fprintf(to, "\ny_label = ");
	put_text(to, p->series->y_label);
	fprintf(to, "\nn_series = %u\narray series[%u]\n", p->series->n, p->series->n);
	for (unsigned k = 0; k < p->series->n; k++) {
		fprintf(to, "series[%u] = ", k + 1);
		put_text(to, p->series->name[k]);
		fprintf(to, "\n");
	}
	fprintf(to, "stacked = %d\nrotated = %u\n", p->series->stacked, p->rotated);
	fprintf(to, "x_first = %g\nx_last = %g\ny_top = %.9g\n", -0.75 - room, x + 0.75 + room,
		p->y_top);
}

/* Below the axis: the parameter on it, and those whose values are the groups' names. */
static void put_axis(FILE *to, const char *main_path, const char *const *path, size_t n_paths)
{
	char groups[LABEL_SIZE] = "";

	for (size_t k = 0; k < n_paths; k++)
		if (!main_path || strcmp(path[k], main_path) != 0)
			append(groups, ", ", path[k]);
	fprintf(to, "set xlabel \"%s%s%s\" noenhanced\n",
		main_path ? main_path : "scenario", groups[0] ? "\\ngroups: " : "", groups);
}

int plot_script(FILE *to, const struct plot_job *job, const struct figures *f, size_t n,
		struct err *e)
{
	struct series series;
	struct picture p = {.series = &series};
	size_t n_paths;
	const char **path, *main_path;

	if (n == 0)
		return err_user(e, "no runs to plot");
	if (series_collect(&series, job->kind, f, n, e))
		return -1;
	path = figures_differ(f, n, false, &n_paths);
	n_paths = figures_within_scenario(f, n, path, n_paths);
	main_path = choose_main_path(f, n, path, n_paths);
	for (size_t i = 0; i < n; i++) {
		struct bar b = {.n_runs = 0};

		label_run(&b, &f[i], main_path, path, n_paths);
		if (!b.label[0])
			scenario_label(b.label, &f[i]);
		add_run(&p, &f[i], &b);
	}
	finish_bars(&p);
	put_terminal(to, job);
	put_data(to, &p);
	put_settings(to, &p, f, n);
	put_axis(to, main_path, path, n_paths);
	put_ticks(to, &p);
	put_numbers(to, &p);
	put_groups(to, &p);
	for (size_t i = 0; bars_gp[i]; i++)
		fputs(bars_gp[i], to);
	free(path);
	free(p.bar);
	return 0;
}
