/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * breakeven - where two policies cost the same: a root of the difference of a metric.
 */
#include "cli/breakeven.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>

#include "models/cost/cost.h"

struct evaluation {
	const struct breakeven *b;
	char *const *costs;
	unsigned n_runs;
	int failed;
	struct err *e;
};

static int set_value(struct scn *s, const char *path, const char *value, struct err *e)
{
	char text[512];

	snprintf(text, sizeof text, "%s=%s", path, value);
	return scn_set(s, text, e);
}

static int prepare(struct scn *s, const struct evaluation *v, double x, unsigned which)
{
	const struct breakeven *b = v->b;
	char text[64], path[128];
	int ret = 0;

	for (unsigned p = 0; v->costs && p < PRIM_N && !ret; p++) {
		snprintf(path, sizeof path, "costs.%s", prim_rows[p].name);
		if (v->costs[p] && strcmp(path, b->vary) != 0)
			ret = set_value(s, path, v->costs[p], v->e);
	}
	if (b->is_time)
		snprintf(text, sizeof text, "%.0fps", x);
	else if (b->is_whole)
		snprintf(text, sizeof text, "%.0f", x);
	else
		snprintf(text, sizeof text, "%.9g", x);
	if (!ret)
		ret = set_value(s, b->vary, text, v->e);
	if (!ret && b->between)
		ret = set_value(s, b->between, b->policy[which], v->e);
	return ret;
}

static double value_of(struct evaluation *v, double x, unsigned which)
{
	struct run_result result;
	struct run_job job = {0};
	struct scn s;
	double value = NAN;
	int ret;

	if (v->failed)
		return 0;
	scn_copy(&s, v->b->scn[which]);
	job.scn = &s;
	ret = prepare(&s, v, x, which);
	if (!ret)
		ret = runner_run(&job, NULL, &result, v->e);
	if (!ret) {
		value = v->b->metric->of(&result);
		if (result.aborted)
			ret = err_user(v->e, "%s: the modelled QEMU aborts: %s",
				       v->b->policy[which], result.aborted);
		else if (isnan(value))
			ret = err_user(v->e, "%s: no I/O was completed, nothing to compare",
				       v->b->policy[which]);
		run_result_free(&result);
	}
	scn_free(&s);
	v->n_runs++;
	v->failed = ret;
	return ret ? 0 : value;
}

static double difference(double x, void *params)
{
	struct evaluation *v = params;

	return value_of(v, x, 0) - value_of(v, x, 1);
}

/* Point i of the scan. */
static double scan_at(const struct breakeven *b, unsigned i)
{
	double share = (double)i / (BREAKEVEN_SCAN - 1);

	return b->from > 0 ? b->from * pow(b->to / b->from, share) : b->from + (b->to - b->from) * share;
}

static double refine(struct evaluation *v, double low, double high)
{
	gsl_function f = {.function = difference, .params = v};
	gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
	double root = NAN;

	if (gsl_root_fsolver_set(solver, &f, low, high) == GSL_SUCCESS) {
		for (unsigned i = 0; i < 100 && !v->failed; i++) {
			if (gsl_root_fsolver_iterate(solver) != GSL_SUCCESS)
				break;
			root = gsl_root_fsolver_root(solver);
			if (gsl_root_test_interval(gsl_root_fsolver_x_lower(solver),
						   gsl_root_fsolver_x_upper(solver), 0,
						   v->b->tolerance) == GSL_SUCCESS)
				break;
		}
	}
	gsl_root_fsolver_free(solver);
	return root;
}

/* A change of sign between two points, with points of no difference between them or not. */
static double crossing(struct evaluation *v, double low, double high, double zero_first, double zero_last)
{
	return isnan(zero_first) ? refine(v, low, high) : (zero_first + zero_last) / 2;
}

int breakeven_find(const struct breakeven *b, char *const *costs, struct breakeven_point *p,
		   struct err *e)
{
	struct evaluation v = {.b = b, .costs = costs, .e = e};
	double before = 0, low = b->from, zero_first = NAN, zero_last = NAN;

	memset(p, 0, sizeof *p);
	gsl_set_error_handler_off();
	for (unsigned i = 0; i < BREAKEVEN_SCAN && !v.failed; i++) {
		double x = scan_at(b, i), d = difference(x, &v);

		if (d == 0) { /* a root only if the sign is another one behind it */
			zero_first = isnan(zero_first) ? x : zero_first;
			zero_last = x;
			continue;
		}
		if (before == 0)
			p->first = d;
		else if (before * d < 0 && p->n_roots < BREAKEVEN_ROOTS_MAX)
			p->root[p->n_roots++] = crossing(&v, low, x, zero_first, zero_last);
		zero_first = zero_last = NAN;
		before = d;
		low = x;
	}
	p->n_runs = v.n_runs;
	return v.failed;
}
