/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_poke - single entries of a device's tables (VT-d 9.1, 9.3, 9.8), past the kernel's
 * bookkeeping.
 */
#include "models/linux/lx_poke.h"

#include "models/linux/lx_priv.h"
#include "models/vtd/vtd_spec.h"

#define CONTEXT_BYTES 16u
#define SLOT_BITS 9u

static bool poke_context(const struct guest_kernel *k, uint16_t sid, uint64_t word[2])
{
	gpa_t at = k->context[sid >> 8];

	if (!k->iommu.type || at == 0)
		return false;
	at += (sid & 0xffu) * CONTEXT_BYTES;
	return gmem_read64(k->mem, at, &word[0]) && gmem_read64(k->mem, at + 8, &word[1]) &&
	       FGET(VTD_CTX_P, word[0]);
}

uint16_t lx_poke_did(const struct guest_kernel *k, uint16_t sid)
{
	uint64_t word[2];

	return poke_context(k, sid, word) ? (uint16_t)FGET(VTD_CTX_DID, word[1]) : 0;
}

static gpa_t poke_slot(gpa_t table, iova_t iova, unsigned level)
{
	unsigned shift = PAGE_BITS + SLOT_BITS * (level - 1);

	return table + (iova >> shift & bits_low(SLOT_BITS)) * sizeof(uint64_t);
}

bool lx_poke_entry(struct guest_kernel *k, uint16_t sid, iova_t iova, unsigned level, gpa_t gpa,
		   enum perm perm)
{
	uint64_t word[2], pte;
	gpa_t table;

	if (level < 1 || level > 3 || !poke_context(k, sid, word))
		return false;
	table = word[0] & FMASK(VTD_CTX_SLPTPTR);
	if (table == 0)
		return false; /* pass-through */
	for (unsigned l = k->levels; l > level; l--) {
		gpa_t at = poke_slot(table, iova, l);

		if (!gmem_read64(k->mem, at, &pte) || FGET(VTD_PTE_PS, pte))
			return false;
		if ((pte & PERM_RW) == 0) {
			pte = lx_mem_alloc(k) | PERM_RW;
			gmem_write64(k->mem, at, pte);
		}
		table = pte & FMASK(VTD_PTE_ADDR);
	}
	pte = perm == PERM_NONE ? 0 : gpa | (uint64_t)perm | FPUT(VTD_PTE_PS, level > 1);
	return gmem_write64(k->mem, poke_slot(table, iova, level), pte);
}
