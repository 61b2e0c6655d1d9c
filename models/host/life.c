/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * life - steps of the life cycle as jobs.
 *
 *     turn     one step after the other
 *     quiet    the devices that the step stops have no I/O under way
 *     vCPU     queue lock, BQL; everything at once on the job's meter; both are released when that
 *              has passed
 *     end      devices that run again begin what waited
 */
#include "models/host/life.h"

#include <assert.h>
#include <string.h>

#include "models/counters.h"
#include "models/linux/lx_kernel.h"
#include "models/linux/lx_poke.h"

/* ---- boot */

int life_boot(struct host *h, struct dev *const *dev, unsigned n_devs, struct meter *m,
	      struct err *e)
{
	int ret = 0;

	lx_kernel_boot(h->kernel, m);
	for (unsigned i = 0; i < n_devs && !ret; i++) {
		const struct guest *g = &dev[i]->guest;

		m->ent = dev[i]->ent;
		if (dev[i]->plugged && g->type->attach)
			ret = g->type->attach(g->self, m);
	}
	m->ent = h->machine;
	if (!ret)
		lx_kernel_enable(h->kernel, m);
	for (unsigned i = 0; i < n_devs && !ret; i++) {
		m->ent = dev[i]->ent;
		if (dev[i]->plugged)
			ret = dev_start(dev[i], m, e);
	}
	return ret;
}

/* ---- what the steps do, on m */

static void life_stop(struct dev *d, struct meter *m)
{
	if (!d->started)
		return;
	dev_stop(d, m);
	if (d->config.ats && d->consumer.type->ats)
		d->consumer.type->ats(d->consumer.self, false, m);
	if (d->guest.type->detach)
		d->guest.type->detach(d->guest.self, m);
}

/* The driver finds the device; if it cannot start it, the device stays down. */
static bool life_start(struct dev *d, struct meter *m)
{
	struct err e = {0};

	if (d->guest.type->attach && d->guest.type->attach(d->guest.self, m))
		return false;
	return dev_start(d, m, &e) == 0;
}

static void life_unplug(struct dev *d, struct meter *m)
{
	const struct iommu *iommu = &d->host->iommu;

	life_stop(d, m);
	iommu->type->unlisten(iommu->self, d->as, m);
	d->as->listener = NULL;
	d->plugged = false;
}

static bool life_plug(struct dev *d, struct meter *m)
{
	const struct iommu *iommu = &d->host->iommu;

	d->plugged = true;
	d->as->listener = d->listener;
	iommu->type->listen(iommu->self, d->as, m);
	return life_start(d, m);
}

/* ATS goes off with the old domain and on with the new one. */
static void life_domain_switch(struct dev *d, struct meter *m)
{
	bool ats = d->config.ats && d->consumer.type->ats;

	if (ats)
		d->consumer.type->ats(d->consumer.self, false, m);
	if (d->guest.type->move)
		d->guest.type->move(d->guest.self, m);
	if (ats)
		d->consumer.type->ats(d->consumer.self, true, m);
}

/* The guest's driver as it was before the first boot. */
static bool life_new_guest(struct dev *d)
{
	struct guest *g = &d->guest;
	struct err e = {0};

	if (g->type->fini)
		g->type->fini(g->self);
	memcpy(g->self, d->guest_blank, g->type->size);
	return g->type->init(g->self, d->guest_env, &e) == 0;
}

/* No unmap and no detach: the old kernel's mappings go with translation. */
static bool life_reboot(struct life *l, struct meter *m)
{
	struct host *h = l->host;
	struct err e = {0};
	bool ok = true;

	for (unsigned i = 0; i < l->n_devs; i++) {
		struct dev *d = l->dev[i];

		m->ent = d->ent;
		if (d->started && d->consumer.type->stop)
			d->consumer.type->stop(d->consumer.self, m);
		if (d->started && d->config.ats && d->consumer.type->ats)
			d->consumer.type->ats(d->consumer.self, false, m);
		d->started = false;
	}
	m->ent = h->machine;
	lx_kernel_shutdown(h->kernel, m);
	h->iommu.type->reset(h->iommu.self, m);
	for (unsigned i = 0; i < l->n_devs; i++)
		ok &= life_new_guest(l->dev[i]);
	return ok && life_boot(h, l->dev, l->n_devs, m, &e) == 0;
}

static void life_run(struct life_step *s, struct meter *m)
{
	struct host *h = s->life->host;

	switch (s->action) {
	case LIFE_DETACH:
		life_stop(s->dev, m);
		break;
	case LIFE_ATTACH:
		s->failed = !life_start(s->dev, m);
		break;
	case LIFE_DOMAIN_SWITCH:
		life_domain_switch(s->dev, m);
		break;
	case LIFE_UNPLUG:
		life_unplug(s->dev, m);
		break;
	case LIFE_PLUG:
		s->failed = !life_plug(s->dev, m);
		break;
	case LIFE_DISABLE:
		lx_kernel_shutdown(h->kernel, m);
		break;
	case LIFE_ENABLE:
		lx_kernel_enable(h->kernel, m);
		break;
	case LIFE_REBOOT:
		s->failed = !life_reboot(s->life, m);
		break;
	case LIFE_WRITE_ENTRY:
		lx_poke_entry(h->kernel, s->dev->as->sid, s->iova, s->level, s->gpa, s->perm);
		break;
	case LIFE_SUBMIT:
	case LIFE_ACTION_N:
		assert(0 && "has its own way");
		break;
	}
}

