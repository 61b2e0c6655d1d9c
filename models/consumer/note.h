/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * note - what all consumers count and log in the same way.
 */
#ifndef MODELS_CONSUMER_NOTE_H
#define MODELS_CONSUMER_NOTE_H

#include "models/consumer/consumer.h"
#include "models/counters.h"

/* A row of the event log for [first, last] at the meter's time. */
static inline void note_event(const struct consumer_env *env, enum event_kind kind, iova_t first,
			      iova_t last, const struct meter *m)
{
	rec_event(env->rec, &(struct rec_event){
				    .at_cycles = meter_now(m),
				    .entity = env->ent->id,
				    .kind = kind,
				    .iova = first,
				    .bytes = last - first + 1,
			    });
}

static inline void note_update(const struct consumer_env *env, iova_t first, iova_t last,
			       const struct meter *m)
{
	rec_count(env->ent, CTR_CONSUMER_UPDATE, 1);
	note_event(env, EVENT_UPDATE, first, last, m);
}

static inline void note_fault(const struct consumer_env *env, iova_t at, const struct meter *m)
{
	rec_count(env->ent, CTR_DMA_FAULT, 1);
	note_event(env, EVENT_FAULT, at, at, m);
}

#endif
