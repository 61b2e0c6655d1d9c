/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * addr - the kinds of address, permissions, page sizes. Ranges are inclusive: first, last.
 */
#ifndef MODELS_ADDR_H
#define MODELS_ADDR_H

#include <stdint.h>

typedef uint64_t iova_t; /* what a device puts on the bus */
typedef uint64_t gpa_t;  /* guest physical */

enum perm {
	PERM_NONE = 0,
	PERM_R = 1, /* the device reads memory */
	PERM_W = 2, /* the device writes memory */
	PERM_RW = 3,
};

#define PAGE_BITS 12u
#define PAGE_BYTES UINT64_C(4096)
#define PAGE_MASK (~(PAGE_BYTES - 1))

/* The interrupt window of x86: DMA there is a message, never translated (VT-d 3.14). */
#define MSI_FIRST UINT64_C(0xfee00000)
#define MSI_LAST UINT64_C(0xfeefffff)

#endif
