/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * registry - plug-ins by kind and name, from the list that the build makes of PLUGINS.
 *
 * The name is the word of scenarios (type->name, with dashes); a file's name has underscores.
 */
#ifndef MODELS_REGISTRY_H
#define MODELS_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/opt.h"

enum registry_kind {
	REGISTRY_IOMMU,
	REGISTRY_CONSUMER,
	REGISTRY_GUEST,
	REGISTRY_WORKLOAD,
	REGISTRY_KIND_N
};

/* What all kinds have in common. */
struct registry_entry {
	const char *name, *help;
	const struct opt *opts; /* NULL: none */
	size_t size;            /* of the instance */
	const void *type;       /* struct iommu_type, consumer_type, guest_type or workload_type */
};

/* "iommu", "consumer", "guest", "workload". */
const char *registry_kind_name(enum registry_kind kind);

/* Plug-in number i = 0, 1, ... of a kind, in the order of file names; false behind the last. */
bool registry_get(enum registry_kind kind, unsigned i, struct registry_entry *entry);

/* The plug-in of that name: *type is the kind's pointer (const struct iommu_type *, ...). Unknown:
 * -EINVAL and *e names what is allowed and the nearest; path and at are for the message. */
int registry_find(enum registry_kind kind, const char *name, const char *path, struct err_place at,
		  void *type, struct err *e);

#endif
