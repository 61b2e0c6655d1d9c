/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_iova - caches as linux iova.c has them; the tree is lx_space.
 *
 *   alloc: loaded magazine -> swap with prev -> depot -> tree, top-down, size-aligned
 *   free:  loaded magazine -> swap with prev -> full one to the depot -> (depot full) to the tree
 *
 * A range in a cache stays taken in the tree. Only sizes up to 32 pages are cached, and their
 * length is always a power of two, so a cached range's length is its order.
 *
 * Omitted: a free slot that the depot's worker finds on another CPU's magazines (Linux does not
 * look there either); memory pressure.
 */
#include "models/linux/lx_iova.h"

#include <assert.h>
#include <stdlib.h>

#include "models/counters.h"
#include "sim/bits.h"
#include "sim/port.h"
#include "sim/xalloc.h"

#define PFN_4G UINT64_C(0x100000)
#define PFN_START UINT64_C(1) /* frame 0 is never given out */
#define DEPOT_WORKER_MS 100u

cycles_t lx_timer_at(cycles_t now, unsigned ms, unsigned hz, uint64_t clock_hz)
{
	uint64_t n_ticks = (uint64_t)(((time_wide)now * hz) / clock_hz); /* begun before now */
	uint64_t n_wait = ((uint64_t)ms * hz + 999) / 1000;
	time_wide at = (time_wide)(n_ticks + n_wait + 1) * clock_hz;

	return (cycles_t)((at + hz - 1) / hz);
}

void lx_iova_init(struct lx_iova *v, const struct lx_iova_config *c)
{
	*v = (struct lx_iova){
		.cfg = *c, .cached32 = LX_SPACE_NONE, .cached = LX_SPACE_NONE, .max32 = PFN_4G};
	lx_space_init(&v->space, c->pfn_bits);
	for (unsigned o = 0; o < LX_IOVA_ORDERS; o++)
		v->cache[o].cpu = xcalloc(c->n_cpus, sizeof *v->cache[o].cpu);
}

static void iova_free_list(struct lx_magazine *g)
{
	while (g) {
		struct lx_magazine *next = g->next;

		free(g);
		g = next;
	}
}

void lx_iova_fini(struct lx_iova *v)
{
	for (unsigned o = 0; o < LX_IOVA_ORDERS; o++) {
		for (unsigned c = 0; v->cache[o].cpu && c < v->cfg.n_cpus; c++) {
			free(v->cache[o].cpu[c].loaded);
			free(v->cache[o].cpu[c].prev);
		}
		free(v->cache[o].cpu);
		iova_free_list(v->cache[o].depot);
	}
	iova_free_list(v->spare);
	lx_space_fini(&v->space);
}

void lx_iova_reserve(struct lx_iova *v, uint64_t first, uint64_t last)
{
	uint64_t end = bits_low(v->cfg.pfn_bits);

	if (first <= end)
		lx_space_take(&v->space, first, last < end ? last : end);
}

void lx_iova_unreserve(struct lx_iova *v, uint64_t first, uint64_t last)
{
	lx_space_give(&v->space, first, last);
}

uint64_t lx_iova_length(const struct lx_iova *v, uint64_t n_pages)
{
	bool rounds = n_pages < BIT(LX_IOVA_ORDERS - 1) || v->cfg.era[LX_ERA_OWN_DMA_OPS];

	return rounds ? bits_pow2_ceil(n_pages) : n_pages;
}

/* ---- the tree */

static void tree_free(struct lx_iova *v, uint64_t pfn, uint64_t n)
{
	uint64_t last = pfn + n - 1;

	/* As __cached_rbnode_delete_update(): the search starts again from the range above. */
	if (last < PFN_4G && (v->cached32 != LX_SPACE_NONE && pfn >= v->cached32))
		v->cached32 = lx_space_next_taken(&v->space, last + 1);
	else if (pfn == v->cached32)
		v->cached32 = lx_space_next_taken(&v->space, last + 1);
	if (pfn < PFN_4G)
		v->max32 = PFN_4G;
	if (v->cached != LX_SPACE_NONE && pfn >= v->cached)
		v->cached = lx_space_next_taken(&v->space, last + 1);
	lx_space_give(&v->space, pfn, last);
}

