/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_ir - interrupt remapping of the messages that devices write (VT-d 5.1).
 *
 *   remapping off, or compatibility format: passed on as it is
 *   handle (+ sub-handle) -> entry of the table -> present, reserved bits -> another message
 *
 * A refused message is dropped; versions that record its fault do so under the source id of a request without
 * one (0xffff), since QEMU's devices write without it.
 * Omitted: the source id check of entries (there is no source id), posted interrupts, the IOAPIC, and the
 * interrupt entry cache (QEMU has none: every message reads the table).
 */
#include <inttypes.h>

#include "models/vtd/vtd.h"

#define IR_SID_NONE 0xffffu

void vtd_ir_set_table(struct vtd *v)
{
	uint64_t irta = vtd_reg_get64(v, VTD_IRTA);

	v->ir_table = irta & FMASK(VTD_IRTA_IRTA) & v->addr_mask;
	v->ir_size = 2u << (unsigned)FGET(VTD_IRTA_S, irta);
	v->ir_eime = FGET(VTD_IRTA_EIME, irta) != 0;
	VTD_TRACE(v, "vtd_reg_ir_root addr 0x%" PRIx64 " size 0x%" PRIx32, v->ir_table, v->ir_size);
}

/* The entry at index, checked; *fpd: its faults are not recorded. */
static enum vtd_fault ir_entry(const struct vtd *v, uint16_t index, uint64_t irte[2], bool *fpd)
{
	*fpd = false;
	if (index >= v->ir_size)
		return VTD_FR_IR_INDEX;
	if (!gmem_read(v->mem, v->ir_table + index * VTD_IRTE_BYTES, irte, VTD_IRTE_BYTES))
		return VTD_FR_IR_ACCESS;
	/* the event's words are the wrong way round in QEMU, too */
	VTD_TRACE(v, "vtd_ir_irte_get index %d low 0x%" PRIx64 " high 0x%" PRIx64, index, irte[1],
		  irte[0]);
	*fpd = FGET(VTD_IRTE_FPD, irte[0]) != 0;
	if (!FGET(VTD_IRTE_P, irte[0]))
		return VTD_FR_IR_P;
	if ((irte[0] & v->desc_rsvd[VTD_S_IRTE_LO]) | (irte[1] & v->desc_rsvd[VTD_S_IRTE_HI]))
		return VTD_FR_IR_RSVD;
	return VTD_FR_NONE;
}

/* What an entry makes of the message that named it. */
static void ir_message(const struct vtd *v, const uint64_t irte[2], uint64_t addr,
		       uint64_t *addr_out, uint32_t *data_out)
{
	uint64_t dest = FGET(VTD_IRTE_DST, irte[0]);

	if (!v->ir_eime)
		dest = dest >> 8 & 0xff;
	*addr_out = (dest & ~UINT64_C(0xff)) << 32 | FPUT(VTD_MSI_HEAD, MSI_FIRST >> 20) |
		    FPUT(VTD_MSI_DEST, dest & 0xff) | FPUT(VTD_MSI_RH, FGET(VTD_IRTE_RH, irte[0])) |
		    FPUT(VTD_MSI_DM, FGET(VTD_IRTE_DM, irte[0])) | (addr & FMASK(VTD_MSI_LOW));
	*data_out =
		(uint32_t)(FPUT(VTD_MSI_V, FGET(VTD_IRTE_V, irte[0])) |
			   FPUT(VTD_MSI_DLM, FGET(VTD_IRTE_DLM, irte[0])) | FPUT(VTD_MSI_LEVEL, 1) |
			   FPUT(VTD_MSI_TM, FGET(VTD_IRTE_TM, irte[0])));
}

/* Without a sub-handle the data should repeat the entry's. */
static void ir_warn(const struct vtd *v, const uint64_t irte[2], uint16_t index, uint32_t data)
{
	unsigned vector = (unsigned)FGET(VTD_MSI_V, data), tm = (unsigned)FGET(VTD_MSI_TM, data);
	unsigned want_vector = (unsigned)FGET(VTD_IRTE_V, irte[0]);
	unsigned want_tm = (unsigned)FGET(VTD_IRTE_TM, irte[0]);

	if (vector != want_vector)
		VTD_TRACE(v, "vtd_warn_ir_vector sid 0x%x index %d vec %u (should be: %u)",
			  IR_SID_NONE, index, vector, want_vector);
	if (tm != want_tm)
		VTD_TRACE(v, "vtd_warn_ir_trigger sid 0x%x index %d trigger %u (should be: %u)",
			  IR_SID_NONE, index, tm, want_tm);
}

/* A message in remappable format; *index: the entry it names. */
static enum vtd_fault ir_remap(const struct vtd *v, uint64_t addr, uint32_t data, uint16_t *index,
			       bool *fpd, uint64_t *addr_out, uint32_t *data_out)
{
	bool shv = FGET(VTD_MSI_SHV, addr) != 0;
	enum vtd_fault reason;
	uint64_t irte[2];
	uint64_t dest;

	*index = (uint16_t)(FGET(VTD_MSI_HANDLE, addr) | FGET(VTD_MSI_HANDLE_15, addr) << 15);
	if (shv)
		*index = (uint16_t)(*index + FGET(VTD_MSI_SUBHANDLE, data));
	reason = ir_entry(v, *index, irte, fpd);
	if (reason != VTD_FR_NONE)
		return reason;
	dest = FGET(VTD_IRTE_DST, irte[0]);
	VTD_TRACE(v, "vtd_ir_remap index %d trigger %u vector %u deliver %u dest 0x%x mode %u",
		  *index, (unsigned)FGET(VTD_IRTE_TM, irte[0]), (unsigned)FGET(VTD_IRTE_V, irte[0]),
		  (unsigned)FGET(VTD_IRTE_DLM, irte[0]),
		  (unsigned)(v->ir_eime ? dest : dest >> 8 & 0xff),
		  (unsigned)FGET(VTD_IRTE_DM, irte[0]));
	VTD_TRACE(v, "vtd_ir_remap_type %s", shv ? "MSI" : "IOAPIC");
	if (!shv) {
		ir_warn(v, irte, *index, data);
	} else if (data & ~FMASK(VTD_MSI_SUBHANDLE)) {
		/* the record then names no entry, and the entry's FPD does not hide it */
		*index = 0;
		*fpd = false;
		return VTD_FR_IR_REQUEST;
	}
	ir_message(v, irte, addr, addr_out, data_out);
	return VTD_FR_NONE;
}

void vtd_msi_write(struct vtd *v, uint64_t addr, uint32_t data)
{
	uint64_t addr_out = addr;
	uint32_t data_out = data;

	VTD_TRACE(v, "vtd_ir_remap_msi_req addr 0x%" PRIx64 " data 0x%" PRIx32, addr, data);
	if (v->intr_enabled && FGET(VTD_MSI_IF, addr)) {
		uint16_t index;
		bool fpd;
		enum vtd_fault reason = ir_remap(v, addr, data, &index, &fpd, &addr_out, &data_out);

		if (reason != VTD_FR_NONE) {
			if (!fpd && vtd_has(v, VTD_B_IR_FAULT))
				vtd_fault_record_ir(v, IR_SID_NONE, reason, index);
			return;
		}
	}
	VTD_TRACE(v,
		  "vtd_ir_remap_msi (addr 0x%" PRIx64 ", data 0x%" PRIx32 ") -> (addr 0x%" PRIx64
		  ", data 0x%" PRIx32 ")",
		  addr, data, addr_out, data_out);
}
