/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * counters - symbols and names of everything that is counted; rows in counters.def.
 */
#ifndef MODELS_COUNTERS_H
#define MODELS_COUNTERS_H

#include "sim/rec.h"

enum counter {
#define C(symbol, name, of, help) symbol,
#include "models/counters.def"
#undef C
	CTR_N
};

/* Kinds of rows of the event log (models/events.def). */
enum event_kind {
#define E(symbol, name, help) symbol,
#include "models/events.def"
#undef E
	EVENT_N
};

/* The tables of names for rec_new(). */
extern const struct rec_names counters_names;
/* Parallel to the names. */
extern const char *const counters_help[CTR_N];
extern const char *const counters_of[CTR_N];
extern const char *const events_help[EVENT_N];

#endif
