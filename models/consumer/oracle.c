/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * oracle - stale hits and stale windows.
 *
 * Omitted: an access is compared at its first byte in each page of the consumer, not at every byte.
 */
#include "models/consumer/oracle.h"

#include "models/counters.h"

void oracle_init(struct oracle *o, const struct consumer_env *env)
{
	o->env = env;
	o->stale = imap_new();
}

void oracle_fini(struct oracle *o)
{
	imap_free(o->stale);
	o->stale = NULL;
}

void oracle_check(struct oracle *o, iova_t at, gpa_t gpa, enum perm need, const struct meter *m)
{
	struct aspace *as = o->env->as;
	struct rec_event row = {.at_cycles = meter_now(m),
				.entity = o->env->ent->id,
				.kind = EVENT_STALE,
				.iova = at,
				.bytes = 1};
	struct imap_entry since;
	struct xlat now;

	if (as->ops->peek(as, at, &now) && (now.perm & need) == need &&
	    (now.gpa & ~now.mask) + (at & now.mask) == gpa)
		return;
	if (imap_find(o->stale, at, &since) && row.at_cycles >= since.value)
		row.cycles = row.at_cycles - since.value;
	rec_count(o->env->ent, CTR_STALE_HIT, 1);
	rec_event(o->env->rec, &row);
}

void oracle_mark(struct oracle *o, iova_t first, iova_t last, cycles_t now)
{
	/* Marked already (-EEXIST): stale since then. */
	imap_insert(o->stale, first, last, now);
}

void oracle_end(struct oracle *o, iova_t first, iova_t last, cycles_t now)
{
	struct imap_entry e;

	while (imap_first(o->stale, first, last, &e)) {
		imap_remove(o->stale, e.first, NULL);
		stat_hist_add(rec_latency(o->env->ent, "stale_window"),
			      now > e.value ? now - e.value : 0);
	}
}
