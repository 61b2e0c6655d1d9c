/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * res - a FIFO resource that actors queue for: a lock, a thread, a vCPU.
 *
 * One holder at a time. Who asks while it is held waits in the order of asking; when the holder
 * releases, the first waiter is granted in an event of phase EV_GRANT at the same cycle.
 */
#ifndef SIM_RES_H
#define SIM_RES_H

#include <stdbool.h>

#include "sim/evq.h"

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

/* True: held now, granted() is not called. False: w is queued, granted() is called later. */
bool res_acquire(struct res *r, struct res_waiter *w);

/* By the holder. The next waiter, if any, is granted at this cycle. */
void res_release(struct res *r);

/* Forget the totals (end of warm-up); who holds and who waits stays. */
void res_reset_stats(struct res *r);

#endif
