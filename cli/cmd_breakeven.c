/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cmd_breakeven - where two policies cost the same, and how far that moves with what nobody has measured.
 */
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>

#include "cli/breakeven.h"
#include "cli/overrides.h"
#include "cli/verb.h"
#include "models/cost/cost.h"
#include "sim/rng.h"
#include "sim/xalloc.h"

struct even_args {
	const char *scenario[2], *vary, *between, *metric, *from, *to;
	struct overrides overrides;
	unsigned n_samples;
	bool brief;
	uint64_t seed;
};

enum { KEY_VARY = 256, KEY_BETWEEN, KEY_METRIC, KEY_FROM, KEY_TO, KEY_SAMPLES, KEY_SET, KEY_SEED };

static const struct argp_option even_options[] = {
	{"vary", KEY_VARY, "PATH", 0, "The quantity: a cost, or any number or time of the scenario", 0},
	{"between", KEY_BETWEEN, "PATH=V1,V2", 0, "The two policies; or give two scenarios", 0},
	{"metric", KEY_METRIC, "M", 0, "latency (default), latency-p99, cycles, time, vmexits, misses", 0},
	{"from", KEY_FROM, "VALUE", 0, "Lower end; for a cost by default its low (list costs)", 0},
	{"to", KEY_TO, "VALUE", 0, "Upper end; for a cost by default its high", 0},
	{"samples", KEY_SAMPLES, "N", 0, "Draws of the uncertain costs for the band (default 32, 0: none)", 0},
	{"set", KEY_SET, "PATH=VALUE", 0, "Replace or add one value of the scenario; may be repeated", 0},
	{"brief", 'b', NULL, 0, "No more than two lines: what is equal where, and the band", 0},
	{"seed", KEY_SEED, "N", 0, "Seed of the band's draws (default 1)", 0},
	{0}};

static const char even_doc[] =
	"Find where two policies cost the same, and the band over the uncertain costs.\v"
	"Example:\n"
	"  dmachurn breakeven s.yaml --vary costs.vhost-miss --from 1us --to 60us \\\n"
	"      --between devices.net0.consumer.notifier=unmap,map-unmap\n"
	"  dmachurn breakeven a.yaml b.yaml --vary costs.vmexit-mmio --metric cycles\n"
	"  dmachurn breakeven s.yaml --vary devices.net0.workload.touch --from 0 --to 1 \\\n"
	"      --between devices.net0.consumer.notifier=unmap,map-unmap\n"
	"\n"
	"Between whole numbers more than 1 apart only whole numbers are tried.\n"
	"\n"
	"Exit status: 0 done, 1 environment, 2 the user's mistake.";

