/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vfio - an assigned device: QEMU mirrors the guest's tables into the host's IOMMU.
 *
 *   region added    RAM: MAP_DMA of it; translated: register MAP | UNMAP, replay
 *   region deleted  RAM: UNMAP_DMA; translated: unregister, one UNMAP_DMA of the whole section
 *   MAP event       guest page must be RAM, then MAP_DMA; refused: counted, QEMU goes on
 *   UNMAP event     UNMAP_DMA, mapped or not; one flush of the host's IOTLB if something went
 *   access          what is mapped here passes, anything else faults in the host's IOMMU; while a handler is
 *                   under way, what it has done so far (models/consumer/hole.h)
 *
 * Sources: qemu hw/vfio/common.c, listener.c; linux vfio_iommu_type1.c; refusals were observed.
 * Omitted: a MAP that answers EBUSY (QEMU then unmaps and tries again; the kernel says EEXIST),
 * RLIMIT_MEMLOCK, dirty tracking, interrupts. The host's pages are as large as the mapping's
 * alignment allows.
 */
#include <errno.h>
#include <stdio.h>

#include "models/consumer/hole.h"
#include "models/consumer/hw_iotlb.h"
#include "models/consumer/note.h"
#include "models/consumer/oracle.h"
#include "models/consumer/sections.h"
#include "models/consumer/type1.h"
#include "sim/bits.h"

enum { BACKEND_TYPE1, BACKEND_IOMMUFD };
static const char *const backend_words[] = {"type1", "iommufd", NULL};

struct vfio {
	/* options */
	unsigned backend;
	uint64_t max_entries, hw_entries;
	/* state */
	const struct consumer_env *env;
	struct listener listener;
	struct sections sections;
	struct oracle oracle;
	struct type1 *container;
	struct hw_iotlb *hw;
	struct type1_map hit, hit_before; /* of the last accesses, rings and data in turn; perm
					   * PERM_NONE: none */
	struct type1_map early; /* of an access while a handler is under way */
	struct hole *hole;
	cycles_t settled_at;  /* hole_until() */
	struct stat_hist *latency_hole;
};

static uint64_t vfio_pages(iova_t first, iova_t last)
{
	return ((last - first) >> PAGE_BITS) + 1;
}

/* ---- ioctls */

static void vfio_count_pinned(const struct vfio *v)
{
	uint64_t *most = &v->env->ent->counter[CTR_CONSUMER_PINNED_MAX];
	uint64_t now = type1_n_pinned(v->container);

	if (now > *most)
		*most = now;
}

static void vfio_dma_map(struct vfio *v, const struct type1_map *map, struct meter *m)
{
	int ret = type1_map(v->container, map);
	cycles_t since;

	rec_count(v->env->ent, CTR_CONSUMER_MAP, 1);
	meter_charge(m, PRIM_VFIO_MAP, 1);
	if (ret) {
		rec_count(v->env->ent, CTR_CONSUMER_MAP_FAILED, 1);
		if (ret == -EEXIST)
			rec_count(v->env->ent, CTR_NOTIFY_MAP_DUPLICATE, 1);
		return;
	}
	meter_charge(m, PRIM_VFIO_MAP_PAGE, vfio_pages(map->first, map->last));
	if (hole_added(v->hole, map->first, map->last, meter_now(m), m->start, &since))
		stat_hist_add(v->latency_hole, meter_now(m) - since);
	v->settled_at = hole_until(v->hole);
	note_update(v->env, map->first, map->last, m);
	vfio_count_pinned(v);
}

