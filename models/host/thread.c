/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * thread - the device's side of an I/O, on the thread that its consumer has.
 *
 * vhost worker, one a queue pair: takes the I/Os of its queues in turn. An access that misses stops that
 * queue: the worker leaves, the message wakes QEMU's main loop, which answers under the BQL; the answer
 * wakes the worker, which begins the access again. One miss is one page, so a buffer of several pages misses
 * in sequence. A polling worker (vhost-user) serves all queues and is never woken: it sees at once.
 *
 * Omitted: vhost's mutexes (an INVALIDATE does not wait for the worker's run).
 */
#include "models/host/dev.h"

#include <assert.h>

#include "models/counters.h"

static void worker_next(struct dev_worker *w);

static unsigned io_queue(const struct io *io)
{
	unsigned n = io->dev->config.n_queues;

	return n == 1 ? 0 : (unsigned)(io->number % n);
}

/* All accesses of the I/O that are still to do: its rings, then element after element. Goes on from
 * io->i_ring, io->i_map and io->at when called again after a miss. */
static enum access_result thread_access(struct io *io, struct meter *m, iova_t *where,
					enum perm *need)
{
	struct dev *d = io->dev;
	const struct consumer_type *type = d->consumer.type;
	const iova_t *ring = &d->ring[io_queue(io) * DEV_RINGS];
	unsigned n_rings = io->is_touch			  ? 0
			   : type->thread == THREAD_WORKER ? DEV_RINGS
							  : dev_drivers[d->config.driver].n_ring_accesses;
	enum access_result r;
	unsigned i = io->i_ring % DEV_RINGS;

	if (type->select)
		type->select(d->consumer.self, io_queue(io));
	for (; io->i_ring < n_rings; io->i_ring++, i = i + 1 == DEV_RINGS ? 0 : i + 1) {
		*need = i == DEV_RINGS - 1 ? PERM_W : PERM_R;
		r = type->access(d->consumer.self, ring[i], 8, *need, where, m);
		if (r != ACCESS_OK)
			return r;
	}
	while (io->touched && io->i_map < io->n_maps) {
		const struct dma_map *map = &io->map[io->i_map];

		*need = map->perm;
		r = type->access(d->consumer.self, io->at, map->iova + map->n_bytes - io->at, *need,
				 where, m);
		if (r != ACCESS_OK) {
			io->at = *where;
			return r;
		}
		if (++io->i_map < io->n_maps)
			io->at = map[1].iova;
	}
	return ACCESS_OK;
}

void dev_access_here(struct io *io, struct meter *m)
{
	struct dev *d = io->dev;
	enum access_result r;
	iova_t where;
	enum perm need;

	while ((r = thread_access(io, m, &where, &need)) == ACCESS_MISS)
		if (!d->consumer.type->fill(d->consumer.self, where, need, m))
			break;
	io->failed = r != ACCESS_OK;
}

static void stretch_begin(struct dev *d, struct meter *m, uint64_t cause)
{
	m->start = evq_now(d->host->evq);
	m->cycles = 0;
	d->host->rec->cause = cause;
}

static void after(struct dev *d, cycles_t cycles, ev_fn fn, void *self)
{
	evq_push(d->host->evq, evq_now(d->host->evq) + cycles, EV_HOST, fn, self, 0);
}

static struct io *queue_pop(struct dev_queue *q)
{
	struct io *io = q->first;

	q->first = io->next;
	if (!q->first)
		q->tail = &q->first;
	return io;
}

/* ---- who serves which queues */

unsigned dev_n_pairs(enum dev_driver driver, unsigned n_queues)
{
	return dev_drivers[driver].has_pairs ? (n_queues + DEV_PAIR_QUEUES - 1) / DEV_PAIR_QUEUES : 1;
}

void dev_workers_init(struct dev *d)
{
	const struct consumer *c = &d->consumer;
	unsigned n = d->config.n_queues;
	unsigned each = dev_n_pairs(d->config.driver, n) > 1 ? DEV_PAIR_QUEUES : n;

	d->polled = c->type->polls && c->type->polls(c->self);
	if (d->polled)
		each = n;
	for (unsigned q = 0; q < n; q++) {
		struct dev_worker *w = &d->worker[q / each];

		d->queue[q].worker = w;
		w->queue = &d->queue[q / each * each];
		w->n_queues++;
		w->m.cost = d->host->cost;
		w->m.ent = d->ent;
	}
}