/* n frames below `high` (exclusive), as __alloc_and_insert_iova_range(). */
static uint64_t tree_alloc(struct lx_iova *v, uint64_t n, uint64_t high, struct meter *m)
{
	bool below_4g = high <= PFN_4G;
	uint64_t start = below_4g ? v->cached32 : v->cached;
	uint64_t align = bits_pow2_ceil(n);
	uint64_t at;

	if (below_4g && n >= v->max32)
		return LX_IOVA_FAIL;
	meter_charge(m, PRIM_GUEST_IOVA_TREE, 1);
	at = lx_space_find(&v->space, PFN_START, start < high ? start : high, n, align);
	if (at == LX_SPACE_NONE && start < high && v->cfg.era[LX_ERA_IOVA_RETRY])
		at = lx_space_find(&v->space, start, high, n, align);
	if (at == LX_SPACE_NONE) {
		v->max32 = n;
		return LX_IOVA_FAIL;
	}
	lx_space_take(&v->space, at, at + n - 1);
	if (at + n - 1 < PFN_4G)
		v->cached32 = at;
	else
		v->cached = at;
	return at;
}

/* ---- the caches */

static struct lx_magazine *magazine_new(struct lx_iova *v)
{
	struct lx_magazine *g = v->spare;

	if (g)
		v->spare = g->next;
	else
		g = xcalloc(1, sizeof *g + v->cfg.era[LX_ERA_MAGAZINE] * sizeof g->pfn[0]);
	g->next = NULL;
	g->n = 0;
	return g;
}

static void magazine_free(struct lx_iova *v, struct lx_magazine *g)
{
	if (!g)
		return;
	g->next = v->spare;
	v->spare = g;
}

/* Its ranges go back to the tree. */
static void magazine_empty(struct lx_iova *v, struct lx_magazine *g, unsigned order)
{
	if (!g)
		return;
	for (unsigned i = 0; i < g->n; i++)
		tree_free(v, g->pfn[i], BIT(order));
	g->n = 0;
}

/* The newest entry not above `limit`, or LX_IOVA_FAIL. */
static uint64_t magazine_pop(struct lx_magazine *g, uint64_t limit)
{
	unsigned i = g->n;

	while (i-- != 0) {
		if (g->pfn[i] <= limit) {
			uint64_t pfn = g->pfn[i];

			g->pfn[i] = g->pfn[--g->n];
			return pfn;
		}
	}
	return LX_IOVA_FAIL;
}

static struct lx_magazine *depot_pop(struct lx_iova_cache *c)
{
	struct lx_magazine *g = c->depot;

	c->depot = g->next;
	c->n_depot--;
	return g;
}

static bool depot_is_unbounded(const struct lx_iova *v)
{
	return v->cfg.era[LX_ERA_DEPOT] == 0;
}

/* The worker that returns one magazine per 100 ms while there are more than CPUs. It is run late,
 * when the cache is used next: nobody can see the difference. */
static void depot_work(struct lx_iova *v, unsigned order, cycles_t now)
{
	struct lx_iova_cache *c = &v->cache[order];

	while (c->worker_at != 0 && c->worker_at <= now) {
		struct lx_magazine *g;

		if (c->n_depot <= v->cfg.n_cpus) {
			c->worker_at = 0;
			break;
		}
		g = depot_pop(c);
		magazine_empty(v, g, order);
		magazine_free(v, g);
		c->worker_at =
			lx_timer_at(c->worker_at, DEPOT_WORKER_MS, v->cfg.hz, v->cfg.clock_hz);
	}
}

/* Takes g over; true if it was kept. */
static bool depot_push(struct lx_iova *v, unsigned order, struct lx_magazine *g, cycles_t now)
{
	struct lx_iova_cache *c = &v->cache[order];

	if (!depot_is_unbounded(v) && c->n_depot >= v->cfg.era[LX_ERA_DEPOT])
		return false;
	g->next = c->depot;
	c->depot = g;
	c->n_depot++;
	if (depot_is_unbounded(v) && v->cfg.clock_hz != 0 && c->worker_at == 0)
		c->worker_at = lx_timer_at(now, DEPOT_WORKER_MS, v->cfg.hz, v->cfg.clock_hz);
	return true;
}

static void cpu_swap(struct lx_iova_cpu *p)
{
	struct lx_magazine *g = p->loaded;

	p->loaded = p->prev;
	p->prev = g;
}

static bool magazine_has(const struct lx_magazine *g)
{
	return g && g->n != 0;
}

static uint64_t cache_get(struct lx_iova *v, unsigned order, uint64_t limit, unsigned cpu)
{
	struct lx_iova_cache *c = &v->cache[order];
	struct lx_iova_cpu *p = &c->cpu[cpu];

	if (!magazine_has(p->loaded)) {
		if (magazine_has(p->prev)) {
			cpu_swap(p);
		} else if (c->depot) {
			magazine_free(v, p->loaded);
			p->loaded = depot_pop(c);
		} else {
			return LX_IOVA_FAIL;
		}
	}
	return magazine_pop(p->loaded, limit);
}

