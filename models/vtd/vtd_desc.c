/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_desc - descriptors of the invalidation queue: type, reserved bits, range (VT-d 6.5.2).
 *
 * Reserved bits are the complement of the rows in fields.def. Up to QEMU 9.1 the upper type bits [11:9] count
 * as reserved, IEC is not checked, and words 2 and 3 of 256-bit descriptors are ignored.
 */
#include "models/vtd/vtd.h"

unsigned vtd_desc_type(const struct vtd *v, const struct vtd_desc *d)
{
	unsigned type = (unsigned)FGET(VTD_DESC_TYPE, d->lo);

	return vtd_has(v, VTD_B_TYPE_7BIT) ? type | (unsigned)FGET(VTD_DESC_TYPE_HI, d->lo) << 4
					   : type;
}

/* Structures of the two words, by type; VTD_S_N: not checked. */
static const struct {
	enum vtd_structure lo, hi;
} desc_words[] = {
	[VTD_DESC_NONE] = {VTD_S_N, VTD_S_N},
	[VTD_DESC_CC] = {VTD_S_DESC_CC, VTD_S_DESC_NONE},
	[VTD_DESC_IOTLB] = {VTD_S_DESC_IOTLB_LO, VTD_S_DESC_IOTLB_HI},
	[VTD_DESC_DEVTLB] = {VTD_S_DESC_DEVTLB_LO, VTD_S_DESC_DEVTLB_HI},
	[VTD_DESC_IEC] = {VTD_S_DESC_IEC, VTD_S_DESC_NONE},
	[VTD_DESC_WAIT] = {VTD_S_DESC_WAIT_LO, VTD_S_DESC_WAIT_HI},
	[VTD_DESC_PASID_IOTLB] = {VTD_S_N, VTD_S_N},
	[VTD_DESC_PASID_CACHE] = {VTD_S_N, VTD_S_N},
	[VTD_DESC_PASID_DEVTLB] = {VTD_S_N, VTD_S_N},
	[VTD_DESC_PAGE_GROUP] = {VTD_S_DESC_PGRP_LO, VTD_S_DESC_PGRP_HI},
};

bool vtd_desc_is_bad(const struct vtd *v, enum vtd_desc_type type, const struct vtd_desc *d)
{
	bool wide_types = vtd_has(v, VTD_B_TYPE_7BIT);
	uint64_t lo, hi;

	if (v->iq_dw && vtd_has(v, VTD_B_DESC_HIGH) && (d->w2 | d->w3) != 0)
		return true;
	if (desc_words[type].lo == VTD_S_N || (type == VTD_DESC_IEC && !wide_types))
		return false;
	lo = v->desc_rsvd[desc_words[type].lo];
	hi = v->desc_rsvd[desc_words[type].hi];
	if (!wide_types)
		lo |= FMASK(VTD_DESC_TYPE_HI);
	/* DATA of a wait descriptor and the rest of the word are known bits, so this is all */
	return (d->lo & lo) != 0 || (d->hi & hi) != 0;
}

void vtd_desc_devtlb_range(uint64_t hi, iova_t *first, iova_t *last)
{
	iova_t addr = hi & FMASK(VTD_DESC_DEVTLB_ADDR);
	unsigned ones;
	uint64_t mask;

	if (!FGET(VTD_DESC_DEVTLB_S, hi)) {
		*first = addr;
		*last = addr | ~PAGE_MASK;
		return;
	}
	/* k ones from bit 12 up: 8 KiB << k; 51 and more: everything */
	ones = bits_ctz(~(addr >> PAGE_BITS));
	mask = bits_low(ones + PAGE_BITS + 1 < 64 ? ones + PAGE_BITS + 1 : 64);
	*first = addr & ~mask;
	*last = addr | mask;
}
