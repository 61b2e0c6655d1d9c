/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dev - the guest's side of an I/O: map, kick; interrupt, unmap.
 *
 * Each I/O slot has its own buffer: header, data, trailer and table begin on pages of their own, as they
 * come from different allocations in a real guest.
 */
#include "models/host/dev.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "models/counters.h"
#include "sim/port.h"
#include "sim/xalloc.h"

const struct dev_driver_row dev_drivers[DRIVER_N] = {
#define D(symbol, name, header, trailer, table, sg, pairs, kick, pages, more, desc, avail, used,   \
	  accesses, help)                                                                          \
	[symbol] = {name, header, trailer, table, sg, pairs, kick, {pages, more},                  \
		    {desc, avail, used}, accesses, help},
#include "models/host/drivers.def"
#undef D
};

const char *const dev_driver_words[DRIVER_N + 1] = {
#define D(symbol, name, header, trailer, table, sg, pairs, kick, pages, more, desc, avail, used,   \
	  accesses, help)                                                                          \
	[symbol] = name,
#include "models/host/drivers.def"
#undef D
};

#define TABLE_ENTRY_BYTES 16 /* of an indirect descriptor table (virtio 1.1, 2.6.5.3) */

static uint64_t pages_of(uint64_t n_bytes)
{
	return (n_bytes + PAGE_BYTES - 1) >> PAGE_BITS;
}

/* ---- life of a device */

/* Pages of one slot, and the most maps that one I/O can need. */
static uint64_t dev_slot_pages(const struct dev *d, unsigned *n_maps)
{
	const struct dev_driver_row *row = &dev_drivers[d->config.driver];
	uint64_t data = pages_of(d->config.io_bytes_max);

	*n_maps = (unsigned)((d->config.scatter && !row->sg ? data : 1) + 3);
	return data + 2 + pages_of((data + 2) * TABLE_ENTRY_BYTES);
}

/* Slots are used in turn, as a ring's are. */
static void io_free(struct io *io)
{
	struct dev *d = io->dev;

	io->next = NULL;
	*d->free_tail = io;
	d->free_tail = &io->next;
}

int dev_init(struct dev *d, struct err *e)
{
	unsigned n_maps;

	d->slot_pages = dev_slot_pages(d, &n_maps);
	d->buffers = host_alloc_pages(d->host, d->slot_pages * d->config.ring, 1);
	if (d->buffers == 0) {
		err_user(e, "%s: guest RAM is too small for %llu buffers of %llu pages",
			 d->ent->name, (unsigned long long)d->config.ring,
			 (unsigned long long)d->slot_pages);
		return -ENOMEM;
	}
	d->cpu = &d->host->vcpu[d->config.vcpu];
	d->latency_io = rec_latency(d->ent, "io");
	d->latency_miss = rec_latency(d->ent, "miss");
	d->pool = xcalloc(d->config.ring, sizeof *d->pool);
	d->free_tail = &d->free;
	d->parked_tail = &d->parked;
	for (uint64_t i = 0; i < d->config.ring; i++) {
		struct io *io = &d->pool[i];

		io->dev = d;
		io->slot = i;
		io->map = xcalloc(n_maps, sizeof *io->map);
		io->max_maps = n_maps;
		io_free(io);
	}
	for (unsigned q = 0; q < d->config.n_queues; q++) {
		d->queue[q].dev = d;
		d->queue[q].tail = &d->queue[q].first;
		d->queue[q].m.cost = d->host->cost;
		d->queue[q].m.ent = d->ent;
	}
	d->m.cost = d->host->cost;
	d->m.ent = d->ent;
	dev_workers_init(d);
	return 0;
}

void dev_fini(struct dev *d)
{
	for (uint64_t i = 0; d->pool && i < d->config.ring; i++)
		free(d->pool[i].map);
	free(d->pool);
	free(d->premap);
	dev_work_fini(d);
}

