/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_priv - the guest kernel's insides, shared by the files of models/linux and the guest drivers.
 *
 * Memory: tables and queue lie at the top of the first RAM region and grow downwards; buffers
 * belong below.
 */
#ifndef MODELS_LINUX_LX_PRIV_H
#define MODELS_LINUX_LX_PRIV_H

#include "models/counters.h"
#include "models/linux/lx_era.h"
#include "models/linux/lx_kernel.h"

#define LX_QUEUE_SLOTS 256u /* descriptors of 16 bytes: one page */
#define LX_DIDS 65536u
#define LX_DID_PASSTHROUGH 1u

struct lx_flushq;

struct guest_kernel {
	struct lx_kernel_config cfg; /* version is not kept */
	struct iommu iommu;          /* type NULL: no IOMMU */
	struct gmem *mem;
	struct entity *machine; /* or NULL */
	struct rec *rec;        /* the machine's, or NULL */
	unsigned era[LX_ERA_N];
	uint64_t cap, ecap; /* as read from the unit */
	unsigned levels;    /* of page tables: 3 or 4 */
	bool strict, passthrough;
	uint32_t gcmd; /* bits that are on: GCMD's one-shot bits are added to it */

	/* lx_mem.c */
	gpa_t mem_next, mem_low; /* next page never used, going down; lowest allowed */
	gpa_t huge_next;         /* above the next hugepage, going down */
	gpa_t *mem_free;         /* pages given back, last in first out */
	size_t n_mem_free, n_mem_cap;

	/* lx_qi.c */
	gpa_t queue, status; /* descriptors; 4 bytes per slot */
	unsigned slot;       /* next free slot */
	unsigned n_pending;  /* descriptors prepared, the wait included; 0: none */

	/* lx_domain.c */
	gpa_t root;
	gpa_t context[256];         /* by bus; 0: none */
	uint64_t did[LX_DIDS / 64]; /* bit set: in use */

	/* lx_flushq.c */
	struct lx_flushq *flushq; /* all of them */
	bool external_flush;      /* timers are driven by lx_kernel_flush_now() */
};

/* ---- lx_mem.c: pages of 4 KiB, zeroed */
void lx_mem_init(struct guest_kernel *k);
/* n neighbouring pages that are never given back; asserts that RAM is left. */
gpa_t lx_mem_alloc_run(struct guest_kernel *k, unsigned n);
gpa_t lx_mem_alloc(struct guest_kernel *k);
void lx_mem_give(struct guest_kernel *k, gpa_t page);
/* One page of user space of n_bytes (a power of two >= 4 KiB), aligned, each below the one before
 * as a freshly booted kernel hands them out; 0 when RAM is used up. Never given back. */
gpa_t lx_mem_alloc_huge(struct guest_kernel *k, uint64_t n_bytes);

/* Pages that go back to the kernel when a flush is done; empty lists own no memory. */
struct lx_pages {
	gpa_t *page;
	unsigned n, cap;
};
void lx_pages_add(struct lx_pages *p, gpa_t page);
/* Give all of them back; p is empty afterwards. */
void lx_pages_release(struct guest_kernel *k, struct lx_pages *p);

/* ---- lx_mmio.c: the only way to the unit's registers. Each call is one exit: PRIM_VMEXIT_MMIO,
 * counted on the meter's entity and the machine as `part` (CTR_EXIT_QI_TAIL or CTR_EXIT_MMIO), then
 * the unit's own work on the same meter. */
uint64_t lx_mmio_read(struct guest_kernel *k, uint32_t off, unsigned size, struct meter *m);
void lx_mmio_write(struct guest_kernel *k, uint32_t off, unsigned size, uint64_t val,
		   enum counter part, struct meter *m);
/* A PCI configuration access that exits (ATS on or off). */
void lx_config_write(struct guest_kernel *k, struct meter *m);
/* A row of the event log on behalf of the meter's entity (or the machine); its seq, 0 without log.
 */
uint64_t lx_event_row(struct guest_kernel *k, enum event_kind kind, iova_t iova, uint64_t bytes,
		      const struct meter *m);
static inline uint64_t lx_event(struct guest_kernel *k, enum event_kind kind, iova_t iova,
				uint64_t bytes, const struct meter *m)
{
	if (PORT_LIKELY(!k->rec || !k->rec->log_events))
		return 0;
	return lx_event_row(k, kind, iova, bytes, m);
}

/* ---- lx_qi.c */
/* Queue memory, IQT, IQA, QIE. */
void lx_qi_enable(struct guest_kernel *k, struct meter *m);
/* Prepare and run at once: boot, attach, VFIO; nobody competes for the queue there. */
void lx_qi_submit(struct guest_kernel *k, const struct submission *s, struct meter *m);
/* One request. */
void lx_qi_submit_one(struct guest_kernel *k, const struct inv_req *r, struct meter *m);

#endif
