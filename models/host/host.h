/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * host - one simulated machine: the clocks, locks and threads that everybody queues for.
 *
 * FIFO resources: the vCPUs; the guest's invalidation-queue lock, held from the first descriptor store
 * to the end of the tail write; QEMU's big lock (BQL), held by whoever runs QEMU's code; QEMU's main
 * loop, which answers vhost's misses one after the other.
 */
#ifndef MODELS_HOST_HOST_H
#define MODELS_HOST_HOST_H

#include "models/cost/cost.h"
#include "models/guest/guest.h"
#include "models/iommu/iommu.h"
#include "sim/evq.h"
#include "sim/res.h"
#include "sim/rng.h"

#define HOST_VCPUS_MAX 256

struct job;

/* A vCPU: jobs run on it one at a time, in the order of queueing. While a job waits for a lock its vCPU
 * spins (interrupts are off around the queue lock), so nothing else runs on it. */
struct vcpu {
	struct host *host;
	struct res res;
	char name[16]; /* "vcpu0" */
	/* what the running job must submit; sub[i_sub..n_sub) are still to come */
	struct submission *sub;
	size_t n_sub, i_sub, max_sub;
};

struct host {
	struct evq *evq;
	struct rec *rec;
	struct rng_set *rngs;
	struct cost *cost;
	uint64_t clock_hz;
	struct gmem *mem;
	struct iommu iommu;
	struct guest_kernel *kernel; /* NULL: the guest has no IOMMU driver */
	struct entity *machine;      /* entity "machine" */
	struct res qi_lock, bql, main_loop;
	struct vcpu *vcpu;
	unsigned n_vcpus;
	struct vcpu *current;     /* whose job runs guest code now; NULL while booting */
	struct meter *boot_meter; /* while booting or in a step of life: submissions run at once, on this */
	gpa_t next_page;          /* bump allocator of buffers and rings */
	char *aborted;            /* the modelled QEMU aborted: why */
};

/* The caller fills evq, rec, rngs, cost, clock_hz, mem and machine before; iommu and kernel after. */
void host_init(struct host *h, unsigned n_vcpus);
void host_fini(struct host *h);

/* n contiguous pages of guest RAM for buffers and rings, the first one's number a multiple of align, a power of
 * two; their address, or 0 when RAM is used up. */
gpa_t host_alloc_pages(struct host *h, uint64_t n, uint64_t align);

/* A guest driver must submit s (guest_env.submit): at once while booting, else when the job that runs
 * flushes. self is the host. */
void host_submit(void *self, const struct submission *s);

/* The modelled QEMU aborts: the run ends after the event that runs now. self is the host. */
void host_abort(void *self, const char *why);

/* A piece of work on a vCPU: a small state machine. Its step runs with the vCPU held and ends in exactly
 * one of job_spend(), job_pass_bql(), job_flush() and job_done(). */
struct job {
	struct meter m;                /* of the stretch that runs now; restarted at each step */
	uint64_t cause;                /* what rows of the event log name as their cause */
	void *self;                    /* the owner's */
	void (*step)(struct job *j);   /* what comes next; private to vcpu.c, as what follows */
	struct vcpu *cpu;
	struct res_waiter waiter;
	cycles_t leave_cycles; /* of the submission under way: after the BQL was released */
};

/* Queue j on cpu, costs booked on ent; step is called once the vCPU is free. j->self and j->cause are set. */
void job_queue(struct job *j, struct vcpu *cpu, struct entity *ent, void (*step)(struct job *));
/* Let the time on j->m pass, wait for the BQL and give it back (an exit with an empty handler), go on with step. */
void job_pass_bql(struct job *j, void (*step)(struct job *));
/* Let the time on j->m pass, then go on with step. */
void job_spend(struct job *j, void (*step)(struct job *));
/* Let the time pass, submit what the guest asked for, one after the other, then go on with step. */
void job_flush(struct job *j, void (*step)(struct job *));
/* Let the time pass, free the vCPU, then call after (may be NULL); from then on j may be used again. */
void job_done(struct job *j, void (*after)(struct job *));

#endif
