/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vhost_iotlb - the IOTLB of one vhost device: ranges in order of insertion, the oldest goes first.
 *
 * Entries may overlap and even repeat: the kernel does not look for duplicates, and each takes a
 * place.
 */
#ifndef MODELS_CONSUMER_VHOST_IOTLB_H
#define MODELS_CONSUMER_VHOST_IOTLB_H

#include <stdbool.h>
#include <stddef.h>

#include "models/addr.h"
#include "sim/rng.h"

struct vhost_iotlb;

struct vhost_iotlb_entry {
	iova_t first, last;
	gpa_t gpa; /* where first is */
	enum perm perm;
};

enum vhost_iotlb_policy {
	VHOST_IOTLB_KERNEL, /* evicts the oldest, takes duplicates */
	VHOST_IOTLB_DPDK,   /* evicts at random, drops an entry whose first address is there already
			     */
};

/* max_entries 0: no limit. rng: for random eviction; NULL: the oldest goes. */
struct vhost_iotlb *vhost_iotlb_new(enum vhost_iotlb_policy policy, size_t max_entries,
				    struct rng *rng);
void vhost_iotlb_free(struct vhost_iotlb *t); /* NULL is allowed */

/* The entry that contains `at`: of several the one that begins lowest, of these the oldest, as the
 * kernel's interval tree finds it. NULL: none. Valid until the next change. */
const struct vhost_iotlb_entry *vhost_iotlb_find(const struct vhost_iotlb *t, iova_t at);

/* Enter e. True: *evicted had to go for it. */
bool vhost_iotlb_insert(struct vhost_iotlb *t, const struct vhost_iotlb_entry *e,
			struct vhost_iotlb_entry *evicted);

/* All entries that share a byte with [first, last]; *n of them. Valid until the next change. */
const struct vhost_iotlb_entry *const *vhost_iotlb_overlaps(struct vhost_iotlb *t, iova_t first,
							    iova_t last, size_t *n);

/* Remove an entry that overlaps() returned; the other pointers of that answer stay good. */
void vhost_iotlb_remove(struct vhost_iotlb *t, const struct vhost_iotlb_entry *e);

size_t vhost_iotlb_n(const struct vhost_iotlb *t);

#endif
