/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_aspace - address spaces of devices: translated or RAM one to one, and who is told.
 *
 * The interrupt window lies over the unit's region, so listeners see two regions around it.
 * Order of devices: by source id (QEMU: by a hash of pointers, different in each run).
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/vtd/vtd.h"
#include "sim/xalloc.h"

/* What aspace.h hands out is the first member. */
static struct vtd_as *aspace_of(struct aspace *as)
{
	return (struct vtd_as *)as;
}

static int aspace_add_notifier(struct aspace *as, struct notifier *n)
{
	return vtd_notify_add(aspace_of(as), n);
}

static void aspace_del_notifier(struct aspace *as, struct notifier *n)
{
	vtd_notify_del(aspace_of(as), n);
}

static void aspace_replay(struct aspace *as, struct notifier *n, struct meter *m)
{
	vtd_shadow_replay(aspace_of(as), n, m);
}

static bool aspace_translate(struct aspace *as, iova_t at, enum perm need, struct xlat *out,
			     struct meter *m)
{
	return vtd_xlat(aspace_of(as), at, need, out, m);
}

bool vtd_is_translated(const struct aspace *as)
{
	return ((const struct vtd_as *)as)->is_translated;
}

bool vtd_translate(struct aspace *as, iova_t at, enum perm need, struct xlat *out, struct meter *m)
{
	return vtd_xlat_region(aspace_of(as), at, need, out, m);
}

static bool aspace_peek(struct aspace *as, iova_t at, struct xlat *out)
{
	return vtd_xlat_peek(aspace_of(as), at, out);
}

const struct aspace_ops vtd_aspace_ops = {
	.add_notifier = aspace_add_notifier,
	.del_notifier = aspace_del_notifier,
	.replay = aspace_replay,
	.translate = aspace_translate,
	.peek = aspace_peek,
};

/* Tell the listener about one range, less the interrupt window. */
static void aspace_tell_range(const struct vtd_as *as, bool is_add, struct region r,
			      struct meter *m)
{
	const struct listener *l = as->as.listener;
	void (*fn)(void *self, const struct region *r, struct meter *m) = is_add ? l->add : l->del;
	struct region low = r, high = r;

	if (r.first > MSI_LAST || r.last < MSI_FIRST) {
		fn(l->self, &r, m);
		return;
	}
	low.last = MSI_FIRST - 1;
	high.first = MSI_LAST + 1;
	if (r.first < MSI_FIRST)
		fn(l->self, &low, m);
	if (r.last > MSI_LAST)
		fn(l->self, &high, m);
}

/* Tell about everything that is there when (not) translated. */
static void aspace_tell(const struct vtd_as *as, bool is_translated, bool is_add, struct meter *m)
{
	const struct gmem *mem = as->v->mem;
	struct region r = {.kind = REGION_IOMMU, .first = 0, .last = UINT64_MAX};

	if (!as->as.listener)
		return;
	if (is_translated) {
		aspace_tell_range(as, is_add, r, m);
		return;
	}
	r.kind = REGION_RAM;
	for (unsigned i = 0; i < gmem_n_regions(mem); i++) {
		gmem_region(mem, i, &r.first, &r.last);
		aspace_tell_range(as, is_add, r, m);
	}
}

/* Pass-through by the tables; an entry that does not resolve is not. */
static bool aspace_is_passthrough(struct vtd_as *as, struct meter *m)
{
	struct vtd_domain d;
	struct vtd_ce ce;

	return vtd_ctx_fetch(as->v, as->as.sid, &ce, m) == VTD_FR_NONE &&
	       vtd_ctx_domain(as->v, &ce, &d) == VTD_FR_NONE && d.is_passthrough;
}

void vtd_aspace_switch(struct vtd_as *as, struct meter *m)
{
	const struct vtd *v = as->v;
	bool is_translated = v->dmar_enabled && !aspace_is_passthrough(as, m);

	if (v->dmar_enabled && vtd_has(v, VTD_B_LOOK_TWICE))
		aspace_is_passthrough(as, m);
	VTD_TRACE(v,
		  "vtd_switch_address_space Device " VTD_BDF
		  " switching address space (iommu enabled=%d)",
		  VTD_BDF_ARGS(as), is_translated);
	if (is_translated == as->is_translated)
		return;
	aspace_tell(as, as->is_translated, false, m);
	as->is_translated = is_translated;
	aspace_tell(as, is_translated, true, m);
}

void vtd_aspace_switch_all(struct vtd *v, struct meter *m)
{
	for (unsigned i = 0; i < v->n_spaces; i++)
		vtd_aspace_switch(v->space[i], m);
}

/* Index of the first address space with a source id >= sid. */
static unsigned aspace_lower_bound(const struct vtd *v, uint16_t sid)
{
	unsigned lo = 0, hi = v->n_spaces;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (v->space[mid]->as.sid < sid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct vtd_as *vtd_aspace_find(const struct vtd *v, uint16_t sid)
{
	unsigned i = aspace_lower_bound(v, sid);

	return i < v->n_spaces && v->space[i]->as.sid == sid ? v->space[i] : NULL;
}

struct aspace *vtd_attach(struct vtd *v, uint16_t sid, struct entity *ent)
{
	unsigned i = aspace_lower_bound(v, sid);
	struct meter unbooked = {0};
	struct vtd_as *as;

	assert(!vtd_aspace_find(v, sid));
	as = xcalloc(1, sizeof *as);
	as->as = (struct aspace){.ops = &vtd_aspace_ops, .sid = sid, .ent = ent};
	as->v = v;
	v->space = xrealloc(v->space, v->n_spaces + 1, sizeof(struct vtd_as *));
	memmove(&v->space[i + 1], &v->space[i], (v->n_spaces - i) * sizeof(struct vtd_as *));
	v->space[i] = as;
	v->n_spaces++;
	vtd_aspace_switch(as, &unbooked);
	return &as->as;
}

void vtd_listen(struct vtd *v, struct aspace *as, struct meter *m)
{
	(void)v;
	aspace_tell(aspace_of(as), aspace_of(as)->is_translated, true, m);
}

void vtd_unlisten(struct vtd *v, struct aspace *as, struct meter *m)
{
	(void)v;
	aspace_tell(aspace_of(as), aspace_of(as)->is_translated, false, m);
}
