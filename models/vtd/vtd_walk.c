/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_walk - the second-stage page walk of one access (VT-d 3.7, 9.8).
 *
 * At each level: entry unreadable (or all ones), then permission, then reserved bits, then leaf.
 * Omitted: first stage, accessed and dirty bits, five levels.
 */
#include "models/vtd/vtd.h"

void vtd_walk_init(struct vtd *v)
{
	uint64_t base = FMASK(VTD_PTE_TM) | (FMASK(VTD_PTE_ADDR) & ~v->addr_mask);
	uint64_t snoop = FMASK(VTD_PTE_SNP), leaf_snoop = snoop, leaf_tm = FMASK(VTD_PTE_TM);

	if ((v->config.scalable_mode && vtd_has(v, VTD_B_SCALABLE_SNP)) || v->config.snoop_control)
		leaf_snoop = 0;
	if (v->config.device_iotlb && (vtd_has(v, VTD_B_LEAF_TM) || v->config.stale_tm))
		leaf_tm = 0;
	for (unsigned level = 1; level <= 4; level++) {
		uint64_t leaf = (base & ~FMASK(VTD_PTE_TM)) | leaf_tm | leaf_snoop |
				(bits_low(vtd_level_bits(level)) & FMASK(VTD_PTE_ADDR));

		v->pte_rsvd[level][0] = level == 1 ? leaf : base | snoop;
		v->pte_rsvd[level][1] = leaf;
	}
	v->pte_rsvd[4][0] |= FMASK(VTD_PTE_PS); /* no 512 GiB pages */
}

/* Entry of the table; false when it is not memory, or all ones: QEMU cannot tell them apart. */
static bool walk_read(const struct vtd *v, gpa_t table, iova_t iova, unsigned level, uint64_t *pte)
{
	unsigned index = (unsigned)(iova >> vtd_level_bits(level)) & 511u;

	return gmem_read64(v->mem, table + index * sizeof *pte, pte) && *pte != UINT64_MAX;
}

static enum vtd_fault walk_check_output(const struct vtd *v, const struct vtd_walk *w)
{
	gpa_t first = w->pte & v->addr_mask & FMASK(VTD_PTE_ADDR);
	gpa_t last = first + bits_low(vtd_level_bits(w->level));

	if (first > MSI_LAST || last < MSI_FIRST || !vtd_has(v, VTD_B_FAULT_14))
		return VTD_FR_NONE;
	return v->config.scalable_mode ? VTD_FR_SM_INTERRUPT_RANGE : VTD_FR_INTERRUPT_RANGE;
}

enum vtd_fault vtd_walk(const struct vtd *v, const struct vtd_domain *d, iova_t iova, bool is_write,
			struct vtd_walk *w)
{
	unsigned width = d->agaw < v->aw ? d->agaw : v->aw;
	gpa_t table = d->table;

	*w = (struct vtd_walk){.level = d->level, .perm = PERM_RW};
	if (iova > bits_low(width))
		return VTD_FR_BEYOND_WIDTH;
	for (;; w->level--) {
		w->n_reads++;
		if (!walk_read(v, table, iova, w->level, &w->pte))
			return w->level == d->level ? VTD_FR_CTX_INVALID : VTD_FR_PTE_ACCESS;
		w->perm &= (uint8_t)(w->pte & PERM_RW);
		if (!(w->pte & (is_write ? PERM_W : PERM_R)))
			return is_write ? VTD_FR_WRITE : VTD_FR_READ;
		if (vtd_walk_rsvd(v, w->pte, w->level))
			return VTD_FR_PTE_RSVD;
		if (w->level == 1 || FGET(VTD_PTE_PS, w->pte))
			return walk_check_output(v, w);
		table = w->pte & v->addr_mask & FMASK(VTD_PTE_ADDR);
	}
}
