/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * opt - reads and prints the members that option rows describe.
 *
 * The integer kinds differ only in their set of units; everything else is a case of its own.
 */
#include "sim/opt.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/unit.h"

/* What an error is about: the place of a value and the value. */
struct opt_given {
	const struct opt *row;
	const char *text, *path;
	struct err_place at;
};

static const char *const opt_bool_words[] = {"off", "on", "no", "yes", "false", "true", NULL};

/* The units of an integer kind, NULL for other kinds. */
static const struct unit_set *opt_units(enum opt_kind kind)
{
	static const struct unit_set *const units[] = {
		[OPT_KIND_U64] = &unit_count, [OPT_KIND_TIME] = &unit_time,
		[OPT_KIND_SIZE] = &unit_size, [OPT_KIND_RATE] = &unit_rate,
		[OPT_KIND_FREQ] = &unit_freq, [OPT_KIND_TEXT] = NULL,
	};

	return units[kind];
}

static void *opt_member(const struct opt *row, void *obj)
{
	return (char *)obj + row->offset;
}

static const void *opt_const_member(const struct opt *row, const void *obj)
{
	return (const char *)obj + row->offset;
}

/* "PATH: got 'TEXT', allowed ..." and what follows. */
static int opt_refuse(const struct opt_given *g, const char *more, struct err *e)
{
	bool is_list = g->row->kind == OPT_KIND_BOOL || g->row->kind == OPT_KIND_ENUM;
	char allowed[400];

	opt_allowed(g->row, allowed, sizeof allowed);
	return err_at(e, g->at, "%.200s: got '%.80s', allowed%s %s%s", g->path, g->text,
		      is_list ? ":" : "", allowed, more);
}

static int opt_refuse_word(const struct opt_given *g, const char *const *words, struct err *e)
{
	const char *near = err_nearest(g->text, words);
	char more[120] = "";

	if (near)
		snprintf(more, sizeof more, "; did you mean '%s'?", near);
	return opt_refuse(g, more, e);
}

static int opt_refuse_unit(const struct opt_given *g, enum unit_result why, struct err *e)
{
	const struct unit_set *units = opt_units(g->row->kind);
	char more[240] = "";
	const char *near;
	size_t n;

	switch (why) {
	case UNIT_NOT_WHOLE:
		snprintf(more, sizeof more, ", a whole number of %s",
			 g->row->kind == OPT_KIND_U64 && *g->row->unit ? g->row->unit
								       : units->whole);
		break;
	case UNIT_UNKNOWN:
		near = unit_meant(units, g->text, &n);
		snprintf(more, sizeof more, ", with a unit: %s%s%.*s%s%s", units->names,
			 near ? "; did you mean '" : "", near ? (int)n : 0, g->text,
			 near ? near : "", near ? "'?" : "");
		break;
	case UNIT_MISSING:
		snprintf(more, sizeof more, ", with a unit: %s", units->names);
		break;
	case UNIT_OK:
	case UNIT_NO_NUMBER:
	case UNIT_RANGE:
		break;
	}
	return opt_refuse(g, more, e);
}

static int opt_set_integer(const struct opt_given *g, uint64_t *member, struct err *e)
{
	uint64_t value = 0;
	enum unit_result result = unit_parse(opt_units(g->row->kind), g->text, &value);

	if (result == UNIT_OK && (value < g->row->min || value > g->row->max))
		result = UNIT_RANGE;
	if (result != UNIT_OK)
		return opt_refuse_unit(g, result, e);
	*member = value;
	return 0;
}

static int opt_set_bool(const struct opt_given *g, bool *member, struct err *e)
{
	static const char *const shown[] = {"on", "off", NULL};

	for (unsigned i = 0; opt_bool_words[i]; i++)
		if (strcmp(g->text, opt_bool_words[i]) == 0) {
			*member = i % 2 == 1;
			return 0;
		}
	return opt_refuse_word(g, shown, e);
}

static int opt_set_enum(const struct opt_given *g, unsigned *member, struct err *e)
{
	for (unsigned i = 0; g->row->words[i]; i++)
		if (strcmp(g->text, g->row->words[i]) == 0) {
			*member = i;
			return 0;
		}
	return opt_refuse_word(g, g->row->words, e);
}

/* Bounds are millionths: exact in the text of the row, correctly rounded by the one division. */
static double opt_millionths(uint64_t bound)
{
	return (double)bound / 1e6;
}

static int opt_set_real(const struct opt_given *g, double *member, struct err *e)
{
	/* No hex, "inf" or "nan", though strtod() would read them. */
	size_t n = strspn(g->text, "+-.0123456789eE");
	char *rest;
	double value = strtod(g->text, &rest);

	if (rest == g->text || *rest || g->text[n] || !isfinite(value) ||
	    value < opt_millionths(g->row->min) || value > opt_millionths(g->row->max))
		return opt_refuse(g, "", e);
	*member = value;
	return 0;
}