/* Pages that stay mapped while the device lives. */
static int dev_premap(struct dev *d, struct meter *m, struct err *e)
{
	gpa_t at;

	d->n_premapped = 0;
	if (d->config.n_premap == 0)
		return 0;
	if (d->premap_pages == 0) {
		d->premap_pages = host_alloc_pages(d->host, d->config.n_premap, 1);
		d->premap = xcalloc(d->config.n_premap, sizeof *d->premap);
	}
	at = d->premap_pages;
	if (at == 0) {
		err_user(e, "devices.%s.premap: got %llu pages, more than is left of machine.ram",
			 d->ent->name, (unsigned long long)d->config.n_premap);
		return -ENOMEM;
	}
	for (uint64_t i = 0; i < d->config.n_premap; i++) {
		struct dma_seg seg = {at + i * PAGE_BYTES, PAGE_BYTES};
		struct dma_map map = {.seg = &seg, .n_segs = 1, .n_bytes = PAGE_BYTES,
				      .perm = PERM_RW, .cpu = d->config.vcpu};
		int ret = d->guest.type->map(d->guest.self, &map, m);

		if (ret) {
			err_user(e, "devices.%s.premap: the guest's address space is full after %llu pages",
				 d->ent->name, (unsigned long long)i);
			return ret;
		}
		d->premap[i] = map.first;
		d->n_premapped++;
	}
	return 0;
}

int dev_start(struct dev *d, struct meter *m, struct err *e)
{
	int ret = dev_rings_take(d, e);

	if (ret)
		return ret;
	ret = d->guest.type->start ? d->guest.type->start(d->guest.self, m) : 0;
	if (ret) {
		err_user(e, "%s: the guest cannot map the device's rings", d->ent->name);
		return ret;
	}
	ret = dev_rings_map(d, m, e);
	if (ret)
		return ret;
	if (d->config.ats && d->consumer.type->ats)
		d->consumer.type->ats(d->consumer.self, true, m);
	if (d->consumer.type->start)
		d->consumer.type->start(d->consumer.self, d->ring, d->config.n_queues * DEV_RINGS, m);
	d->started = true;
	return dev_premap(d, m, e);
}

void dev_unmap_now(struct dev *d, struct dma_map *map, struct meter *m)
{
	map->cpu = d->config.vcpu;
	d->guest.type->unmap(d->guest.self, map, m);
	if (d->consumer.type->unmapped && !d->guest.type->is_static)
		d->consumer.type->unmapped(d->consumer.self, map->first, map->last, meter_now(m));
	if (d->guest.type->unmapped)
		d->guest.type->unmapped(d->guest.self, map, m);
}

void dev_stop(struct dev *d, struct meter *m)
{
	assert(d->started && d->n_under_way == 0 && d->host->boot_meter == m);
	d->started = false;
	if (d->consumer.type->stop)
		d->consumer.type->stop(d->consumer.self, m);
	for (uint64_t i = 0; i < d->n_premapped; i++) {
		struct dma_map map = {.n_segs = 1, .n_bytes = PAGE_BYTES, .perm = PERM_RW,
				      .iova = d->premap[i], .first = d->premap[i],
				      .last = d->premap[i] | ~PAGE_MASK};

		dev_unmap_now(d, &map, m);
	}
	dev_rings_unmap(d, m);
	if (d->guest.type->stop)
		d->guest.type->stop(d->guest.self, m);
}

/* ---- map and kick */

static void io_add_map(struct io *io, gpa_t at, uint64_t n_bytes, enum perm perm)
{
	struct dma_seg seg = {at, n_bytes};
	struct dma_map *map = &io->map[io->n_maps];
	struct dev *d = io->dev;

	*map = (struct dma_map){.seg = &seg, .n_segs = 1, .n_bytes = n_bytes, .perm = perm,
				.cpu = d->config.vcpu};
	if (d->guest.type->map(d->guest.self, map, &io->job.m))
		io->failed = true;
	else
		io->n_maps++;
	map->seg = NULL;
}

