/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * emulated - QEMU's own device: no notifier, no cache; every access translates on the spot.
 *
 * An invalidation's only effect is that the IOMMU's IOTLB misses. An access to the interrupt window
 * is a message and reaches no memory.
 *
 * Sources: qemu physmem.c, virtio.c.
 */
#include "models/consumer/note.h"
#include "models/consumer/oracle.h"
#include "models/consumer/sections.h"

struct emulated {
	const struct consumer_env *env;
	struct listener listener;
	struct sections sections;
	struct oracle oracle;
};

static void emulated_region_add(void *self, const struct region *r, struct meter *m)
{
	struct emulated *d = self;

	(void)m;
	if (r->kind == REGION_IOMMU)
		sections_add(&d->sections, r);
}

static void emulated_region_del(void *self, const struct region *r, struct meter *m)
{
	struct emulated *d = self;

	(void)m;
	if (r->kind == REGION_IOMMU)
		sections_del(&d->sections, sections_find(&d->sections, r));
}

/* One piece of an access, from `at` to *last at most; *last becomes the end of what was translated.
 */
static bool emulated_piece(struct emulated *d, iova_t at, enum perm need, iova_t *last,
			   struct meter *m)
{
	struct xlat x;
	gpa_t gpa;

	meter_charge(m, PRIM_EMU_ACCESS, 1);
	if (d->sections.n == 0)
		return gmem_is_ram(d->env->mem, at, *last - at + 1);
	if (at >= MSI_FIRST && at <= MSI_LAST) {
		if (*last > MSI_LAST)
			*last = MSI_LAST;
		return true;
	}
	if (!d->env->as->ops->translate(d->env->as, at, need, &x, m) || (x.perm & need) != need)
		return false;
	if (*last > (at | x.mask))
		*last = at | x.mask;
	gpa = (x.gpa & ~x.mask) + (at & x.mask);
	oracle_hit(&d->oracle, at, gpa, need, m);
	return gmem_is_ram(d->env->mem, gpa, *last - at + 1);
}

static enum access_result emulated_access(void *self, iova_t at, uint64_t n_bytes, enum perm need,
					  iova_t *where, struct meter *m)
{
	struct emulated *d = self;
	iova_t last = at + n_bytes - 1, piece;

	if (d->sections.n != 0)
		rec_count(d->env->ent, CTR_CONSUMER_MISS, 1);
	for (;; at = piece + 1) {
		piece = last;
		if (!emulated_piece(d, at, need, &piece, m)) {
			*where = at;
			note_fault(d->env, at, m);
			return ACCESS_FAULT;
		}
		if (piece == last)
			return ACCESS_OK;
	}
}

static int emulated_init(void *self, const struct consumer_env *env, struct err *e)
{
	struct emulated *d = self;

	(void)e;
	d->env = env;
	d->listener = (struct listener){
		.add = emulated_region_add, .del = emulated_region_del, .self = d};
	env->as->listener = &d->listener;
	oracle_init(&d->oracle, env);
	return 0;
}

static void emulated_fini(void *self)
{
	struct emulated *d = self;

	if (d->env)
		oracle_fini(&d->oracle);
}

static const struct opt emulated_opts[] = {OPT_END};

const struct consumer_type consumer_emulated = {
	.name = "emulated",
	.help = "QEMU's own device: every access asks the IOMMU, nothing is cached or notified",
	.opts = emulated_opts,
	.size = sizeof(struct emulated),
	.thread = THREAD_MAIN_LOOP,
	.init = emulated_init,
	.fini = emulated_fini,
	.access = emulated_access,
};
