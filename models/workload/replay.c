/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * replay - a captured trace drives the guest kernel: boots, attaches, maps and unmaps as the guest did.
 *
 * Rows are operations of the guest (models/trace/trace.h), done one after the other, each on the vCPU that
 * did it. What must be invalidated and how it is submitted is the guest kernel's model's affair, so the same
 * trace shows another kernel, another IOMMU, another consumer. Time-outs of the flush queue are rows, too:
 * the captures were taken under emulation, whose time is nobody's.
 *
 * With `touch` the device accesses each mapping once, just before it is unmapped: one I/O. It reads where the
 * MAP row allows it, else it writes.
 *
 * Addresses are the trace's own. A lazy replay of a strict guest's trace uses an address again before the flush,
 * which a lazy guest would not: its descriptors are right, its misses and stale hits are not.
 *
 * Omitted: ACCESS rows.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/counters.h"
#include "models/host/dev.h"
#include "models/linux/lx_flushq.h"
#include "models/linux/lx_kernel.h"
#include "models/linux/lx_priv.h"
#include "models/trace/trace.h"
#include "models/vtd/vtd_spec.h"
#include "sim/bits.h"
#include "sim/xalloc.h"

enum { PACE_ASAP, PACE_RECORDED };

/* An address space of the captured guest. */
struct replay_domain {
	bool used;
	struct lx_domain domain;
	struct lx_iova iova; /* remembers what is taken; never asked for an address */
	struct lx_flushq flushq;
	struct guest_env env;
};

struct replay {
	/* options */
	const char *trace;
	unsigned pace;
	bool touch;
	/* state */
	const struct workload_env *env;
	struct host *host;
	struct trace_head head;
	struct trace_rec *rec; /* rows; seg points to own memory */
	size_t n_recs, i_rec;
	struct replay_domain **domain; /* by number */
	unsigned n_domains;
	cycles_t begun_at;
	bool device_started;
	struct job job;
	struct lx_pages gone; /* page tables of the unmap under way */
	struct lx_ranges replaced;
};

static const char *const pace_words[] = {"asap", "recorded", NULL};

static const struct opt replay_opts[] = {
	OPT_TEXT(struct replay, trace, "trace", NULL,
		 "trace file (dmachurn import), beside the scenario or an absolute path"),
	OPT_ENUM(struct replay, pace, "pace", "asap", pace_words,
		 "asap: each row when the one before is done; recorded: not before its time in the trace"),
	OPT_BOOL(struct replay, touch, "touch", "on",
		 "the device accesses each mapping once before it is unmapped"),
	OPT_END};

/* ---- reading */

static int replay_read(struct replay *w, struct trace_reader *r, struct err *e)
{
	size_t max = 0;
	int got;

	for (;; w->n_recs++) {
		struct trace_rec *rec;

		if (w->n_recs == max) {
			max = max ? 2 * max : 1024;
			w->rec = xrealloc(w->rec, max, sizeof *w->rec);
		}
		rec = &w->rec[w->n_recs];
		got = trace_next(r, rec, e);
		if (got <= 0)
			return got;
		if (rec->n_segs != 0) {
			struct trace_seg *seg = xcalloc(rec->n_segs, sizeof *seg);

			memcpy(seg, rec->seg, rec->n_segs * sizeof *seg);
			rec->seg = seg;
		}
		if (rec->domain >= w->n_domains)
			w->n_domains = rec->domain + 1;
	}
}

static void replay_drop(struct replay *w)
{
	for (size_t i = 0; i < w->n_recs; i++)
		free((void *)(uintptr_t)w->rec[i].seg);
	free(w->rec);
}

/* Width of the addresses that both the unit and the kernel's page tables have. */
static unsigned replay_iova_bits(const struct replay *w)
{
	const struct guest_kernel *k = w->host->kernel;
	unsigned table_bits = PAGE_BITS + 9 * k->levels;
	unsigned unit_bits = (unsigned)FGET(VTD_CAP_MGAW, k->cap) + 1;

	return table_bits < unit_bits ? table_bits : unit_bits;
}

/* A trace of a wider unit has addresses that this one cannot have; and flush queues are per vCPU. */
static int replay_check(const struct replay *w, struct err *e)
{
	unsigned unit_bits = (unsigned)FGET(VTD_CAP_MGAW, w->host->kernel->cap) + 1;

	if (w->head.aw_bits > unit_bits)
		return err_user(e, "devices.%s.workload.trace: %s has addresses of %u bits, the IOMMU %u; set iommu.aw-bits",
				w->env->dev_name, w->trace, w->head.aw_bits, unit_bits);
	if (w->head.n_cpus > w->host->n_vcpus)
		return err_user(e, "devices.%s.workload.trace: %s has %u vCPUs, the machine %u; set machine.vcpus",
				w->env->dev_name, w->trace, w->head.n_cpus, w->host->n_vcpus);
	return 0;
}

