/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cost - the cost table of a run, and meter_charge(): the one place where time is spent.
 *
 * A constant times n units is one multiplication; a distribution is drawn once per unit.
 */
#include "models/cost/cost.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/port.h"
#include "sim/xalloc.h"

const struct prim_row prim_rows[PRIM_N] = {
#define P(symbol, name, unit, low, typ, high, evidence, source, help)                              \
	[symbol] = {name, unit, low, typ, high, evidence, source, help},
#include "models/cost/prims.def"
#undef P
};

const char *const prim_name[PRIM_N] = {
#define P(symbol, name, unit, low, typ, high, evidence, source, help) [symbol] = name,
#include "models/cost/prims.def"
#undef P
};

struct cost {
	struct {
		cycles_t constant; /* cycles per unit, when table is NULL */
		struct dist_table *table;
		struct rng *rng;
	} prim[PRIM_N];
};

struct cost *cost_new(const struct dist d[PRIM_N], uint64_t hz, struct rng_set *rngs)
{
	struct cost *c = xcalloc(1, sizeof *c);
	char stream[80];

	for (unsigned p = 0; p < PRIM_N; p++) {
		if (d[p].kind == DIST_CONST) {
			c->prim[p].constant = time_cycles(d[p].a, hz);
			continue;
		}
		snprintf(stream, sizeof stream, "cost.%s", prim_name[p]);
		c->prim[p].table = dist_compile(&d[p], hz);
		c->prim[p].rng = rng_stream(rngs, stream);
	}
	return c;
}

void cost_free(struct cost *c)
{
	if (!c)
		return;
	for (unsigned p = 0; p < PRIM_N; p++)
		dist_table_free(c->prim[p].table);
	free(c);
}

void cost_defaults(struct dist d[PRIM_N])
{
	struct err e = {0};

	for (unsigned p = 0; p < PRIM_N; p++) {
		int failed = dist_parse(&d[p], prim_rows[p].typical, &e);

		assert(!failed);
		(void)failed;
	}
}

static cycles_t cost_of(struct cost *c, enum prim p, uint64_t n_units)
{
	cycles_t sum = 0;

	if (PORT_LIKELY(!c->prim[p].table))
		return c->prim[p].constant * n_units;
	while (n_units-- != 0)
		sum += dist_draw(c->prim[p].table, c->prim[p].rng);
	return sum;
}

void meter_charge(struct meter *m, enum prim p, uint64_t n_units)
{
	cycles_t cycles = m->cost ? cost_of(m->cost, p, n_units) : 0;

	m->cycles += cycles;
	if (PORT_LIKELY(m->ent != NULL)) {
		m->ent->cost[p].count += n_units;
		m->ent->cost[p].cycles += cycles;
	}
}