/* The data of an sg driver with scattered buffers: one call, one page a segment. */
static void io_add_sg(struct io *io, gpa_t at)
{
	struct dev *d = io->dev;
	struct dma_map *map = &io->map[io->n_maps];
	uint64_t n = pages_of(io->n_bytes);
	struct dma_seg *seg = xcalloc(n, sizeof *seg);

	for (uint64_t i = 0; i < n; i++) {
		uint64_t left = io->n_bytes - i * PAGE_BYTES;

		seg[i] = (struct dma_seg){at + i * PAGE_BYTES, left < PAGE_BYTES ? left : PAGE_BYTES};
	}
	*map = (struct dma_map){.seg = seg, .n_segs = (unsigned)n, .n_bytes = io->n_bytes,
				.perm = io->perm, .cpu = d->config.vcpu};
	if (d->guest.type->map(d->guest.self, map, &io->job.m))
		io->failed = true;
	else
		io->n_maps++;
	free(seg);
	map->seg = NULL;
}

/* Pieces of data that are mapped one by one. */
static unsigned io_n_data(const struct io *io)
{
	const struct dev *d = io->dev;
	bool apart = d->config.scatter && !dev_drivers[d->config.driver].sg;

	return apart ? (unsigned)pages_of(io->n_bytes) : 1;
}

static unsigned io_n_elements(const struct io *io)
{
	const struct dev_driver_row *row = &dev_drivers[io->dev->config.driver];

	return (row->header_bytes != 0) + io_n_data(io) + (row->trailer_bytes != 0) + row->has_table;
}

/* Element i_map of an I/O is mapped: header, data (one or one a page), trailer, table. */
static void io_map_element(struct io *io)
{
	struct dev *d = io->dev;
	const struct dev_driver_row *row = &dev_drivers[d->config.driver];
	unsigned i = io->i_map++, n_data = io_n_data(io);
	gpa_t at = d->buffers + io->slot * d->slot_pages * PAGE_BYTES;
	gpa_t trailer = at + (d->slot_pages - 1) * PAGE_BYTES;

	if (row->header_bytes != 0 && i-- == 0) {
		io_add_map(io, at, row->header_bytes, PERM_R);
		return;
	}
	at += PAGE_BYTES;
	if (i < n_data) {
		uint64_t from = n_data == 1 ? 0 : i * PAGE_BYTES;
		uint64_t n = io->n_bytes - from;

		if (d->config.scatter && row->sg)
			io_add_sg(io, at);
		else
			io_add_map(io, at + from, n_data > 1 && n > PAGE_BYTES ? PAGE_BYTES : n, io->perm);
		return;
	}
	i -= n_data;
	if (row->trailer_bytes != 0 && i == 0)
		io_add_map(io, trailer, row->trailer_bytes, PERM_W);
	else
		io_add_map(io, at + pages_of(io->n_bytes) * PAGE_BYTES,
			   (n_data + 2) * TABLE_ENTRY_BYTES, PERM_R);
}

static enum dev_kick dev_kick_of(const struct dev *d)
{
	enum consumer_thread thread = d->consumer.type->thread;

	if (thread == THREAD_HARDWARE || thread == THREAD_VCPU)
		return KICK_NONE; /* the doorbell is mapped, or there is none */
	if (d->polled)
		return KICK_NONE; /* the ring says that no doorbell is wanted */
	return dev_drivers[d->config.driver].kick;
}

static void io_kicked(struct job *j)
{
	dev_kicked(j->self);
}

/* The register write that QEMU emulates was served on this vCPU's thread. */
static void io_exited(struct job *j)
{
	struct io *io = j->self;
	struct dev *d = io->dev;

	meter_charge(&j->m, PRIM_VMEXIT_MMIO, 1);
	rec_count(d->ent, CTR_VMEXITS, 1);
	rec_count(d->ent, CTR_EXIT_KICK, 1);
	rec_count(d->host->machine, CTR_VMEXITS, 1);
	rec_count(d->host->machine, CTR_EXIT_KICK, 1);
	job_done(j, io_kicked);
}

