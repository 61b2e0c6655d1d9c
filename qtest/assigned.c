/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * assigned - MAP and UNMAP notifiers, replayed at registration; a type1 container answers.
 *
 * The rules are those of models/consumer/vfio.c, without time, accesses and limits.
 */
#include "qtest/assigned.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "sim/port.h"

static PORT_PRINTF(2, 3) void assigned_say(const struct assigned *a, const char *fmt, ...)
{
	char line[128];
	va_list ap;

	if (!a->trace)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	a->trace->line(a->trace->self, line);
}

/* ---- calls into the kernel */

static void assigned_map(struct assigned *a, const struct type1_map *map)
{
	if (type1_map(a->container, map))
		assigned_say(a, "vfio_dma_map 0x%" PRIx64 " 0x%" PRIx64 ": EEXIST", map->first,
			     map->last - map->first + 1);
}

static void assigned_unmap(struct assigned *a, iova_t first, iova_t last)
{
	struct type1_map gone;

	if (type1_can_unmap(a->container, first, last)) {
		assigned_say(a, "vfio_dma_unmap 0x%" PRIx64 " 0x%" PRIx64 ": EINVAL", first,
			     last - first + 1);
		return;
	}
	while (type1_take(a->container, first, last, &gone))
		continue;
}

static void assigned_notified(struct notifier *n, const struct notify *what, struct meter *m)
{
	struct assigned *a = n->self;
	struct type1_map map = {what->first, what->last, what->gpa & PAGE_MASK, what->perm};

	(void)m;
	assigned_say(a, "vfio_iommu_map_notify iommu %s @ 0x%" PRIx64 " - 0x%" PRIx64,
		     what->kind == NOTIFY_MAP ? "MAP" : "UNMAP", what->first, what->last);
	if (what->kind != NOTIFY_MAP)
		assigned_unmap(a, what->first, what->last);
	else if (gmem_is_ram(a->mem, map.gpa, map.last - map.first + 1))
		assigned_map(a, &map);
}

/* ---- sections */

static void assigned_region_add(void *self, const struct region *r, struct meter *m)
{
	struct assigned *a = self;
	struct section *s;

	assigned_say(a,
		     r->kind == REGION_RAM ? "vfio_listener_region_add_ram region_add [ram] "
					     "0x%" PRIx64 " - 0x%" PRIx64
					   : "vfio_listener_region_add_iommu region_add [iommu] "
					     "0x%" PRIx64 " - 0x%" PRIx64,
		     r->first, r->last);
	if (r->kind == REGION_RAM) {
		assigned_map(a, &(struct type1_map){r->first, r->last, r->first, PERM_RW});
		return;
	}
	s = sections_add(&a->sections, r);
	s->notifier.fn = assigned_notified;
	s->notifier.self = a;
	if (section_register(s, a->as, NOTIFY_MAP | NOTIFY_UNMAP) == 0)
		a->as->ops->replay(a->as, &s->notifier, m);
	else
		a->aborted(a->self, "it exits: an assigned device needs caching-mode=on");
}

static void assigned_region_del(void *self, const struct region *r, struct meter *m)
{
	struct assigned *a = self;
	struct section *s;

	(void)m;
	assigned_say(a, "vfio_listener_region_del region_del 0x%" PRIx64 " - 0x%" PRIx64, r->first,
		     r->last);
	if (r->kind == REGION_IOMMU) {
		s = sections_find(&a->sections, r);
		section_unregister(s, a->as);
		sections_del(&a->sections, s);
	}
	assigned_unmap(a, r->first, r->last);
}

void assigned_init(struct assigned *a, struct vtd *unit, struct aspace *as, struct meter *m)
{
	a->as = as;
	a->container = type1_new(TYPE1_ENTRIES_DEFAULT);
	a->listener = (struct listener){assigned_region_add, assigned_region_del, a};
	as->listener = &a->listener;
	vtd_listen(unit, as, m);
}

void assigned_fini(struct assigned *a)
{
	type1_free(a->container);
}