static error_t even_parse(int key, char *arg, struct argp_state *state)
{
	struct even_args *a = state->input;

	switch (key) {
	case KEY_VARY:
		a->vary = arg;
		return 0;
	case KEY_BETWEEN:
		a->between = arg;
		return 0;
	case KEY_METRIC:
		a->metric = arg;
		return 0;
	case KEY_FROM:
		a->from = arg;
		return 0;
	case KEY_TO:
		a->to = arg;
		return 0;
	case KEY_SAMPLES:
		a->n_samples = (unsigned)overrides_number("--samples", arg, 0, 100000, state);
		return 0;
	case KEY_SEED:
		a->seed = overrides_number("--seed", arg, 0, UINT64_MAX, state);
		return 0;
	case 'b':
		a->brief = true;
		return 0;
	case KEY_SET:
		overrides_add(&a->overrides, arg);
		return 0;
	case ARGP_KEY_ARG:
		if (a->scenario[1])
			verb_error(state, "two scenarios at most: '%s' is the third", arg);
		a->scenario[a->scenario[0] ? 1 : 0] = arg;
		return 0;
	case ARGP_KEY_END:
		if (!a->scenario[0] || !a->vary || !a->between == !a->scenario[1])
			verb_error(state, "SCENARIO --vary PATH --between PATH=V1,V2, or A B --vary PATH");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct prim_row *prim_of(const char *path)
{
	for (unsigned p = 0; p < PRIM_N; p++)
		if (strncmp(path, "costs.", 6) == 0 && strcmp(path + 6, prim_rows[p].name) == 0)
			return &prim_rows[p];
	return NULL;
}

/* A time (in picoseconds) or a plain number. */
static int parse_end(const char *what, const char *text, bool *is_time, double *x, struct err *e)
{
	struct err ignored = {0};
	struct dist d;
	char *end;

	*x = strtod(text, &end);
	*is_time = false;
	if (end != text && !*end)
		return 0;
	if (dist_parse(&d, text, &ignored) || d.kind != DIST_CONST)
		return err_user(e, "%s: got '%s', allowed: a number or a time (25us)", what, text);
	*x = (double)d.a;
	*is_time = true;
	return 0;
}

static int parse_range(const struct even_args *a, struct breakeven *b, struct err *e)
{
	const struct prim_row *row = prim_of(a->vary);
	const char *from = a->from ? a->from : row ? row->low : NULL;
	const char *to = a->to ? a->to : row ? row->high : NULL;
	bool to_is_time;

	if (!from || !to)
		return err_user(e, "--vary %s: --from and --to are needed (only a cost has a range of its own)",
				a->vary);
	if (parse_end("--from", from, &b->is_time, &b->from, e) ||
	    parse_end("--to", to, &to_is_time, &b->to, e))
		return -EINVAL;
	if (b->is_time != to_is_time && b->from != 0)
		return err_user(e, "--from %s and --to %s: both are times or both are numbers", from, to);
	b->is_time = to_is_time;
	b->is_whole = !b->is_time && b->from == floor(b->from) && b->to == floor(b->to) &&
		      b->to - b->from > 1;
	if (!(b->from < b->to) || b->from < 0)
		return err_user(e, "--from %s is not below --to %s", from, to);
	return 0;
}

/* "PATH=V1,V2" is taken apart in place. */
static int parse_between(char *text, struct breakeven *b, struct err *e)
{
	char *equals = strchr(text, '='), *comma = equals ? strchr(equals, ',') : NULL;

	if (!equals || !comma || strchr(comma + 1, ',') || comma == equals + 1 || !comma[1])
		return err_user(e, "--between: got '%s', allowed: PATH=V1,V2", text);
	*equals = 0;
	*comma = 0;
	b->between = text;
	b->policy[0] = equals + 1;
	b->policy[1] = comma + 1;
	return 0;
}

static void print_x(const struct breakeven *b, double x)
{
	if (b->is_whole)
		printf("%.0f", x);
	else if (!b->is_time)
		printf("%.4g", x);
	else if (x >= (double)PS_PER_MS)
		printf("%.4g ms", x / (double)PS_PER_MS);
	else if (x >= (double)PS_PER_US)
		printf("%.4g us", x / (double)PS_PER_US);
	else
		printf("%.4g ns", x / (double)PS_PER_NS);
}

static void print_point(const struct breakeven *b, const struct breakeven_point *p)
{
	if (p->n_roots == 0) {
		printf("  no crossing between ");
		print_x(b, b->from);
		printf(" and ");
		print_x(b, b->to);
		if (p->first == 0)
			printf(": no difference at all\n");
		else
			printf(": %s costs less throughout\n", b->policy[p->first > 0 ? 1 : 0]);
	}
	for (unsigned i = 0; i < p->n_roots; i++) {
		/* the sign before the first root is that at `from`; it changes at each */
		bool second_below = (p->first > 0) == (i % 2 == 0);

		printf("  equal at ");
		print_x(b, p->root[i]);
		printf(": below it %s costs less, above it %s\n", b->policy[second_below ? 1 : 0],
		       b->policy[second_below ? 0 : 1]);
	}
}

/* Draw number `sample` of every cost that is an estimate and that the scenario does not set: a stream of its
 * own, so that another seed shares no draw with this one. */
static void draw_costs(const struct scn *const s[2], struct rng_set *set, unsigned sample, char **costs)
{
	char *name = xasprintf("breakeven.%u", sample);
	struct rng *rng = rng_stream(set, name);

	for (unsigned p = 0; p < PRIM_N; p++) {
		char path[128];
		struct dist low, high;
		struct err e = {0};
		double share = (double)rng_u32(rng) / 4294967296.0;

		free(costs[p]);
		costs[p] = NULL;
		snprintf(path, sizeof path, "costs.%s", prim_rows[p].name);
		if (strcmp(prim_rows[p].evidence, "estimate") != 0 || scn_find(s[0], path) ||
		    scn_find(s[1], path) ||
		    dist_parse(&low, prim_rows[p].low, &e) || dist_parse(&high, prim_rows[p].high, &e))
			continue;
		costs[p] = xasprintf("%.0fps", (double)low.a * pow((double)high.a / (double)low.a, share));
	}
	free(name);
}

/* What the draws came to. */
struct band {
	double *root; /* sorted, of those with a crossing: the first one */
	unsigned n_roots, n_better[2], n_same, n_several;
};

static int draw_band(const struct even_args *a, const struct breakeven *b, struct band *d, struct err *e)
{
	char *costs[PRIM_N] = {NULL};
	struct rng_set *set = rng_set_new(a->seed);
	int ret = 0;

	for (unsigned s = 0; s < a->n_samples && !ret; s++) {
		struct breakeven_point p;

		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\rband: sample %u of %u", s + 1, a->n_samples);
		draw_costs(b->scn, set, s, costs);
		ret = breakeven_find(b, costs, &p, e);
		if (!ret && p.n_roots == 0 && p.first == 0)
			d->n_same++;
		else if (!ret && p.n_roots == 0)
			d->n_better[p.first > 0 ? 1 : 0]++;
		else if (!ret)
			d->root[d->n_roots++] = p.root[0];
		d->n_several += p.n_roots > 1;
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%40s\r", "");
	rng_set_free(set);
	for (unsigned p = 0; p < PRIM_N; p++)
		free(costs[p]);
	if (d->n_roots != 0)
		gsl_sort(d->root, 1, d->n_roots);
	return ret;
}

static void print_quantile(const struct breakeven *b, const struct band *d, double share)
{
	print_x(b, gsl_stats_quantile_from_sorted_data(d->root, 1, d->n_roots, share));
}

static void print_band(const struct even_args *a, const struct breakeven *b, const struct band *d)
{
	printf("  band over %u draws of all estimates, each within its low..high (seed %llu):\n",
	       a->n_samples, (unsigned long long)a->seed);
	if (d->n_roots != 0) {
		printf("    equal in %u: 5 %% ", d->n_roots);
		print_quantile(b, d, 0.05);
		printf(", median ");
		print_quantile(b, d, 0.5);
		printf(", 95 %% ");
		print_quantile(b, d, 0.95);
		printf("\n");
	}
	for (unsigned i = 0; i < 2; i++)
		if (d->n_better[i] != 0)
			printf("    %s costs less throughout in %u\n", b->policy[i], d->n_better[i]);
	if (d->n_same != 0)
		printf("    no difference at all in %u\n", d->n_same);
	if (d->n_several != 0)
		printf("    more than one crossing in %u (the first is counted)\n", d->n_several);
}

/* "  64 draws: equal in 40 (5..95 %: 2 us .. 8 us), A throughout in 24" */
static void print_band_brief(const struct even_args *a, const struct breakeven *b, const struct band *d)
{
	const char *comma = "";

	printf("  %u draws:", a->n_samples);
	if (d->n_roots != 0) {
		printf(" equal in %u (5..95 %%: ", d->n_roots);
		print_quantile(b, d, 0.05);
		printf(" .. ");
		print_quantile(b, d, 0.95);
		printf(")");
		comma = ",";
	}
	for (unsigned i = 0; i < 2; i++)
		if (d->n_better[i] != 0) {
			printf("%s %s throughout in %u", comma, b->policy[i], d->n_better[i]);
			comma = ",";
		}
	if (d->n_same != 0)
		printf("%s no difference in %u", comma, d->n_same);
	printf("\n");
}

static int find_band(const struct even_args *a, const struct breakeven *b, struct err *e)
{
	struct band d = {.root = xcalloc(a->n_samples, sizeof *d.root)};
	int ret = draw_band(a, b, &d, e);

	if (!ret && a->brief)
		print_band_brief(a, b, &d);
	else if (!ret)
		print_band(a, b, &d);
	free(d.root);
	return ret;
}

/* Load the scenarios (one is both policies) and set what --set says. */
static int load(const struct even_args *a, struct scn s[2], unsigned *n, struct err *e)
{
	int ret = 0;

	for (*n = 0; *n < 2 && a->scenario[*n]; (*n)++) {
		ret = overrides_load(&a->overrides, &s[*n], a->scenario[*n], e);
		if (ret)
			break;
	}
	return ret;
}

static int even_run(const struct even_args *a, struct err *e)
{
	char *between = a->between ? xstrdup(a->between) : NULL;
	struct breakeven b = {.vary = a->vary, .tolerance = 1e-3};
	struct breakeven_point p;
	struct scn s[2];
	unsigned n;
	int ret = load(a, s, &n, e);

	for (unsigned i = 0; i < 2; i++) {
		b.scn[i] = &s[i < n ? i : 0];
		b.policy[i] = a->scenario[i] ? basename(a->scenario[i]) : "";
	}
	if (!ret)
		ret = metric_find(a->metric, &b.metric, e);
	if (!ret)
		ret = parse_range(a, &b, e);
	if (!ret && between)
		ret = parse_between(between, &b, e);
	if (!ret)
		ret = breakeven_find(&b, NULL, &p, e);
	if (!ret) {
		if (!a->brief)
			printf("%s (%s) by %s: %s%s%s or %s\n", b.metric->name, b.metric->unit, b.vary,
			       b.between ? b.between : "", b.between ? " " : "", b.policy[0], b.policy[1]);
		print_point(&b, &p);
		if (a->n_samples != 0)
			ret = find_band(a, &b, e);
	}
	for (unsigned i = 0; i < n; i++)
		scn_free(&s[i]);
	free(between);
	return ret;
}

static int even_main(int argc, char **argv)
{
	const struct argp argp = {even_options, even_parse, "SCENARIO [SCENARIO]", even_doc, NULL, NULL, NULL};
	struct even_args a = {.metric = "latency", .n_samples = 32, .seed = 1};
	struct err e = {0};
	int ret;

	verb_parse(&argp, argc, argv, &a);
	ret = even_run(&a, &e);
	overrides_free(&a.overrides);
	return ret ? verb_fail(&e) : EXIT_DONE;
}

const struct verb verb_breakeven = {"breakeven", "find where two policies cost the same, with its band",
				    even_main};
