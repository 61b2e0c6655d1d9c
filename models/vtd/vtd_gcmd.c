/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_gcmd - the command register: translation, root table, queue, interrupt remapping (VT-d 11.4.4).
 *
 * One write may ask for several things; the order is TE, SRTP, QIE, SIRTP, IRE. SRTP and TE empty both caches
 * of translations (Deviates: VT-d 6.5: software would have to invalidate).
 * Omitted: SFL, EAFL, WBF, CFI (QEMU ignores them).
 */
#include <inttypes.h>

#include "models/vtd/vtd.h"

static void gcmd_status(struct vtd *v, uint64_t bit, bool on)
{
	vtd_reg_change(v, VTD_GSTS, bit, on ? bit : 0);
}

void vtd_gcmd_forget(struct vtd *v, struct meter *m)
{
	vtd_iotlb_reset(&v->iotlb);
	VTD_TRACE(v, "vtd_context_cache_reset");
	vtd_ctx_reset(v);
	if (vtd_has(v, VTD_B_PASID_CACHE))
		VTD_TRACE(v, "vtd_pasid_cache_reset");
	vtd_notify_unmap_every(v, m);
	vtd_aspace_switch_all(v, m);
}

static void gcmd_translation(struct vtd *v, bool on, struct meter *m)
{
	if (v->dmar_enabled == on)
		return;
	VTD_TRACE(v, "vtd_dmar_enable enable %d", on);
	v->dmar_enabled = on;
	gcmd_status(v, FMASK(VTD_GCMD_TE), on);
	vtd_gcmd_forget(v, m);
}

static void gcmd_root(struct vtd *v, struct meter *m)
{
	uint64_t rtaddr = vtd_reg_get64(v, VTD_RTADDR);

	v->root = rtaddr & FMASK(VTD_RTADDR_RTA) & v->addr_mask;
	v->root_scalable = v->config.scalable_mode && FGET(VTD_RTADDR_SMT, rtaddr);
	VTD_TRACE(v, "vtd_reg_dmar_root addr 0x%" PRIx64 " scalable %d", v->root, v->root_scalable);
	gcmd_status(v, FMASK(VTD_GCMD_SRTP), true);
	vtd_gcmd_forget(v, m);
}

static void gcmd_ir_enable(struct vtd *v, bool on)
{
	VTD_TRACE(v, "vtd_ir_enable enable %d", on);
	v->intr_enabled = on;
	gcmd_status(v, FMASK(VTD_GCMD_IRE), on);
}

void vtd_gcmd_write(struct vtd *v, struct meter *m)
{
	uint32_t status = vtd_reg_get32(v, VTD_GSTS), val = vtd_reg_get32(v, VTD_GCMD);
	uint32_t changed = status ^ val;

	VTD_TRACE(v, "vtd_reg_write_gcmd status 0x%" PRIx32 " value 0x%" PRIx32, status, val);
	if (FGET(VTD_GCMD_TE, changed) && v->config.dma_translation)
		gcmd_translation(v, FGET(VTD_GCMD_TE, val) != 0, m);
	if (FGET(VTD_GCMD_SRTP, val))
		gcmd_root(v, m);
	if (FGET(VTD_GCMD_QIE, changed))
		vtd_qi_enable(v, FGET(VTD_GCMD_QIE, val) != 0, m);
	if (FGET(VTD_GCMD_SIRTP, val)) {
		vtd_ir_set_table(v);
		gcmd_status(v, FMASK(VTD_GCMD_SIRTP), true);
	}
	if (FGET(VTD_GCMD_IRE, changed) && (v->config.intremap || vtd_has(v, VTD_B_IRE_ALWAYS)))
		gcmd_ir_enable(v, FGET(VTD_GCMD_IRE, val) != 0);
}
