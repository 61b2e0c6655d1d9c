/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * workload - contract of what decides when a device does I/O.
 *
 * A workload sees one device (models/host/dev.h): it hands I/Os to it and is told when each is done. It
 * knows no guest, no consumer, no IOMMU.
 */
#ifndef MODELS_WORKLOAD_WORKLOAD_H
#define MODELS_WORKLOAD_WORKLOAD_H

#include "sim/evq.h"
#include "sim/opt.h"
#include "sim/rng.h"

struct dev;
struct io;

struct workload_env {
	struct evq *evq;
	uint64_t clock_hz;
	struct rng_set *rngs; /* streams "<device>.<purpose>" */
	struct dev *dev;
	const char *dev_name;
	const char *folder; /* of the scenario file, for trace files; "" or ends in '/' */
	/* No more I/O will come and none is under way: the run ends when all workloads say so. */
	void (*finished)(void *self);
	void *self;
};

struct workload_type {
	const char *name, *help;
	const struct opt *opts;
	size_t size;
	bool boots; /* it lets the guest boot and drives the guest kernel itself: no guest driver */
	/* 0 or -errno with *e; env outlives the instance. Trace files are read here. */
	int (*init)(void *self, const struct workload_env *env, struct err *e);
	void (*fini)(void *self);
	/* The guest has booted and the device is ready: schedule the first I/O. */
	void (*start)(void *self);
	/* An I/O handed over by dev_io() is complete (ok) or was given up. */
	void (*io_done)(void *self, struct io *io, bool ok);
};

struct workload {
	const struct workload_type *type;
	void *self;
};

#endif
