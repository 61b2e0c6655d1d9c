/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * thread - the device's side of an I/O, on the thread that its consumer has.
 *
 * vhost worker: takes the I/Os of its queues in turn. An access that misses stops that queue: the worker
 * leaves, the message wakes QEMU's main loop, which answers under the BQL; the answer wakes the worker,
 * which begins the access again. One miss is one page, so a buffer of several pages misses in sequence.
 *
 * Omitted: vhost's mutexes (an INVALIDATE does not wait for the worker's run).
 */
#include "models/host/dev.h"

#include <assert.h>

static void thread_next(struct dev *d);

/* All accesses of the I/O that are still to do: its rings, then element after element. Goes on from
 * io->i_ring, io->i_map and io->at when called again after a miss. */
enum access_result dev_access(struct dev *d, struct io *io, struct meter *m, iova_t *where,
			      enum perm *need)
{
	const struct dev_driver_row *row = &dev_drivers[d->config.driver];
	const struct consumer_type *type = d->consumer.type;
	unsigned n_rings = type->thread == THREAD_WORKER ? DEV_RINGS : row->n_ring_accesses;
	enum access_result r;

	for (; io->i_ring < n_rings; io->i_ring++) {
		unsigned ring = io->i_ring % DEV_RINGS;

		*need = ring == DEV_RINGS - 1 ? PERM_W : PERM_R;
		r = type->access(d->consumer.self, d->ring[ring], 8, *need, where, m);
		if (r != ACCESS_OK)
			return r;
	}
	for (; io->i_map < io->n_maps; io->i_map++) {
		const struct dma_map *map = &io->map[io->i_map];

		if (io->at == 0 || io->at < map->iova || io->at > map->last)
			io->at = map->iova;
		*need = map->perm;
		r = type->access(d->consumer.self, io->at, map->n_bytes - (io->at - map->iova), *need,
				 where, m);
		if (r != ACCESS_OK) {
			io->at = *where;
			return r;
		}
		io->at = 0;
	}
	return ACCESS_OK;
}

/* ---- misses: worker -> main loop -> worker */

static void miss_answered(void *self, uint64_t arg)
{
	struct dev *d = self;
	struct io *io = d->current;
	struct host *h = d->host;

	(void)arg;
	stat_hist_add(d->latency_miss, evq_now(h->evq) - d->miss_begun_at);
	if (io->failed) {
		d->current = NULL;
		dev_completed(io);
	}
	d->queue[io->number % d->config.n_queues].stalled = false;
	thread_next(d);
}

/* The main loop has written the answer: it is free for others, and the worker is woken. */
static void miss_filled(void *self, uint64_t arg)
{
	struct dev *d = self;
	struct host *h = d->host;

	(void)arg;
	res_release(&h->bql);
	res_release(&h->main_loop);
	d->m.cycles = 0;
	meter_charge(&d->m, PRIM_VHOST_WAKE, 1);
	evq_push(h->evq, evq_now(h->evq) + d->m.cycles, EV_HOST, miss_answered, d, 0);
}

static void miss_locked(void *self)
{
	struct dev *d = self;
	struct host *h = d->host;
	struct rec_event row = {.at_cycles = evq_now(h->evq), .entity = d->ent->id,
				.kind = EVENT_MISS, .iova = d->miss_at, .cause = d->current->cause};

	h->rec->cause = rec_event(h->rec, &row);
	d->m.start = evq_now(h->evq);
	d->m.cycles = 0;
	if (!d->consumer.type->fill(d->consumer.self, d->miss_at, d->miss_need, &d->m))
		d->current->failed = true;
	evq_push(h->evq, d->m.start + d->m.cycles, EV_HOST, miss_filled, d, 0);
}

static void miss_main_loop(void *self)
{
	struct dev *d = self;

	d->waiter.granted = miss_locked;
	if (res_acquire(&d->host->bql, &d->waiter))
		miss_locked(d);
}

static void miss_asked(void *self, uint64_t arg)
{
	struct dev *d = self;

	(void)arg;
	d->waiter.granted = miss_main_loop;
	d->waiter.self = d;
	if (res_acquire(&d->host->main_loop, &d->waiter))
		miss_main_loop(d);
}
