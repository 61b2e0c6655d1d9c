/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_kernel - boot, shutdown, and what the kernel decides once: version, strict or lazy, table
 * depth.
 *
 * The order of register accesses is that of the captures with Linux 6.1 and 6.12 (docs/MODEL.md).
 * QEMU sets each status bit inside the write of GCMD, so every "wait until it is set" is one read.
 *
 * Omitted: the entries of the interrupt remapping table and their invalidations (one IEC for each
 * change of an interrupt); scalable mode; more than one unit; 5-level tables.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/lx_flushq.h"
#include "models/linux/lx_priv.h"
#include "models/vtd/vtd_spec.h"
#include "sim/xalloc.h"

#define IRTA_SIZE 15u /* 2^16 entries of 16 bytes */
#define IRTA_PAGES 256u
#define FAULT_VECTOR 0x21u
#define FAULT_ADDRESS 0xfee00000u
#define IEC_GLOBAL 63u

/* Does the flush queue stay on? (linux intel_iommu_init) */
static bool kernel_decide_strict(const struct guest_kernel *k)
{
	if (k->cfg.flush == LX_FLUSH_STRICT)
		return true;
	return FGET(VTD_CAP_CM, k->cap) && k->era[LX_ERA_CM_FORCES_STRICT];
}

/* The deepest table that the unit can walk: bit 1 of SAGAW three levels, bit 2 four. */
static unsigned kernel_levels(uint64_t cap)
{
	return bits_is_set(FGET(VTD_CAP_SAGAW, cap), 2) ? 4 : 3;
}

/* What the unit offers, without time or counts: the kernel's decisions are known before it boots.
 */
static int kernel_probe(struct guest_kernel *k, struct err *e)
{
	struct meter nobody = {0};

	k->cap = k->iommu.type->read(k->iommu.self, VTD_CAP, 8, &nobody);
	k->ecap = k->iommu.type->read(k->iommu.self, VTD_ECAP, 8, &nobody);
	k->levels = kernel_levels(k->cap);
	k->passthrough = k->cfg.flush == LX_FLUSH_PASSTHROUGH;
	k->strict = kernel_decide_strict(k);
	if (k->passthrough && !FGET(VTD_ECAP_PT, k->ecap))
		return err_user(e, "guest.flush: got passthrough, which needs an IOMMU with pt=on");
	return 0;
}

struct guest_kernel *lx_kernel_new(const struct lx_kernel_config *c, const struct iommu *iommu,
				   struct gmem *mem, struct entity *machine, struct err *e)
{
	struct guest_kernel *k = xcalloc(1, sizeof *k);

	k->cfg = *c;
	k->cfg.version = NULL;
	if (iommu && iommu->type && strcmp(iommu->type->name, "none") != 0)
		k->iommu = *iommu;
	k->mem = mem;
	k->machine = machine;
	k->rec = machine ? machine->rec : NULL;
	if (lx_era_lookup(c->version, k->era, e) || (k->iommu.type && kernel_probe(k, e))) {
		free(k);
		return NULL;
	}
	return k;
}

void lx_kernel_free(struct guest_kernel *k)
{
	if (!k)
		return;
	free(k->mem_free);
	free(k);
}

bool lx_kernel_is_strict(const struct guest_kernel *k)
{
	return k->strict;
}

static uint64_t kernel_read(struct guest_kernel *k, uint32_t off, unsigned size, struct meter *m)
{
	return lx_mmio_read(k, off, size, m);
}

static void kernel_write(struct guest_kernel *k, uint32_t off, unsigned size, uint64_t val,
			 struct meter *m)
{
	lx_mmio_write(k, off, size, val, CTR_EXIT_MMIO, m);
}

/* A command and the one read that waits for it. */
static void kernel_command(struct guest_kernel *k, uint32_t bits, struct meter *m)
{
	kernel_write(k, VTD_GCMD, 4, k->gcmd | bits, m);
	kernel_read(k, VTD_GSTS, 4, m);
}

static void kernel_probe_registers(struct guest_kernel *k, struct meter *m)
{
	for (unsigned pass = 0; pass < 2; pass++) { /* early detection, then set-up */
		k->cap = kernel_read(k, VTD_CAP, 8, m);
		k->ecap = kernel_read(k, VTD_ECAP, 8, m);
	}
	kernel_read(k, VTD_VER, 4, m);
	kernel_read(k, VTD_GSTS, 4, m);
}