static void io_kick(struct io *io)
{
	struct dev *d = io->dev;

	switch (dev_kick_of(d)) {
	case KICK_EXIT:
		job_pass_bql(&io->job, io_exited);
		return;
	case KICK_LIGHT:
		meter_charge(&io->job.m, PRIM_KICK_LIGHT, 1);
		rec_count(d->ent, CTR_KICK_LIGHT, 1);
		break;
	case KICK_NONE:
		break;
	}
	job_done(&io->job, io_kicked);
}

static void io_unmap_step(struct job *j);

static void io_map_step(struct job *j)
{
	struct io *io = j->self;
	struct dev *d = io->dev;

	for (unsigned n = io_n_elements(io); !io->failed && io->i_map < n;) {
		io_map_element(io);
		if (j->cpu->n_sub != 0 && !io->failed) {
			job_flush(j, io_map_step);
			return;
		}
	}
	io->i_map = 0;
	if (io->failed) {
		io->n_bytes = 0;
		job_flush(j, io_unmap_step);
		return;
	}
	io->at = io->map[0].iova;
	if (d->consumer.type->thread == THREAD_VCPU) {
		dev_access_here(io, &j->m);
		io->i_map = 0;
		job_spend(j, io_unmap_step);
		return;
	}
	io_kick(io);
}

static void io_begin(struct job *j);

/* The device is paused: the I/O waits for dev_resume(). */
static void io_park(struct job *j)
{
	struct io *io = j->self;
	struct dev *d = io->dev;

	if (!d->paused) {
		job_queue(j, d->cpu, d->ent, io_begin);
		return;
	}
	io->next = NULL;
	*d->parked_tail = io;
	d->parked_tail = &io->next;
}

static void io_begin(struct job *j)
{
	struct io *io = j->self;

	if (PORT_UNLIKELY(io->dev->paused)) {
		job_done(j, io_park);
		return;
	}
	io->dev->n_under_way++;
	meter_charge(&j->m, PRIM_GUEST_DRIVER, 1);
	io_map_step(j);
}

/* A free slot, its I/O begun and logged; NULL when there is none. */
static struct io *io_new(struct dev *d, uint64_t n_bytes, enum perm perm)
{
	struct io *io = d->free;
	struct rec_event row = {.entity = d->ent->id, .kind = EVENT_IO_START, .bytes = n_bytes};

	if (!io)
		return NULL;
	d->free = io->next;
	if (!d->free)
		d->free_tail = &d->free;
	io->is_touch = false;
	io->touched = true;
	io->paid = false;
	io->i_ring = 0;
	io->number = ++d->n_ios;
	io->n_bytes = n_bytes;
	io->perm = perm;
	io->begun_at = evq_now(d->host->evq);
	io->n_maps = 0;
	io->i_map = 0;
	io->failed = false;
	io->job.self = io;
	row.at_cycles = io->begun_at;
	row.iova = io->number;
	d->host->rec->cause = 0; /* an arrival: not the row of whoever ran before */
	io->job.cause = io->cause = rec_event(d->host->rec, &row);
	return io;
}

struct io *dev_io(struct dev *d, uint64_t n_bytes, enum perm perm, bool touched)
{
	struct io *io = io_new(d, n_bytes, perm);

	assert(n_bytes != 0 && n_bytes <= d->config.io_bytes_max);
	if (!io)
		return NULL;
	io->touched = touched;
	io_park(&io->job);
	return io;
}

void dev_touch(struct dev *d, iova_t iova, uint64_t n_bytes, enum perm perm)
{
	struct io *io = io_new(d, n_bytes, perm);

	assert(io);
	io->is_touch = true;
	io->n_maps = 1;
	io->map[0] = (struct dma_map){.iova = iova, .n_bytes = n_bytes, .perm = perm};
	io->at = iova;
	d->n_under_way++;
	dev_kicked(io);
}

/* ---- interrupt and unmap */

