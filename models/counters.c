/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * counters - the tables of names, made from the rows.
 */
#include "models/counters.h"

#include "models/cost/cost.h"
#include "sim/port.h"

static const char *const counters_name[CTR_N] = {
#define C(symbol, name, of, help) [symbol] = name,
#include "models/counters.def"
#undef C
};

const char *const counters_of[CTR_N] = {
#define C(symbol, name, of, help) [symbol] = of,
#include "models/counters.def"
#undef C
};

const char *const counters_help[CTR_N] = {
#define C(symbol, name, of, help) [symbol] = help,
#include "models/counters.def"
#undef C
};

static const char *const events_name[EVENT_N] = {
#define E(symbol, name, help) [symbol] = name,
#include "models/events.def"
#undef E
};

const char *const events_help[EVENT_N] = {
#define E(symbol, name, help) [symbol] = help,
#include "models/events.def"
#undef E
};

const struct rec_names counters_names = {
	.counter = counters_name,
	.n_counters = CTR_N,
	.prim = prim_name,
	.n_prims = PRIM_N,
	.event = events_name,
	.n_events = EVENT_N,
};
