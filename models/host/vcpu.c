/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vcpu - jobs on vCPUs, and the way of a submission: queue lock, stores, exit, BQL, QEMU, back.
 *
 *     qi_lock acquired (spinning)   lx_qi_prepare: descriptor stores
 *     BQL acquired                  lx_qi_run: the tail write, and all that QEMU does for it
 *     BQL released                  the way back into the guest
 *     qi_lock released              the next submission of the job
 *
 * The stores and the exit itself (vmexit-mmio) are spent after the BQL was released, so that it is held
 * for QEMU's handler alone and a submission is two events.
 */
#include <assert.h>
#include <stddef.h>

#include "models/host/host.h"
#include "models/linux/lx_kernel.h"

static void submission_next(struct job *j);

/* A stretch begins: the meter starts at the present cycle, rows of the log name the job's cause. */
static void job_enter(struct job *j)
{
	struct host *h = j->cpu->host;

	j->m.start = evq_now(h->evq);
	j->m.cycles = 0;
	h->rec->cause = j->cause;
	h->current = j->cpu;
}

static void job_event(void *self, uint64_t arg)
{
	struct job *j = self;

	(void)arg;
	job_enter(j);
	j->step(j);
}

static void job_granted(void *self)
{
	job_event(self, 0);
}

void job_queue(struct job *j, struct vcpu *cpu, struct entity *ent, void (*step)(struct job *))
{
	j->cpu = cpu;
	j->step = step;
	j->m.cost = cpu->host->cost;
	j->m.ent = ent;
	j->waiter.granted = job_granted;
	j->waiter.self = j;
	if (res_acquire(&cpu->res, &j->waiter))
		job_granted(j);
}

/* fn(j) when the time on the job's meter has passed. */
static void job_after(struct job *j, ev_fn fn)
{
	struct evq *q = j->cpu->host->evq;

	evq_push(q, evq_now(q) + j->m.cycles, EV_GUEST, fn, j, 0);
}

void job_spend(struct job *j, void (*step)(struct job *))
{
	j->step = step;
	job_after(j, job_event);
}

static void job_freed(void *self, uint64_t arg)
{
	struct job *j = self;
	struct host *h = j->cpu->host;

	(void)arg;
	h->rec->cause = j->cause;
	res_release(&j->cpu->res);
	if (j->step)
		j->step(j);
}

void job_done(struct job *j, void (*after)(struct job *))
{
	assert(j->cpu->n_sub == 0);
	j->step = after;
	job_after(j, job_freed);
}

/* Back in the guest. */
static void submission_end(void *self, uint64_t arg)
{
	struct job *j = self;

	(void)arg;
	res_release(&j->cpu->host->qi_lock);
	j->cpu->i_sub++;
	submission_next(j);
}

/* QEMU is done; what remains is the way back. */
static void submission_leave(void *self, uint64_t arg)
{
	struct job *j = self;
	struct host *h = j->cpu->host;

	(void)arg;
	res_release(&h->bql);
	evq_push(h->evq, evq_now(h->evq) + j->leave_cycles, EV_GUEST, submission_end, j, 0);
}

/* The BQL is held. */
static void submission_exit(void *self)
{
	struct job *j = self;
	struct host *h = j->cpu->host;
	const struct rec_cost *exit_cost = &j->m.ent->cost[PRIM_VMEXIT_MMIO];
	cycles_t stores, before = exit_cost->cycles;

	job_enter(j);
	lx_qi_prepare(h->kernel, &j->cpu->sub[j->cpu->i_sub], &j->m);
	stores = j->m.cycles;
	lx_qi_run(h->kernel, &j->m);
	j->leave_cycles = stores + exit_cost->cycles - before;
	assert(j->leave_cycles <= j->m.cycles);
	evq_push(h->evq, j->m.start + j->m.cycles - j->leave_cycles, EV_HOST, submission_leave, j, 0);
}

/* The queue lock is held. */
static void submission_locked(void *self)
{
	struct job *j = self;

	j->waiter.granted = submission_exit;
	if (res_acquire(&j->cpu->host->bql, &j->waiter))
		submission_exit(j);
}

static void submission_next(struct job *j)
{
	struct vcpu *cpu = j->cpu;

	if (cpu->i_sub == cpu->n_sub) {
		cpu->n_sub = 0;
		cpu->i_sub = 0;
		job_enter(j);
		j->step(j);
		return;
	}
	j->waiter.granted = submission_locked;
	if (res_acquire(&cpu->host->qi_lock, &j->waiter))
		submission_locked(j);
}

static void flush_event(void *self, uint64_t arg)
{
	(void)arg;
	submission_next(self);
}

/* QEMU's handler of a doorbell is empty: the big lock is taken and given back. */
static void bql_granted(void *self)
{
	struct job *j = self;

	res_release(&j->cpu->host->bql);
	job_enter(j);
	j->step(j);
}

static void bql_event(void *self, uint64_t arg)
{
	struct job *j = self;

	(void)arg;
	j->waiter.granted = bql_granted;
	if (res_acquire(&j->cpu->host->bql, &j->waiter))
		bql_granted(j);
}

void job_pass_bql(struct job *j, void (*step)(struct job *))
{
	j->step = step;
	job_after(j, bql_event);
}

void job_flush(struct job *j, void (*step)(struct job *))
{
	j->step = step;
	if (j->cpu->n_sub == 0)
		job_after(j, job_event);
	else
		job_after(j, flush_event);
}
