/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vhost - a device IOTLB filled by misses, in the kernel or in a vhost-user process.
 *
 *   access   ring known to be valid: metadata cache; else look-ups range by range;
 *            the first address that is not there: ACCESS_MISS
 *   fill     QEMU translates and writes an UPDATE of the leaf page, always read-write (observed)
 *   notify   QEMU writes an INVALIDATE to the vhost device whose notifier it is; MAP: an UPDATE
 *
 * A queue pair is a vhost device: its own IOTLB, worker, and notifiers, one a section, which QEMU
 * registers when the driver has started the device. Which kind depends
 * on QEMU's version (vhost_rule.h) or is forced by an option; map-unmap is the proposal of 2020.
 * With no section (translation off, pass-through) misses are answered one to one, 4 KiB at a time,
 * and nothing is ever invalidated (observed).
 *
 * Sources: linux vhost.c, iotlb.c; qemu vhost.c; dpdk iotlb.c.
 * Omitted: vhost's mutexes; dirty logging; DPDK's pending list; a stop of the device; a vhost-user
 * look-up costs what the kernel's costs (DPDK walks a list).
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/consumer/note.h"
#include "models/consumer/oracle.h"
#include "models/consumer/sections.h"
#include "models/consumer/vhost_iotlb.h"
#include "models/consumer/vhost_rule.h"
#include "sim/bits.h"
#include "sim/xalloc.h"

#define RING_AREAS 3u /* addresses a virtqueue: descriptors, available, used */
#define PAIR_QUEUES 2u
#define AREA_USED 2u

enum { NOTIFIER_AUTO, NOTIFIER_UNMAP, NOTIFIER_MAP_UNMAP, NOTIFIER_DEVTLB };
static const char *const notifier_words[] = {"auto", "unmap", "map-unmap", "devtlb", NULL};

enum { BACKEND_KERNEL, BACKEND_USER };
static const char *const backend_words[] = {"kernel", "vhost-user", NULL};

/* A ring area and what the metadata cache knows of it. */
struct vhost_area {
	iova_t at;
	bool pays; /* the first area of a virtqueue: PRIM_VHOST_META is for all three */
	struct vhost_iotlb_entry entry; /* perm PERM_NONE: not valid */
};

/* One queue pair, or all queues of a device that has no pairs. */
struct vhost_dev {
	struct vhost *v;
	struct sections sections; /* the same for all, each with notifiers of its own */
	struct vhost_iotlb *tlb;
	struct vhost_iotlb_entry hit; /* of the last look-up; perm PERM_NONE: none */
	struct vhost_area *area; /* [n_areas] */
	unsigned n_areas;
	iova_t areas_first, areas_last; /* of all areas */
	bool knows; /* the last hit or an area may be valid */
	bool repeats; /* a miss was answered: the access at repeats_at is its repetition */
	iova_t repeats_at;
};

struct vhost {
	/* options */
	unsigned notifier, backend;
	uint64_t max_entries;
	bool iommu_platform, dpdk_wrap;
	/* state */
	const struct consumer_env *env;
	struct listener listener;
	struct oracle oracle;
	enum vhost_rule rule;
	bool ats, started;
	struct vhost_dev *dev; /* [env->n_queue_pairs] */
	struct vhost_dev *cur; /* whose accesses and fills follow */
};

/* ---- messages from QEMU to the vhost devices */

/* A vhost-user message waits for its reply: twice the way of a write(). */
static void vhost_charge_message(const struct vhost *v, struct meter *m)
{
	meter_charge(m, PRIM_VHOST_MSG, v->backend == BACKEND_USER ? 2 : 1);
}

/* Every UPDATE and INVALIDATE clears the metadata cache of all rings of the device. */
static void vhost_forget(struct vhost_dev *d)
{
	if (!d->knows)
		return;
	d->knows = false;
	d->hit.perm = PERM_NONE;
	for (unsigned i = 0; i < d->n_areas; i++)
		d->area[i].entry.perm = PERM_NONE;
}

static void vhost_update(struct vhost *v, struct vhost_dev *d, const struct vhost_iotlb_entry *e,
			 struct meter *m)
{
	struct vhost_iotlb_entry evicted;

	vhost_charge_message(v, m);
	note_update(v->env, e->first, e->last, m);
	vhost_forget(d);
	if (!vhost_iotlb_insert(d->tlb, e, &evicted))
		return;
	rec_count(v->env->ent, CTR_CONSUMER_EVICT, 1);
	oracle_drop(&v->oracle, evicted.first, evicted.last, meter_now(m));
}

