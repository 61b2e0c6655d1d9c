/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * linux_dma - a Linux driver's DMA API over the Intel IOMMU driver: map and unmap for every I/O.
 *
 *   map      IOVA from the allocator -> entries into the page tables -> (caching mode) PSI
 *   unmap    clear the entries, then
 *            strict: PSI (+ device TLB), and once that is done the IOVA is free
 *            lazy:   into the flush queue; IOVA and page tables wait there
 *
 * Without IOMMU, or with iommu=pt, an IOVA is the guest physical address and nothing is
 * invalidated; a mapping of several segments is then taken for contiguous from its first one.
 *
 * Sources: linux dma-iommu.c, intel/iommu.c (up to 5.10 intel-iommu.c), iova.c; versions in
 * docs/MODEL.md. Omitted: bounce buffers for untrusted devices, segment boundaries and maximum
 * segment size of scatter lists, resizing of mappings.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "models/guest/guest.h"
#include "models/linux/lx_domain.h"
#include "models/linux/lx_flushq.h"
#include "models/linux/lx_iova.h"
#include "models/linux/lx_windows.h"
#include "sim/bits.h"
#include "sim/port.h"
#include "sim/xalloc.h"

/* What an unmap left to be done once its submissions have completed; one per CPU. */
struct linux_pending {
	struct lx_pages gone;
	bool waits; /* lazy: the ring was full, its flush is under way */
};

struct guest_linux {
	struct guest_env env;
	struct guest_kernel *k;
	bool translates; /* an IOMMU with page tables stands between */
	struct lx_domain domain;
	struct lx_iova iova;
	struct lx_flushq flushq;
	uint64_t limit;                /* highest frame the device can reach */
	struct linux_pending *pending; /* [n_cpus] */
	struct lx_piece *piece;        /* scratch of one map call */
	unsigned n_pieces_max;
	struct lx_ranges replaced; /* scratch, too */
};

static const struct opt guest_linux_opts[] = {OPT_END};

static int linux_init(void *self, const struct guest_env *env, struct err *e)
{
	struct guest_linux *g = self;
	struct guest_kernel *k = env->kernel;
	struct lx_iova_config c;

	(void)e;
	g->env = *env;
	g->k = k;
	g->pending = xcalloc(env->n_cpus, sizeof *g->pending);
	if (!k || !k->iommu.type)
		return 0;
	g->translates = !k->passthrough;
	lx_domain_init(&g->domain, k, g->translates ? LX_DOMAIN_DMA : LX_DOMAIN_PASSTHROUGH,
		       env->sid, env->ats);
	if (!g->translates)
		return 0;
	g->limit = lx_domain_limit(&g->domain, env->dma_bits);
	c = (struct lx_iova_config){.n_cpus = env->n_cpus,
				    .pfn_bits = bits_log2(lx_domain_limit(&g->domain, 64)) + 1,
				    .hz = k->cfg.hz,
				    .clock_hz = env->clock_hz,
				    .era = k->era};
	lx_iova_init(&g->iova, &c);
	lx_windows_reserve(&g->iova, k);
	lx_flushq_init(&g->flushq, &g->domain, &g->iova, &g->env);
	return 0;
}

static void linux_fini(void *self)
{
	struct guest_linux *g = self;

	for (unsigned c = 0; g->pending && c < g->env.n_cpus; c++)
		lx_pages_release(g->k, &g->pending[c].gone);
	free(g->pending);
	free(g->piece);
	lx_ranges_fini(&g->replaced);
	if (g->translates) {
		lx_flushq_fini(&g->flushq);
		lx_iova_fini(&g->iova);
	}
	lx_domain_fini(&g->domain);
}

static int linux_attach(void *self, struct meter *m)
{
	struct guest_linux *g = self;

	if (g->domain.k)
		lx_domain_attach(&g->domain, m);
	return 0;
}

static void linux_detach(void *self, struct meter *m)
{
	struct guest_linux *g = self;

	if (g->domain.k && g->domain.attached)
		lx_domain_detach(&g->domain, m);
}

/* The new domain gets the lowest free id, which is the old one's (observed), and equal tables. */
static void linux_move(void *self, struct meter *m)
{
	linux_detach(self, m);
	linux_attach(self, m);
}

/* Booked for the device, and a row of the log. */
static void linux_note(struct guest_linux *g, enum counter c, enum event_kind kind,
		       const struct dma_map *d, const struct meter *m)
{
	if (PORT_LIKELY(m->ent != NULL))
		rec_count(m->ent, c, 1);
	if (g->k)
		lx_event(g->k, kind, d->first, d->last - d->first + 1, m);
}

static uint64_t seg_pages(const struct dma_seg *s)
{
	return ((s->gpa & ~PAGE_MASK) + s->n_bytes + PAGE_BYTES - 1) >> PAGE_BITS;
}

/* The segments as pieces of whole pages, IOVAs from 0 on; returns the number of pages. */
static uint64_t linux_cut(struct guest_linux *g, const struct dma_map *d)
{
	uint64_t n_pages = 0;

	if (d->n_segs > g->n_pieces_max) {
		g->n_pieces_max = d->n_segs;
		g->piece = xrealloc(g->piece, g->n_pieces_max, sizeof *g->piece);
	}
	for (unsigned i = 0; i < d->n_segs; i++) {
		g->piece[i] = (struct lx_piece){.iova = n_pages << PAGE_BITS,
						.gpa = d->seg[i].gpa & PAGE_MASK,
						.n_pages = seg_pages(&d->seg[i])};
		n_pages += g->piece[i].n_pages;
	}
	return n_pages;
}