/* Returns how many mappings went. */
static size_t vfio_dma_unmap(struct vfio *v, iova_t first, iova_t last, struct meter *m)
{
	struct type1_map gone;
	size_t n = 0;

	rec_count(v->env->ent, CTR_CONSUMER_UNMAP, 1);
	meter_charge(m, PRIM_VFIO_UNMAP, 1);
	if (type1_can_unmap(v->container, first, last)) {
		rec_count(v->env->ent, CTR_CONSUMER_UNMAP_FAILED, 1);
		return 1; /* something is mapped there: the event was not needless */
	}
	vfio_count_pinned(v); /* counters may have been reset since the MAP */
	for (; type1_take(v->container, first, last, &gone); n++) {
		meter_charge(m, PRIM_VFIO_UNMAP_PAGE, vfio_pages(gone.first, gone.last));
		oracle_drop(&v->oracle, gone.first, gone.last, meter_now(m));
		hole_removed(v->hole, &gone, meter_now(m), m->start);
	}
	if (n != 0) {
		meter_charge(m, PRIM_HOST_FLUSH, 1);
		v->settled_at = hole_until(v->hole);
		hw_iotlb_flush(v->hw, first, last);
		v->hit.perm = v->hit_before.perm = PERM_NONE;
	}
	return n;
}

/* ---- events */

static void vfio_notified(struct notifier *n, const struct notify *what, struct meter *m)
{
	struct vfio *v = n->self;
	struct type1_map map = {what->first, what->last, what->gpa & PAGE_MASK, what->perm};

	switch (what->kind) {
	case NOTIFY_MAP:
		/* Else QEMU reports an error and makes no call. */
		if (gmem_is_ram(v->env->mem, map.gpa, map.last - map.first + 1))
			vfio_dma_map(v, &map, m);
		break;
	case NOTIFY_UNMAP:
		if (vfio_dma_unmap(v, what->first, what->last, m) == 0)
			rec_count(v->env->ent, CTR_NOTIFY_UNMAP_NEEDLESS, 1);
		break;
	case NOTIFY_DEVTLB_UNMAP:
		break; /* not asked for */
	}
}

static void vfio_region_add(void *self, const struct region *r, struct meter *m)
{
	struct vfio *v = self;
	struct section *s;
	char why[200];

	if (r->kind == REGION_RAM) {
		vfio_dma_map(v, &(struct type1_map){r->first, r->last, r->first, PERM_RW}, m);
		return;
	}
	s = sections_add(&v->sections, r);
	s->notifier.fn = vfio_notified;
	s->notifier.self = v;
	if (section_register(s, v->env->as, NOTIFY_MAP | NOTIFY_UNMAP) == 0) {
		v->env->as->ops->replay(v->env->as, &s->notifier, m);
		return;
	}
	snprintf(why, sizeof why,
		 "%s: QEMU %s refuses an assigned device: it needs iommu.caching-mode: on",
		 v->env->ent->name, v->env->qemu);
	v->env->aborted(v->env->self, why);
}

static void vfio_region_del(void *self, const struct region *r, struct meter *m)
{
	struct vfio *v = self;
	struct section *s;

	if (r->kind == REGION_IOMMU) {
		s = sections_find(&v->sections, r);
		section_unregister(s, v->env->as);
		sections_del(&v->sections, s);
	}
	vfio_dma_unmap(v, r->first, r->last, m);
}

/* ---- accesses: the device's hardware, nobody's CPU */

/* The host's page that holds `at`: the largest of 4 KiB, 2 MiB, 1 GiB that lies in the mapping. */
static unsigned vfio_page_bits(const struct type1_map *map, iova_t at)
{
	static const unsigned sizes[] = {30, 21};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t mask = bits_low(sizes[i]);

		if ((at & ~mask) >= map->first && (at | mask) <= map->last &&
		    ((map->first ^ map->gpa) & mask) == 0)
			return sizes[i];
	}
	return PAGE_BITS;
}

/* A handler is under way: what the device finds, good for this access alone; NULL: nothing. */
static const struct type1_map *vfio_lookup_early(struct vfio *v, iova_t at, const struct meter *m)
{
	struct type1_map before;
	bool is_mapped = type1_find(v->container, at, &v->early);

	switch (hole_look(v->hole, at, meter_now(m), is_mapped, &before)) {
	case HOLE_SETTLED:
		return is_mapped ? &v->early : NULL;
	case HOLE_BEFORE:
		v->early = before;
		return &v->early;
	case HOLE_OPEN:
		rec_count(v->env->ent, CTR_HOLE_FAULT, 1);
		return NULL;
	case HOLE_NONE:
		return NULL;
	}
	return NULL;
}

