/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_flushq - deferred unmaps of one domain: a ring per CPU, flushed when full or after 10 ms.
 *
 * Between the unmap and the flush the device may still use the page (the stale window).
 */
#ifndef MODELS_LINUX_LX_FLUSHQ_H
#define MODELS_LINUX_LX_FLUSHQ_H

#include "models/linux/lx_domain.h"
#include "models/linux/lx_iova.h"

#define LX_FLUSHQ_SLOTS 256u /* one is always free: 255 entries */
#define LX_FLUSHQ_MS 10u

struct lx_flushq_entry {
	uint64_t stamp; /* flushes begun when it was queued */
	uint64_t pfn, n_pages;
	struct lx_pages gone; /* page tables to be given back */
	bool exact;           /* a replayed mapping: not from the allocator */
};

struct lx_flushq_ring {
	unsigned head, tail;
	struct lx_flushq_entry *entry; /* [LX_FLUSHQ_SLOTS], NULL until first used */
};

struct lx_flushq {
	struct lx_domain *domain;
	struct lx_iova *iova;
	const struct guest_env *env;
	struct lx_flushq *next;      /* of the kernel's */
	uint64_t n_begun, n_done;    /* flushes */
	struct lx_flushq_ring *ring; /* [n_cpus] */
	bool armed;
	ev_handle timer;
	unsigned timer_cpu;
};

/* Everything outlives the queue. */
void lx_flushq_init(struct lx_flushq *q, struct lx_domain *d, struct lx_iova *v,
		    const struct guest_env *env);
void lx_flushq_fini(struct lx_flushq *q);

/* Before an unmap is queued on cpu: release what has been flushed. True if the ring is full: a
 * flush was submitted, and the caller calls lx_flushq_flushed() once it is done. */
bool lx_flushq_make_room(struct lx_flushq *q, unsigned cpu, struct meter *m);
void lx_flushq_flushed(struct lx_flushq *q, unsigned cpu, struct meter *m);

/* Queue an unmap (takes e->gone over; e->stamp is set here); arms the timer if it is idle. */
void lx_flushq_add(struct lx_flushq *q, unsigned cpu, const struct lx_flushq_entry *e,
		   struct meter *m);

#endif