/* IOVA = guest physical address. */
static void linux_map_one_to_one(struct dma_map *d)
{
	const struct dma_seg *s = &d->seg[0];

	d->iova = s->gpa;
	d->first = s->gpa & PAGE_MASK;
	d->last = (s->gpa + s->n_bytes - 1) | ~PAGE_MASK;
}

static int linux_place(struct guest_linux *g, struct dma_map *d, uint64_t n_pages, struct meter *m)
{
	uint64_t pfn;

	if (d->with_iova) {
		pfn = d->iova >> PAGE_BITS;
		lx_iova_reserve(&g->iova, pfn, pfn + n_pages - 1);
	} else {
		pfn = lx_iova_alloc(&g->iova, n_pages, g->limit, d->cpu, m);
		if (PORT_UNLIKELY(pfn == LX_IOVA_FAIL))
			return -ENOSPC;
		d->iova = (pfn << PAGE_BITS) + (d->seg[0].gpa & ~PAGE_MASK);
	}
	d->first = pfn << PAGE_BITS;
	d->last = d->first + (n_pages << PAGE_BITS) - 1;
	return 0;
}

static int linux_map(void *self, struct dma_map *d, struct meter *m)
{
	struct guest_linux *g = self;
	struct lx_sink to = {.submit = g->env.submit, .self = g->env.self};
	enum perm perm = d->perm;
	uint64_t n_pages;

	assert(d->n_segs >= 1 && d->cpu < g->env.n_cpus);
	if (!g->translates) {
		linux_map_one_to_one(d);
		linux_note(g, CTR_GUEST_MAP, EVENT_GUEST_MAP, d, m);
		return 0;
	}
	n_pages = linux_cut(g, d);
	if (linux_place(g, d, n_pages, m))
		return -ENOSPC;
	linux_note(g, CTR_GUEST_MAP, EVENT_GUEST_MAP, d, m);
	if (g->k->era[LX_ERA_OWN_DMA_OPS])
		perm |= PERM_R; /* the unit has no zero-length reads (CAP.ZLR = 0) */
	for (unsigned i = 0; i < d->n_segs; i++) {
		struct lx_piece *p = &g->piece[i];

		p->iova += d->first;
		lx_pgtbl_map(&g->domain.pgtbl, p->iova, p->gpa, p->n_pages, perm, &g->replaced, m);
	}
	if (PORT_UNLIKELY(g->replaced.n != 0)) {
		lx_domain_flush_replaced(&g->domain, &g->replaced, &to);
		g->replaced.n = 0;
	}
	lx_domain_flush_map(&g->domain, g->piece, d->n_segs, g->k->era[LX_ERA_MAP_PER_CHUNK] != 0,
			    &to);
	return 0;
}

static void linux_defer(struct guest_linux *g, const struct dma_map *d, struct meter *m)
{
	struct linux_pending *p = &g->pending[d->cpu];
	struct lx_flushq_entry e = {.pfn = d->first >> PAGE_BITS,
				    .n_pages = (d->last - d->first + 1) >> PAGE_BITS,
				    .gone = p->gone,
				    .exact = d->with_iova};

	p->gone = (struct lx_pages){0};
	lx_flushq_add(&g->flushq, d->cpu, &e, m);
}

static void linux_unmap(void *self, struct dma_map *d, struct meter *m)
{
	struct guest_linux *g = self;
	struct lx_sink to = {.submit = g->env.submit, .self = g->env.self};
	struct linux_pending *p = &g->pending[d->cpu];

	linux_note(g, CTR_GUEST_UNMAP, EVENT_GUEST_UNMAP, d, m);
	if (!g->translates)
		return;
	assert(p->gone.n == 0 && !p->waits);
	lx_pgtbl_unmap(&g->domain.pgtbl, d->first, d->last, &p->gone, m);
	if (g->k->strict)
		lx_domain_flush_unmap(
			&g->domain, &(struct lx_unmapped){d->first, d->last, p->gone.n != 0, false},
			&to);
	else if (lx_flushq_make_room(&g->flushq, d->cpu, m))
		p->waits = true;
	else
		linux_defer(g, d, m);
}

static void linux_unmapped(void *self, const struct dma_map *d, struct meter *m)
{
	struct guest_linux *g = self;
	struct linux_pending *p = &g->pending[d->cpu];
	uint64_t first = d->first >> PAGE_BITS, last = d->last >> PAGE_BITS;

	if (!g->translates)
		return;
	if (!g->k->strict) {
		if (!p->waits)
			return;
		p->waits = false;
		lx_flushq_flushed(&g->flushq, d->cpu, m);
		linux_defer(g, d, m);
		return;
	}
	if (PORT_UNLIKELY(p->gone.n != 0))
		lx_pages_release(g->k, &p->gone);
	if (d->with_iova)
		lx_iova_unreserve(&g->iova, first, last);
	else
		lx_iova_free(&g->iova, first, last - first + 1, d->cpu, m);
}

const struct guest_type guest_linux_dma = {
	.name = "linux",
	.help = "a Linux driver: maps and unmaps every buffer through the DMA API",
	.opts = guest_linux_opts,
	.size = sizeof(struct guest_linux),
	.init = linux_init,
	.fini = linux_fini,
	.attach = linux_attach,
	.map = linux_map,
	.unmap = linux_unmap,
	.unmapped = linux_unmapped,
	.detach = linux_detach,
	.move = linux_move,
};