static void vhost_invalidate(struct vhost *v, struct vhost_dev *d, iova_t first, iova_t last,
			     struct meter *m)
{
	const struct vhost_iotlb_entry *const *e;
	size_t n;

	vhost_charge_message(v, m);
	rec_count(v->env->ent, CTR_CONSUMER_INVALIDATE, 1);
	vhost_forget(d);
	e = vhost_iotlb_overlaps(d->tlb, first, last, &n);
	if (n == 0)
		rec_count(v->env->ent, CTR_NOTIFY_UNMAP_NEEDLESS, 1);
	/* DPDK 22.11 compares with first + size, which is 0 for a range up to 2^64 - 1 (observed).
	 */
	if (v->backend == BACKEND_USER && v->dpdk_wrap && last == UINT64_MAX)
		return;
	for (size_t i = 0; i < n; i++) {
		oracle_drop(&v->oracle, e[i]->first, e[i]->last, meter_now(m));
		vhost_iotlb_remove(d->tlb, e[i]);
	}
}


/* The MAP notifier that was proposed: the translation goes down at once. */
static void vhost_map(struct vhost *v, struct vhost_dev *d, const struct notify *what,
		      struct meter *m)
{
	struct vhost_iotlb_entry e = {what->first, what->last, what->gpa, what->perm};
	size_t n;

	if (!gmem_is_ram(v->env->mem, e.gpa, e.last - e.first + 1))
		return;
	vhost_iotlb_overlaps(d->tlb, e.first, e.last, &n);
	vhost_update(v, d, &e, m);
	if (n != 0)
		rec_count(v->env->ent, CTR_NOTIFY_MAP_DUPLICATE, 1);
}

static void vhost_notified(struct notifier *n, const struct notify *what, struct meter *m)
{
	struct vhost_dev *d = n->self;

	switch (what->kind) {
	case NOTIFY_MAP:
		vhost_map(d->v, d, what, m);
		break;
	case NOTIFY_UNMAP:
	case NOTIFY_DEVTLB_UNMAP:
		vhost_invalidate(d->v, d, what->first, what->last, m);
		break;
	}
}

/* ---- registration */

static unsigned vhost_wants(const struct vhost *v)
{
	switch (v->notifier) {
	case NOTIFIER_UNMAP:
		return NOTIFY_UNMAP;
	case NOTIFIER_MAP_UNMAP:
		return NOTIFY_MAP | NOTIFY_UNMAP;
	case NOTIFIER_DEVTLB:
		return NOTIFY_DEVTLB_UNMAP;
	default:
		return vhost_rule_wants(v->rule, v->env->device_iotlb, v->ats);
	}
}

static void vhost_exit(const struct vhost *v)
{
	char why[200];

	if (v->notifier == NOTIFIER_AUTO)
		snprintf(
			why, sizeof why,
			"%s: QEMU %s exits: the guest has ATS on and the IOMMU has no device-iotlb",
			v->env->ent->name, v->env->qemu);
	else
		snprintf(why, sizeof why, "%s: QEMU %s exits: the IOMMU refuses notifier kind %s",
			 v->env->ent->name, v->env->qemu, notifier_words[v->notifier]);
	v->env->aborted(v->env->self, why);
}

static void vhost_register(struct vhost *v, struct section *s)
{
	unsigned wants = vhost_wants(v);
	int ret = wants == 0 ? -EINVAL : section_register(s, v->env->as, wants);

	/* 6.0 .. 8.0 fall back to UNMAP when the IOMMU knows no device-TLB events. */
	if (ret && v->notifier == NOTIFIER_AUTO && v->rule != VHOST_RULE_ATS)
		ret = section_register(s, v->env->as, NOTIFY_UNMAP);
	if (ret)
		vhost_exit(v);
}

static void vhost_region_add(void *self, const struct region *r, struct meter *m)
{
	struct vhost *v = self;

	(void)m;
	if (r->kind != REGION_IOMMU || !v->iommu_platform)
		return;
	for (uint64_t i = 0; i < v->env->n_queue_pairs; i++) {
		struct section *s = sections_add(&v->dev[i].sections, r);

		s->notifier.fn = vhost_notified;
		s->notifier.self = &v->dev[i];
		if (v->started)
			vhost_register(v, s);
	}
}

