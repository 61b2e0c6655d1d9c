/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * assigned - a device given to the guest by VFIO on the board: what QEMU asks of the host's kernel for it.
 */
#ifndef QTEST_ASSIGNED_H
#define QTEST_ASSIGNED_H

#include "models/consumer/sections.h"
#include "models/consumer/type1.h"
#include "models/gmem.h"
#include "models/vtd/vtd_unit.h"

struct assigned {
	bool is_there;
	uint16_t sid;
	struct aspace *as;
	struct listener listener;
	struct sections sections;
	struct type1 *container;
	const struct gmem *mem;
	const struct vtd_trace_sink *trace; /* may be NULL */
	/* QEMU exits: the unit refuses MAP notifiers */
	void (*aborted)(void *self, const char *why);
	void *self;
};

/* `as` is the device's; mem, trace and aborted are set. With a trace it prints QEMU's events
 * vfio_listener_region_add_ram, _add_iommu, _del, vfio_iommu_map_notify (addresses of the host left out) and
 * "vfio_dma_map FIRST SIZE: EEXIST", "vfio_dma_unmap FIRST SIZE: EINVAL" for what the kernel refuses. */
void assigned_init(struct assigned *a, struct vtd *unit, struct aspace *as, struct meter *m);
void assigned_fini(struct assigned *a);

#endif
