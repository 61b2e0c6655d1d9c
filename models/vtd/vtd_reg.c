/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_reg - the register page: bytes with masks, and which write starts what.
 *
 * A write stores ((old & ~writable) | (new & writable)) & ~(write-1-clear & new), in the piece that was
 * written; then the action of the register runs on what is stored. Accesses are 4 or 8 bytes, aligned;
 * anything smaller reads 0 and does nothing.
 * Omitted: page request registers (all read 0, as without `svm`), fault log, protected memory.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "models/vtd/vtd.h"

static inline uint64_t reg_get(const uint8_t *bytes, uint32_t off, unsigned size)
{
	uint64_t val = 0;

	memcpy(&val, bytes + off, size);
	return val;
}

static inline void reg_set(uint8_t *bytes, uint32_t off, unsigned size, uint64_t val)
{
	memcpy(bytes + off, &val, size);
}

void vtd_reg_change(struct vtd *v, uint32_t off, uint64_t clear, uint64_t set)
{
	vtd_reg_set32(v, off, (uint32_t)((vtd_reg_get32(v, off) & ~clear) | set));
}

static uint64_t reg_cap(const struct vtd *v)
{
	const struct vtd_config *c = &v->config;
	uint64_t sagaw = !c->dma_translation ? 0 : v->aw >= 48 ? 6 : 2;

	return FPUT(VTD_CAP_ND, 6) | FPUT(VTD_CAP_CM, c->caching_mode) |
	       FPUT(VTD_CAP_SAGAW, sagaw) | FPUT(VTD_CAP_MGAW, v->aw - 1u) |
	       FPUT(VTD_CAP_FRO, VTD_FRCD_LO / 16) | FPUT(VTD_CAP_SLLPS, 3) | FPUT(VTD_CAP_PSI, 1) |
	       FPUT(VTD_CAP_MAMV, VTD_MAMV) | FPUT(VTD_CAP_DWD, c->dma_drain) |
	       FPUT(VTD_CAP_DRD, c->dma_drain) | FPUT(VTD_CAP_FS1GP, c->flts) |
	       FPUT(VTD_CAP_ESRTPS, vtd_has(v, VTD_B_CAP_ESRTPS));
}

static uint64_t reg_ecap(const struct vtd *v)
{
	static const uint8_t pss[] = {[PSS_NONE] = 0, [PSS_8] = 7};
	const struct vtd_config *c = &v->config;
	uint64_t ecap = FPUT(VTD_ECAP_QI, 1) | FPUT(VTD_ECAP_DT, c->device_iotlb) |
			FPUT(VTD_ECAP_PT, c->pt) | FPUT(VTD_ECAP_SC, c->snoop_control) |
			FPUT(VTD_ECAP_IRO, VTD_IVA / 16);

	if (c->intremap)
		ecap |= FPUT(VTD_ECAP_IR, 1) | FPUT(VTD_ECAP_MHMV, 15) | FPUT(VTD_ECAP_EIM, c->eim);
	if (c->scalable_mode)
		ecap |= FPUT(VTD_ECAP_SMTS, 1) | FPUT(VTD_ECAP_SRS, !c->flts) |
			FPUT(VTD_ECAP_SLTS, !c->flts) | FPUT(VTD_ECAP_FLTS, c->flts);
	if (c->pasid_mode)
		ecap |= FPUT(VTD_ECAP_PASID, 1) |
			FPUT(VTD_ECAP_PSS, pss[v->behaviour[VTD_B_CAP_PSS]]);
	if (c->pasid_bits != 0)
		ecap |= FPUT(VTD_ECAP_PASID, 1) | FPUT(VTD_ECAP_PSS, c->pasid_bits - 1);
	if (c->svm)
		ecap |= FPUT(VTD_ECAP_PRS, 1) | FPUT(VTD_ECAP_NWFS, 1) | FPUT(VTD_ECAP_PDS, 1);
	return ecap;
}

