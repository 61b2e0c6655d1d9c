/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dpdk - a DPDK application in the guest: maps its hugepages once through VFIO, then never again.
 *
 *   start   VFIO takes the device: its default domain is left, a new one is entered (by kernel
 * version over an empty domain in between); superpage probe: 8 KiB mapped, unmapped page by page
 *           each hugepage is mapped at IOVA = VA, from 4 GiB up
 *   map     a buffer lies in the hugepages already: its IOVA is known, no time passes
 *   stop    the domain is left before the pages are unmapped, so those unmaps flush nothing
 *
 * One VFIO_IOMMU_MAP_DMA becomes one iommu_map() per physically contiguous run. A freshly booted
 * kernel hands out hugepages downwards, so neighbours in VA are none in memory, and every hugepage
 * is mapped by itself, with
 * --legacy-mem and without (observed, DPDK 22.11; 17 of 17 and 192 of 192 pages).
 *
 * Omitted: several devices in one container; IOVA as physical address; growth and shrinking at run
 * time.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/guest/guest.h"
#include "models/linux/lx_domain.h"
#include "sim/bits.h"
#include "sim/xalloc.h"

#define VA_FIRST UINT64_C(0x100000000) /* DPDK's default base of IOVA = VA */

static const char *const hugepage_words[] = {"4KiB", "2MiB", "1GiB", NULL};
static const unsigned hugepage_bits[] = {12, 21, 30};
#define HUGEPAGE_NONE 0u

struct guest_dpdk {
	/* options */
	uint64_t memory_bytes;
	unsigned hugepage;
	bool legacy_mem, contiguous;
	const char *version;
	/* state */
	struct guest_env env;
	struct guest_kernel *k;
	uint64_t page_bytes, n_pages;
	bool maps_runs; /* one MAP_DMA for neighbouring pages */
	bool started;
	gpa_t *page; /* [n_pages] */
	struct lx_domain kernel_domain, empty_domain, user_domain;
};

static const struct opt dpdk_opts[] = {
	OPT_SIZE(struct guest_dpdk, memory_bytes, "memory", "64MiB", UINT64_C(4096),
		 UINT64_C(1) << 40, "hugepage memory that DPDK maps"),
	OPT_ENUM(struct guest_dpdk, hugepage, "hugepage", "2MiB", hugepage_words,
		 "size of its pages; 4KiB is --no-huge, which implies legacy-mem"),
	OPT_TEXT(struct guest_dpdk, version, "version", "22.11",
		 "DPDK release: YY.MM, 18.11 or newer"),
	OPT_BOOL(struct guest_dpdk, legacy_mem, "legacy-mem", "off",
		 "all memory is taken at start (--legacy-mem)"),
	OPT_BOOL(struct guest_dpdk, contiguous, "contiguous", "off",
		 "neighbouring pages are neighbours in physical memory, too"),
	OPT_END};

/* Does one MAP_DMA cover neighbouring pages? Memory taken at start: 19.08 to 23.03; memory that
 * grows: up to 21.02. */
static int dpdk_read_version(struct guest_dpdk *g, struct err *e)
{
	unsigned year, month, v;
	char after;

	if (sscanf(g->version, "%2u.%2u%c", &year, &month, &after) != 2 || month < 1 || month > 12)
		return err_user(e, "guest.version: got '%s', allowed a DPDK release like 22.11",
				g->version);
	v = year * 100 + month;
	if (v < 1811)
		return err_user(e, "guest.version: got %s, allowed 18.11 or newer", g->version);
	/* --no-huge takes all memory at start, too */
	g->maps_runs = g->legacy_mem || g->hugepage == HUGEPAGE_NONE ? v >= 1908 && v <= 2303 : v <= 2102;
	return 0;
}

