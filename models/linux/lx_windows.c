/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_windows - linux iova_reserve_iommu_regions() and iova_reserve_pci_windows(), on a q35 board.
 *
 *   0xa0000 .. 0xbffff                VGA
 *   top of low RAM .. 0xafffffff      below the memory-mapped configuration space
 *   0xc0000000 .. 0xfebfffff          up to the I/O APIC
 *   top of RAM (at least 4 GiB) ..    32 GiB, to a multiple of 1 GiB
 *
 * Deviates: up to 5.10 Linux reserves the BARs alone (some 100 KiB); nothing is reserved for them
 * here.
 */
#include "models/linux/lx_windows.h"

#define MMCFG_FIRST UINT64_C(0xb0000000)
#define MMCFG_LAST UINT64_C(0xbfffffff)
#define IOAPIC_FIRST UINT64_C(0xfec00000)
#define GIB UINT64_C(0x40000000)
#define FOUR_GIB UINT64_C(0x100000000)
#define HOLE64_BYTES UINT64_C(0x800000000)

static void windows_take(struct lx_iova *v, gpa_t first, gpa_t last)
{
	lx_iova_reserve(v, first >> PAGE_BITS, last >> PAGE_BITS);
}

void lx_windows_reserve(struct lx_iova *v, const struct guest_kernel *k)
{
	unsigned n = gmem_n_regions(k->mem);
	gpa_t first, low_last, high_last, hole64;

	windows_take(v, MSI_FIRST, MSI_LAST);
	if (!k->era[LX_ERA_PCI_WINDOWS])
		return;
	gmem_region(k->mem, 0, &first, &low_last);
	gmem_region(k->mem, n - 1, &first, &high_last);
	windows_take(v, UINT64_C(0xa0000), UINT64_C(0xbffff));
	if (low_last < MMCFG_FIRST - 1)
		windows_take(v, low_last + 1, MMCFG_FIRST - 1);
	windows_take(v, MMCFG_LAST + 1, IOAPIC_FIRST - 1);
	hole64 = high_last < FOUR_GIB ? FOUR_GIB : (high_last + GIB) / GIB * GIB;
	windows_take(v, hole64, (hole64 + HOLE64_BYTES + GIB - 1) / GIB * GIB - 1);
}
