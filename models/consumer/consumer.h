/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * consumer - contract of who uses a device's translations: vhost, VFIO, TCG, an emulated device.
 *
 * A consumer listens on its aspace (regions, notifiers) and answers accesses. It never waits: an
 * access that misses returns, the device engine takes the miss to QEMU's main loop and calls fill()
 * there.
 */
#ifndef MODELS_CONSUMER_CONSUMER_H
#define MODELS_CONSUMER_CONSUMER_H

#include "models/aspace.h"
#include "models/cost/cost.h"
#include "models/gmem.h"
#include "sim/opt.h"
#include "sim/rng.h"

enum access_result {
	ACCESS_OK,    /* translated, permission granted */
	ACCESS_MISS,  /* not known here: fill(*missing) may help, then try again from *missing */
	ACCESS_FAULT, /* refused; the I/O fails */
};

/* Which thread does a device's I/O, and so whom it waits for. */
enum consumer_thread {
	THREAD_WORKER,    /* its own host thread (vhost) */
	THREAD_MAIN_LOOP, /* QEMU's main loop, holding the BQL (emulated devices) */
	THREAD_HARDWARE,  /* nobody's CPU (an assigned device) */
	THREAD_VCPU,      /* the vCPU itself (TCG) */
};

struct consumer_env {
	struct aspace *as;
	struct gmem *mem;
	struct rec *rec;
	struct entity *ent;              /* the device's */
	const char *qemu;                /* version whose registration rules hold: "7.2" */
	bool caching_mode, device_iotlb; /* properties of the IOMMU beside it */
	uint64_t n_queue_pairs;          /* 1..; more than one: virtqueues 2i and 2i+1 are pair i's */
	bool oracle;          /* compare every hit with the guest's tables (counter stale.hit) */
	struct rng_set *rngs; /* for random eviction; NULL: the oldest entry goes */
	void (*aborted)(void *self, const char *why); /* as iommu_env */
	void *self;
};

struct consumer_type {
	const char *name, *help;
	const struct opt *opts;
	size_t size;
	enum consumer_thread thread;
	/* Sets env->as->listener. env outlives the instance. */
	int (*init)(void *self, const struct consumer_env *env, struct err *e);
	void (*fini)(void *self);
	/* The device's driver has started (rings exist): vhost registers its notifiers and
	 * pre-faults its used rings. ring[] holds 3 addresses a virtqueue: descriptors, available,
	 * used; n_rings is a multiple of 3. Called before the first access. May be NULL. */
	void (*start)(void *self, const iova_t *ring, unsigned n_rings, struct meter *m);
	/* The driver has stopped the device, undoing start(): vhost forgets what it cached. May be
	 * NULL. */
	void (*stop)(void *self, struct meter *m);
	/* One access of [at, at + n_bytes). On ACCESS_MISS or ACCESS_FAULT *where is the first byte
	 * that failed; what lies before it was translated. */
	enum access_result (*access)(void *self, iova_t at, uint64_t n_bytes, enum perm need,
				     iova_t *where, struct meter *m);
	/* Answer a miss at `at`: translate and enter. Runs in QEMU's main loop. False: no
	 * translation (a fault was recorded); the access fails. NULL if access() never misses. */
	bool (*fill)(void *self, iova_t at, enum perm need, struct meter *m);
	/* The guest switched ATS of the device on or off. May be NULL. */
	void (*ats)(void *self, bool on, struct meter *m);
	/* The accesses and fills that follow are those of virtqueue `queue`, 0..; vhost keeps one
	 * cache a queue pair. May be NULL. */
	void (*select)(void *self, unsigned queue);
	/* Does its thread poll, so that nobody wakes it, and is it one for all queues? May be NULL: a
	 * thread a queue pair that sleeps. */
	bool (*polls)(const void *self);
	/* The guest's tables no longer map [first, last] since `now`: for the oracle, off the
	 * clock. What is cached of it is stale until it is dropped (latency "stale_window"). May be
	 * NULL. */
	void (*unmapped)(void *self, iova_t first, iova_t last, cycles_t now);
};

struct consumer {
	const struct consumer_type *type;
	void *self;
};

#endif
