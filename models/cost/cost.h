/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cost - what takes time, and the meter: the only way to spend it.
 *
 * Each primitive is a row of prims.def. A run's cost table gives every primitive a distribution; a
 * meter adds draws to a synchronous stretch (a vCPU's exit, QEMU's handler, an ioctl) and books them on
 * an entity. Whoever runs the stretch schedules its end at now + meter.cycles.
 */
#ifndef MODELS_COST_COST_H
#define MODELS_COST_COST_H

#include "sim/dist.h"
#include "sim/port.h"
#include "sim/rec.h"

enum prim {
#define P(symbol, name, unit, low, typ, high, evidence, source, help) symbol,
#include "models/cost/prims.def"
#undef P
	PRIM_N
};

struct prim_row {
	const char *name, *unit, *low, *typical, *high, *evidence, *source, *help;
};
extern const struct prim_row prim_rows[PRIM_N];
extern const char *const prim_name[PRIM_N];

/* The cost table of one run. The members are private: cost_new() fills them, meter_charge() reads them. */
struct cost {
	cycles_t constant[PRIM_N];         /* cycles per unit, where there is no table */
	struct dist_table *table[PRIM_N];  /* of a distribution, or NULL */
	struct rng *rng[PRIM_N];
};

/* d[PRIM_N] as times; compiled for a clock of hz. Streams are named "cost.<primitive>". */
struct cost *cost_new(const struct dist d[PRIM_N], uint64_t hz, struct rng_set *rngs);
void cost_free(struct cost *c);
/* Nothing takes time. */
bool cost_is_free(const struct cost *c);
/* The typical values of prims.def. */
void cost_defaults(struct dist d[PRIM_N]);

struct meter {
	struct cost *cost;  /* NULL: counts only, time stands still (tests, qtest) */
	struct entity *ent; /* whom to book on; NULL: nobody */
	cycles_t start;     /* simulated time at which the stretch began */
	cycles_t cycles;    /* spent since */
};

/* The sum of n_units draws of a distribution. */
cycles_t cost_draw(const struct cost *c, enum prim p, uint64_t n_units);

static inline void meter_charge(struct meter *m, enum prim p, uint64_t n_units)
{
	cycles_t cycles = 0;

	if (PORT_LIKELY(m->cost != NULL))
		cycles = PORT_LIKELY(!m->cost->table[p]) ? m->cost->constant[p] * n_units
							 : cost_draw(m->cost, p, n_units);
	m->cycles += cycles;
	if (PORT_LIKELY(m->ent != NULL)) {
		m->ent->cost[p].count += n_units;
		m->ent->cost[p].cycles += cycles;
	}
}

/* Simulated time as the stretch sees it. */
static inline cycles_t meter_now(const struct meter *m)
{
	return m->start + m->cycles;
}

#endif
