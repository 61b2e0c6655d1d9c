/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_flushq - as linux dma-iommu.c (before 5.11 iova.c): queue_iova, fq_flush_timeout.
 *
 *   unmap   release entries with stamp < n_done; full? flush (n_begun++, DSI, n_done++), release
 *           append with stamp n_begun; timer idle? arm it: 10 ms in ticks, rounded up, plus the
 * begun one timer   idle; flush; release on all CPUs
 *
 * The timer's handler is two pieces of work on the vCPU that armed it: the flush with its
 * submission, and what follows when that has completed.
 */
#include "models/linux/lx_flushq.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/port.h"
#include "sim/xalloc.h"

void lx_flushq_init(struct lx_flushq *q, struct lx_domain *d, struct lx_iova *v,
		    const struct guest_env *env)
{
	*q = (struct lx_flushq){.domain = d, .iova = v, .env = env, .next = d->k->flushq};
	q->ring = xcalloc(env->n_cpus, sizeof *q->ring);
	d->k->flushq = q;
}

void lx_flushq_fini(struct lx_flushq *q)
{
	struct lx_flushq **at;

	if (!q->domain)
		return;
	for (at = &q->domain->k->flushq; *at != q;)
		at = &(*at)->next;
	*at = q->next;
	if (q->timer != 0)
		evq_cancel(q->env->evq, q->timer);
	for (unsigned c = 0; c < q->env->n_cpus; c++) {
		struct lx_flushq_ring *r = &q->ring[c];

		for (; r->head != r->tail; r->head = (r->head + 1) % LX_FLUSHQ_SLOTS)
			lx_pages_release(q->domain->k, &r->entry[r->head].gone);
		free(r->entry);
	}
	free(q->ring);
	*q = (struct lx_flushq){0};
}

static bool ring_is_full(const struct lx_flushq_ring *r)
{
	return (r->tail + 1) % LX_FLUSHQ_SLOTS == r->head;
}

/* Entries that a finished flush has covered. */
static void ring_release(struct lx_flushq *q, unsigned cpu, struct meter *m)
{
	struct lx_flushq_ring *r = &q->ring[cpu];

	while (r->head != r->tail && r->entry[r->head].stamp < q->n_done) {
		struct lx_flushq_entry *e = &r->entry[r->head];

		if (PORT_UNLIKELY(e->gone.n != 0))
			lx_pages_release(q->domain->k, &e->gone);
		if (e->exact)
			lx_iova_unreserve(q->iova, e->pfn, e->pfn + e->n_pages - 1);
		else
			lx_iova_free(q->iova, e->pfn, e->n_pages, cpu, m);
		r->head = (r->head + 1) % LX_FLUSHQ_SLOTS;
	}
}

static void flush_begin(struct lx_flushq *q, struct meter *m)
{
	struct lx_sink to = {.submit = q->env->submit, .self = q->env->self};

	q->n_begun++;
	if (m->ent)
		rec_count(m->ent, CTR_GUEST_FLUSH, 1);
	lx_event(q->domain->k, EVENT_GUEST_FLUSH, 0, 0, m);
	lx_domain_flush_all(q->domain, &to);
}

bool lx_flushq_make_room(struct lx_flushq *q, unsigned cpu, struct meter *m)
{
	assert(cpu < q->env->n_cpus);
	ring_release(q, cpu, m);
	if (PORT_LIKELY(!ring_is_full(&q->ring[cpu])))
		return false;
	flush_begin(q, m);
	return true;
}

void lx_flushq_flushed(struct lx_flushq *q, unsigned cpu, struct meter *m)
{
	q->n_done++;
	ring_release(q, cpu, m);
}

/* ---- the timer */

static void timer_work(void *self, struct meter *m)
{
	struct lx_flushq *q = self;
	struct rec *rec = q->domain->k->rec;

	q->armed = false;
	if (rec) { /* nobody's doing but the timer's; the flush is its consequence */
		rec->cause = 0;
		rec->cause = lx_event(q->domain->k, EVENT_TIMER, 0, 0, m);
	}
	flush_begin(q, m);
}

static void timer_done(void *self, struct meter *m)
{
	struct lx_flushq *q = self;

	q->n_done++;
	for (unsigned c = 0; c < q->env->n_cpus; c++)
		ring_release(q, c, m);
}

static void timer_fires(void *self, uint64_t arg)
{
	struct lx_flushq *q = self;

	(void)arg;
	q->env->run_on(q->env->self, q->timer_cpu, timer_work, q);
	q->env->run_on(q->env->self, q->timer_cpu, timer_done, q);
}

static void timer_arm(struct lx_flushq *q, unsigned cpu, const struct meter *m)
{
	const struct lx_kernel_config *c = &q->domain->k->cfg;

	q->armed = true;
	q->timer_cpu = cpu;
	q->timer = evq_push(q->env->evq,
			    lx_timer_at(meter_now(m), LX_FLUSHQ_MS, c->hz, q->env->clock_hz),
			    EV_TIMER, timer_fires, q, 0);
}

void lx_flushq_add(struct lx_flushq *q, unsigned cpu, const struct lx_flushq_entry *e,
		   struct meter *m)
{
	struct lx_flushq_ring *r = &q->ring[cpu];

	assert(!ring_is_full(r));
	if (PORT_UNLIKELY(!r->entry))
		r->entry = xcalloc(LX_FLUSHQ_SLOTS, sizeof *r->entry);
	r->entry[r->tail] = *e;
	r->entry[r->tail].stamp = q->n_begun;
	r->tail = (r->tail + 1) % LX_FLUSHQ_SLOTS;
	if (!q->armed && !q->domain->k->external_flush)
		timer_arm(q, cpu, m);
}

/* ---- replays */

void lx_kernel_external_flush(struct guest_kernel *k, bool external)
{
	k->external_flush = external;
}

void lx_kernel_flush_now(struct guest_kernel *k, uint16_t sid, struct meter *m)
{
	for (struct lx_flushq *q = k->flushq; q; q = q->next) {
		if (q->domain->sid != sid)
			continue;
		timer_work(q, m);
		timer_done(q, m);
	}
}
