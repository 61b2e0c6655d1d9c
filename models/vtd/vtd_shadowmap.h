/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_shadowmap - what page walks have found: QEMU's IOVA tree, as a radix tree of page-table slots.
 *
 * Nodes always come from slots of page tables: 4 KiB, 2 MiB or 1 GiB, aligned. So an address has at most one
 * node, a 4 KiB mapping takes 8 bytes, and a walk can go through both trees side by side.
 */
#ifndef MODELS_VTD_VTD_SHADOWMAP_H
#define MODELS_VTD_VTD_SHADOWMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "models/addr.h"

#define VTD_SHADOW_LEVELS 4u
#define VTD_SHADOW_SLOTS 512u

struct vtd_shadownode;

/* A slot: 0 empty; low two bits (permissions) not 0: a page, address | perm; else a child node. */
union vtd_shadowslot {
	uint64_t page;
	struct vtd_shadownode *child;
};

struct vtd_shadownode {
	union vtd_shadowslot slot[VTD_SHADOW_SLOTS];
	unsigned n_used;
};

/* Zeroed is empty. */
struct vtd_shadowmap {
	struct vtd_shadownode *root; /* level 4; NULL: empty */
	struct vtd_shadownode *spare; /* empty ones, linked through slot 0; private, as is: */
	unsigned n_spare;
	uint64_t n_pages;            /* nodes of QEMU's tree */
};

void vtd_shadowmap_clear(struct vtd_shadowmap *t);
/* The page stored for exactly this slot (iova aligned to the level), or 0. */
uint64_t vtd_shadowmap_get(const struct vtd_shadowmap *t, iova_t iova, unsigned level);
/* Does any page overlap the slot: above, at or below it? */
bool vtd_shadowmap_overlaps(const struct vtd_shadowmap *t, iova_t iova, unsigned level);
/* Forget every page that overlaps [first, last], also in part. */
void vtd_shadowmap_remove(struct vtd_shadowmap *t, iova_t first, iova_t last);
/* Enter a page where none overlaps; page: address | perm, perm not 0. */
void vtd_shadowmap_insert(struct vtd_shadowmap *t, iova_t iova, unsigned level, uint64_t page);
/* The 512 slots of the 4 KiB pages around iova; NULL: there is none of 4 KiB. *covered: a larger page
 * covers them all. For walks that compare a whole table at once. */
const union vtd_shadowslot *vtd_shadowmap_table(const struct vtd_shadowmap *t, iova_t iova,
						bool *covered);

#endif
