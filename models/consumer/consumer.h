/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * consumer - contract of who uses a device's translations: vhost, VFIO, TCG, an emulated device.
 *
 * A consumer listens on its aspace (regions, notifiers) and answers accesses. It never waits: an access
 * that misses returns, the device engine takes the miss to QEMU's main loop and calls fill() there.
 */
#ifndef MODELS_CONSUMER_CONSUMER_H
#define MODELS_CONSUMER_CONSUMER_H

#include "models/aspace.h"
#include "models/cost/cost.h"
#include "models/gmem.h"
#include "sim/opt.h"

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
	struct entity *ent;     /* the device's */
	const char *qemu;       /* version whose registration rules hold: "7.2" */
	bool caching_mode, device_iotlb; /* properties of the IOMMU beside it */
	uint64_t n_queue_pairs; /* 1.. */
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
	/* The device's driver has started (rings exist): vhost pre-faults its used rings. May be NULL. */
	void (*start)(void *self, const iova_t *used_ring, unsigned n_rings, struct meter *m);
	/* One access of [at, at + n_bytes). On ACCESS_MISS or ACCESS_FAULT *where is the first byte
	 * that failed; what lies before it was translated. */
	enum access_result (*access)(void *self, iova_t at, uint64_t n_bytes, enum perm need,
				     iova_t *where, struct meter *m);
	/* Answer a miss at `at`: translate and enter. Runs in QEMU's main loop. False: no translation
	 * (a fault was recorded); the access fails. NULL if access() never misses. */
	bool (*fill)(void *self, iova_t at, enum perm need, struct meter *m);
	/* The guest switched ATS of the device on or off. May be NULL. */
	void (*ats)(void *self, bool on, struct meter *m);
};

struct consumer {
	const struct consumer_type *type;
	void *self;
};

#endif