static int replay_init(void *self, const struct workload_env *env, struct err *e)
{
	struct replay *w = self;
	struct trace_reader *r;
	char *path;
	int ret = -EINVAL;

	if (!*w->trace)
		return err_user(e, "devices.%s.workload.trace: got '', allowed: a file from dmachurn import",
				env->dev_name);
	path = xasprintf("%s%s", *w->trace == '/' ? "" : env->folder, w->trace);
	r = trace_open(path, e);
	w->env = env;
	w->host = env->dev->host;
	free(path);
	if (!r)
		return ret;
	w->head = *trace_reader_head(r);
	ret = replay_check(w, e);
	trace_reader_limit(r, replay_iova_bits(w), LX_DOMAIN_DEVICES);
	if (!ret)
		ret = replay_read(w, r, e);
	trace_close(r);
	if (ret) /* fini is not called */
		replay_drop(w);
	else
		w->domain = xcalloc(w->n_domains, sizeof(struct replay_domain *));
	return ret;
}

static void domain_free(struct replay_domain *rd)
{
	if (!rd)
		return;
	lx_flushq_fini(&rd->flushq);
	lx_iova_fini(&rd->iova);
	lx_domain_fini(&rd->domain);
	free(rd);
}

static void replay_fini(void *self)
{
	struct replay *w = self;

	for (unsigned i = 0; i < w->n_domains; i++)
		domain_free(w->domain[i]);
	replay_drop(w);
	lx_pages_release(w->host->kernel, &w->gone);
	lx_ranges_fini(&w->replaced);
	free(w->domain);
}

/* ---- domains */

static void no_run_on(void *self, unsigned cpu, void (*work)(void *guest, struct meter *m), void *guest)
{
	(void)self, (void)cpu, (void)work, (void)guest;
	assert(0 && "timers of a replay are rows");
}

/* A new kernel: the memory of the old one's tables is used again. */
static void replay_forget(struct replay *w)
{
	for (unsigned i = 0; i < w->n_domains; i++) {
		domain_free(w->domain[i]);
		w->domain[i] = NULL;
	}
}

/* The domain of a row, made at first use. Its device is the one that is, or was last, attached. */
static struct replay_domain *replay_domain(struct replay *w, const struct trace_rec *rec)
{
	struct guest_kernel *k = w->host->kernel;
	struct replay_domain *rd = w->domain[rec->domain];
	const struct trace_device *dev;
	struct lx_iova_config c;

	if (rd)
		return rd;
	dev = &w->head.device[rec->device < w->head.n_devices ? rec->device : 0];
	rd = w->domain[rec->domain] = xcalloc(1, sizeof *rd);
	rd->env = (struct guest_env){.kernel = k, .mem = w->host->mem, .rec = w->host->rec,
				     .ent = w->env->dev->ent, .evq = w->host->evq,
				     .clock_hz = w->host->clock_hz, .n_cpus = w->host->n_vcpus,
				     .sid = dev->sid, .ats = dev->ats, .dma_bits = 64,
				     .submit = host_submit, .run_on = no_run_on, .self = w->host};
	lx_domain_init(&rd->domain, k, LX_DOMAIN_DMA, dev->sid, dev->ats);
	c = (struct lx_iova_config){.n_cpus = w->host->n_vcpus,
				    .pfn_bits = bits_log2(lx_domain_limit(&rd->domain, 64)) + 1,
				    .hz = k->cfg.hz, .clock_hz = w->host->clock_hz, .era = k->era};
	lx_iova_init(&rd->iova, &c);
	lx_flushq_init(&rd->flushq, &rd->domain, &rd->iova, &rd->env);
	return rd;
}

static bool is_strict(const struct replay *w, const struct trace_rec *rec)
{
	return rec->owner == TRACE_OWNER_VFIO || w->host->kernel->strict;
}

/* ---- rows */

static void replay_next(void *self, uint64_t arg);

static void row_done(struct job *j)
{
	replay_next(j->self, 0);
}

static void row_end(struct job *j)
{
	job_done(j, row_done);
}

