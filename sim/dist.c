/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dist - "25us", "lognormal(25us, cv=0.4)": text -> distribution -> whole cycles.
 *
 * The table holds the inverse cumulative function at cells that halve in width towards both ends:
 * with w/2^64 the distance of a probability from the nearer end, every octave of w has the same
 * number of cells. A tail is so followed as finely as the middle, to one part in 2^64:
 *
 *	draw:	32 random bits: the highest tells the end, the other 31 are w's upper bits
 *		(w in the outermost 2^-16 of the distribution: 32 random bits more)
 *		cell = octave and next bits of w; value = low + (high - low) * rest of w
 *
 * Cells are integers with 16 fractional bits, rounded to 20 significant bits: what two builds of
 * libm or GSL may differ by is a few 2^-53, so they make the same table (docs/MODEL.md).
 */
#include "sim/dist.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

#include "sim/bits.h"
#include "sim/port.h"
#include "sim/unit.h"
#include "sim/xalloc.h"

/* ---- text */

/* How a kind is written: n_times times, then "shape=" a number from low to high. Outside of its
 * range gamma's inverse does not converge everywhere (GSL 2.7); near cv = 0.1 it is all but normal.
 */
struct dist_form {
	const char *name;
	const char *example;
	unsigned n_times;
	const char *shape;
	double low, high;
};

static const struct dist_form dist_forms[DIST_KIND_N] = {
	[DIST_CONST] = {"", "3us", 1, NULL, 0, 0},
	[DIST_UNIFORM] = {"uniform", "uniform(1us, 5us)", 2, NULL, 0, 0},
	[DIST_EXPONENTIAL] = {"exponential", "exponential(10us)", 1, NULL, 0, 0},
	[DIST_NORMAL] = {"normal", "normal(10us, cv=0.1)", 1, "cv", 0.001, 4},
	[DIST_LOGNORMAL] = {"lognormal", "lognormal(25us, cv=0.4)", 1, "cv", 0.001, 4},
	[DIST_GAMMA] = {"gamma", "gamma(25us, cv=0.4)", 1, "cv", 0.1, 2},
	[DIST_PARETO] = {"pareto", "pareto(5us, alpha=2.5)", 1, "alpha", 1.2, 100},
};

#define DIST_MAX_ARGS 2u
#define DIST_MAX_TEXT 120u

/* "name(arg, arg)" cut into words without spaces around them; a plain time is arg[0]. */
struct dist_words {
	char copy[DIST_MAX_TEXT];
	const char *name;
	const char *arg[DIST_MAX_ARGS + 1];
	unsigned n_args;
};

