/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dev_work - what a device's guest driver asks of the machine: submissions, and work on a vCPU.
 */
#include <stdlib.h>

#include "models/host/dev.h"
#include "sim/xalloc.h"

void dev_submit(void *self, const struct submission *s)
{
	struct dev *d = self;

	host_submit(d->host, s);
}

struct dev_work {
	struct job job;
	void (*work)(void *guest, struct meter *m);
	void *guest;
	struct dev_work *next, **link; /* of those under way; *link is this one */
};

static void work_free(struct dev_work *w)
{
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	free(w);
}

static void work_end(struct job *j)
{
	work_free(j->self);
}

void dev_work_fini(struct dev *d)
{
	while (d->work)
		work_free(d->work);
}

static void work_flushed(struct job *j)
{
	job_done(j, work_end);
}

static void work_step(struct job *j)
{
	struct dev_work *w = j->self;
	struct host *h = j->cpu->host;

	w->work(w->guest, &j->m);
	j->cause = h->rec->cause; /* the row with which the work began, if it logged one */
	job_flush(j, work_flushed);
}

void dev_run_on(void *self, unsigned cpu, void (*work)(void *guest, struct meter *m), void *guest)
{
	struct dev *d = self;
	struct dev_work *w = xcalloc(1, sizeof *w);

	w->work = work;
	w->guest = guest;
	w->next = d->work;
	w->link = &d->work;
	if (w->next)
		w->next->link = &w->next;
	d->work = w;
	w->job.self = w;
	w->job.cause = d->host->rec->cause;
	job_queue(&w->job, &d->host->vcpu[cpu % d->host->n_vcpus], d->ent, work_step);
}
