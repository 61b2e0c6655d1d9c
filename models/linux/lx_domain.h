/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_domain - a domain: context entries, page tables, and which invalidations a change needs.
 *
 * A PCI function behind QEMU's root bus or a root port is an IOMMU group of its own, so a domain
 * mostly has one device; the functions of a multi-function device share one, and so do the devices
 * of a VFIO container.
 */
#ifndef MODELS_LINUX_LX_DOMAIN_H
#define MODELS_LINUX_LX_DOMAIN_H

#include "models/linux/lx_pgtbl.h"

enum lx_domain_kind { LX_DOMAIN_DMA, LX_DOMAIN_PASSTHROUGH };

#define LX_DOMAIN_DEVICES 8u

/* A device of a domain: its own, or another one of its IOMMU group or VFIO container. */
struct lx_domain_device {
	uint16_t sid;
	bool ats; /* device and unit have a device TLB */
};

struct lx_domain {
	struct guest_kernel *k;
	enum lx_domain_kind kind;
	uint16_t sid;                                   /* of the device it was made for */
	uint16_t did;                                   /* while attached */
	bool ats;                                       /* of that device */
	bool attached;                                  /* a device is */
	struct lx_domain_device dev[LX_DOMAIN_DEVICES]; /* those attached */
	unsigned n_devs;
	struct lx_pgtbl pgtbl; /* LX_DOMAIN_DMA */
};

/* Who takes submissions: guest_env's, or lx_sink_now(). */
struct lx_sink {
	void (*submit)(void *self, const struct submission *s);
	void *self;
};

/* Submissions run at once on m (boot, attach, VFIO). `now` must outlive the sink. */
struct lx_sink_now {
	struct guest_kernel *k;
	struct meter *m;
};
struct lx_sink lx_sink_now(struct lx_sink_now *now);

void lx_domain_init(struct lx_domain *d, struct guest_kernel *k, enum lx_domain_kind kind,
		    uint16_t sid, bool ats);
void lx_domain_fini(struct lx_domain *d);

/* The device that the domain was made for: lx_domain_add() and lx_domain_remove() of it. */
void lx_domain_attach(struct lx_domain *d, struct meter *m);
void lx_domain_detach(struct lx_domain *d, struct meter *m);

/* Write the context entry; under caching mode invalidate it (CC with domain 0, DSI); turn ATS on
 * (one exit by configuration space). The first device takes the lowest free domain id. Runs its
 * submissions at once. */
void lx_domain_add(struct lx_domain *d, uint16_t sid, bool ats, struct meter *m);
/* Turn ATS off, clear the context entry, CC and DSI with the old domain id, whatever the mode. The
 * last device gives the domain id back. */
void lx_domain_remove(struct lx_domain *d, uint16_t sid, struct meter *m);

/* One mapped piece of memory, page-aligned. */
struct lx_piece {
	iova_t iova;
	gpa_t gpa;
	uint64_t n_pages;
};

/* After pieces of one map call were written (contiguous in IOVA). per_chunk: LX_ERA_MAP_PER_CHUNK
 * or LX_ERA_VFIO_MAP_PER_CHUNK of the kernel. Nothing without caching mode. */
void lx_domain_flush_map(const struct lx_domain *d, const struct lx_piece *piece, unsigned n,
			 bool per_chunk, const struct lx_sink *to);
/* Superpages replaced page tables (lx_pgtbl_map). */
void lx_domain_flush_replaced(const struct lx_domain *d, const struct lx_ranges *r,
			      const struct lx_sink *to);
/* What one call unmapped. */
struct lx_unmapped {
	iova_t first, last;
	bool tables_gone; /* page tables were taken out */
	bool per_chunk;   /* by VFIO: LX_ERA_VFIO_UNMAP_PER_CHUNK of the kernel */
};
void lx_domain_flush_unmap(const struct lx_domain *d, const struct lx_unmapped *u,
			   const struct lx_sink *to);
/* One run of the flush queue: everything of the domain. */
void lx_domain_flush_all(const struct lx_domain *d, const struct lx_sink *to);

/* The highest frame of the domain that a device with dma_bits can reach. */
uint64_t lx_domain_limit(const struct lx_domain *d, uint64_t dma_bits);

#endif
