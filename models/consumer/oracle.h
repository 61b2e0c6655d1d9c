/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * oracle - was that hit still true? Compares what a consumer allowed with the guest's tables.
 *
 * Off the clock and without influence on the run. A range that the guest takes back while the
 * consumer still holds it is marked; when the consumer drops it, the time between is a sample of
 * the latency "stale_window".
 */
#ifndef MODELS_CONSUMER_ORACLE_H
#define MODELS_CONSUMER_ORACLE_H

#include "models/consumer/consumer.h"
#include "sim/imap.h"
#include "sim/port.h"

struct oracle {
	const struct consumer_env *env;
	struct imap *stale; /* ranges held and taken back; value: since when */
};

void oracle_init(struct oracle *o, const struct consumer_env *env);
void oracle_fini(struct oracle *o);

/* The slow half of oracle_hit(). */
void oracle_check(struct oracle *o, iova_t at, gpa_t gpa, enum perm need, const struct meter *m);

/* The consumer allowed `need` at `at`, which it holds as gpa. */
static inline void oracle_hit(struct oracle *o, iova_t at, gpa_t gpa, enum perm need,
			      const struct meter *m)
{
	if (PORT_UNLIKELY(o->env->oracle))
		oracle_check(o, at, gpa, need, m);
}

/* The guest has taken back some of [first, last], an entry that the consumer holds. */
void oracle_mark(struct oracle *o, iova_t first, iova_t last, cycles_t now);

/* The slow half of oracle_drop(). */
void oracle_end(struct oracle *o, iova_t first, iova_t last, cycles_t now);

/* The consumer no longer holds [first, last]. */
static inline void oracle_drop(struct oracle *o, iova_t first, iova_t last, cycles_t now)
{
	if (PORT_UNLIKELY(imap_n(o->stale) != 0))
		oracle_end(o, first, last, now);
}

#endif