static int dpdk_init(void *self, const struct guest_env *env, struct err *e)
{
	struct guest_dpdk *g = self;
	enum lx_domain_kind kind;
	iova_t last;

	g->env = *env;
	g->k = env->kernel;
	g->page_bytes = BIT(hugepage_bits[g->hugepage]);
	g->n_pages = (g->memory_bytes + g->page_bytes - 1) / g->page_bytes;
	g->memory_bytes = g->n_pages * g->page_bytes;
	if (dpdk_read_version(g, e))
		return -EINVAL;
	if (!g->k || !g->k->iommu.type)
		return err_user(e, "guest: dpdk maps through an IOMMU, and there is none");
	kind = g->k->passthrough ? LX_DOMAIN_PASSTHROUGH : LX_DOMAIN_DMA;
	lx_domain_init(&g->kernel_domain, g->k, kind, env->sid, env->ats);
	lx_domain_init(&g->empty_domain, g->k, LX_DOMAIN_DMA, env->sid, env->ats);
	lx_domain_init(&g->user_domain, g->k, LX_DOMAIN_DMA, env->sid, env->ats);
	last = VA_FIRST + g->page_bytes + g->memory_bytes - 1;
	if (last >> PAGE_BITS > lx_domain_limit(&g->user_domain, env->dma_bits))
		return err_user(e, "guest.memory: got %llu bytes, which end above the reach of DMA",
				(unsigned long long)g->memory_bytes);
	g->page = xcalloc(g->n_pages, sizeof *g->page);
	return 0;
}

static void dpdk_fini(void *self)
{
	struct guest_dpdk *g = self;

	lx_domain_fini(&g->user_domain);
	lx_domain_fini(&g->empty_domain);
	lx_domain_fini(&g->kernel_domain);
	free(g->page);
}

static int dpdk_attach(void *self, struct meter *m)
{
	struct guest_dpdk *g = self;

	lx_domain_attach(&g->kernel_domain, m);
	return 0;
}

static void dpdk_note(struct guest_dpdk *g, enum counter c, enum event_kind kind, iova_t iova,
		      uint64_t n_bytes, const struct meter *m)
{
	if (m->ent)
		rec_count(m->ent, c, 1);
	lx_event(g->k, kind, iova, n_bytes, m);
}

/* iommu_map() of one physically contiguous run. */
static void vfio_map_run(struct guest_dpdk *g, iova_t iova, gpa_t gpa, uint64_t n_bytes,
			 struct meter *m)
{
	struct lx_sink_now now = {.k = g->k, .m = m};
	struct lx_sink to = lx_sink_now(&now);
	struct lx_piece piece = {.iova = iova, .gpa = gpa, .n_pages = n_bytes >> PAGE_BITS};
	struct lx_ranges replaced = {0};

	dpdk_note(g, CTR_GUEST_MAP, EVENT_GUEST_MAP, iova, n_bytes, m);
	lx_pgtbl_map(&g->user_domain.pgtbl, iova, gpa, piece.n_pages, PERM_RW, &replaced, m);
	lx_domain_flush_replaced(&g->user_domain, &replaced, &to);
	lx_ranges_fini(&replaced);
	lx_domain_flush_map(&g->user_domain, &piece, 1, g->k->era[LX_ERA_VFIO_MAP_PER_CHUNK] != 0,
			    &to);
}

/* iommu_unmap(); flushed only while the domain is in use. */
static void vfio_unmap(struct guest_dpdk *g, iova_t first, uint64_t n_bytes, struct meter *m)
{
	struct lx_sink_now now = {.k = g->k, .m = m};
	struct lx_sink to = lx_sink_now(&now);
	struct lx_pages gone = {0};
	struct lx_unmapped u;
	iova_t last = first + n_bytes - 1;

	dpdk_note(g, CTR_GUEST_UNMAP, EVENT_GUEST_UNMAP, first, n_bytes, m);
	lx_pgtbl_unmap(&g->user_domain.pgtbl, first, last, &gone, m);
	u = (struct lx_unmapped){first, last, gone.n != 0,
				 g->k->era[LX_ERA_VFIO_UNMAP_PER_CHUNK] != 0};
	if (g->user_domain.attached)
		lx_domain_flush_unmap(&g->user_domain, &u, &to);
	lx_pages_release(g->k, &gone);
}

/* The device leaves `from`; kernels 5.19 to 6.1 take it through an empty domain. */
static void vfio_move(struct guest_dpdk *g, struct lx_domain *from, struct lx_domain *to,
		      struct meter *m)
{
	lx_domain_detach(from, m);
	if (g->k->era[LX_ERA_VFIO_OWNERSHIP] == 1) {
		lx_domain_attach(&g->empty_domain, m);
		lx_domain_detach(&g->empty_domain, m);
	}
	lx_domain_attach(to, m);
}

