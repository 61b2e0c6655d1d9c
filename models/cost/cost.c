/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cost - the cost table of a run.
 *
 * A constant times n units is one multiplication (in meter_charge()); a distribution is drawn once per unit.
 */
#include "models/cost/cost.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

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

struct cost *cost_new(const struct dist d[PRIM_N], uint64_t hz, struct rng_set *rngs)
{
	struct cost *c = xcalloc(1, sizeof *c);
	char stream[80];

	for (unsigned p = 0; p < PRIM_N; p++) {
		if (d[p].kind == DIST_CONST) {
			c->constant[p] = time_cycles(d[p].a, hz);
			continue;
		}
		snprintf(stream, sizeof stream, "cost.%s", prim_name[p]);
		c->table[p] = dist_compile(&d[p], hz);
		c->rng[p] = rng_stream(rngs, stream);
	}
	return c;
}

void cost_free(struct cost *c)
{
	if (!c)
		return;
	for (unsigned p = 0; p < PRIM_N; p++)
		dist_table_free(c->table[p]);
	free(c);
}

bool cost_is_free(const struct cost *c)
{
	for (unsigned p = 0; p < PRIM_N; p++)
		if (c->table[p] || c->constant[p] != 0)
			return false;
	return true;
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

cycles_t cost_draw(const struct cost *c, enum prim p, uint64_t n_units)
{
	cycles_t sum = 0;

	while (n_units-- != 0)
		sum += dist_draw(c->table[p], c->rng[p]);
	return sum;
}
