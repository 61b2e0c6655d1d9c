/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * iommu - contract of an IOMMU model: registers in, notifications out.
 *
 * An IOMMU knows no guest and no consumer. The guest reaches it by register accesses (and the memory
 * that they point to), devices through the aspace that attach() gives them.
 */
#ifndef MODELS_IOMMU_IOMMU_H
#define MODELS_IOMMU_IOMMU_H

#include "models/aspace.h"
#include "models/cost/cost.h"
#include "models/gmem.h"
#include "sim/opt.h"

struct iommu_env {
	struct gmem *mem;
	struct rec *rec;
	struct entity *ent; /* entity "iommu" */
	/* The modelled QEMU would have aborted: `why` names descriptor, notifier and range. Does not return
	 * to the guest: the run ends with exit status 3. */
	void (*aborted)(void *self, const char *why);
	void *self;
};

struct iommu_type {
	const char *name, *help;
	const struct opt *opts; /* rows over the instance */
	size_t size;            /* of the instance; zeroed, filled with defaults before init */
	/* 0 or -EINVAL with *e filled; env outlives the instance. */
	int (*init)(void *self, const struct iommu_env *env, struct err *e);
	void (*fini)(void *self);
	/* Guest accesses to the register page; off from its base, size 1, 2, 4 or 8. */
	uint64_t (*read)(void *self, uint32_t off, unsigned size, struct meter *m);
	void (*write)(void *self, uint32_t off, unsigned size, uint64_t val, struct meter *m);
	/* The address space of a new device; ent is the device's entity. Owned by the IOMMU. */
	struct aspace *(*attach)(void *self, uint16_t sid, struct entity *ent);
	/* After the listener was set: tells it what the address space holds now. */
	void (*listen)(void *self, struct aspace *as, struct meter *m);
	/* The device goes: tells the listener that all of it is gone. */
	void (*unlisten)(void *self, struct aspace *as, struct meter *m);
	/* Machine reset. */
	void (*reset)(void *self, struct meter *m);
};

/* A handle. */
struct iommu {
	const struct iommu_type *type;
	void *self;
};

#endif