static void vhost_region_del(void *self, const struct region *r, struct meter *m)
{
	struct vhost *v = self;

	(void)m;
	if (r->kind != REGION_IOMMU || !v->iommu_platform)
		return;
	for (uint64_t i = 0; i < v->env->n_queue_pairs; i++) {
		struct section *s = sections_find(&v->dev[i].sections, r);

		section_unregister(s, v->env->as);
		sections_del(&v->dev[i].sections, s);
	}
}

/* QEMU goes through its own list, newest first: then the lower section hears first. */
static void vhost_register_anew(struct vhost *v, struct vhost_dev *d)
{
	for (unsigned i = SECTIONS_MAX; i-- != 0;) {
		struct section *s = &d->sections.s[i];

		if (!s->used)
			continue;
		section_unregister(s, v->env->as);
		vhost_register(v, s);
	}
}

static void vhost_ats(void *self, bool on, struct meter *m)
{
	struct vhost *v = self;

	(void)m;
	if (v->ats == on)
		return;
	v->ats = on;
	if (!v->started || v->notifier != NOTIFIER_AUTO || v->rule != VHOST_RULE_ATS)
		return;
	for (uint64_t i = 0; i < v->env->n_queue_pairs; i++)
		vhost_register_anew(v, &v->dev[i]);
}

/* ---- misses */

/* QEMU's answer for the page of `at`; false: there is none. The translator is asked as QEMU asks
 * it: for a write when the miss wants to write, else for a read; what it lacks of that refuses the
 * access. */
static bool vhost_translate(struct vhost *v, iova_t at, enum perm need, struct vhost_iotlb_entry *e,
			    struct meter *m)
{
	enum perm ask = need & PERM_W ? PERM_W : PERM_R;
	struct xlat x = {at & PAGE_MASK, at & PAGE_MASK, ~PAGE_MASK, PERM_RW};
	gpa_t ram_first, ram_last;

	if (v->dev[0].sections.n != 0) {
		if (at >= MSI_FIRST && at <= MSI_LAST)
			return false; /* no memory there, and no fault of the IOMMU */
		if (!v->env->as->ops->translate(v->env->as, at, ask, &x, m) || !(x.perm & ask))
			return false;
	}
	*e = (struct vhost_iotlb_entry){x.iova & ~x.mask, x.iova | x.mask, x.gpa & ~x.mask,
					PERM_RW};
	for (unsigned i = 0; i < gmem_n_regions(v->env->mem); i++) {
		gmem_region(v->env->mem, i, &ram_first, &ram_last);
		if (e->gpa < ram_first || e->gpa > ram_last)
			continue;
		if (ram_last - e->gpa < x.mask)
			e->last = e->first + (ram_last - e->gpa);
		return at <= e->last;
	}
	return false;
}

static bool vhost_fill(void *self, iova_t at, enum perm need, struct meter *m)
{
	struct vhost *v = self;
	struct vhost_iotlb_entry e;

	assert(v->started);
	meter_charge(m, PRIM_VHOST_MISS, 1);
	if (!vhost_translate(v, at, need, &e, m)) {
		note_fault(v->env, at, m);
		return false;
	}
	vhost_update(v, v->cur, &e, m);
	v->cur->repeats = true;
	v->cur->repeats_at = at;
	return true;
}

/* ---- the driver starts */

static void vhost_area_add(struct vhost_dev *d, iova_t at, bool pays)
{
	if (d->n_areas == 0 || at < d->areas_first)
		d->areas_first = at;
	if (d->n_areas == 0 || at > d->areas_last)
		d->areas_last = at;
	d->area[d->n_areas++] = (struct vhost_area){.at = at, .pays = pays};
}

/* Queues 0 and 1 are the first pair's. */
static struct vhost_dev *vhost_dev_of(struct vhost *v, unsigned queue)
{
	return &v->dev[v->env->n_queue_pairs == 1 ? 0 : queue / PAIR_QUEUES];
}

/* The rings of one virtqueue become known; QEMU sends an UPDATE for the used one unasked. */
static void vhost_start_queue(struct vhost *v, struct vhost_dev *d, const iova_t *ring,
			      struct meter *m)
{
	struct vhost_iotlb_entry e;

	for (unsigned i = 0; i < RING_AREAS; i++)
		vhost_area_add(d, ring[i], i == 0);
	if (vhost_translate(v, ring[AREA_USED], PERM_RW, &e, m))
		vhost_update(v, d, &e, m);
}

