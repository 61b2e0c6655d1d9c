/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_desc - descriptors of the invalidation queue: type, reserved bits, range (VT-d 6.5.2).
 *
 * Reserved bits are the complement of the rows in fields.def. Up to QEMU 9.1 the upper type bits [11:9] count
 * as reserved, IEC and what names a PASID is not checked, and words 2 and 3 of 256-bit descriptors are ignored.
 */
#include "models/vtd/vtd.h"

/* Structures of the two words, by type, the behaviour from which on they are checked, and whether words 2 and 3
 * of 256 bits are not (QEMU forgot them). */
static const struct {
	enum vtd_structure lo, hi;
	enum vtd_behaviour since; /* VTD_B_N: always */
	bool has_free_high;
} desc_words[] = {
	[VTD_DESC_NONE] = {VTD_S_DESC_NONE, VTD_S_DESC_NONE, VTD_B_N, false},
	[VTD_DESC_CC] = {VTD_S_DESC_CC, VTD_S_DESC_NONE, VTD_B_N, false},
	[VTD_DESC_IOTLB] = {VTD_S_DESC_IOTLB_LO, VTD_S_DESC_IOTLB_HI, VTD_B_N, false},
	[VTD_DESC_DEVTLB] = {VTD_S_DESC_DEVTLB_LO, VTD_S_DESC_DEVTLB_HI, VTD_B_N, false},
	[VTD_DESC_IEC] = {VTD_S_DESC_IEC, VTD_S_DESC_NONE, VTD_B_TYPE_7BIT, false},
	[VTD_DESC_WAIT] = {VTD_S_DESC_WAIT_LO, VTD_S_DESC_WAIT_HI, VTD_B_N, false},
	[VTD_DESC_PASID_IOTLB] = {VTD_S_DESC_PIOTLB_LO, VTD_S_DESC_PIOTLB_HI, VTD_B_TYPE_7BIT,
				  false},
	[VTD_DESC_PASID_CACHE] = {VTD_S_DESC_PC, VTD_S_DESC_NONE, VTD_B_PASID_CACHE, false},
	[VTD_DESC_PASID_DEVTLB] = {VTD_S_DESC_PDEVTLB_LO, VTD_S_DESC_PDEVTLB_HI, VTD_B_TYPE_7BIT,
				   false},
	[VTD_DESC_PAGE_GROUP] = {VTD_S_DESC_PGRP_LO, VTD_S_DESC_PGRP_HI, VTD_B_PAGE_GROUP, true},
};

void vtd_desc_init(struct vtd *v)
{
	bool wide_types = vtd_has(v, VTD_B_TYPE_7BIT);

	_Static_assert(ARRAY_SIZE(desc_words) == VTD_DESC_TYPES, "a row for each type");
	for (unsigned type = 0; type < VTD_DESC_TYPES; type++) {
		enum vtd_behaviour since = desc_words[type].since;

		if (since != VTD_B_N && !vtd_has(v, since))
			continue;
		v->type_rsvd[type][0] = v->desc_rsvd[desc_words[type].lo];
		v->type_rsvd[type][1] = v->desc_rsvd[desc_words[type].hi];
		if (!wide_types)
			v->type_rsvd[type][0] |= FMASK(VTD_DESC_TYPE_HI);
		if (vtd_has(v, VTD_B_DESC_HIGH) && !desc_words[type].has_free_high)
			v->type_rsvd[type][2] = UINT64_MAX;
	}
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
