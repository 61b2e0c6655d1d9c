/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * aspace - the address space of one device, as its consumer sees it: the door to the IOMMU.
 *
 * A consumer holds an aspace and no IOMMU. It learns through its listener which ranges are RAM one to
 * one and which are translated, registers notifiers there, replays, and translates on a miss.
 */
#ifndef MODELS_ASPACE_H
#define MODELS_ASPACE_H

#include <stdbool.h>

#include "models/addr.h"
#include "models/notify.h"
#include "sim/rec.h"

struct aspace;

/* A translation: [iova & ~mask, iova | mask] maps to gpa (of the page's start). */
struct xlat {
	iova_t iova; /* start of the page */
	gpa_t gpa;
	uint64_t mask; /* page size - 1: 0xfff, 0x1fffff, 0x3fffffff */
	enum perm perm;
};

/* What appears or goes in the address space (QEMU's memory listener). */
enum region_kind {
	REGION_RAM,   /* guest RAM, iova == gpa */
	REGION_IOMMU, /* translated; two of them, around the interrupt window */
};

struct region {
	enum region_kind kind;
	iova_t first, last;
};

struct listener {
	void (*add)(void *self, const struct region *r, struct meter *m);
	void (*del)(void *self, const struct region *r, struct meter *m);
	void *self;
};

struct aspace_ops {
	/* Register n; 0, or -EINVAL when this IOMMU refuses those kinds (MAP without caching mode). */
	int (*add_notifier)(struct aspace *as, struct notifier *n);
	void (*del_notifier)(struct aspace *as, struct notifier *n);
	/* Tell n about everything that is mapped, as this version of the IOMMU does it. */
	void (*replay)(struct aspace *as, struct notifier *n, struct meter *m);
	/* Translate one access. False: faulted (recorded by the IOMMU); *out then has perm NONE. An
	 * answer may lack the permission asked for: the caller checks (VT-d does not fault on a hit). */
	bool (*translate)(struct aspace *as, iova_t at, enum perm need, struct xlat *out,
			  struct meter *m);
	/* What the guest's tables say now, without caches, counters, faults or time: the oracle. */
	bool (*peek)(struct aspace *as, iova_t at, struct xlat *out);
};

struct aspace {
	const struct aspace_ops *ops;
	struct listener *listener; /* NULL: nobody listens; set by the machine before the guest boots */
	uint16_t sid;              /* source id: bus << 8 | devfn */
	struct entity *ent;        /* counters of the device */
};

#endif