static void cache_put(struct lx_iova *v, unsigned order, uint64_t pfn, unsigned cpu, cycles_t now)
{
	struct lx_iova_cpu *p = &v->cache[order].cpu[cpu];
	unsigned size = v->cfg.era[LX_ERA_MAGAZINE];
	struct lx_magazine *full = NULL;

	if (p->loaded && p->loaded->n == size) {
		if (!p->prev || p->prev->n < size) {
			cpu_swap(p);
		} else {
			full = p->loaded;
			p->loaded = NULL;
			if (depot_push(v, order, full, now))
				full = NULL;
		}
	}
	if (!p->loaded)
		p->loaded = magazine_new(v);
	p->loaded->pfn[p->loaded->n++] = pfn;
	magazine_empty(v, full, order);
	magazine_free(v, full);
}

/* The last resort: every cached range goes back to the tree (and from 5.11 the depot's, too). */
static void caches_drop(struct lx_iova *v)
{
	for (unsigned cpu = 0; cpu < v->cfg.n_cpus; cpu++)
		for (unsigned o = 0; o < LX_IOVA_ORDERS; o++) {
			magazine_empty(v, v->cache[o].cpu[cpu].loaded, o);
			magazine_empty(v, v->cache[o].cpu[cpu].prev, o);
		}
	if (!v->cfg.era[LX_ERA_IOVA_RETRY])
		return;
	for (unsigned o = 0; o < LX_IOVA_ORDERS; o++)
		while (v->cache[o].depot) {
			struct lx_magazine *g = depot_pop(&v->cache[o]);

			magazine_empty(v, g, o);
			magazine_free(v, g);
		}
}

/* alloc_iova_fast(): n frames, the last of them at most `limit`. */
static uint64_t iova_alloc_fast(struct lx_iova *v, uint64_t n, uint64_t limit, unsigned cpu,
				bool last_resort, struct meter *m)
{
	unsigned order = bits_log2(bits_pow2_ceil(n));
	uint64_t pfn;

	if (order < LX_IOVA_ORDERS) {
		depot_work(v, order, meter_now(m));
		pfn = cache_get(v, order, limit + 1 - n, cpu);
		if (PORT_LIKELY(pfn != LX_IOVA_FAIL)) {
			meter_charge(m, PRIM_GUEST_IOVA_CACHED, 1);
			return pfn;
		}
	}
	pfn = tree_alloc(v, n, limit + 1, m);
	if (pfn == LX_IOVA_FAIL && last_resort) {
		caches_drop(v);
		pfn = tree_alloc(v, n, limit + 1, m);
	}
	if (pfn != LX_IOVA_FAIL && m->ent)
		rec_count(m->ent, CTR_GUEST_IOVA_TREE, 1);
	return pfn;
}

uint64_t lx_iova_alloc(struct lx_iova *v, uint64_t n_pages, uint64_t limit, unsigned cpu,
		       struct meter *m)
{
	uint64_t n = lx_iova_length(v, n_pages);

	assert(cpu < v->cfg.n_cpus && n_pages != 0);
	if (limit > bits_low(v->cfg.pfn_bits))
		limit = bits_low(v->cfg.pfn_bits);
	if (n > limit)
		return LX_IOVA_FAIL;
	if (limit >= PFN_4G && !v->tried_all) {
		uint64_t pfn = n < PFN_4G ? iova_alloc_fast(v, n, PFN_4G - 1, cpu, false, m)
					  : LX_IOVA_FAIL;

		if (PORT_LIKELY(pfn != LX_IOVA_FAIL))
			return pfn;
		v->tried_all = v->cfg.era[LX_ERA_32BIT_ONCE] != 0;
	}
	return iova_alloc_fast(v, n, limit, cpu, true, m);
}

void lx_iova_free(struct lx_iova *v, uint64_t pfn, uint64_t n_pages, unsigned cpu, struct meter *m)
{
	uint64_t n = lx_iova_length(v, n_pages);
	unsigned order = bits_log2(bits_pow2_ceil(n));

	assert(cpu < v->cfg.n_cpus && lx_space_is_taken(&v->space, pfn));
	if (order >= LX_IOVA_ORDERS) {
		tree_free(v, pfn, n);
		return;
	}
	depot_work(v, order, meter_now(m));
	cache_put(v, order, pfn, cpu, meter_now(m));
}

size_t lx_iova_host_bytes(const struct lx_iova *v)
{
	size_t magazine = sizeof(struct lx_magazine) + v->cfg.era[LX_ERA_MAGAZINE] * 8;
	size_t bytes = lx_space_host_bytes(&v->space);

	for (unsigned o = 0; o < LX_IOVA_ORDERS; o++) {
		bytes += v->cache[o].n_depot * magazine;
		for (unsigned c = 0; c < v->cfg.n_cpus; c++)
			bytes += sizeof v->cache[o].cpu[c] +
				 (v->cache[o].cpu[c].loaded ? magazine : 0) +
				 (v->cache[o].cpu[c].prev ? magazine : 0);
	}
	return bytes;
}
