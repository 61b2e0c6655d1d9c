/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * registry - one table of descriptors per kind.
 */
#include "models/registry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "models/consumer/consumer.h"
#include "models/guest/guest.h"
#include "models/iommu/iommu.h"
#include "models/plugins.h"
#include "models/workload/workload.h"

/* clang-format off */
#define X(kind, name) extern const struct kind##_type kind##_##name;
consumer_LIST(X) guest_LIST(X) iommu_LIST(X) workload_LIST(X)
#undef X

#define X(kind, name) &kind##_##name,
static const void *const registry_consumers[] = {consumer_LIST(X) NULL};
static const void *const registry_guests[] = {guest_LIST(X) NULL};
static const void *const registry_iommus[] = {iommu_LIST(X) NULL};
static const void *const registry_workloads[] = {workload_LIST(X) NULL};
#undef X
/* clang-format on */

static const void *const *const registry_tables[REGISTRY_KIND_N] = {
	[REGISTRY_IOMMU] = registry_iommus,
	[REGISTRY_CONSUMER] = registry_consumers,
	[REGISTRY_GUEST] = registry_guests,
	[REGISTRY_WORKLOAD] = registry_workloads,
};

/* How every kind's descriptor begins. */
struct registry_head {
	const char *name, *help;
	const struct opt *opts;
	size_t size;
};
#define REGISTRY_BEGINS(type)                                                                  \
	_Static_assert(offsetof(type, name) == offsetof(struct registry_head, name) &&         \
			       offsetof(type, help) == offsetof(struct registry_head, help) && \
			       offsetof(type, opts) == offsetof(struct registry_head, opts) && \
			       offsetof(type, size) == offsetof(struct registry_head, size),   \
		       #type)
REGISTRY_BEGINS(struct iommu_type);
REGISTRY_BEGINS(struct consumer_type);
REGISTRY_BEGINS(struct guest_type);
REGISTRY_BEGINS(struct workload_type);

enum { REGISTRY_PLUGINS_MAX = 64 }; /* of one kind; for the list in a message */

const char *registry_kind_name(enum registry_kind kind)
{
	static const char *const names[REGISTRY_KIND_N] = {
		[REGISTRY_IOMMU] = "iommu",
		[REGISTRY_CONSUMER] = "consumer",
		[REGISTRY_GUEST] = "guest",
		[REGISTRY_WORKLOAD] = "workload",
	};

	return names[kind];
}

bool registry_get(enum registry_kind kind, unsigned i, struct registry_entry *entry)
{
	const void *const *type = registry_tables[kind];
	struct registry_head head;

	while (*type && i-- > 0)
		type++;
	if (!*type)
		return false;
	memcpy(&head, *type, sizeof head);
	*entry = (struct registry_entry){head.name, head.help, head.opts, head.size, *type};
	return true;
}

static int registry_unknown(enum registry_kind kind, const char *name, const char *path,
			    struct err_place at, struct err *e)
{
	const char *names[REGISTRY_PLUGINS_MAX + 1] = {NULL}, *near;
	struct registry_entry entry;
	char allowed[500] = "";
	size_t used = 0;

	for (unsigned i = 0; i < REGISTRY_PLUGINS_MAX && registry_get(kind, i, &entry); i++) {
		names[i] = entry.name;
		if (used < sizeof allowed)
			used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%s",
						 i ? ", " : "", entry.name);
	}
	near = err_nearest(name, names);
	return err_at(e, at, "%.200s: got '%.80s', allowed: %s%s%s%s", path, name, allowed,
		      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int registry_find(enum registry_kind kind, const char *name, const char *path, struct err_place at,
		  void *type, struct err *e)
{
	struct registry_entry entry;

	for (unsigned i = 0; registry_get(kind, i, &entry); i++)
		if (strcmp(entry.name, name) == 0) {
			/* All pointers to descriptors look alike. */
			memcpy(type, &entry.type, sizeof entry.type);
			return 0;
		}
	return registry_unknown(kind, name, path, at, e);
}