/* ---- a miss: worker -> main loop -> worker */

/* The worker runs again: the queue's access begins anew, or its I/O is given up. */
static void miss_answered(void *self, uint64_t arg)
{
	struct dev_queue *q = self;
	struct dev *d = q->dev;

	(void)arg;
	stat_hist_add(d->latency_miss, evq_now(d->host->evq) - q->miss_begun_at);
	q->stalled = false;
	if (q->first->failed)
		dev_completed(queue_pop(q));
	if (!q->worker->busy)
		worker_next(q->worker);
}

/* The main loop has written the answer and is free for others. */
static void miss_filled(void *self, uint64_t arg)
{
	struct dev_queue *q = self;
	struct host *h = q->dev->host;

	(void)arg;
	res_release(&h->bql);
	res_release(&h->main_loop);
	q->m.cycles = 0;
	if (!q->dev->polled)
		meter_charge(&q->m, PRIM_VHOST_WAKE, 1);
	after(q->dev, q->m.cycles, miss_answered, q);
}

static void miss_locked(void *self)
{
	struct dev_queue *q = self;
	struct dev *d = q->dev;
	cycles_t now = evq_now(d->host->evq);
	struct rec_event row = {.at_cycles = now, .entity = d->ent->id, .kind = EVENT_MISS,
				.iova = q->miss_at, .cycles = now - q->miss_begun_at};

	d->host->rec->cause = q->first->cause;
	stretch_begin(d, &q->m, rec_event(d->host->rec, &row));
	if (d->consumer.type->select)
		d->consumer.type->select(d->consumer.self, io_queue(q->first));
	if (!d->consumer.type->fill(d->consumer.self, q->miss_at, q->miss_need, &q->m))
		q->first->failed = true;
	after(d, q->m.cycles, miss_filled, q);
}

static void miss_main_loop(void *self)
{
	struct dev_queue *q = self;

	q->waiter.granted = miss_locked;
	if (res_acquire(&q->dev->host->bql, &q->waiter))
		miss_locked(q);
}

/* The main loop wakes up for the message. */
static void miss_asked(void *self, uint64_t arg)
{
	struct dev_queue *q = self;

	(void)arg;
	q->waiter = (struct res_waiter){.granted = miss_main_loop, .self = q};
	if (res_acquire(&q->dev->host->main_loop, &q->waiter))
		miss_main_loop(q);
}

/* The worker has queued the message and leaves this queue. */
static void worker_missed(void *self, uint64_t arg)
{
	struct dev_queue *q = self;
	struct dev *d = q->dev;

	(void)arg;
	q->m.cycles = 0;
	meter_charge(&q->m, PRIM_VHOST_WAKE, 1);
	after(d, q->m.cycles, miss_asked, q);
	worker_next(q->worker);
}

/* ---- vhost worker */

static void worker_done(void *self, uint64_t arg)
{
	struct dev_queue *q = self;

	(void)arg;
	dev_completed(queue_pop(q));
	worker_next(q->worker);
}

static void worker_run(struct dev_queue *q)
{
	struct dev *d = q->dev;
	struct io *io = q->first;
	struct meter *m = &q->worker->m;

	stretch_begin(d, m, io->cause);
	if (!io->paid)
		meter_charge(m, PRIM_VHOST_PACKET, 1);
	io->paid = true;
	switch (thread_access(io, m, &q->miss_at, &q->miss_need)) {
	case ACCESS_OK:
		after(d, m->cycles, worker_done, q);
		break;
	case ACCESS_MISS:
		q->stalled = true;
		q->miss_begun_at = meter_now(m);
		after(d, m->cycles, worker_missed, q);
		break;
	case ACCESS_FAULT:
		io->failed = true;
		after(d, m->cycles, worker_done, q);
		break;
	}
}