static char *dist_trim(char *s)
{
	s += strspn(s, " \t");
	for (size_t n = strlen(s); n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'); n--)
		s[n - 1] = '\0';
	return s;
}

static bool dist_split(struct dist_words *w, const char *text)
{
	if (strlen(text) >= sizeof w->copy)
		return false;
	strcpy(w->copy, text);
	w->n_args = 0;

	char *s = dist_trim(w->copy), *open = strchr(s, '(');
	size_t len = strlen(s);

	w->name = "";
	if (open) {
		if (s[len - 1] != ')')
			return false;
		s[len - 1] = '\0';
		*open = '\0';
		w->name = dist_trim(s);
		if (*w->name == '\0')
			return false;
		s = open + 1;
	}
	for (char *next = s; next && w->n_args <= DIST_MAX_ARGS; s = next) {
		next = strchr(s, ',');
		if (next)
			*next++ = '\0';
		w->arg[w->n_args++] = dist_trim(s);
	}
	return true;
}

static int dist_refuse(const char *text, const char *word, struct err *e)
{
	const char *names[DIST_KIND_N];
	char allowed[300];
	size_t n = 0, at = 0;

	for (size_t k = 0; k < DIST_KIND_N; k++) {
		at += (size_t)snprintf(allowed + at, sizeof allowed - at, "%s%s", k ? ", " : "",
				       dist_forms[k].example);
		if (k != DIST_CONST)
			names[n++] = dist_forms[k].name;
	}
	names[n] = NULL;

	const char *near = *word ? err_nearest(word, names) : NULL;

	return err_user(e, "got '%.80s', allowed %s%s%s%s", text, allowed,
			near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int dist_time(const char *word, ps_t *ps, const char *text, struct err *e)
{
	size_t n_number;
	const char *near = NULL;

	switch (unit_parse(&unit_time, word, ps)) {
	case UNIT_OK:
		return 0;
	case UNIT_NO_NUMBER:
		return dist_refuse(text, word, e);
	case UNIT_NOT_WHOLE:
		return err_user(e, "got '%.80s', allowed are whole numbers of ps", text);
	case UNIT_RANGE:
		return err_user(e, "got '%.80s', allowed are times from 0 to 213 days", text);
	case UNIT_UNKNOWN:
		near = unit_meant(&unit_time, word, &n_number);
		break;
	case UNIT_MISSING:
		break;
	}
	return err_user(e, "got '%.80s', allowed: a number with one of %s%s%s%s", text,
			unit_time.names, near ? "; did you mean '" : "", near ? near : "",
			near ? "'?" : "");
}

/* "cv=0.4" */
static int dist_shape(const struct dist_form *f, const char *word, double *shape, const char *text,
		      struct err *e)
{
	size_t len = strlen(f->shape);
	char *end;

	if (strncmp(word, f->shape, len) != 0)
		return err_user(e, "got '%.80s', allowed: %s", text, f->example);
	word += len + strspn(word + len, " \t");
	if (*word != '=')
		return err_user(e, "got '%.80s', allowed: %s", text, f->example);
	word += 1 + strspn(word + 1, " \t");
	*shape = strtod(word, &end);
	if (end == word || *end || strspn(word, "0123456789.eE+-") != strlen(word) ||
	    !(*shape >= f->low && *shape <= f->high))
		return err_user(e, "got '%.80s', allowed %s=%g..%g", text, f->shape, f->low,
				f->high);
	return 0;
}

static int dist_arguments(struct dist *d, const struct dist_words *w, const char *text,
			  struct err *e)
{
	const struct dist_form *f = &dist_forms[d->kind];
	int failed;

	if (w->n_args != f->n_times + (f->shape != NULL))
		return err_user(e, "got '%.80s', allowed: %s", text, f->example);
	failed = dist_time(w->arg[0], &d->a, text, e);
	if (!failed && f->n_times == 2)
		failed = dist_time(w->arg[1], &d->b, text, e);
	if (!failed && f->shape)
		failed = dist_shape(f, w->arg[1], &d->shape, text, e);
	if (!failed && f->n_times == 2 && d->a > d->b)
		failed = err_user(e, "got '%.80s', allowed: the lower time first", text);
	return failed;
}

int dist_parse(struct dist *d, const char *text, struct err *e)
{
	struct dist_words w;

	*d = (struct dist){.kind = DIST_CONST};
	if (!dist_split(&w, text))
		return dist_refuse(text, "", e);
	for (unsigned k = 0; k < DIST_KIND_N; k++) {
		if (strcmp(w.name, dist_forms[k].name) != 0)
			continue;
		d->kind = (enum dist_kind)k;
		return dist_arguments(d, &w, text, e);
	}
	return dist_refuse(text, w.name, e);
}

void dist_format(const struct dist *d, char *buf, unsigned n)
{
	const struct dist_form *f = &dist_forms[d->kind];
	char a[40], b[40] = "";

	unit_format(&unit_time, d->a, a, sizeof a);
	if (d->kind == DIST_CONST) {
		snprintf(buf, n, "%s", a);
		return;
	}
	if (f->n_times == 2)
		unit_format(&unit_time, d->b, b, sizeof b);
	/* The fewest digits that read back as the same number; 17 always do. */
	for (int digits = 6; f->shape && digits <= 17; digits++) {
		char number[30];

		snprintf(number, sizeof number, "%.*g", digits, d->shape);
		snprintf(b, sizeof b, "%s=%s", f->shape, number);
		if (strtod(number, NULL) == d->shape)
			break;
	}
	snprintf(buf, n, "%s(%s%s%s)", f->name, a, *b ? ", " : "", b);
}

/* ---- table */

#define DIST_CELL_BITS 5u /* 32 cells an octave */
#define DIST_CELLS (1u << DIST_CELL_BITS)
/* Octaves of w, the distance from an end in 2^-64; 2^63 is the median. Below the lowest octave the
 * value does not change any more: 2^-24 at the lower end, 2^-60 at the upper, where a Pareto tail
 * of alpha = 1.2 still has one part in 1,000 of the mean. */
#define DIST_LOWER_OCTAVE 40u
#define DIST_UPPER_OCTAVE 4u
#define DIST_TOP_OCTAVE 63u
#define DIST_LOWER_CELLS ((DIST_TOP_OCTAVE - DIST_LOWER_OCTAVE) * DIST_CELLS)
#define DIST_UPPER_CELLS ((DIST_TOP_OCTAVE - DIST_UPPER_OCTAVE) * DIST_CELLS)
#define DIST_FRACTION_BITS 16
#define DIST_KEPT_BITS 20
/* 2^46 cycles are 6 hours at 3 GHz; a draw is never longer. */
#define DIST_MAX_VALUE 0x1p62

/* Edges of cells, DIST_FRACTION_BITS behind the point; edge i of a side belongs to the distance
 * (DIST_CELLS + i % DIST_CELLS) << (lowest octave - DIST_CELL_BITS + i / DIST_CELLS). */
struct dist_side {
	unsigned octave; /* the lowest */
	uint64_t *edge;
};

struct dist_table {
	bool is_const;
	cycles_t value;           /* is_const */
	struct dist_side side[2]; /* lower and upper end */
	uint64_t lower[DIST_LOWER_CELLS + 1], upper[DIST_UPPER_CELLS + 1];
};

static double dist_sigma_log(const struct dist *d)
{
	return sqrt(log1p(d->shape * d->shape));
}

/* Picoseconds at the distance p (a probability, 0 < p <= 1/2) from the lower or upper end. */
static double dist_inverse(const struct dist *d, bool upper, double p)
{
	double a = (double)d->a, sigma;

	switch (d->kind) {
	case DIST_CONST:
		break;
	case DIST_UNIFORM:
		return upper ? gsl_cdf_flat_Qinv(p, a, (double)d->b)
			     : gsl_cdf_flat_Pinv(p, a, (double)d->b);
	case DIST_EXPONENTIAL:
		return upper ? gsl_cdf_exponential_Qinv(p, a) : gsl_cdf_exponential_Pinv(p, a);
	case DIST_NORMAL:
		sigma = a * d->shape;
		return a +
		       (upper ? gsl_cdf_gaussian_Qinv(p, sigma) : gsl_cdf_gaussian_Pinv(p, sigma));
	case DIST_LOGNORMAL:
		sigma = dist_sigma_log(d);
		a = log(a) - sigma * sigma / 2;
		return upper ? gsl_cdf_lognormal_Qinv(p, a, sigma)
			     : gsl_cdf_lognormal_Pinv(p, a, sigma);
	case DIST_GAMMA:
		sigma = d->shape * d->shape;
		return upper ? gsl_cdf_gamma_Qinv(p, 1 / sigma, a * sigma)
			     : gsl_cdf_gamma_Pinv(p, 1 / sigma, a * sigma);
	case DIST_PARETO:
		return upper ? gsl_cdf_pareto_Qinv(p, d->shape, a)
			     : gsl_cdf_pareto_Pinv(p, d->shape, a);
	case DIST_KIND_N:
		break;
	}
	assert(0 && "a kind with a table");
	return a;
}

/* Rounded to DIST_KEPT_BITS significant bits, and to a whole number. */
static uint64_t dist_quantise(double x)
{
	int exponent;
	double mantissa;

	if (!(x > 0))
		return 0;
	if (x > DIST_MAX_VALUE)
		x = DIST_MAX_VALUE;
	mantissa = frexp(x, &exponent);
	x = ldexp(floor(ldexp(mantissa, DIST_KEPT_BITS) + 0.5), exponent - DIST_KEPT_BITS);
	return (uint64_t)floor(x + 0.5);
}

static void dist_fill(const struct dist *d, const struct dist_side *side, unsigned n, bool upper,
		      double scale)
{
	for (unsigned i = 0; i <= n; i++) {
		int octave = (int)(side->octave + i / DIST_CELLS);
		double w = ldexp(DIST_CELLS + i % DIST_CELLS, octave - (int)DIST_CELL_BITS - 64);

		side->edge[i] = dist_quantise(dist_inverse(d, upper, w) * scale);
	}
}

struct dist_table *dist_compile(const struct dist *d, uint64_t hz)
{
	struct dist_table *t = xcalloc(1, sizeof *t);
	double scale = ldexp((double)hz / (double)PS_PER_S, DIST_FRACTION_BITS);

	if (d->kind == DIST_CONST || d->a == 0) {
		t->is_const = d->kind != DIST_UNIFORM || d->b == 0;
		t->value = time_cycles(d->a, hz);
	}
	if (t->is_const)
		return t;
	t->side[0] = (struct dist_side){DIST_LOWER_OCTAVE, t->lower};
	t->side[1] = (struct dist_side){DIST_UPPER_OCTAVE, t->upper};
	dist_fill(d, &t->side[0], DIST_LOWER_CELLS, false, scale);
	dist_fill(d, &t->side[1], DIST_UPPER_CELLS, true, scale);
	return t;
}

void dist_table_free(struct dist_table *t)
{
	free(t);
}

cycles_t dist_draw(const struct dist_table *t, struct rng *r)
{
	if (t->is_const)
		return t->value;

	uint32_t bits = rng_u32(r);
	const struct dist_side *side = &t->side[bits >> 31];
	uint64_t w = bits_put(bits & bits_low(31), 62, 32);

	/* The middle of the 2^32 values that the upper bits leave open, or all of them. */
	w += w < BIT(48) ? rng_u32(r) : BIT(31);

	unsigned octave = bits_log2(w | 1);

	if (octave < side->octave)
		return (side->edge[0] + BIT(DIST_FRACTION_BITS - 1)) >> DIST_FRACTION_BITS;

	unsigned shift = octave - DIST_CELL_BITS;
	size_t i = (octave - side->octave) * (size_t)DIST_CELLS + (w >> shift) % DIST_CELLS;
	uint64_t rest = (w << (63 - octave) << (DIST_CELL_BITS + 1)) >> 32; /* of 2^32 */
	time_wide sum =
		(time_wide)side->edge[i] * (BIT(32) - rest) + (time_wide)side->edge[i + 1] * rest;
	uint64_t value = (uint64_t)(sum >> 32);

	return (value + BIT(DIST_FRACTION_BITS - 1)) >> DIST_FRACTION_BITS;
}

/* ---- mean */

double dist_mean_ps(const struct dist *d)
{
	double a = (double)d->a;

	switch (d->kind) {
	case DIST_UNIFORM:
		return (a + (double)d->b) / 2;
	case DIST_NORMAL:
		/* Cut at 0: E max(X, 0) = m P(Z < 1/cv) + m cv phi(1/cv). */
		return a * (gsl_cdf_ugaussian_P(1 / d->shape) +
			    d->shape * gsl_ran_ugaussian_pdf(1 / d->shape));
	case DIST_PARETO:
		return a * d->shape / (d->shape - 1);
	case DIST_CONST:
	case DIST_EXPONENTIAL:
	case DIST_LOGNORMAL:
	case DIST_GAMMA:
	case DIST_KIND_N:
		break;
	}
	return a;
}
