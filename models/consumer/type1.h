/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * type1 - the host kernel's side of device assignment: a container of DMA mappings.
 *
 * Rules of VFIO's type1 (v2) and of iommufd's address space, which differ in what they refuse.
 */
#ifndef MODELS_CONSUMER_TYPE1_H
#define MODELS_CONSUMER_TYPE1_H

#include <stdbool.h>
#include <stddef.h>

#include "models/addr.h"

#define TYPE1_ENTRIES_DEFAULT 65535 /* dma_entry_limit of the kernel module */

struct type1;

struct type1_map {
	iova_t first, last;
	gpa_t gpa; /* where first is; 4 KiB aligned */
	enum perm perm;
};

/* max_entries 0: no limit, as iommufd. */
struct type1 *type1_new(size_t max_entries);
void type1_free(struct type1 *t); /* NULL is allowed */

/* MAP_DMA of whole 4 KiB pages. 0, -EEXIST (some of it is mapped), -ENOSPC (too many mappings). */
int type1_map(struct type1 *t, const struct type1_map *map);

/* Would UNMAP_DMA of [first, last] be refused (-EINVAL) because it cuts a mapping in two, or is it
 * 0? */
int type1_can_unmap(const struct type1 *t, iova_t first, iova_t last);

/* Take the lowest mapping in [first, last] out; false: there is none (left). */
bool type1_take(struct type1 *t, iova_t first, iova_t last, struct type1_map *out);

bool type1_find(const struct type1 *t, iova_t at, struct type1_map *out);
/* The lowest mapping that shares a byte with [first, last]. */
bool type1_first(const struct type1 *t, iova_t first, iova_t last, struct type1_map *out);

size_t type1_n(const struct type1 *t);
/* 4 KiB pages pinned now. */
uint64_t type1_n_pinned(const struct type1 *t);

#endif