static void row_map(struct replay *w, const struct trace_rec *rec, struct meter *m)
{
	struct replay_domain *rd = replay_domain(w, rec);
	const unsigned *era = w->host->kernel->era;
	unsigned per_chunk = era[rec->owner == TRACE_OWNER_VFIO ? LX_ERA_VFIO_MAP_PER_CHUNK
								: LX_ERA_MAP_PER_CHUNK];
	struct lx_sink to = {.submit = host_submit, .self = w->host};
	struct lx_piece *piece = xcalloc(rec->n_segs, sizeof *piece);
	iova_t at = rec->iova & PAGE_MASK;

	for (unsigned i = 0; i < rec->n_segs; i++) {
		const struct trace_seg *s = &rec->seg[i];
		uint64_t n = (s->gpa & ~PAGE_MASK) + s->n_bytes;

		piece[i] = (struct lx_piece){at, s->gpa & PAGE_MASK, (n + PAGE_BYTES - 1) >> PAGE_BITS};
		lx_pgtbl_map(&rd->domain.pgtbl, at, piece[i].gpa, piece[i].n_pages, rec->perm,
			     &w->replaced, m);
		at += piece[i].n_pages << PAGE_BITS;
	}
	rec_count(w->env->dev->ent, CTR_GUEST_MAP, 1);
	lx_iova_reserve(&rd->iova, piece[0].iova >> PAGE_BITS, (at - 1) >> PAGE_BITS);
	if (rec->n_attached != 0) {
		lx_domain_flush_replaced(&rd->domain, &w->replaced, &to);
		lx_domain_flush_map(&rd->domain, piece, rec->n_segs, per_chunk != 0, &to);
	}
	w->replaced.n = 0;
	free(piece);
}

static void unmap_release(struct replay *w, const struct trace_rec *rec)
{
	struct replay_domain *rd = replay_domain(w, rec);

	lx_pages_release(w->host->kernel, &w->gone);
	lx_iova_unreserve(&rd->iova, rec->iova >> PAGE_BITS, (rec->iova + rec->n_bytes - 1) >> PAGE_BITS);
}

static void unmap_defer(struct replay *w, const struct trace_rec *rec, struct meter *m)
{
	struct replay_domain *rd = replay_domain(w, rec);
	struct lx_flushq_entry entry = {.pfn = rec->iova >> PAGE_BITS,
					.n_pages = (rec->n_bytes + PAGE_BYTES - 1) >> PAGE_BITS,
					.gone = w->gone, .exact = true};

	w->gone = (struct lx_pages){0};
	lx_flushq_add(&rd->flushq, rec->cpu, &entry, m);
}

/* The submissions of an unmap have completed. */
static void unmap_flushed(struct job *j)
{
	struct replay *w = j->self;
	const struct trace_rec *rec = &w->rec[w->i_rec];

	if (is_strict(w, rec)) {
		unmap_release(w, rec);
	} else {
		lx_flushq_flushed(&replay_domain(w, rec)->flushq, rec->cpu, &j->m);
		unmap_defer(w, rec, &j->m);
	}
	row_end(j);
}

static void row_unmap(struct job *j)
{
	struct replay *w = j->self;
	const struct trace_rec *rec = &w->rec[w->i_rec];
	struct replay_domain *rd = replay_domain(w, rec);
	struct lx_sink to = {.submit = host_submit, .self = w->host};
	iova_t first = rec->iova & PAGE_MASK, last = (rec->iova + rec->n_bytes - 1) | ~PAGE_MASK;
	struct dev *d = w->env->dev;

	rec_count(d->ent, CTR_GUEST_UNMAP, 1);
	lx_pgtbl_unmap(&rd->domain.pgtbl, first, last, &w->gone, &j->m);
	if (d->consumer.type->unmapped)
		d->consumer.type->unmapped(d->consumer.self, first, last, meter_now(&j->m));
	if (rec->n_attached == 0) {
		unmap_release(w, rec);
		row_end(j);
	} else if (is_strict(w, rec)) {
		bool per_chunk = rec->owner == TRACE_OWNER_VFIO &&
				 w->host->kernel->era[LX_ERA_VFIO_UNMAP_PER_CHUNK];

		lx_domain_flush_unmap(
			&rd->domain,
			&(struct lx_unmapped){first, last, w->gone.n != 0, per_chunk}, &to);
		job_flush(j, unmap_flushed);
	} else if (lx_flushq_make_room(&rd->flushq, rec->cpu, &j->m)) {
		job_flush(j, unmap_flushed);
	} else {
		unmap_defer(w, rec, &j->m);
		row_end(j);
	}
}

static void row_iec(struct replay *w, const struct trace_rec *rec)
{
	struct submission s = {.n_reqs = 1};

	s.req[0] = (struct inv_req){.kind = INV_IEC, .iova = rec->index,
				    .am = rec->global ? 63 : (uint8_t)rec->am};
	host_submit(w->host, &s);
}

