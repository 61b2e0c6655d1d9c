/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_inv - what each granularity of invalidation covers: caches here, notifiers below (VT-d 6.5).
 *
 * Context invalidations leave cached translations alone; they make the unit look at devices again.
 * QEMU scans all cached translations at a PSI or DSI: that is what is charged.
 */
#include <inttypes.h>

#include "models/vtd/vtd.h"

/* gen at which all slots are emptied instead of stepping on. */
#define CTX_GEN_MAX UINT32_MAX

void vtd_inv_ctx_global(struct vtd *v, struct meter *m)
{
	VTD_TRACE(v, "vtd_inv_desc_cc_global context invalidate globally");
	if (++v->ctx_gen == CTX_GEN_MAX) {
		VTD_TRACE(v, "vtd_context_cache_reset");
		vtd_ctx_reset(v);
	}
	vtd_notify_unmap_every(v, m);
	vtd_aspace_switch_all(v, m);
	vtd_shadow_sync_listened(v, m);
}

void vtd_inv_ctx_device(struct vtd *v, uint16_t sid, unsigned fm, struct meter *m)
{
	/* function mask: 1 ignores bit 2 of the function, 2 bits 2:1, 3 bits 2:0 */
	static const uint16_t ignored[] = {0, 4, 6, 7};

	VTD_TRACE(v, "vtd_inv_desc_cc_devices context invalidate devices sid 0x%x fmask 0x%x", sid,
		  fm);
	for (unsigned i = 0; i < v->n_spaces; i++) {
		struct vtd_as *as = v->space[i];

		if (((as->as.sid ^ sid) & ~ignored[fm & 3]) != 0)
			continue;
		VTD_TRACE(v, "vtd_inv_desc_cc_device context invalidate device %02x:%02x.%02x",
			  vtd_bus(as), vtd_devfn(as) >> 3, vtd_devfn(as) & 7u);
		as->ctx_gen = 0;
		vtd_aspace_switch(as, m);
		vtd_shadow_sync(as, m);
	}
}

void vtd_inv_iotlb_global(struct vtd *v, struct meter *m)
{
	VTD_TRACE(v, "vtd_inv_desc_iotlb_global iotlb invalidate global");
	vtd_iotlb_reset(&v->iotlb);
	vtd_shadow_sync_listened(v, m);
}

/* Does the device's context entry resolve to that domain now? *ce: the entry. */
static bool inv_resolves(struct vtd_as *as, uint16_t did, struct vtd_ce *ce, struct vtd_domain *d,
			 struct meter *m)
{
	return vtd_ctx_fetch(as->v, as->as.sid, ce, m) == VTD_FR_NONE &&
	       vtd_ctx_domain(as->v, ce, d) == VTD_FR_NONE && d->did == did;
}

static bool inv_is_in_domain(struct vtd_as *as, uint16_t did, struct vtd_domain *d, struct meter *m)
{
	struct vtd_ce ce;

	return inv_resolves(as, did, &ce, d, m);
}

void vtd_inv_iotlb_domain(struct vtd *v, uint16_t did, struct meter *m)
{
	struct vtd_domain d;

	VTD_TRACE(v, "vtd_inv_desc_iotlb_domain iotlb invalidate whole domain 0x%x", did);
	meter_charge(m, PRIM_IOTLB_SCAN, v->iotlb.n);
	vtd_iotlb_drop_domain(&v->iotlb, did);
	for (struct vtd_as *as = v->listened; as; as = as->next_listened)
		if (inv_is_in_domain(as, did, &d, m))
			vtd_shadow_sync(as, m);
}

void vtd_inv_iotlb_pages(struct vtd *v, uint16_t did, iova_t addr, unsigned am, struct meter *m)
{
	unsigned mask_bits = v->behaviour[VTD_B_PSI_MASK] == PSI_MASK_8 ? 8 : 64;
	struct vtd_domain d;

	VTD_TRACE(v,
		  "vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x%x addr 0x%" PRIx64
		  " mask 0x%x",
		  did, addr, am);
	if (v->iotlb.n != 0) {
		meter_charge(m, PRIM_IOTLB_SCAN, v->iotlb.n);
		vtd_iotlb_drop_pages(&v->iotlb, did, addr, am, mask_bits);
	}
	for (struct vtd_as *as = v->listened; as; as = as->next_listened)
		if (inv_is_in_domain(as, did, &d, m))
			vtd_shadow_pages(as, &d, addr, PAGE_BYTES << am, m);
}