/* With svm the registers of page requests keep what is written, as was read back; nothing requests pages. */
static void reg_reset_page_requests(struct vtd *v)
{
	static const struct {
		uint16_t offset;
		uint8_t n_bytes;
		uint64_t writable;
	} kept[] = {
		{VTD_PQH, 8, BITS(18, 5)},
		{VTD_PQT, 8, BITS(18, 5)},
		{VTD_PQA, 8, BITS(63, 12) | BITS(2, 0)},
		{VTD_PECTL, 4, BIT(31)},
		{VTD_PEDATA, 4, BITS(15, 0)},
		{VTD_PEADDR, 8, BITS(63, 2)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		reg_set(v->wmask, kept[i].offset, kept[i].n_bytes, kept[i].writable);
}

void vtd_reg_reset(struct vtd *v)
{
	memset(v->csr, 0, sizeof v->csr);
	for (unsigned i = 0; i < vtd_n_reg_rows; i++) {
		const struct vtd_reg_row *r = &vtd_reg_rows[i];

		reg_set(v->csr, r->offset, r->n_bytes, r->reset);
		reg_set(v->wmask, r->offset, r->n_bytes, r->writable);
		reg_set(v->w1c, r->offset, r->n_bytes, r->w1c);
		reg_set(v->hidden, r->offset, r->n_bytes, r->hidden);
	}
	if (v->config.svm)
		reg_reset_page_requests(v);
	vtd_reg_set64(v, VTD_CAP, reg_cap(v));
	vtd_reg_set64(v, VTD_ECAP, reg_ecap(v));
}

/* The queue address in use, not the one stored: VT-d has no such rule. */
static uint64_t reg_read_iqa(const struct vtd *v)
{
	uint64_t stored = vtd_reg_get64(v, VTD_IQA), val = v->iq | (stored & FMASK(VTD_IQA_QS));

	return vtd_has(v, VTD_B_IQA_DW) ? val | (stored & FMASK(VTD_IQA_DW)) : val;
}

uint64_t vtd_read(struct vtd *v, uint32_t off, unsigned size, struct meter *m)
{
	uint64_t iqa;

	(void)m; /* the exit is charged by who made it */
	if (size < 4)
		return 0;
	assert(off % size == 0);
	VTD_TRACE_ALL(v, "vtd_reg_read addr 0x%" PRIx32 " size 0x%x", off, size);
	if (off + size > VTD_REGS_BYTES)
		return bits_low(8 * size);
	if (off == VTD_IQA || off == VTD_IQA + 4) {
		iqa = reg_read_iqa(v);
		return reg_get((const uint8_t *)&iqa, off - VTD_IQA, size);
	}
	return reg_get(v->csr, off, size) & ~reg_get(v->hidden, off, size);
}

static inline void reg_store(struct vtd *v, uint32_t off, unsigned size, uint64_t val)
{
	uint64_t w = reg_get(v->wmask, off, size), old = reg_get(v->csr, off, size);

	reg_set(v->csr, off, size, ((old & ~w) | (val & w)) & ~(reg_get(v->w1c, off, size) & val));
}

/* Of 8 bytes only the low half is taken: the neighbour is another register. */
static bool reg_wide_event(uint32_t off)
{
	return off == VTD_FECTL || off == VTD_IECTL || off == VTD_IEADDR || off == VTD_PECTL;
}

/* QEMU asserts a size of 4 at these. */
static bool reg_wide_aborts(const struct vtd *v, uint32_t off)
{
	switch (off) {
	case VTD_FECTL:
	case VTD_IECTL:
	case VTD_IEADDR:
		return vtd_has(v, VTD_B_WIDE_WRITE);
	case VTD_PECTL:
		return vtd_has(v, VTD_B_WIDE_PECTL);
	default:
		return false;
	}
}

/* What a write to the low half, to the high half, or to all of a register starts. */
static void reg_act(struct vtd *v, uint32_t off, unsigned size, struct meter *m)
{
	bool whole = size == 8;

	if (off == VTD_GCMD)
		vtd_gcmd_write(v, m);
	else if (off == VTD_CCMD + 4 || (off == VTD_CCMD && whole))
		vtd_inv_ccmd_write(v, m);
	else if (off == VTD_IOTLB + 4 || (off == VTD_IOTLB && whole))
		vtd_inv_iotlb_write(v, m);
	else if (off == VTD_FSTS)
		vtd_fault_fsts_write(v);
	else if (off == VTD_FECTL)
		vtd_fault_fectl_write(v);
	else if (off == VTD_ICS)
		vtd_fault_ics_write(v);
	else if (off == VTD_IECTL)
		vtd_fault_iectl_write(v);
	else if (off == VTD_IQA)
		vtd_qi_update_width(v);
	else if (off == VTD_FRCD_HI + 4 || (off == VTD_FRCD_HI && whole))
		vtd_fault_update_ppf(v);
}

void vtd_write(struct vtd *v, uint32_t off, unsigned size, uint64_t val, struct meter *m)
{
	if (size < 4)
		return;
	assert(off % size == 0);
	v->desc_aborted = false;
	VTD_TRACE_ALL(v, "vtd_reg_write addr 0x%" PRIx32 " size 0x%x value 0x%" PRIx64, off, size,
		      val);
	if (off + size > VTD_REGS_BYTES)
		return;
	if (off == VTD_IQT) { /* the hot one */
		if (PORT_LIKELY(size == 4))
			reg_store(v, off, 4, val);
		else
			reg_store(v, off, size, val);
		vtd_qi_tail_write(v, m);
		return;
	}
	if (size == 8 && PORT_UNLIKELY(reg_wide_aborts(v, off))) {
		vtd_abort(v, "8-byte write to register 0x%" PRIx32, off);
		return;
	}
	if (off == VTD_GCMD || PORT_UNLIKELY(reg_wide_event(off)))
		size = 4;
	reg_store(v, off, size, val);
	reg_act(v, off, size, m);
}
