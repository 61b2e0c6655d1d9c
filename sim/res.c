/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * res - a FIFO resource that actors queue for.
 *
 * A release with waiters hands the resource over at once: it stays held, the new holder's time
 * starts, and granted() follows in an EV_GRANT event of the same cycle. So nobody who asks between
 * the release and the grant can overtake the first waiter.
 */
#include "sim/res.h"

#include <assert.h>
#include <stddef.h>

void res_init(struct res *r, const char *name, struct evq *q)
{
	*r = (struct res){.name = name, .evq = q};
	r->tail = &r->first;
}

bool res_acquire(struct res *r, struct res_waiter *w)
{
	cycles_t now = evq_now(r->evq);

	if (!r->held) {
		r->held = true;
		r->held_since = now;
		r->n_acquired++;
		return true;
	}
	w->next = NULL;
	w->asked_at = now;
	*r->tail = w;
	r->tail = &w->next;
	return false;
}

static void res_grant(void *self, uint64_t arg)
{
	struct res_waiter *w = self;

	(void)arg;
	w->granted(w->self);
}

static void res_hand_over(struct res *r, struct res_waiter *w, cycles_t now)
{
	cycles_t waited = now - w->asked_at;

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

void res_release(struct res *r)
{
	cycles_t now = evq_now(r->evq);

	assert(r->held);
	r->busy_cycles += now - r->held_since;
	if (r->first)
		res_hand_over(r, r->first, now);
	else
		r->held = false;
}

void res_reset_stats(struct res *r)
{
	r->n_acquired = r->n_waited = 0;
	r->wait_cycles = r->max_wait_cycles = r->busy_cycles = 0;
	r->held_since = evq_now(r->evq);
}
