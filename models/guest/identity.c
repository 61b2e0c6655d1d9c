/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * identity - no IOMMU in the guest: an IOVA is the guest physical address, nothing is invalidated.
 *
 * A mapping of several segments is taken for contiguous from its first one.
 */
#include "models/counters.h"
#include "models/guest/guest.h"

struct guest_id {
	const struct guest_env *env;
};

static const struct opt identity_opts[] = {OPT_END};

static int identity_init(void *self, const struct guest_env *env, struct err *e)
{
	struct guest_id *g = self;

	(void)e;
	g->env = env;
	return 0;
}

static void identity_fini(void *self)
{
	(void)self;
}

static void identity_note(const struct guest_id *g, enum counter c, enum event_kind kind,
			  const struct dma_map *d, const struct meter *m)
{
	if (!m->ent)
		return;
	rec_count(m->ent, c, 1);
	rec_event(g->env->rec, &(struct rec_event){.at_cycles = meter_now(m),
						   .entity = m->ent->id,
						   .kind = kind,
						   .iova = d->first,
						   .bytes = d->last - d->first + 1,
						   .cause = g->env->rec->cause});
}

static int identity_map(void *self, struct dma_map *d, struct meter *m)
{
	const struct dma_seg *s = &d->seg[0];

	d->iova = s->gpa;
	d->first = s->gpa & PAGE_MASK;
	d->last = (s->gpa + s->n_bytes - 1) | ~PAGE_MASK;
	identity_note(self, CTR_GUEST_MAP, EVENT_GUEST_MAP, d, m);
	return 0;
}

static void identity_unmap(void *self, struct dma_map *d, struct meter *m)
{
	identity_note(self, CTR_GUEST_UNMAP, EVENT_GUEST_UNMAP, d, m);
}

const struct guest_type guest_identity = {
	.name = "identity",
	.help = "no IOMMU in the guest: addresses are guest physical, nothing is invalidated",
	.opts = identity_opts,
	.size = sizeof(struct guest_id),
	.init = identity_init,
	.fini = identity_fini,
	.map = identity_map,
	.unmap = identity_unmap,
};