static bool vfio_has(const struct type1_map *map, iova_t at)
{
	return map->perm != PERM_NONE && at >= map->first && at <= map->last;
}

/* The mapping that the device finds at `at`, NULL: none. */
static const struct type1_map *vfio_lookup(struct vfio *v, iova_t at, const struct meter *m)
{
	struct type1_map found;

	if (PORT_UNLIKELY(meter_now(m) < v->settled_at))
		return vfio_lookup_early(v, at, m);
	if (vfio_has(&v->hit, at))
		return &v->hit;
	if (vfio_has(&v->hit_before, at))
		found = v->hit_before;
	else if (!type1_find(v->container, at, &found))
		return NULL;
	v->hit_before = v->hit;
	v->hit = found;
	return &v->hit;
}

static enum access_result vfio_access(void *self, iova_t at, uint64_t n_bytes, enum perm need,
				      iova_t *where, struct meter *m)
{
	struct vfio *v = self;
	iova_t last = at + n_bytes - 1, page_last;

	for (;; at = page_last + 1) {
		const struct type1_map *map = vfio_lookup(v, at, m);
		unsigned page_bits;

		if (!map || (map->perm & need) != need) {
			*where = at;
			note_fault(v->env, at, m);
			return ACCESS_FAULT;
		}
		page_bits = vfio_page_bits(map, at);
		meter_charge(m,
			     hw_iotlb_use(v->hw, at, page_bits) ? PRIM_HW_IOTLB_HIT
								: PRIM_HW_IOTLB_MISS,
			     1);
		if (v->sections.n != 0)
			oracle_hit(&v->oracle, at, map->gpa + (at - map->first), need, m);
		page_last = at | bits_low(page_bits);
		if (last <= page_last)
			break;
	}
	rec_count(v->env->ent, CTR_CONSUMER_HIT, 1);
	return ACCESS_OK;
}

static void vfio_unmapped(void *self, iova_t first, iova_t last, cycles_t now)
{
	struct vfio *v = self;
	struct type1_map map;

	while (v->env->oracle && type1_first(v->container, first, last, &map)) {
		oracle_mark(&v->oracle, map.first, map.last, now);
		if (map.last >= last)
			break;
		first = map.last + 1;
	}
}

/* ---- life */

static int vfio_init(void *self, const struct consumer_env *env, struct err *e)
{
	struct vfio *v = self;

	(void)e;
	v->env = env;
	v->listener = (struct listener){.add = vfio_region_add, .del = vfio_region_del, .self = v};
	env->as->listener = &v->listener;
	oracle_init(&v->oracle, env);
	v->container = type1_new(v->backend == BACKEND_IOMMUFD ? 0 : v->max_entries);
	v->hw = hw_iotlb_new(v->hw_entries);
	v->hole = hole_new();
	v->latency_hole = rec_latency(env->ent, "hole");
	return 0;
}

static void vfio_fini(void *self)
{
	struct vfio *v = self;

	if (!v->env)
		return; /* init failed */
	type1_free(v->container);
	hw_iotlb_free(v->hw);
	hole_free(v->hole);
	oracle_fini(&v->oracle);
}

static const struct opt vfio_opts[] = {
	OPT_ENUM(struct vfio, backend, "backend", "type1", backend_words,
		 "host interface: type1 container, or iommufd (no limit of mappings)"),
	OPT_U64(struct vfio, max_entries, "dma-entry-limit", "65535", 1, 1000000000, "mappings",
		"mappings that a type1 container holds at most"),
	OPT_U64(struct vfio, hw_entries, "hw-iotlb", "64", 0, 1048576, "entries",
		"entries of the host's IOTLB for this device, rounded up to 4 x a power of two"),
	OPT_END,
};

const struct consumer_type consumer_vfio = {
	.name = "vfio",
	.help = "VFIO: an assigned device, the guest's mappings are mirrored into the host's IOMMU",
	.opts = vfio_opts,
	.size = sizeof(struct vfio),
	.thread = THREAD_HARDWARE,
	.init = vfio_init,
	.fini = vfio_fini,
	.access = vfio_access,
	.unmapped = vfio_unmapped,
};