/* The device under test has its first mapping: its driver has started. */
static void start_device(struct replay *w, const struct trace_rec *rec, struct meter *m)
{
	struct dev *d = w->env->dev;

	if (w->device_started || w->head.device[rec->device].sid != d->as->sid)
		return;
	w->device_started = true;
	if (d->consumer.type->start)
		d->consumer.type->start(d->consumer.self, NULL, 0, m);
}

static void row_step(struct job *j)
{
	struct replay *w = j->self;
	const struct trace_rec *rec = &w->rec[w->i_rec];
	struct guest_kernel *k = w->host->kernel;
	struct dev *d = w->env->dev;

	switch (rec->kind) {
	case TRACE_PHASE:
		rec_mark(w->host->rec, rec->name, meter_now(&j->m));
		break;
	case TRACE_BOOT:
		replay_forget(w);
		lx_kernel_boot(k, &j->m);
		break;
	case TRACE_ENABLE:
		lx_kernel_enable(k, &j->m);
		break;
	case TRACE_DISABLE:
		lx_kernel_shutdown(k, &j->m);
		break;
	case TRACE_ATTACH:
		lx_domain_add(&replay_domain(w, rec)->domain, w->head.device[rec->device].sid,
			      w->head.device[rec->device].ats, &j->m);
		if (w->head.device[rec->device].ats && d->consumer.type->ats &&
		    w->head.device[rec->device].sid == d->as->sid)
			d->consumer.type->ats(d->consumer.self, true, &j->m);
		break;
	case TRACE_DETACH:
		lx_domain_remove(&replay_domain(w, rec)->domain, w->head.device[rec->device].sid,
				 &j->m);
		break;
	case TRACE_MAP:
		if (rec->device < w->head.n_devices)
			start_device(w, rec, &j->m);
		row_map(w, rec, &j->m);
		break;
	case TRACE_UNMAP:
		row_unmap(j);
		return;
	case TRACE_TIMER:
		lx_kernel_flush_now(k, replay_domain(w, rec)->domain.sid, &j->m);
		break;
	case TRACE_IEC:
		row_iec(w, rec);
		break;
	case TRACE_ACCESS:
		break;
	}
	job_flush(j, row_end);
}

/* Touched by the device first, if it is its own and is to be. */
static bool touch_first(struct replay *w, const struct trace_rec *rec)
{
	struct dev *d = w->env->dev;

	return w->touch && rec->kind == TRACE_UNMAP && rec->n_attached != 0 && rec->perm != PERM_NONE &&
	       w->head.device[rec->device].sid == d->as->sid && rec->owner == TRACE_OWNER_KERNEL;
}

static void row_begin(struct replay *w)
{
	const struct trace_rec *rec = &w->rec[w->i_rec];

	w->job.self = w;
	job_queue(&w->job, &w->host->vcpu[rec->cpu], w->env->dev->ent, row_step);
}

static void replay_row(void *self, uint64_t arg)
{
	struct replay *w = self;
	const struct trace_rec *rec = &w->rec[w->i_rec];

	(void)arg;
	if (touch_first(w, rec))
		dev_touch(w->env->dev, rec->iova, rec->n_bytes, rec->perm & PERM_R ? PERM_R : PERM_W);
	else
		row_begin(w);
}

static void replay_at(struct replay *w)
{
	struct evq *q = w->env->evq;
	uint64_t at_ns = w->rec[w->i_rec].at_ns;
	ps_t at_ps = at_ns < UINT64_MAX / PS_PER_NS ? at_ns * PS_PER_NS : UINT64_MAX; /* no run is as long */
	cycles_t at = evq_now(q), due = w->begun_at + time_cycles(at_ps, w->env->clock_hz);

	if (w->pace == PACE_RECORDED && due > at)
		at = due;
	evq_push(q, at, EV_ARRIVAL, replay_row, w, 0);
}

static void replay_next(void *self, uint64_t arg)
{
	struct replay *w = self;

	(void)arg;
	if (++w->i_rec == w->n_recs)
		w->env->finished(w->env->self);
	else
		replay_at(w);
}

static void replay_start(void *self)
{
	struct replay *w = self;

	w->begun_at = evq_now(w->env->evq);
	lx_kernel_external_flush(w->host->kernel, true);
	if (w->n_recs == 0)
		w->env->finished(w->env->self);
	else
		replay_at(w);
}

/* The device has touched the mapping: now it is unmapped. */
static void replay_io_done(void *self, struct io *io, bool ok)
{
	(void)io;
	(void)ok;
	row_begin(self);
}

const struct workload_type workload_replay = {
	.name = "replay",
	.help = "a captured trace drives the guest kernel",
	.opts = replay_opts,
	.size = sizeof(struct replay),
	.boots = true,
	.init = replay_init,
	.fini = replay_fini,
	.start = replay_start,
	.io_done = replay_io_done,
};