static void vhost_start(void *self, const iova_t *ring, unsigned n_rings, struct meter *m)
{
	struct vhost *v = self;
	unsigned n_queues = n_rings / RING_AREAS;

	assert(n_rings % RING_AREAS == 0);
	v->started = true;
	if (!v->iommu_platform)
		return;
	for (uint64_t i = 0; i < v->env->n_queue_pairs; i++) {
		struct vhost_dev *d = &v->dev[i];

		for (unsigned k = 0; k < SECTIONS_MAX; k++)
			if (d->sections.s[k].used && !d->sections.s[k].registered)
				vhost_register(v, &d->sections.s[k]);
		d->n_areas = 0;
		d->area = xrealloc(d->area, n_rings, sizeof *d->area);
		for (unsigned q = 0; q < n_queues; q++)
			if (vhost_dev_of(v, q) == d)
				vhost_start_queue(v, d, ring + q * RING_AREAS, m);
	}
}

/* The backend goes: notifiers and cached translations with it. */
static void vhost_stop(void *self, struct meter *m)
{
	struct vhost *v = self;

	v->started = false;
	for (uint64_t i = 0; i < v->env->n_queue_pairs; i++) {
		struct vhost_dev *d = &v->dev[i];
		const struct vhost_iotlb_entry *const *e;
		size_t n;

		for (unsigned k = 0; k < SECTIONS_MAX; k++)
			if (d->sections.s[k].used)
				section_unregister(&d->sections.s[k], v->env->as);
		vhost_forget(d);
		d->n_areas = 0;
		e = vhost_iotlb_overlaps(d->tlb, 0, UINT64_MAX, &n);
		for (size_t k = 0; k < n; k++) {
			oracle_drop(&v->oracle, e[k]->first, e[k]->last, meter_now(m));
			vhost_iotlb_remove(d->tlb, e[k]);
		}
	}
}

/* ---- accesses */

static struct vhost_area *vhost_area_of(struct vhost_dev *d, iova_t at)
{
	if (at < d->areas_first || at > d->areas_last)
		return NULL;
	for (unsigned i = 0; i < d->n_areas; i++)
		if (d->area[i].at == at)
			return &d->area[i];
	return NULL;
}

static bool vhost_has(const struct vhost_iotlb_entry *e, iova_t first, iova_t last, enum perm need)
{
	return (e->perm & need) == need && first >= e->first && last <= e->last;
}

/* Translation does not concern this device: vhost's own table of guest memory. */
static enum access_result vhost_direct(const struct vhost *v, iova_t at, uint64_t n_bytes,
				       iova_t *where, struct meter *m)
{
	meter_charge(m, PRIM_VHOST_HIT, 1);
	if (gmem_is_ram(v->env->mem, at, n_bytes)) {
		rec_count(v->env->ent, CTR_CONSUMER_HIT, 1);
		return ACCESS_OK;
	}
	*where = at;
	note_fault(v->env, at, m);
	return ACCESS_FAULT;
}

/* The entry for `at`, from the last hit or looked up; NULL: a miss. */
static const struct vhost_iotlb_entry *vhost_lookup(struct vhost_dev *d, iova_t at)
{
	const struct vhost_iotlb_entry *e;

	if (vhost_has(&d->hit, at, at, PERM_NONE) && d->hit.perm != PERM_NONE)
		return &d->hit;
	e = vhost_iotlb_find(d->tlb, at);
	if (!e)
		return NULL;
	d->hit = *e;
	d->knows = true;
	return e;
}

/* [at, last] range by range. */
static PORT_NOINLINE enum access_result vhost_walk(struct vhost *v, iova_t at, iova_t last,
						   enum perm need, iova_t *where, struct meter *m)
{
	const struct vhost_iotlb_entry *e;

	for (;; at = e->last + 1) {
		*where = at;
		e = vhost_lookup(v->cur, at);
		if (!e) {
			rec_count(v->env->ent, CTR_CONSUMER_MISS, 1);
			return ACCESS_MISS;
		}
		if ((e->perm & need) != need) {
			note_fault(v->env, at, m);
			return ACCESS_FAULT;
		}
		meter_charge(m, PRIM_VHOST_HIT, 1);
		oracle_hit(&v->oracle, at, e->gpa + (at - e->first), need, m);
		if (last <= e->last)
			return ACCESS_OK;
	}
}

