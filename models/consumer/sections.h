/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sections - the translated regions of an address space, each with the consumer's notifier.
 *
 * QEMU's listeners see VT-d's region in two sections, below and above the interrupt window.
 */
#ifndef MODELS_CONSUMER_SECTIONS_H
#define MODELS_CONSUMER_SECTIONS_H

#include "models/aspace.h"

#define SECTIONS_MAX 4

struct section {
	struct region region;
	struct notifier notifier;
	bool used, registered;
};

struct sections {
	struct section s[SECTIONS_MAX]; /* does not move: notifiers are linked by address */
	unsigned n;                     /* used ones; 0: nothing is translated */
};

/* A free slot for r (kind REGION_IOMMU), its notifier's window set; at most SECTIONS_MAX. */
struct section *sections_add(struct sections *s, const struct region *r);
/* The section of that region; the region is there (a listener hears of what it was told before). */
struct section *sections_find(struct sections *s, const struct region *r);
void sections_del(struct sections *s, struct section *gone);

/* Register with 0, or the -errno of the IOMMU; unregister if registered. */
int section_register(struct section *s, struct aspace *as, unsigned wants);
void section_unregister(struct section *s, struct aspace *as);

#endif
