/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * evq - pending events in one total order: (time, phase, sequence).
 *
 * Two events never compare equal: at one time the phase decides, in one phase the order in which
 * they were pushed. Time never runs backwards: an event is pushed at evq_now() or later, so the
 * structure behind this header may be monotone (it is a radix heap; reasons in evq.c).
 */
#ifndef SIM_EVQ_H
#define SIM_EVQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/time.h"

/* What comes first at the same cycle, and why. */
enum ev_phase {
	EV_RELEASE, /* a resource is given back before anybody asks for it */
	EV_GRANT,   /* its first waiter gets it before newcomers ask */
	EV_HOST,    /* host threads (vhost worker, main loop) see memory before the guest moves on */
	EV_GUEST,   /* vCPUs */
	EV_TIMER,   /* timers fire after the work of their cycle */
	EV_ARRIVAL, /* new I/O comes last, so that a queue is drained before it is filled */
	EV_END,     /* end of warm-up, of the run */
	EV_PHASE_N
};

typedef void (*ev_fn)(void *self, uint64_t arg);

/* Names a pending event; 0 names none. A handle is dead once its event ran or was cancelled;
 * cancelling a dead handle is harmless. */
typedef uint64_t ev_handle;

struct evq;

struct evq *evq_new(void);
void evq_free(struct evq *q); /* NULL is allowed */

/* What a queue begins with; private to evq.c. */
struct evq_clock {
	cycles_t now;
};

/* The time of the event that runs now, or that ran last. */
static inline cycles_t evq_now(const struct evq *q)
{
	return ((const struct evq_clock *)(const void *)q)->now;
}

/* Run fn(self, arg) at `at` >= evq_now(q). */
ev_handle evq_push(struct evq *q, cycles_t at, enum ev_phase phase, ev_fn fn, void *self,
		   uint64_t arg);

/* Take a pending event back; false when it ran or was cancelled before. */
bool evq_cancel(struct evq *q, ev_handle h);

/* Run the earliest event; false when none is pending. */
bool evq_step(struct evq *q);

/* Run events until none is left, until evq_stop(), or until the earliest is later than `last`
 * (then now becomes `last`). Returns the number of events run. */
uint64_t evq_run(struct evq *q, cycles_t last);

/* Called by a handler: evq_run() returns after it. */
void evq_stop(struct evq *q);

/* Number of events pending (cancelled ones not counted), and run since evq_new(). */
size_t evq_pending(const struct evq *q);
uint64_t evq_n_run(const struct evq *q);

#endif