/* ---- end of a step */

/* The device works again; its workload begins with its first start. */
static void life_resume(struct dev *d)
{
	if (!d->started)
		return;
	dev_resume(d);
	if (!d->workload_started) {
		d->workload_started = true;
		d->workload.type->start(d->workload.self);
	}
}

static void life_over(struct job *j)
{
	struct life_step *s = j->self;
	struct life *l = s->life;

	switch (s->action) {
	case LIFE_ATTACH:
	case LIFE_PLUG:
		if (!s->failed)
			life_resume(s->dev);
		break;
	case LIFE_REBOOT:
		for (unsigned i = 0; i < l->n_devs && !s->failed; i++)
			life_resume(l->dev[i]);
		break;
	case LIFE_DETACH:
	case LIFE_UNPLUG:
	case LIFE_DOMAIN_SWITCH:
	case LIFE_DISABLE:
	case LIFE_ENABLE:
	case LIFE_SUBMIT:
	case LIFE_WRITE_ENTRY:
	case LIFE_ACTION_N:
		break;
	}
	res_release(&l->turn);
	l->done(l->self);
}

/* ---- on the vCPU */

static void life_release(void *self, uint64_t arg)
{
	struct life_step *s = self;
	struct host *h = s->life->host;

	(void)arg;
	res_release(&h->bql);
	res_release(&h->qi_lock);
	s->job.m.cycles = 0;
	job_done(&s->job, life_over);
}

static uint64_t life_log(const struct life_step *s)
{
	struct host *h = s->life->host;

	return rec_event(h->rec, &(struct rec_event){.at_cycles = evq_now(h->evq),
						     .entity = s->job.m.ent->id,
						     .kind = EVENT_LIFE,
						     .iova = s->number});
}

/* Both locks are held. */
static void life_locked(void *self)
{
	struct life_step *s = self;
	struct host *h = s->life->host;
	struct meter *m = &s->job.m;

	m->start = evq_now(h->evq);
	m->cycles = 0;
	h->rec->cause = s->job.cause = life_log(s);
	h->boot_meter = m;
	life_run(s, m);
	h->boot_meter = NULL;
	evq_push(h->evq, m->start + m->cycles, EV_HOST, life_release, s, 0);
}

static void life_bql(void *self)
{
	struct life_step *s = self;

	s->waiter = (struct res_waiter){.granted = life_locked, .self = s};
	if (res_acquire(&s->life->host->bql, &s->waiter))
		life_locked(s);
}

static void life_submitted(struct job *j)
{
	job_done(j, life_over);
}

static void life_submit(struct life_step *s)
{
	struct host *h = s->life->host;
	struct submission sub = {.n_reqs = 1, .req = {s->req}};

	h->rec->cause = s->job.cause = life_log(s);
	if (sub.req[0].did == 0)
		sub.req[0].did = lx_poke_did(h->kernel, s->dev->as->sid);
	if (sub.req[0].sid == 0)
		sub.req[0].sid = s->dev->as->sid;
	host_submit(h, &sub);
	job_flush(&s->job, life_submitted);
}

static void life_on_cpu(struct job *j)
{
	struct life_step *s = j->self;

	if (s->action == LIFE_SUBMIT) {
		life_submit(s);
		return;
	}
	s->waiter = (struct res_waiter){.granted = life_bql, .self = s};
	if (res_acquire(&s->life->host->qi_lock, &s->waiter))
		life_bql(s);
}

/* ---- begin of a step */

static void life_go(struct life_step *s)
{
	struct host *h = s->life->host;

	s->job.self = s;
	s->job.cause = 0;
	job_queue(&s->job, &h->vcpu[h->n_vcpus - 1], s->dev ? s->dev->ent : h->machine,
		  life_on_cpu);
}

static void life_quiet(void *self)
{
	struct life_step *s = self;

	if (--s->n_waits == 0)
		life_go(s);
}

/* Does the step stop that device first? */
static bool life_stops(const struct life_step *s, const struct dev *d)
{
	if (s->action == LIFE_REBOOT)
		return d->started;
	return s->dev == d && d->started && (s->action == LIFE_DETACH || s->action == LIFE_UNPLUG);
}

static void life_turn(void *self)
{
	struct life_step *s = self;
	struct life *l = s->life;

	s->n_waits = 1;
	for (unsigned i = 0; i < l->n_devs; i++) {
		if (!life_stops(s, l->dev[i]))
			continue;
		s->n_waits++;
		dev_pause(l->dev[i], life_quiet, s);
	}
	life_quiet(s);
}

void life_init(struct life *l)
{
	res_init(&l->turn, "life", l->host->evq);
}

void life_begin(struct life *l, struct life_step *s)
{
	s->life = l;
	s->waiter = (struct res_waiter){.granted = life_turn, .self = s};
	if (res_acquire(&l->turn, &s->waiter))
		life_turn(s);
}