static int opt_set_dist(const struct opt_given *g, struct dist *member, struct err *e)
{
	struct err why = {0};
	struct dist d;
	double mean;

	if (dist_parse(&d, g->text, &why))
		return err_at(e, g->at, "%.200s: %.700s", g->path, why.text);
	mean = dist_mean_ps(&d);
	if (!(mean >= (double)g->row->min && mean <= (double)g->row->max))
		return opt_refuse(g, "", e);
	*member = d;
	return 0;
}

int opt_set(const struct opt *row, void *obj, const char *text, const char *path,
	    struct err_place at, struct err *e)
{
	const struct opt_given g = {row, text, path, at};
	void *member = opt_member(row, obj);

	switch (row->kind) {
	case OPT_KIND_U64:
	case OPT_KIND_TIME:
	case OPT_KIND_SIZE:
	case OPT_KIND_RATE:
	case OPT_KIND_FREQ:
		return opt_set_integer(&g, member, e);
	case OPT_KIND_BOOL:
		return opt_set_bool(&g, member, e);
	case OPT_KIND_ENUM:
		return opt_set_enum(&g, member, e);
	case OPT_KIND_DIST:
		return opt_set_dist(&g, member, e);
	case OPT_KIND_REAL:
		return opt_set_real(&g, member, e);
	case OPT_KIND_TEXT:
		*(const char **)member = text;
		return 0;
	}
	assert(false && "kind of option row");
	return -EINVAL;
}

void opt_defaults(const struct opt *rows, void *obj)
{
	for (; rows->name; rows++) {
		struct err e = {0};
		int failed;

		if (!rows->def)
			continue;
		failed = opt_set(rows, obj, rows->def, rows->name, (struct err_place){0}, &e);
		assert(!failed);
		(void)failed;
	}
}

const struct opt *opt_find(const struct opt *rows, const char *name)
{
	for (; rows->name; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

static void opt_format_real(double value, char *buf, size_t n)
{
	/* The fewest digits that read back as the same number; 17 always do. */
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(buf, n, "%.*g", digits, value);
		if (strtod(buf, NULL) == value)
			return;
	}
}

static void opt_format_bound(const struct opt *row, uint64_t bound, char *buf, size_t n)
{
	if (row->kind == OPT_KIND_REAL)
		opt_format_real(opt_millionths(bound), buf, n);
	else
		unit_format(row->kind == OPT_KIND_DIST ? &unit_time : opt_units(row->kind), bound,
			    buf, n);
}

static void opt_allowed_words(const char *const *words, char *buf, size_t n)
{
	size_t used = 0;

	for (unsigned i = 0; words[i] && used < n; i++)
		used += (size_t)snprintf(buf + used, n - used, "%s%s", i ? ", " : "", words[i]);
}

static void opt_allowed_range(const struct opt *row, char *buf, size_t n)
{
	const char *what = row->kind == OPT_KIND_DIST ? "mean " : "";
	char min[40], max[40];

	opt_format_bound(row, row->min, min, sizeof min);
	opt_format_bound(row, row->max, max, sizeof max);
	if (row->max == UINT64_MAX)
		snprintf(buf, n, "%s%s or more", what, min);
	else
		snprintf(buf, n, "%s%s..%s", what, min, max);
}

void opt_allowed(const struct opt *row, char *buf, size_t n)
{
	switch (row->kind) {
	case OPT_KIND_BOOL:
		snprintf(buf, n, "on, off");
		break;
	case OPT_KIND_ENUM:
		opt_allowed_words(row->words, buf, n);
		break;
	case OPT_KIND_TEXT:
		snprintf(buf, n, "text");
		break;
	case OPT_KIND_U64:
	case OPT_KIND_TIME:
	case OPT_KIND_SIZE:
	case OPT_KIND_RATE:
	case OPT_KIND_FREQ:
	case OPT_KIND_DIST:
	case OPT_KIND_REAL:
		opt_allowed_range(row, buf, n);
		break;
	}
}

void opt_format(const struct opt *row, const void *obj, char *buf, size_t n)
{
	const void *member = opt_const_member(row, obj);

	switch (row->kind) {
	case OPT_KIND_U64:
	case OPT_KIND_TIME:
	case OPT_KIND_SIZE:
	case OPT_KIND_RATE:
	case OPT_KIND_FREQ:
		unit_format(opt_units(row->kind), *(const uint64_t *)member, buf, n);
		break;
	case OPT_KIND_BOOL:
		snprintf(buf, n, "%s", *(const bool *)member ? "on" : "off");
		break;
	case OPT_KIND_ENUM:
		snprintf(buf, n, "%s", row->words[*(const unsigned *)member]);
		break;
	case OPT_KIND_DIST:
		dist_format(member, buf, (unsigned)n);
		break;
	case OPT_KIND_REAL:
		opt_format_real(*(const double *)member, buf, n);
		break;
	case OPT_KIND_TEXT:
		snprintf(buf, n, "%s",
			 *(const char *const *)member ? *(const char *const *)member : "");
		break;
	}
}