/* The next queue in turn that has work and no miss under way. */
static void worker_next(struct dev_worker *w)
{
	unsigned n = w->n_queues;

	for (unsigned i = 0, at = w->next; i < n; i++, at = at + 1 == n ? 0 : at + 1) {
		struct dev_queue *q = &w->queue[at];

		if (!q->first || q->stalled)
			continue;
		w->next = at + 1 == n ? 0 : at + 1;
		w->busy = true;
		worker_run(q);
		return;
	}
	w->busy = false;
}

static void worker_woken(void *self, uint64_t arg)
{
	(void)arg;
	worker_next(self);
}

/* ---- hardware: one I/O at a time, nobody's CPU */

static void hardware_run(struct dev *d);

static void hardware_done(void *self, uint64_t arg)
{
	struct dev *d = self;

	(void)arg;
	dev_completed(queue_pop(&d->queue[0]));
	d->busy = d->queue[0].first != NULL;
	if (d->busy)
		hardware_run(d);
}

static void hardware_run(struct dev *d)
{
	struct io *io = d->queue[0].first;
	enum perm need;
	iova_t where;

	stretch_begin(d, &d->m, io->cause);
	meter_charge(&d->m, PRIM_DMA_IO, 1);
	io->failed = thread_access(io, &d->m, &where, &need) != ACCESS_OK;
	after(d, d->m.cycles, hardware_done, d);
}

/* ---- main loop: QEMU's own device, all that is queued in one go, under the BQL */

static void loop_run(struct dev *d);

static void loop_done(void *self, uint64_t arg)
{
	struct dev *d = self;

	(void)arg;
	dev_completed(queue_pop(&d->queue[0]));
	d->busy = d->queue[0].first != NULL;
	if (d->busy) {
		loop_run(d);
		return;
	}
	res_release(&d->host->bql);
	res_release(&d->host->main_loop);
}

static void loop_run(struct dev *d)
{
	struct io *io = d->queue[0].first;
	enum perm need;
	iova_t where;

	stretch_begin(d, &d->m, io->cause);
	meter_charge(&d->m, PRIM_EMU_IO, 1);
	io->failed = thread_access(io, &d->m, &where, &need) != ACCESS_OK;
	after(d, d->m.cycles, loop_done, d);
}

static void loop_locked(void *self)
{
	loop_run(((struct dev_queue *)self)->dev);
}

static void loop_entered(void *self)
{
	struct dev_queue *q = self;

	q->waiter.granted = loop_locked;
	if (res_acquire(&q->dev->host->bql, &q->waiter))
		loop_locked(q);
}

static void loop_woken(void *self, uint64_t arg)
{
	struct dev *d = self;
	struct dev_queue *q = &d->queue[0];

	(void)arg;
	q->waiter = (struct res_waiter){.granted = loop_entered, .self = q};
	if (res_acquire(&d->host->main_loop, &q->waiter))
		loop_entered(q);
}

/* ---- the doorbell */

static void touched(void *self, uint64_t arg)
{
	(void)arg;
	dev_completed(self);
}

static void wake(struct dev *d, struct meter *m, ev_fn fn, void *self)
{
	m->cycles = 0;
	if (!d->polled)
		meter_charge(m, PRIM_VHOST_WAKE, 1);
	after(d, m->cycles, fn, self);
}

void dev_kicked(struct io *io)
{
	struct dev *d = io->dev;
	enum consumer_thread thread = d->consumer.type->thread;
	struct dev_queue *q = &d->queue[thread == THREAD_WORKER ? io_queue(io) : 0];

	io->next = NULL;
	*q->tail = io;
	q->tail = &io->next;
	if (thread == THREAD_WORKER ? q->worker->busy || q->stalled : d->busy)
		return;
	switch (thread) {
	case THREAD_WORKER:
		q->worker->busy = true;
		wake(d, &q->worker->m, worker_woken, q->worker);
		break;
	case THREAD_MAIN_LOOP:
		d->busy = true;
		wake(d, &d->m, loop_woken, d);
		break;
	case THREAD_HARDWARE:
		d->busy = true;
		hardware_run(d);
		break;
	case THREAD_VCPU: /* only a touch comes here: other I/Os are done where they are mapped */
		stretch_begin(d, &d->m, io->cause);
		queue_pop(q);
		dev_access_here(io, &d->m);
		after(d, d->m.cycles, touched, io);
		break;
	}
}
