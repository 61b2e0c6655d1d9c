/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cmd_bench - `dmachurn bench`: the speed figures that the README quotes.
 *
 * Figures are measured in turns, one round each, so that a slow minute of the machine falls on all
 * of them; the table has median, least and greatest of the rounds.
 */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bench.h"
#include "cli/verb.h"

static const struct bench *const bench_groups[] = {
#define G(group) bench_##group,
#include "cli/bench.def"
#undef G
};

#define BENCH_MAX 64u
#define BENCH_MAX_ROUNDS 9u
#define BENCH_NAME_WIDTH 20

struct bench_args {
	const char *name[BENCH_MAX]; /* wanted; none: all */
	size_t n_names;
	unsigned n_rounds;
	double seconds; /* of a round */
	int list;
};

enum { KEY_QUICK = 'q', KEY_LIST = 'l' };

static const struct argp_option bench_options[] = {
	{"quick", KEY_QUICK, NULL, 0, "3 rounds of 0.1 s instead of 5 of 0.5 s", 0},
	{"list", KEY_LIST, NULL, 0, "Print what the figures mean, measure nothing", 0},
	{0}};

static const char bench_doc[] =
	"Measure the program's speed: median, least and greatest of several rounds, in processor "
	"time "
	"of one core.\v"
	"Keep the machine idle meanwhile; `taskset -c 1 dmachurn bench` keeps it on one core.\n\n"
	"Examples:\n"
	"  dmachurn bench\n"
	"  dmachurn bench --quick hold-100 hold-1m\n";

static error_t bench_parse(int key, char *arg, struct argp_state *state)
{
	struct bench_args *a = state->input;

	switch (key) {
	case KEY_QUICK:
		a->n_rounds = 3;
		a->seconds = 0.1;
		return 0;
	case KEY_LIST:
		a->list = 1;
		return 0;
	case ARGP_KEY_ARG:
		if (a->n_names == BENCH_MAX)
			verb_error(state, "more than %u names", BENCH_MAX);
		a->name[a->n_names++] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The rows asked for, in the order of the tables. */
static int bench_select(const struct bench_args *a, const struct bench **chosen, size_t *n,
			struct err *e)
{
	const struct bench *all[BENCH_MAX];
	const char *names[BENCH_MAX + 1] = {NULL};
	size_t n_all = 0;

	for (size_t g = 0; g < ARRAY_SIZE(bench_groups); g++)
		for (const struct bench *b = bench_groups[g]; b->name && n_all < BENCH_MAX; b++) {
			names[n_all] = b->name;
			all[n_all++] = b;
		}
	for (size_t i = 0; i < a->n_names; i++) {
		const char *near = err_nearest(a->name[i], names);
		size_t k = 0;

		while (k < n_all && strcmp(names[k], a->name[i]) != 0)
			k++;
		if (k == n_all)
			return err_user(
				e, "unknown figure '%s'%s%s%s; `dmachurn bench --list` has them",
				a->name[i], near ? "; did you mean '" : "", near ? near : "",
				near ? "'?" : "");
	}

	for (size_t k = 0; k < n_all; k++) {
		size_t i = 0;

		while (i < a->n_names && strcmp(names[k], a->name[i]) != 0)
			i++;
		if (a->n_names == 0 || i < a->n_names)
			chosen[(*n)++] = all[k];
	}
	return 0;
}

static int bench_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* "28.3 M" */
static void bench_number(double x, char *buf, size_t n)
{
	if (x >= 1e6)
		snprintf(buf, n, "%.2f M", x / 1e6);
	else if (x >= 1e4)
		snprintf(buf, n, "%.1f k", x / 1e3);
	else
		snprintf(buf, n, "%.4g", x);
}

static void bench_target(const struct bench *b, double median, char *buf, size_t n)
{
	char bound[20];
	int missed = (b->at_least != 0 && median < b->at_least) ||
		     (b->at_most != 0 && median > b->at_most);

	buf[0] = '\0';
	if (b->at_least == 0 && b->at_most == 0)
		return;
	bench_number(b->at_least != 0 ? b->at_least : b->at_most, bound, sizeof bound);
	snprintf(buf, n, "%s %s%s", b->at_least != 0 ? ">=" : "<=", bound,
		 missed ? "  missed" : "");
}

static int bench_print(const struct bench *b, double *round, unsigned n_rounds)
{
	char median[20], least[20], greatest[20], target[40];

	for (unsigned i = 0; i < n_rounds; i++)
		if (isnan(round[i])) {
			printf("%-*s could not be measured\n", BENCH_NAME_WIDTH, b->name);
			return -1;
		}
	qsort(round, n_rounds, sizeof *round, bench_compare);
	bench_number(round[n_rounds / 2], median, sizeof median);
	bench_number(round[0], least, sizeof least);
	bench_number(round[n_rounds - 1], greatest, sizeof greatest);
	bench_target(b, round[n_rounds / 2], target, sizeof target);
	printf("%-*s %10s %10s %10s  %-14s %s\n", BENCH_NAME_WIDTH, b->name, median, least,
	       greatest, b->unit, target);
	return 0;
}

/* What is being measured, on a terminal; round 0: nothing more. */
static void bench_progress(unsigned round, unsigned n_rounds, const char *name)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (round == 0)
		fprintf(stderr, "\r%*s\r", BENCH_NAME_WIDTH + 20, "");
	else
		fprintf(stderr, "\rround %u of %u: %-*s", round, n_rounds, BENCH_NAME_WIDTH, name);
}

static int bench_main(int argc, char **argv)
{
	static double round[BENCH_MAX][BENCH_MAX_ROUNDS];
	const struct argp argp = {bench_options, bench_parse, "[NAME...]", bench_doc,
				  NULL,          NULL,        NULL};
	const struct bench *chosen[BENCH_MAX];
	struct bench_args a = {.n_rounds = 5, .seconds = 0.5};
	struct err e = {0};
	size_t n = 0;
	int failed = 0;

	verb_parse(&argp, argc, argv, &a);
	if (bench_select(&a, chosen, &n, &e))
		return verb_fail(&e);
	if (a.list) {
		for (size_t i = 0; i < n; i++)
			printf("%-*s %-14s %s\n", BENCH_NAME_WIDTH, chosen[i]->name,
			       chosen[i]->unit, chosen[i]->what);
		return EXIT_DONE;
	}
	for (unsigned k = 0; k < a.n_rounds; k++)
		for (size_t i = 0; i < n; i++) {
			bench_progress(k + 1, a.n_rounds, chosen[i]->name);
			round[i][k] = chosen[i]->run(a.seconds);
		}
	bench_progress(0, 0, "");
	printf("%-*s %10s %10s %10s  %-14s %s\n", BENCH_NAME_WIDTH, "figure", "median", "min",
	       "max", "unit", "target");
	for (size_t i = 0; i < n; i++)
		failed |= bench_print(chosen[i], round[i], a.n_rounds);
	return failed ? EXIT_ENVIRONMENT : EXIT_DONE;
}

const struct verb verb_bench = {"bench", "measure the program's own speed", bench_main};