/* Does the IOMMU split superpages? Two pages are mapped as one and unmapped one by one. */
static void vfio_probe_superpages(struct guest_dpdk *g, struct meter *m)
{
	gpa_t pages = lx_mem_alloc_run(g->k, 2);

	vfio_map_run(g, 0, pages, 2 * PAGE_BYTES, m);
	vfio_unmap(g, 0, PAGE_BYTES, m);
	vfio_unmap(g, PAGE_BYTES, PAGE_BYTES, m);
}

static iova_t dpdk_va(const struct guest_dpdk *g, uint64_t page)
{
	return VA_FIRST + (page + 1) * g->page_bytes;
}

/* Page numbers in VA order; in memory they go down, or up when they are to be contiguous. */
static int dpdk_take_memory(struct guest_dpdk *g)
{
	for (uint64_t i = 0; i < g->n_pages; i++) {
		gpa_t at = lx_mem_alloc_huge(g->k, g->page_bytes);

		if (at == 0)
			return -ENOMEM;
		g->page[g->contiguous ? g->n_pages - 1 - i : i] = at;
	}
	return 0;
}

static int dpdk_start(void *self, struct meter *m)
{
	struct guest_dpdk *g = self;

	if (g->page[0] == 0 && dpdk_take_memory(g))
		return -ENOMEM;
	vfio_move(g, &g->kernel_domain, &g->user_domain, m);
	vfio_probe_superpages(g, m);
	for (uint64_t i = 0, n; i < g->n_pages; i += n) {
		n = 1;
		while (g->maps_runs && i + n < g->n_pages &&
		       g->page[i + n] == g->page[i] + n * g->page_bytes)
			n++;
		vfio_map_run(g, dpdk_va(g, i), g->page[i], n * g->page_bytes, m);
	}
	g->started = true;
	return 0;
}

/* Buffers keep their place: the same physical address always gets the same IOVA. */
static int dpdk_map(void *self, struct dma_map *d, struct meter *m)
{
	struct guest_dpdk *g = self;
	gpa_t in_page = d->seg[0].gpa & ~PAGE_MASK;
	uint64_t n_bytes = (in_page + d->n_bytes + PAGE_BYTES - 1) & PAGE_MASK;
	uint64_t at = (d->seg[0].gpa & PAGE_MASK) % g->memory_bytes;

	(void)m;
	if (n_bytes > g->memory_bytes)
		return -ENOSPC;
	if (at + n_bytes > g->memory_bytes)
		at = 0;
	d->first = dpdk_va(g, 0) + at;
	d->last = d->first + n_bytes - 1;
	d->iova = d->first + in_page;
	return 0;
}

static void dpdk_unmap(void *self, struct dma_map *d, struct meter *m)
{
	(void)self;
	(void)d;
	(void)m;
}

static void dpdk_stop(void *self, struct meter *m)
{
	struct guest_dpdk *g = self;

	if (!g->started)
		return;
	g->started = false;
	vfio_move(g, &g->user_domain, &g->kernel_domain, m);
	for (uint64_t i = 0; i < g->n_pages; i++)
		vfio_unmap(g, dpdk_va(g, i), g->page_bytes, m);
}

static void dpdk_detach(void *self, struct meter *m)
{
	struct guest_dpdk *g = self;

	if (g->kernel_domain.attached)
		lx_domain_detach(&g->kernel_domain, m);
}

/* Another container with the same mappings. */
static void dpdk_move(void *self, struct meter *m)
{
	struct guest_dpdk *g = self;

	lx_domain_detach(&g->user_domain, m);
	lx_domain_attach(&g->user_domain, m);
}

const struct guest_type guest_dpdk = {
	.name = "dpdk",
	.help = "a DPDK application in the guest: static mappings of hugepages through VFIO",
	.opts = dpdk_opts,
	.size = sizeof(struct guest_dpdk),
	.is_static = true,
	.init = dpdk_init,
	.fini = dpdk_fini,
	.attach = dpdk_attach,
	.start = dpdk_start,
	.map = dpdk_map,
	.unmap = dpdk_unmap,
	.stop = dpdk_stop,
	.detach = dpdk_detach,
	.move = dpdk_move,
};
