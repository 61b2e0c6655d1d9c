/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_iova - the IOVA allocator of one domain: per-CPU caches over a top-down search.
 *
 * Frames, not bytes. A range of n pages is taken with lx_iova_length(n) frames, at a multiple of
 * the power of two above n (linux iova.c, dma-iommu.c).
 */
#ifndef MODELS_LINUX_LX_IOVA_H
#define MODELS_LINUX_LX_IOVA_H

#include "models/cost/cost.h"
#include "models/linux/lx_era.h"
#include "models/linux/lx_space.h"

#define LX_IOVA_ORDERS 6u /* cached: 1, 2, 4, .. 32 pages */
#define LX_IOVA_FAIL UINT64_MAX

struct lx_magazine {
	struct lx_magazine *next; /* in the depot */
	unsigned n;
	uint64_t pfn[]; /* [magazine size of the era] */
};

struct lx_iova_cpu {
	struct lx_magazine *loaded, *prev; /* NULL: empty, not made yet */
};

struct lx_iova_cache {
	struct lx_iova_cpu *cpu;   /* [n_cpus] */
	struct lx_magazine *depot; /* last in, first out */
	unsigned n_depot;
	cycles_t worker_at; /* next run of the depot's worker; 0: none is scheduled */
};

struct lx_iova_config {
	unsigned n_cpus;
	unsigned pfn_bits;   /* frames of the domain: width of the guest address minus 12 */
	unsigned hz;         /* ticks per second */
	uint64_t clock_hz;   /* for the depot's worker; 0: the worker never runs */
	const unsigned *era; /* [LX_ERA_N], outlives the allocator */
};

struct lx_iova {
	struct lx_iova_config cfg;
	struct lx_space space;
	/* First frame of the range from which the next search goes down, below 4 GiB and in all;
	 * LX_SPACE_NONE: from the limit. */
	uint64_t cached32, cached;
	uint64_t max32;            /* a search below 4 GiB for so many frames would fail */
	bool tried_all;            /* LX_ERA_32BIT_ONCE: below 4 GiB is not tried any more */
	struct lx_magazine *spare; /* empty ones */
	struct lx_iova_cache cache[LX_IOVA_ORDERS];
};

void lx_iova_init(struct lx_iova *v, const struct lx_iova_config *c);
void lx_iova_fini(struct lx_iova *v);

/* Keep frames first..last out of use (a window of the machine, a replayed mapping). */
void lx_iova_reserve(struct lx_iova *v, uint64_t first, uint64_t last);
/* Undo lx_iova_reserve() of a replayed mapping. */
void lx_iova_unreserve(struct lx_iova *v, uint64_t first, uint64_t last);

/* Frames that a mapping of n pages occupies. */
uint64_t lx_iova_length(const struct lx_iova *v, uint64_t n_pages);

/* n pages, all at or below frame `limit`: the first frame, or LX_IOVA_FAIL. Below 4 GiB first.
 * Charges PRIM_GUEST_IOVA_CACHED or, for each search, PRIM_GUEST_IOVA_TREE. */
uint64_t lx_iova_alloc(struct lx_iova *v, uint64_t n_pages, uint64_t limit, unsigned cpu,
		       struct meter *m);

/* The range that lx_iova_alloc(n_pages) returned. */
void lx_iova_free(struct lx_iova *v, uint64_t pfn, uint64_t n_pages, unsigned cpu, struct meter *m);

/* Bytes of host memory. */
size_t lx_iova_host_bytes(const struct lx_iova *v);

/* When a kernel timer armed at `now` for at least `ms` runs: whole ticks, rounded up, and one more
 * because the current tick has begun (linux timer.c calc_index). */
cycles_t lx_timer_at(cycles_t now, unsigned ms, unsigned hz, uint64_t clock_hz);

#endif
