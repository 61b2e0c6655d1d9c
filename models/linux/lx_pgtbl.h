/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_pgtbl - second-stage page tables in guest memory, as the Intel driver of Linux writes them.
 */
#ifndef MODELS_LINUX_LX_PGTBL_H
#define MODELS_LINUX_LX_PGTBL_H

#include "models/linux/lx_priv.h"

#define LX_PGTBL_HINTS 16u

/* A growing list of ranges; empty lists own no memory. */
struct lx_range {
	iova_t first, last;
	iova_t rest_last; /* of the superpages that the same call writes from `first` on */
};
struct lx_ranges {
	struct lx_range *v;
	unsigned n, cap;
};
void lx_ranges_add(struct lx_ranges *r, const struct lx_range *v);
void lx_ranges_fini(struct lx_ranges *r);

struct lx_pgtbl {
	struct guest_kernel *k;
	unsigned n_levels; /* 3 or 4 */
	unsigned leaf_max; /* highest level of a leaf: 1: 4 KiB, 2: 2 MiB, 3: 1 GiB */
	gpa_t root;        /* 0: none */
	/* Which leaf table serves a 2 MiB region, so that most accesses need no walk. */
	struct {
		uint64_t region; /* iova >> 21, plus 1; 0: empty */
		gpa_t table;
	} hint[LX_PGTBL_HINTS];
};

void lx_pgtbl_init(struct lx_pgtbl *t, struct guest_kernel *k);
/* The top table, made at the first call: the kernel must have booted. Nothing is mapped before. */
gpa_t lx_pgtbl_root(struct lx_pgtbl *t);
/* Every table goes back to the kernel. */
void lx_pgtbl_fini(struct lx_pgtbl *t);

/* iova and gpa are multiples of 4 KiB. Superpages are used where iova | gpa and the length allow.
 * Charges PRIM_GUEST_PTE and counts CTR_GUEST_PTE for each entry written. Superpages that took the
 * place of a page table are added to *replaced (the tables go back to the kernel at once, as in
 * Linux). */
void lx_pgtbl_map(struct lx_pgtbl *t, iova_t iova, gpa_t gpa, uint64_t n_pages, enum perm perm,
		  struct lx_ranges *replaced, struct meter *m);

/* Clear [first, last], charging and counting each entry cleared. Tables whose whole span is covered
 * are taken out and added to *gone; they must live until the flush is done. */
void lx_pgtbl_unmap(struct lx_pgtbl *t, iova_t first, iova_t last, struct lx_pages *gone,
		    struct meter *m);

#endif
