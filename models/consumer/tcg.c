/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tcg - a CPU that reaches memory through the IOMMU: a TLB of 4 KiB pages, flushed as a whole.
 *
 * One UNMAP notifier over [0, 2^64 - 1], registered at the first translation. An UNMAP flushes the
 * whole TLB and disarms the notifier until the next translation arms it, so a storm of UNMAPs costs
 * one flush. On x86 no CPU access passes VT-d; real users are CPU-side protection controllers.
 *
 * Sources: qemu physmem.c. Omitted: one notifier for every vCPU (here one for all).
 */
#include <stdio.h>
#include <stdlib.h>

#include "models/consumer/note.h"
#include "models/consumer/oracle.h"
#include "models/consumer/sections.h"
#include "sim/bits.h"
#include "sim/xalloc.h"

struct tcg_page {
	iova_t iova; /* of the page */
	gpa_t gpa;
	enum perm perm; /* PERM_NONE: empty */
};

struct tcg {
	/* option */
	uint64_t n_entries;
	/* state */
	const struct consumer_env *env;
	struct listener listener;
	struct sections sections;
	struct oracle oracle;
	struct notifier notifier;
	bool registered, armed;
	struct tcg_page *tlb; /* [n_pages], direct-mapped */
	size_t n_pages;       /* a power of two */
};

static void tcg_flush(struct tcg *t, struct meter *m)
{
	for (size_t i = 0; i < t->n_pages; i++) {
		struct tcg_page *p = &t->tlb[i];

		if (p->perm != PERM_NONE)
			oracle_drop(&t->oracle, p->iova, p->iova | ~PAGE_MASK, meter_now(m));
		p->perm = PERM_NONE;
	}
	meter_charge(m, PRIM_TCG_FLUSH, 1);
	rec_count(t->env->ent, CTR_CONSUMER_FLUSH, 1);
}

static void tcg_notified(struct notifier *n, const struct notify *what, struct meter *m)
{
	struct tcg *t = n->self;

	(void)what;
	if (!t->armed) {
		rec_count(t->env->ent, CTR_NOTIFY_UNMAP_NEEDLESS, 1);
		return;
	}
	tcg_flush(t, m);
	t->armed = false;
}

static void tcg_region_add(void *self, const struct region *r, struct meter *m)
{
	struct tcg *t = self;

	(void)m;
	if (r->kind == REGION_IOMMU)
		sections_add(&t->sections, r);
}

/* The memory map changes: QEMU flushes and forgets its notifiers. */
static void tcg_region_del(void *self, const struct region *r, struct meter *m)
{
	struct tcg *t = self;

	if (r->kind != REGION_IOMMU)
		return;
	sections_del(&t->sections, sections_find(&t->sections, r));
	if (t->sections.n != 0 || !t->registered)
		return;
	t->env->as->ops->del_notifier(t->env->as, &t->notifier);
	t->registered = false;
	t->armed = false;
	tcg_flush(t, m);
}

static void tcg_arm(struct tcg *t)
{
	t->armed = true;
	if (t->registered)
		return;
	t->notifier = (struct notifier){.wants = NOTIFY_UNMAP,
					.first = 0,
					.last = UINT64_MAX,
					.fn = tcg_notified,
					.self = t};
	t->registered = t->env->as->ops->add_notifier(t->env->as, &t->notifier) == 0;
}

/* The TLB's entry for the page of `at`, translated if need be; NULL: a fault. */
static const struct tcg_page *tcg_lookup(struct tcg *t, iova_t at, enum perm need, struct meter *m)
{
	struct tcg_page *p = &t->tlb[at >> PAGE_BITS & (t->n_pages - 1)];
	iova_t page = at & PAGE_MASK;
	struct xlat x;

	if (p->iova == page && p->perm != PERM_NONE && (p->perm & need) == need) {
		meter_charge(m, PRIM_TCG_HIT, 1);
		oracle_hit(&t->oracle, at, p->gpa + (at - page), need, m);
		rec_count(t->env->ent, CTR_CONSUMER_HIT, 1);
		return p;
	}
	rec_count(t->env->ent, CTR_CONSUMER_MISS, 1);
	tcg_arm(t);
	if (!t->env->as->ops->translate(t->env->as, at, need, &x, m) || (x.perm & need) != need)
		return NULL;
	if (p->perm != PERM_NONE) {
		rec_count(t->env->ent, CTR_CONSUMER_EVICT, 1);
		oracle_drop(&t->oracle, p->iova, p->iova | ~PAGE_MASK, meter_now(m));
	}
	*p = (struct tcg_page){page, (x.gpa & ~x.mask) + (page & x.mask), x.perm};
	note_update(t->env, page, page | ~PAGE_MASK, m);
	return p;
}

static enum access_result tcg_access(void *self, iova_t at, uint64_t n_bytes, enum perm need,
				     iova_t *where, struct meter *m)
{
	struct tcg *t = self;
	iova_t last = at + n_bytes - 1;

	for (;; at = (at | ~PAGE_MASK) + 1) {
		iova_t piece = last < (at | ~PAGE_MASK) ? last : at | ~PAGE_MASK;
		gpa_t gpa = at;
		const struct tcg_page *p;

		if (t->sections.n != 0 && (at < MSI_FIRST || at > MSI_LAST)) {
			p = tcg_lookup(t, at, need, m);
			gpa = p ? p->gpa + (at - p->iova) : UINT64_MAX;
		} else {
			meter_charge(m, PRIM_TCG_HIT, 1);
		}
		if (!gmem_is_ram(t->env->mem, gpa, piece - at + 1) &&
		    (at < MSI_FIRST || at > MSI_LAST)) {
			*where = at;
			note_fault(t->env, at, m);
			return ACCESS_FAULT;
		}
		if (piece == last)
			return ACCESS_OK;
	}
}

static void tcg_unmapped(void *self, iova_t first, iova_t last, cycles_t now)
{
	struct tcg *t = self;

	for (size_t i = 0; t->env->oracle && i < t->n_pages; i++) {
		const struct tcg_page *p = &t->tlb[i];

		if (p->perm != PERM_NONE && p->iova <= last && (p->iova | ~PAGE_MASK) >= first)
			oracle_mark(&t->oracle, p->iova, p->iova | ~PAGE_MASK, now);
	}
}

static int tcg_init(void *self, const struct consumer_env *env, struct err *e)
{
	struct tcg *t = self;

	(void)e;
	t->env = env;
	t->listener = (struct listener){.add = tcg_region_add, .del = tcg_region_del, .self = t};
	env->as->listener = &t->listener;
	oracle_init(&t->oracle, env);
	t->n_pages = bits_pow2_ceil(t->n_entries);
	t->tlb = xcalloc(t->n_pages, sizeof *t->tlb);
	return 0;
}

static void tcg_fini(void *self)
{
	struct tcg *t = self;

	if (!t->env)
		return; /* init failed */
	free(t->tlb);
	oracle_fini(&t->oracle);
}

static const struct opt tcg_opts[] = {
	OPT_U64(struct tcg, n_entries, "tlb", "256", 1, 65536, "pages",
		"pages that the TLB holds, rounded up to a power of two"),
	OPT_END,
};

const struct consumer_type consumer_tcg = {
	.name = "tcg",
	.help = "TCG: a CPU behind the IOMMU, its TLB is flushed as a whole at an UNMAP",
	.opts = tcg_opts,
	.size = sizeof(struct tcg),
	.thread = THREAD_VCPU,
	.init = tcg_init,
	.fini = tcg_fini,
	.access = tcg_access,
	.unmapped = tcg_unmapped,
};