static void kernel_enable_queue(struct guest_kernel *k, struct meter *m)
{
	kernel_read(k, VTD_FSTS, 4, m); /* old faults? */
	kernel_read(k, VTD_GSTS, 4, m); /* is a queue on already? */
	lx_qi_enable(k, m);
	k->gcmd = (uint32_t)FMASK(VTD_GCMD_QIE);
	kernel_command(k, 0, m);
}

static void kernel_enable_remapping(struct guest_kernel *k, struct meter *m)
{
	gpa_t table = lx_mem_alloc_run(k, IRTA_PAGES);

	kernel_read(k, VTD_GSTS, 4, m); /* left on by an earlier kernel? */
	kernel_write(k, VTD_IRTA, 8, table | FPUT(VTD_IRTA_S, IRTA_SIZE), m);
	kernel_command(k, (uint32_t)FMASK(VTD_GCMD_SIRTP), m);
	lx_qi_submit_one(k, &(struct inv_req){.kind = INV_IEC, .am = IEC_GLOBAL}, m);
	k->gcmd |= (uint32_t)FMASK(VTD_GCMD_IRE);
	kernel_command(k, 0, m);
}

/* The message is written when the vector is allocated and, with remapping, again when it is routed.
 */
static void kernel_fault_interrupt(struct guest_kernel *k, bool first, struct meter *m)
{
	unsigned n_writes = FGET(VTD_ECAP_IR, k->ecap) ? 2 : 1;

	for (unsigned i = 0; i < n_writes; i++) {
		kernel_write(k, VTD_FEDATA, 4, FAULT_VECTOR, m);
		kernel_write(k, VTD_FEADDR, 4, FAULT_ADDRESS, m);
		kernel_write(k, VTD_FEUADDR, 4, 0, m);
	}
	kernel_write(k, VTD_FECTL, 4, 0, m);
	kernel_read(k, VTD_FECTL, 4, m);
	if (!first)
		return;
	kernel_read(k, VTD_FSTS, 4, m); /* forget faults of the firmware */
	kernel_write(k, VTD_FSTS, 4, kernel_read(k, VTD_FSTS, 4, m), m);
}

static void kernel_set_root(struct guest_kernel *k, struct meter *m)
{
	kernel_read(k, VTD_GSTS, 4, m);
	k->root = lx_mem_alloc(k);
	kernel_write(k, VTD_RTADDR, 8, k->root, m);
	kernel_command(k, (uint32_t)FMASK(VTD_GCMD_SRTP), m);
	if (FGET(VTD_CAP_ESRTPS, k->cap) && k->era[LX_ERA_ESRTPS])
		return;
	lx_qi_submit_one(k, &(struct inv_req){.kind = INV_CC_GLOBAL}, m);
	lx_qi_submit_one(k, &(struct inv_req){.kind = INV_GLOBAL}, m);
}

/* Nothing of an earlier boot is left. */
static void kernel_forget(struct guest_kernel *k)
{
	lx_mem_init(k);
	k->gcmd = 0;
	k->root = 0;
	for (unsigned b = 0; b < 256; b++)
		k->context[b] = 0;
	for (unsigned i = 0; i < LX_DIDS / 64; i++)
		k->did[i] = 0;
	k->did[0] = bits_low(k->era[LX_ERA_FIRST_DID]);
	if (k->passthrough)
		k->did[0] |= BIT(LX_DID_PASSTHROUGH);
}

void lx_kernel_boot(struct guest_kernel *k, struct meter *m)
{
	bool first;

	kernel_forget(k);
	if (!k->iommu.type)
		return;
	kernel_probe_registers(k, m);
	first = FGET(VTD_ECAP_IR, k->ecap) && k->era[LX_ERA_FAULT_IRQ_FIRST];
	kernel_enable_queue(k, m);
	if (FGET(VTD_ECAP_IR, k->ecap))
		kernel_enable_remapping(k, m);
	if (first)
		kernel_fault_interrupt(k, true, m);
	kernel_set_root(k, m);
	if (!first)
		kernel_fault_interrupt(k, false, m);
}

void lx_kernel_enable(struct guest_kernel *k, struct meter *m)
{
	if (!k->iommu.type)
		return;
	k->gcmd |= (uint32_t)FMASK(VTD_GCMD_TE);
	kernel_command(k, 0, m);
	lx_event(k, EVENT_LIFE, 0, 0, m);
}

void lx_kernel_shutdown(struct guest_kernel *k, struct meter *m)
{
	if (!k->iommu.type)
		return;
	k->gcmd &= ~(uint32_t)FMASK(VTD_GCMD_TE);
	kernel_command(k, 0, m);
	lx_event(k, EVENT_LIFE, 0, 0, m);
}
