/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_fault - the fault record, its status bits, and the two events the unit can raise (VT-d 7, 11.4.7).
 *
 * One record: a second fault of the same source is dropped, of another source sets the overflow bit.
 * Omitted: messages leave the unit only as trace events.
 */
#include <inttypes.h>

#include "models/vtd/vtd.h"

static bool fault_is_qualified(enum vtd_fault reason)
{
	switch (reason) {
	case VTD_FR_CTX_P:
	case VTD_FR_CTX_INVALID:
	case VTD_FR_BEYOND_WIDTH:
	case VTD_FR_WRITE:
	case VTD_FR_READ:
	case VTD_FR_PTE_ACCESS:
	case VTD_FR_PTE_RSVD:
	case VTD_FR_INTERRUPT_RANGE:
	case VTD_FR_SM_INTERRUPT_RANGE:
	case VTD_FR_PDIR_P:
	case VTD_FR_PASID_P:
	case VTD_FR_PASID_INVALID:
		return true;
	case VTD_FR_NONE:
	case VTD_FR_ROOT_P:
	case VTD_FR_ROOT_ACCESS:
	case VTD_FR_CTX_ACCESS:
	case VTD_FR_ROOT_RSVD:
	case VTD_FR_CTX_RSVD: /* Deviates: VT-d 7.1.3: FPD does not hide it */
	case VTD_FR_PDIR_ACCESS:
	case VTD_FR_PASID_ACCESS:
	case VTD_FR_IR_REQUEST: /* of messages; vtd_ir.c knows what hides them */
	case VTD_FR_IR_INDEX:
	case VTD_FR_IR_P:
	case VTD_FR_IR_ACCESS:
	case VTD_FR_IR_RSVD:
		return false;
	}
	return false;
}

static void fault_irq(const struct vtd *v, uint32_t addr_reg, uint32_t data_reg)
{
	VTD_TRACE(v, "vtd_irq_generate addr 0x%" PRIx32 " data 0x%" PRIx32,
		  vtd_reg_get32(v, addr_reg), vtd_reg_get32(v, data_reg));
}

void vtd_fault_event(struct vtd *v, uint32_t fsts_before)
{
	if (fsts_before & (FMASK(VTD_FSTS_PPF) | FMASK(VTD_FSTS_PFO) | FMASK(VTD_FSTS_IQE)))
		return;
	vtd_reg_change(v, VTD_FECTL, 0, FMASK(VTD_ECTL_IP));
	if (FGET(VTD_ECTL_IM, vtd_reg_get32(v, VTD_FECTL)))
		return;
	fault_irq(v, VTD_FEADDR, VTD_FEDATA);
	vtd_reg_change(v, VTD_FECTL, FMASK(VTD_ECTL_IP), 0);
}

void vtd_fault_update_ppf(struct vtd *v)
{
	bool f = FGET(VTD_FRCD_F, vtd_reg_get64(v, VTD_FRCD_HI)) != 0;

	vtd_reg_change(v, VTD_FSTS, FMASK(VTD_FSTS_PPF), f ? FMASK(VTD_FSTS_PPF) : 0);
	VTD_TRACE(v, "vtd_fsts_ppf FSTS PPF bit set to %d", f);
}

/* Into the record, unless it is taken: then a fault of another source overflows. hi has the source. */
static void fault_record(struct vtd *v, uint64_t hi, uint64_t lo)
{
	uint32_t fsts = vtd_reg_get32(v, VTD_FSTS);
	uint64_t old = vtd_reg_get64(v, VTD_FRCD_HI);
	bool has_overflowed = FGET(VTD_FSTS_PFO, fsts) != 0;

	if (has_overflowed || FGET(VTD_FRCD_F, old)) {
		rec_count(v->ent, CTR_FAULT_DROPPED, 1);
		if (!has_overflowed && FGET(VTD_FRCD_SID, old) != FGET(VTD_FRCD_SID, hi))
			vtd_reg_change(v, VTD_FSTS, 0, FMASK(VTD_FSTS_PFO));
		return;
	}
	rec_count(v->ent, CTR_FAULT_RECORDED, 1);
	vtd_reg_set64(v, VTD_FRCD_LO, lo);
	vtd_reg_set64(v, VTD_FRCD_HI, hi);
	VTD_TRACE(v, "vtd_frr_new index 0 high 0x%" PRIx64 " low 0x%" PRIx64, hi, lo);
	if (!FGET(VTD_FSTS_PPF, fsts))
		vtd_reg_change(v, VTD_FSTS, FMASK(VTD_FSTS_FRI), 0);
	vtd_reg_set64(v, VTD_FRCD_HI, hi | FMASK(VTD_FRCD_F));
	vtd_fault_update_ppf(v);
	if (!FGET(VTD_FSTS_PPF, fsts))
		vtd_fault_event(v, fsts);
}

