/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * res - a FIFO resource that actors queue for.
 *
 * A release with waiters hands the resource over at once: it stays held, the new holder's time
 * starts, and granted() follows in an EV_GRANT event of the same cycle. So nobody who asks between
 * the release and the grant can overtake the first waiter.
 */
#include "sim/res.h"

#include <stddef.h>

void res_init(struct res *r, const char *name, struct evq *q)
{
	*r = (struct res){.name = name, .evq = q};
	r->tail = &r->first;
}

void res_wait(struct res *r, struct res_waiter *w)
{
	w->next = NULL;
	w->asked_at = evq_now(r->evq);
	*r->tail = w;
	r->tail = &w->next;
}

static void res_grant(void *self, uint64_t arg)
{
	struct res_waiter *w = self;

	(void)arg;
	w->granted(w->self);
}

void res_hand_over(struct res *r)
{
	struct res_waiter *w = r->first;
	cycles_t now = evq_now(r->evq), waited = now - w->asked_at;

	r->first = w->next;
	if (!r->first)
		r->tail = &r->first;
	r->n_acquired++;
	r->n_waited += waited != 0;
	r->wait_cycles += waited;
	if (waited > r->max_wait_cycles)
		r->max_wait_cycles = waited;
	r->held_since = now;
	evq_push(r->evq, now, EV_GRANT, res_grant, w, 0);
}

void res_reset_stats(struct res *r)
{
	r->n_acquired = r->n_waited = 0;
	r->wait_cycles = r->max_wait_cycles = r->busy_cycles = 0;
	r->held_since = evq_now(r->evq);
}
