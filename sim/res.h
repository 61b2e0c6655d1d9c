/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * res - a FIFO resource that actors queue for: a lock, a thread, a vCPU.
 *
 * One holder at a time. Who asks while it is held waits in the order of asking; when the holder
 * releases, the first waiter is granted in an event of phase EV_GRANT at the same cycle.
 */
#ifndef SIM_RES_H
#define SIM_RES_H

#include <assert.h>
#include <stdbool.h>

#include "sim/evq.h"
#include "sim/port.h"

/* Embedded in the actor; one waiter waits for one resource at a time. */
struct res_waiter {
	void (*granted)(void *self); /* called with the resource held */
	void *self;
	/* private to res.c */
	struct res_waiter *next;
	cycles_t asked_at;
};

struct res {
	const char *name; /* as stored: "bql", "qi_lock", "main_loop", "vhost:net0", "vcpu0" */
	struct evq *evq;
	/* readable: totals since res_init or res_reset_stats, in cycles where not a count */
	uint64_t n_acquired; /* grants */
	uint64_t n_waited;   /* grants that had to wait at least one cycle */
	cycles_t wait_cycles, max_wait_cycles, busy_cycles;
	/* private to res.c */
	bool held;
	cycles_t held_since;
	struct res_waiter *first, **tail;
};

void res_init(struct res *r, const char *name, struct evq *q);

/* w waits behind all others, from now on; r is held. */
void res_wait(struct res *r, struct res_waiter *w);
/* The first waiter gets r at this cycle. */
void res_hand_over(struct res *r);

/* True: held now, granted() is not called. False: w is queued, granted() is called later. */
static inline bool res_acquire(struct res *r, struct res_waiter *w)
{
	if (PORT_UNLIKELY(r->held)) {
		res_wait(r, w);
		return false;
	}
	r->held = true;
	r->held_since = evq_now(r->evq);
	r->n_acquired++;
	return true;
}

/* By the holder. The next waiter, if any, is granted at this cycle. */
static inline void res_release(struct res *r)
{
	assert(r->held);
	r->busy_cycles += evq_now(r->evq) - r->held_since;
	if (PORT_UNLIKELY(r->first != NULL))
		res_hand_over(r);
	else
		r->held = false;
}

/* Forget the totals (end of warm-up); who holds and who waits stays. */
void res_reset_stats(struct res *r);

#endif