void vtd_inv_piotlb(struct vtd *v, uint16_t did, uint32_t pasid, struct meter *m)
{
	struct vtd_domain d;
	struct vtd_ce ce;

	meter_charge(m, PRIM_IOTLB_SCAN, v->iotlb.n);
	vtd_iotlb_drop_pasid(&v->iotlb, did, pasid);
	/* QEMU reads RID_PASID from an entry of legacy mode, too */
	for (struct vtd_as *as = v->listened; as; as = as->next_listened)
		if (inv_resolves(as, did, &ce, &d, m) && vtd_ctx_rid_pasid(v, &ce) == pasid)
			vtd_shadow_sync(as, m);
}

void vtd_inv_piotlb_pages(struct vtd *v, uint16_t did, uint32_t pasid, iova_t addr, unsigned am,
			  struct meter *m)
{
	struct vtd_domain d;
	struct vtd_ce ce;

	/* of cached pages only those of the first stage go, and there are none */
	meter_charge(m, PRIM_IOTLB_SCAN, v->iotlb.n);
	for (struct vtd_as *as = v->listened; as; as = as->next_listened)
		if (inv_resolves(as, did, &ce, &d, m) && v->root_scalable &&
		    vtd_ctx_rid_pasid(v, &ce) == pasid)
			vtd_shadow_pages(as, &d, addr, PAGE_BYTES << am, m);
}

void vtd_inv_devtlb(struct vtd *v, uint16_t sid, iova_t first, iova_t last, struct meter *m)
{
	struct vtd_as *as = vtd_aspace_find(v, sid);
	struct notify what = {
		.kind = vtd_has(v, VTD_B_EVENT_TYPES) ? NOTIFY_DEVTLB_UNMAP : NOTIFY_UNMAP,
		.first = first,
		.last = last,
	};

	if (as)
		vtd_notify_all(as, &what, m);
}

/* CAIG: what was done; a domain is done as global. */
static uint64_t inv_ccmd(struct vtd *v, uint64_t ccmd, struct meter *m)
{
	switch ((enum vtd_granularity)FGET(VTD_CCMD_CIRG, ccmd)) {
	case VTD_G_NONE:
		return VTD_G_NONE;
	case VTD_G_GLOBAL:
	case VTD_G_DOMAIN:
		vtd_inv_ctx_global(v, m);
		return VTD_G_GLOBAL;
	case VTD_G_DEVICE:
		vtd_inv_ctx_device(v, (uint16_t)FGET(VTD_CCMD_SID, ccmd),
				   (unsigned)FGET(VTD_CCMD_FM, ccmd), m);
		return VTD_G_DEVICE;
	}
	return VTD_G_NONE;
}

void vtd_inv_ccmd_write(struct vtd *v, struct meter *m)
{
	uint64_t ccmd = vtd_reg_get64(v, VTD_CCMD), done;

	/* Deviates: VT-d 11.4.6: with the queue on the command is ignored and ICC stays set */
	if (!FGET(VTD_CCMD_ICC, ccmd) || v->qi_enabled)
		return;
	done = inv_ccmd(v, ccmd, m);
	vtd_reg_set64(v, VTD_CCMD,
		      (ccmd & ~(FMASK(VTD_CCMD_ICC) | FMASK(VTD_CCMD_CAIG))) |
			      FPUT(VTD_CCMD_CAIG, done));
}

static uint64_t inv_iotlb(struct vtd *v, uint64_t cmd, struct meter *m)
{
	uint16_t did = (uint16_t)FGET(VTD_IOTLB_DID, cmd);
	uint64_t iva = vtd_reg_get64(v, VTD_IVA);

	switch ((enum vtd_granularity)FGET(VTD_IOTLB_IIRG, cmd)) {
	case VTD_G_NONE:
		break;
	case VTD_G_GLOBAL:
		vtd_inv_iotlb_global(v, m);
		return VTD_G_GLOBAL;
	case VTD_G_DOMAIN:
		vtd_inv_iotlb_domain(v, did, m);
		return VTD_G_DOMAIN;
	case VTD_G_PAGE:
		if (FGET(VTD_IVA_AM, iva) > VTD_MAMV)
			break;
		vtd_inv_iotlb_pages(v, did, iva & FMASK(VTD_IVA_ADDR),
				    (unsigned)FGET(VTD_IVA_AM, iva), m);
		return VTD_G_PAGE;
	}
	return VTD_G_NONE;
}

void vtd_inv_iotlb_write(struct vtd *v, struct meter *m)
{
	uint64_t cmd = vtd_reg_get64(v, VTD_IOTLB), done;

	if (!FGET(VTD_IOTLB_IVT, cmd) || v->qi_enabled)
		return;
	done = inv_iotlb(v, cmd, m);
	vtd_reg_set64(v, VTD_IOTLB,
		      (cmd & ~(FMASK(VTD_IOTLB_IVT) | FMASK(VTD_IOTLB_IAIG))) |
			      FPUT(VTD_IOTLB_IAIG, done));
}
