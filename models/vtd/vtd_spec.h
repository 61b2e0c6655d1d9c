/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_spec - VT-d's registers, table entries and descriptors as symbols, for both sides of the interface.
 *
 * The rows are in regs.def and fields.def. Guests write with the same symbols that the unit reads with:
 *   lo = FPUT(VTD_CTX_TT, VTD_TT_MULTI) | FPUT(VTD_CTX_P, 1) | table;      did = FGET(VTD_CTX_DID, hi);
 */
#ifndef MODELS_VTD_VTD_SPEC_H
#define MODELS_VTD_VTD_SPEC_H

#include <stdint.h>

#include "sim/bits.h"

/* The register page: guest physical address of QEMU's, and its size. */
#define VTD_BASE UINT64_C(0xfed90000)
#define VTD_REGS_BYTES 0x230u

/* Offsets of registers. */
enum vtd_reg {
#define R(symbol, off, bytes, reset, writable, w1c, hidden, section, help) symbol = off,
#include "models/vtd/regs.def"
#undef R
};

/* Structures, to ask for their reserved bits. */
enum vtd_structure {
#define S(symbol, help) symbol,
#define F(symbol, structure, hi, lo, section, help)
#include "models/vtd/fields.def"
#undef F
#undef S
	VTD_S_N
};

enum {
#define S(symbol, help)
#define F(symbol, structure, hi, lo, section, help) symbol##_HI = hi, symbol##_LO = lo,
#include "models/vtd/fields.def"
#undef F
#undef S
};

/* The value of a field in a word; a value put in its place (it must fit); the mask of a field. */
#define FGET(field, word) bits_get(word, field##_HI, field##_LO)
#define FPUT(field, val) bits_put(val, field##_HI, field##_LO)
#define FMASK(field) BITS(field##_HI, field##_LO)

/* Descriptor types (VT-d 6.5.2). */
enum vtd_desc_type {
	VTD_DESC_NONE = 0,
	VTD_DESC_CC = 1,
	VTD_DESC_IOTLB = 2,
	VTD_DESC_DEVTLB = 3,
	VTD_DESC_IEC = 4,
	VTD_DESC_WAIT = 5,
	VTD_DESC_PASID_IOTLB = 6,
	VTD_DESC_PASID_CACHE = 7,
	VTD_DESC_PASID_DEVTLB = 8,
	VTD_DESC_PAGE_GROUP = 9,
};
#define VTD_DESC_TYPES 10u

/* Granularities of invalidation: context cache and IOTLB, in registers and descriptors. */
enum vtd_granularity {
	VTD_G_NONE = 0,
	VTD_G_GLOBAL = 1,
	VTD_G_DOMAIN = 2,
	VTD_G_DEVICE = 3, /* context cache */
	VTD_G_PAGE = 3,   /* IOTLB */
};

/* Granularities of a PASID-based IOTLB descriptor. */
enum vtd_piotlb_granularity { VTD_PIOTLB_PASID = 2, VTD_PIOTLB_PAGE = 3 };

/* Granularities of a PASID-cache descriptor. */
enum vtd_pc_granularity { VTD_PC_DOMAIN = 0, VTD_PC_PASID = 1, VTD_PC_GLOBAL = 3 };

/* Context entry, translation type. */
enum vtd_tt { VTD_TT_MULTI = 0, VTD_TT_DEVTLB = 1, VTD_TT_PT = 2 };

/* PASID entry, translation type. */
enum vtd_pgtt { VTD_PGTT_FIRST = 1, VTD_PGTT_SECOND = 2, VTD_PGTT_NESTED = 3, VTD_PGTT_PT = 4 };

/* An entry of the interrupt remapping table. */
#define VTD_IRTE_BYTES 16u

/* Largest address mask of a PSI. */
#define VTD_MAMV 18u

/* Fault reasons (VT-d 7.1.3); 0: none. */
enum vtd_fault {
	VTD_FR_NONE = 0,
	VTD_FR_ROOT_P = 0x1,
	VTD_FR_CTX_P = 0x2,
	VTD_FR_CTX_INVALID = 0x3,
	VTD_FR_BEYOND_WIDTH = 0x4,
	VTD_FR_WRITE = 0x5,
	VTD_FR_READ = 0x6,
	VTD_FR_PTE_ACCESS = 0x7,
	VTD_FR_ROOT_ACCESS = 0x8,
	VTD_FR_CTX_ACCESS = 0x9,
	VTD_FR_ROOT_RSVD = 0xa,
	VTD_FR_CTX_RSVD = 0xb,
	VTD_FR_PTE_RSVD = 0xc,
	VTD_FR_INTERRUPT_RANGE = 0xe,
	VTD_FR_IR_REQUEST = 0x20,
	VTD_FR_IR_INDEX = 0x21,
	VTD_FR_IR_P = 0x22,
	VTD_FR_IR_ACCESS = 0x23,
	VTD_FR_IR_RSVD = 0x24,
	VTD_FR_PDIR_ACCESS = 0x50,
	VTD_FR_PDIR_P = 0x51,
	VTD_FR_PASID_ACCESS = 0x58,
	VTD_FR_PASID_P = 0x59,
	VTD_FR_PASID_INVALID = 0x5b,
	VTD_FR_SM_INTERRUPT_RANGE = 0x87,
};

/* One row of fields.def or regs.def, for tests and tools. */
struct vtd_field_row {
	const char *name;
	enum vtd_structure structure;
	uint8_t hi, lo;
	const char *section, *help;
};
struct vtd_reg_row {
	const char *name;
	uint32_t offset, n_bytes;
	uint64_t reset, writable, w1c, hidden;
	const char *section, *help;
};
extern const struct vtd_field_row vtd_field_rows[];
extern const unsigned vtd_n_field_rows;
extern const struct vtd_reg_row vtd_reg_rows[];
extern const unsigned vtd_n_reg_rows;

/* The bits of a structure's word that belong to no field. */
uint64_t vtd_spec_reserved(enum vtd_structure s);

#endif