void vtd_fault_report(struct vtd *v, const struct vtd_fault_info *f)
{
	/* Deviates: VT-d 11.4.7.6: only 16 bits of the PASID */
	uint64_t hi = FPUT(VTD_FRCD_SID, f->sid) | FPUT(VTD_FRCD_PP, f->pp) |
		      FPUT(VTD_FRCD_FR, (uint64_t)f->reason) |
		      FPUT(VTD_FRCD_PV, f->pasid & 0xffffu) | FPUT(VTD_FRCD_T, !f->is_write);

	if (f->fpd && fault_is_qualified(f->reason)) {
		VTD_TRACE(v, "vtd_fault_disabled Fault processing disabled for context entry");
		rec_count(v->ent, CTR_FAULT_DROPPED, 1);
		return;
	}
	VTD_TRACE(v, "vtd_dmar_fault sid 0x%x fault %d addr 0x%" PRIx64 " write %d", f->sid,
		  (int)f->reason, f->iova, f->is_write);
	fault_record(v, hi, f->iova & PAGE_MASK);
}

void vtd_fault_record_ir(struct vtd *v, uint16_t sid, enum vtd_fault reason, uint16_t index)
{
	fault_record(v, FPUT(VTD_FRCD_SID, sid) | FPUT(VTD_FRCD_FR, (uint64_t)reason),
		     FPUT(VTD_FRCD_IR_INDEX, index));
}

void vtd_fault_fsts_write(struct vtd *v)
{
	uint32_t fsts = vtd_reg_get32(v, VTD_FSTS);

	if (!FGET(VTD_ECTL_IP, vtd_reg_get32(v, VTD_FECTL)) ||
	    (fsts & (FMASK(VTD_FSTS_PPF) | FMASK(VTD_FSTS_PFO) | FMASK(VTD_FSTS_IQE))))
		return;
	vtd_reg_change(v, VTD_FECTL, FMASK(VTD_ECTL_IP), 0);
	VTD_TRACE(v, "vtd_fsts_clear_ip");
}

/* IP set and IM clear: the message that waited goes out. */
static void fault_ectl_write(struct vtd *v, uint32_t ectl, uint32_t addr_reg, uint32_t data_reg)
{
	uint32_t val = vtd_reg_get32(v, ectl);

	if (!FGET(VTD_ECTL_IP, val) || FGET(VTD_ECTL_IM, val))
		return;
	fault_irq(v, addr_reg, data_reg);
	vtd_reg_change(v, ectl, FMASK(VTD_ECTL_IP), 0);
}

void vtd_fault_fectl_write(struct vtd *v)
{
	VTD_TRACE(v, "vtd_reg_write_fectl value 0x%" PRIx32, vtd_reg_get32(v, VTD_FECTL));
	fault_ectl_write(v, VTD_FECTL, VTD_FEADDR, VTD_FEDATA);
}

void vtd_fault_completion(struct vtd *v)
{
	if (FGET(VTD_ICS_IWC, vtd_reg_get32(v, VTD_ICS))) {
		VTD_TRACE(v, "vtd_inv_desc_wait_irq One pending, skip current");
		return;
	}
	vtd_reg_change(v, VTD_ICS, 0, FMASK(VTD_ICS_IWC));
	vtd_reg_change(v, VTD_IECTL, 0, FMASK(VTD_ECTL_IP));
	if (FGET(VTD_ECTL_IM, vtd_reg_get32(v, VTD_IECTL))) {
		VTD_TRACE(v, "vtd_inv_desc_wait_irq IM in IECTL_REG is set, new event not "
			     "generated");
		return;
	}
	VTD_TRACE(v, "vtd_inv_desc_wait_irq Generating complete event");
	fault_irq(v, VTD_IEADDR, VTD_IEDATA);
	vtd_reg_change(v, VTD_IECTL, FMASK(VTD_ECTL_IP), 0);
}

void vtd_fault_ics_write(struct vtd *v)
{
	if (!FGET(VTD_ECTL_IP, vtd_reg_get32(v, VTD_IECTL)) ||
	    FGET(VTD_ICS_IWC, vtd_reg_get32(v, VTD_ICS)))
		return;
	vtd_reg_change(v, VTD_IECTL, FMASK(VTD_ECTL_IP), 0);
	VTD_TRACE(v, "vtd_reg_ics_clear_ip");
}

void vtd_fault_iectl_write(struct vtd *v)
{
	VTD_TRACE(v, "vtd_reg_write_iectl value 0x%" PRIx32, vtd_reg_get32(v, VTD_IECTL));
	fault_ectl_write(v, VTD_IECTL, VTD_IEADDR, VTD_IEDATA);
}
