/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_iotlb - QEMU's cache of translations: 1,024 pages; when full it is emptied.
 *
 * QEMU scans all of it at each PSI and DSI. Here entries are also listed by the low bits of the page number
 * and by domain, so that the same entries go without the scan; what the scan costs is charged by the caller.
 */
#ifndef MODELS_VTD_VTD_IOTLB_H
#define MODELS_VTD_VTD_IOTLB_H

#include <stdbool.h>
#include <stdint.h>

#define VTD_IOTLB_MAX 1024u

struct vtd_iotlb_key {
	uint64_t gfn; /* first 4 KiB page of the page */
	uint32_t pasid;
	uint16_t sid;
	uint8_t level; /* 1: 4 KiB, 2: 2 MiB, 3: 1 GiB */
};

struct vtd_iotlb_entry {
	struct vtd_iotlb_key key;
	uint8_t perm;
	uint16_t did;
	uint64_t pte; /* the leaf entry as it was read */
	/* lists: index + 1, 0 ends */
	uint16_t hash_next, bin_next, bin_prev, did_next, did_prev;
};

#define VTD_IOTLB_HASH_BITS 11
#define VTD_IOTLB_BINS 256u
#define VTD_IOTLB_DIDS 64u

struct vtd_iotlb {
	unsigned n, n_level[4];
	uint16_t free;
	uint16_t hash[1u << VTD_IOTLB_HASH_BITS];
	uint16_t bin[2 * VTD_IOTLB_BINS]; /* 4 KiB pages by gfn; then large pages, mixed */
	uint16_t did[VTD_IOTLB_DIDS];     /* by did, mixed */
	struct vtd_iotlb_entry entry[VTD_IOTLB_MAX];
};

void vtd_iotlb_init(struct vtd_iotlb *t);
void vtd_iotlb_reset(struct vtd_iotlb *t);
/* The page of iova in any size, smallest first, or NULL. */
const struct vtd_iotlb_entry *vtd_iotlb_find(const struct vtd_iotlb *t, uint16_t sid, uint32_t pasid,
					     uint64_t iova);
/* Insert or replace; the table must have room or hold the key. */
void vtd_iotlb_insert(struct vtd_iotlb *t, const struct vtd_iotlb_key *key, uint16_t did,
		      uint64_t pte, uint8_t perm);
void vtd_iotlb_drop_domain(struct vtd_iotlb *t, uint16_t did);
void vtd_iotlb_drop_pasid(struct vtd_iotlb *t, uint16_t did, uint32_t pasid);
/* Entries of the domain whose page number agrees in the bits ~(2^am - 1), of which the low mask_bits are
 * compared (8: a bug of QEMU up to 9.0), or whose page contains addr. */
void vtd_iotlb_drop_pages(struct vtd_iotlb *t, uint16_t did, uint64_t addr, unsigned am,
			  unsigned mask_bits);

#endif