static void dev_tell_quiet(struct dev *d)
{
	void (*quiet)(void *self) = d->quiet;

	if (d->n_under_way != 0)
		return;
	d->quiet = NULL;
	quiet(d->quiet_self);
}

static void io_end(struct job *j)
{
	struct io *io = j->self;
	struct dev *d = io->dev;
	cycles_t took = evq_now(d->host->evq) - io->begun_at;
	struct rec_event row = {.at_cycles = evq_now(d->host->evq), .entity = d->ent->id,
				.kind = EVENT_IO_DONE, .iova = io->number, .bytes = io->n_bytes,
				.cycles = took};

	if (io->failed) {
		rec_count(d->ent, CTR_DROPPED, 1);
	} else {
		rec_count(d->ent, CTR_IOS, 1);
		rec_count(d->ent, CTR_BYTES, io->n_bytes);
		stat_hist_add(d->latency_io, took);
	}
	d->host->rec->cause = io->cause;
	rec_event(d->host->rec, &row);
	io_free(io);
	d->n_under_way--;
	d->workload.type->io_done(d->workload.self, io, !io->failed);
	if (PORT_UNLIKELY(d->quiet != NULL))
		dev_tell_quiet(d);
}

static void io_unmapped(struct job *j)
{
	struct io *io = j->self;
	struct dev *d = io->dev;

	if (d->guest.type->unmapped)
		d->guest.type->unmapped(d->guest.self, &io->map[io->i_map], &j->m);
	io->i_map++;
	io_unmap_step(j);
}

/* Elements are unmapped in the order in which they were mapped. */
static void io_unmap_step(struct job *j)
{
	struct io *io = j->self;
	struct dev *d = io->dev;

	while (io->i_map < io->n_maps) {
		struct dma_map *map = &io->map[io->i_map];

		map->cpu = d->config.vcpu;
		d->guest.type->unmap(d->guest.self, map, &j->m);
		if (d->consumer.type->unmapped && !d->guest.type->is_static)
			d->consumer.type->unmapped(d->consumer.self, map->first, map->last,
						   meter_now(&j->m));
		if (j->cpu->n_sub != 0) {
			job_flush(j, io_unmapped);
			return;
		}
		if (d->guest.type->unmapped)
			d->guest.type->unmapped(d->guest.self, map, &j->m);
		io->i_map++;
	}
	job_done(j, io_end);
}

/* An interrupt is raised only when the vCPU has nothing to do: else the driver polls. */
static void io_interrupt(struct job *j)
{
	struct io *io = j->self;

	if (io->paid)
		meter_charge(&j->m, PRIM_IRQ, 1);
	io->i_map = 0;
	io_unmap_step(j);
}

void dev_completed(struct io *io)
{
	struct dev *d = io->dev;

	if (io->is_touch) {
		io_end(&io->job);
		return;
	}
	io->paid = !d->cpu->res.held;
	io->job.cause = io->cause;
	job_queue(&io->job, d->cpu, d->ent, io_interrupt);
}

/* ---- pause and resume */

/* All but the first, which the device may be working on. */
static void queue_give_up(struct dev_queue *q)
{
	struct io *io = q->first ? q->first->next : NULL;

	if (!io)
		return;
	q->first->next = NULL;
	q->tail = &q->first->next;
	for (struct io *next; io; io = next) {
		next = io->next;
		io->failed = true;
		dev_completed(io);
	}
}

void dev_pause(struct dev *d, void (*quiet)(void *self), void *self)
{
	assert(!d->quiet);
	d->paused = true;
	d->quiet = quiet;
	d->quiet_self = self;
	for (unsigned i = 0; i < d->config.n_queues; i++)
		queue_give_up(&d->queue[i]);
	dev_tell_quiet(d);
}

void dev_resume(struct dev *d)
{
	struct io *io = d->parked;

	d->paused = false;
	d->parked = NULL;
	d->parked_tail = &d->parked;
	for (struct io *next; io; io = next) {
		next = io->next;
		io_park(&io->job);
	}
}
