/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * opt - option rows: name, type, unit, default, range, help; everything else is derived from them.
 *
 * A plug-in's options are a table of rows over its own struct. The rows give the parser, the check,
 * `--set`, the sweep axes, `list options`, docs/OPTIONS.md and the stored parameters. A default is
 * text and goes through the same parser and range check as the user's value.
 */
#ifndef SIM_OPT_H
#define SIM_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/dist.h"
#include "sim/err.h"

enum opt_kind {
	OPT_KIND_U64,  /* 1000, 0x10, 64k; plain number with optional SI suffix */
	OPT_KIND_BOOL, /* on | off (yes/no, true/false are read too) */
	OPT_KIND_ENUM, /* one word of a list; member is unsigned, the index in the list */
	OPT_KIND_TIME, /* 10us; member is ps_t */
	OPT_KIND_SIZE, /* 64KiB, 4GiB; member is uint64_t, bytes */
	OPT_KIND_RATE, /* 200kpps, 1Mpps, 5kiops, 10k/s; member is uint64_t, per second */
	OPT_KIND_FREQ, /* 3GHz; member is uint64_t, hertz */
	OPT_KIND_DIST, /* sim/dist.h; member is struct dist */
	OPT_KIND_REAL, /* 0.25; member is double */
	OPT_KIND_TEXT, /* free text; member is const char *, owned by the scenario */
};

struct opt {
	const char *name;  /* the key of the scenario, words-with-dashes */
	const char *help;  /* one line, no full stop */
	const char *unit;  /* for people; "" if none */
	const char *def;   /* default, as a user would write it; NULL: must be given */
	enum opt_kind kind;
	size_t offset;     /* of the member */
	uint64_t min, max; /* inclusive, in the member's unit; for U64, TIME, SIZE, RATE, FREQ, and for
			    * REAL in millionths; a DIST's mean in ps */
	const char *const *words; /* ENUM: allowed words, NULL at the end */
};

#define OPT_END                                                                                    \
	{                                                                                          \
		.name = NULL                                                                       \
	}

/* Rows are written with these: a member of the wrong type does not compile. */
#define OPT_CHECK(type, member, ctype)                                                             \
	(offsetof(type, member) +                                                                  \
	 0 * sizeof(_Generic(((type *)0)->member, ctype : (char)0)))
#define OPT_U64(type, member, name_, def_, min_, max_, unit_, help_)                               \
	{.name = name_, .help = help_, .unit = unit_, .def = def_, .kind = OPT_KIND_U64,           \
	 .offset = OPT_CHECK(type, member, uint64_t), .min = min_, .max = max_}
#define OPT_BOOL(type, member, name_, def_, help_)                                                 \
	{.name = name_, .help = help_, .unit = "", .def = def_, .kind = OPT_KIND_BOOL,             \
	 .offset = OPT_CHECK(type, member, bool)}
#define OPT_ENUM(type, member, name_, def_, words_, help_)                                         \
	{.name = name_, .help = help_, .unit = "", .def = def_, .kind = OPT_KIND_ENUM,             \
	 .offset = OPT_CHECK(type, member, unsigned), .words = words_}
#define OPT_TIME(type, member, name_, def_, min_, max_, help_)                                     \
	{.name = name_, .help = help_, .unit = "time", .def = def_, .kind = OPT_KIND_TIME,         \
	 .offset = OPT_CHECK(type, member, ps_t), .min = min_, .max = max_}
#define OPT_SIZE(type, member, name_, def_, min_, max_, help_)                                     \
	{.name = name_, .help = help_, .unit = "bytes", .def = def_, .kind = OPT_KIND_SIZE,        \
	 .offset = OPT_CHECK(type, member, uint64_t), .min = min_, .max = max_}
#define OPT_RATE(type, member, name_, def_, min_, max_, help_)                                     \
	{.name = name_, .help = help_, .unit = "per second", .def = def_, .kind = OPT_KIND_RATE,   \
	 .offset = OPT_CHECK(type, member, uint64_t), .min = min_, .max = max_}
#define OPT_FREQ(type, member, name_, def_, min_, max_, help_)                                     \
	{.name = name_, .help = help_, .unit = "hertz", .def = def_, .kind = OPT_KIND_FREQ,        \
	 .offset = OPT_CHECK(type, member, uint64_t), .min = min_, .max = max_}
#define OPT_DIST(type, member, name_, def_, min_, max_, help_)                                     \
	{.name = name_, .help = help_, .unit = "time or distribution", .def = def_,                \
	 .kind = OPT_KIND_DIST, .offset = OPT_CHECK(type, member, struct dist), .min = min_,       \
	 .max = max_}
#define OPT_REAL(type, member, name_, def_, min_, max_, unit_, help_)                              \
	{.name = name_, .help = help_, .unit = unit_, .def = def_, .kind = OPT_KIND_REAL,          \
	 .offset = OPT_CHECK(type, member, double), .min = min_, .max = max_}
#define OPT_TEXT(type, member, name_, def_, help_)                                                 \
	{.name = name_, .help = help_, .unit = "", .def = def_, .kind = OPT_KIND_TEXT,             \
	 .offset = OPT_CHECK(type, member, const char *)}

/* Parse and check text into the member of *obj. `path` and `at` are for the message. */
int opt_set(const struct opt *row, void *obj, const char *text, const char *path,
	    struct err_place at, struct err *e);

/* Every row's default into *obj; a default that does not parse is a bug (assert). Rows without a
 * default are left alone. */
void opt_defaults(const struct opt *rows, void *obj);

/* The row of that name, or NULL. */
const struct opt *opt_find(const struct opt *rows, const char *name);

/* What is allowed, for messages and the reference: "on, off", "1..65536", "1ns..1s". */
void opt_allowed(const struct opt *row, char *buf, size_t n);

/* The member's value as canonical text, parses back to the same value. */
void opt_format(const struct opt *row, const void *obj, char *buf, size_t n);

#endif
