/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_mmio - every access to the unit's registers is an exit to QEMU, reads as well as writes.
 */
#include "models/linux/lx_priv.h"
#include "sim/port.h"

uint64_t lx_event_row(struct guest_kernel *k, enum event_kind kind, iova_t iova, uint64_t bytes,
		      const struct meter *m)
{
	const struct entity *ent = m->ent ? m->ent : k->machine;

	if (!ent)
		return 0;
	return rec_event(k->rec, &(struct rec_event){.at_cycles = meter_now(m),
						     .entity = ent->id,
						     .kind = kind,
						     .iova = iova,
						     .bytes = bytes,
						     .cause = k->rec->cause});
}

/* Counted on the device that caused it and on the machine. */
static inline void mmio_count(struct guest_kernel *k, enum counter part, const struct meter *m)
{
	if (m->ent) {
		rec_count(m->ent, CTR_VMEXITS, 1);
		rec_count(m->ent, part, 1);
	}
	if (k->machine && k->machine != m->ent) {
		rec_count(k->machine, CTR_VMEXITS, 1);
		rec_count(k->machine, part, 1);
	}
}

uint64_t lx_mmio_read(struct guest_kernel *k, uint32_t off, unsigned size, struct meter *m)
{
	lx_event(k, EVENT_VMEXIT, off, size, m);
	mmio_count(k, CTR_EXIT_MMIO, m);
	meter_charge(m, PRIM_VMEXIT_MMIO, 1);
	return k->iommu.type->read(k->iommu.self, off, size, m);
}

void lx_mmio_write(struct guest_kernel *k, uint32_t off, unsigned size, uint64_t val,
		   enum counter part, struct meter *m)
{
	lx_event(k, EVENT_VMEXIT, off, size, m);
	mmio_count(k, part, m);
	meter_charge(m, PRIM_VMEXIT_MMIO, 1);
	k->iommu.type->write(k->iommu.self, off, size, val, m);
}

void lx_config_write(struct guest_kernel *k, struct meter *m)
{
	mmio_count(k, CTR_EXIT_CONFIG, m);
	meter_charge(m, PRIM_VMEXIT_CONFIG, 1);
}