static enum access_result vhost_access(void *self, iova_t at, uint64_t n_bytes, enum perm need,
				       iova_t *where, struct meter *m)
{
	struct vhost *v = self;
	struct vhost_dev *d = v->cur;
	struct vhost_area *area;
	enum access_result r = ACCESS_OK;
	iova_t last = at + n_bytes - 1;

	if (!v->iommu_platform)
		return vhost_direct(v, at, n_bytes, where, m);
	area = vhost_area_of(d, at);
	if (area && vhost_has(&area->entry, at, last, need)) {
		if (area->pays)
			meter_charge(m, PRIM_VHOST_META, 1);
		oracle_hit(&v->oracle, at, area->entry.gpa + (at - area->entry.first), need, m);
	} else {
		r = vhost_walk(v, at, last, need, where, m);
		if (r != ACCESS_OK)
			return r;
		if (area)
			area->entry = d->hit;
	}
	if (!d->repeats || d->repeats_at != at)
		rec_count(v->env->ent, CTR_CONSUMER_HIT, 1);
	d->repeats = false;
	return r;
}

static void vhost_select(void *self, unsigned queue)
{
	struct vhost *v = self;

	v->cur = vhost_dev_of(v, queue);
}

/* DPDK's thread serves all queues of the device, busy. */
static bool vhost_polls(const void *self)
{
	const struct vhost *v = self;

	return v->backend == BACKEND_USER;
}

static void vhost_unmapped(void *self, iova_t first, iova_t last, cycles_t now)
{
	struct vhost *v = self;

	for (uint64_t i = 0; v->env->oracle && i < v->env->n_queue_pairs; i++) {
		size_t n;
		const struct vhost_iotlb_entry *const *e =
			vhost_iotlb_overlaps(v->dev[i].tlb, first, last, &n);

		for (size_t k = 0; k < n; k++)
			oracle_mark(&v->oracle, e[k]->first, e[k]->last, now);
	}
}

/* ---- life */

static int vhost_init(void *self, const struct consumer_env *env, struct err *e)
{
	struct vhost *v = self;
	bool user = v->backend == BACKEND_USER;
	char stream[100];
	struct rng *rng = NULL;
	int ret = vhost_rule_of(env->qemu, &v->rule, e);

	if (ret)
		return ret;
	if (user && env->rngs) {
		snprintf(stream, sizeof stream, "%.80s.evict", env->ent->name);
		rng = rng_stream(env->rngs, stream);
	}
	v->env = env;
	v->listener =
		(struct listener){.add = vhost_region_add, .del = vhost_region_del, .self = v};
	env->as->listener = &v->listener;
	oracle_init(&v->oracle, env);
	v->dev = xcalloc(env->n_queue_pairs, sizeof *v->dev);
	for (uint64_t i = 0; i < env->n_queue_pairs; i++) {
		v->dev[i].v = v;
		v->dev[i].tlb = vhost_iotlb_new(user ? VHOST_IOTLB_DPDK : VHOST_IOTLB_KERNEL,
						v->max_entries, rng);
	}
	v->cur = v->dev;
	return 0;
}

static void vhost_fini(void *self)
{
	struct vhost *v = self;

	if (!v->env)
		return; /* init failed */
	for (uint64_t i = 0; i < v->env->n_queue_pairs; i++) {
		vhost_iotlb_free(v->dev[i].tlb);
		free(v->dev[i].area);
	}
	free(v->dev);
	oracle_fini(&v->oracle);
}

static const struct opt vhost_opts[] = {
	OPT_ENUM(struct vhost, notifier, "notifier", "auto", notifier_words,
		 "events that vhost asks for; auto: as iommu.qemu's version does"),
	OPT_ENUM(struct vhost, backend, "backend", "kernel", backend_words,
		 "kernel vhost, or DPDK's vhost-user library"),
	OPT_U64(struct vhost, max_entries, "max-entries", "2048", 0, 1000000000, "entries",
		"IOTLB entries a queue pair; 0: no limit"),
	OPT_BOOL(struct vhost, iommu_platform, "iommu-platform", "on",
		 "virtio's iommu_platform; off: the device bypasses the IOMMU, never misses"),
	OPT_BOOL(struct vhost, dpdk_wrap, "dpdk-wrap", "on",
		 "vhost-user ignores an INVALIDATE that ends at 2^64 - 1, as DPDK 22.11 does"),
	OPT_END,
};

const struct consumer_type consumer_vhost = {
	.name = "vhost",
	.help = "vhost: a device IOTLB filled by misses that QEMU's main loop answers",
	.opts = vhost_opts,
	.size = sizeof(struct vhost),
	.thread = THREAD_WORKER,
	.init = vhost_init,
	.fini = vhost_fini,
	.start = vhost_start,
	.stop = vhost_stop,
	.access = vhost_access,
	.fill = vhost_fill,
	.ats = vhost_ats,
	.select = vhost_select,
	.polls = vhost_polls,
	.unmapped = vhost_unmapped,
};
