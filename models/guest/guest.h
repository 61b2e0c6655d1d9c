/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * guest - contract of what maps and unmaps for a device: buffers -> IOVAs -> page tables -> descriptors.
 *
 * A guest driver changes simulated memory at once and says through env->submit which invalidations
 * must be submitted; the vCPU engine runs those submissions one after the other (queue lock, exit, big
 * QEMU lock) before the operation returns to its caller. lx_qi_run() writes the descriptors and the
 * tail register when its turn has come.
 */
#ifndef MODELS_GUEST_GUEST_H
#define MODELS_GUEST_GUEST_H

#include "models/addr.h"
#include "models/cost/cost.h"
#include "models/gmem.h"
#include "sim/evq.h"
#include "sim/opt.h"

enum inv_kind {
	INV_PSI,    /* IOTLB, page-selective: did, iova, am, ih */
	INV_DSI,    /* IOTLB, domain-selective: did */
	INV_GLOBAL, /* IOTLB, global */
	INV_DEVTLB, /* device TLB: sid, iova, am (52: everything) */
	INV_CC_DEVICE, /* context cache, device-selective: did, sid */
	INV_CC_GLOBAL,
	INV_IEC, /* interrupt entry cache: index in iova, am; global when am == 63 */
};

struct inv_req {
	enum inv_kind kind;
	uint16_t did, sid;
	uint8_t am; /* log2 of the number of 4 KiB pages */
	bool ih;    /* leaf-only hint */
	iova_t iova;
};

/* One write of the queue's tail: requests and one wait descriptor behind them. */
#define SUBMISSION_MAX 16
struct submission {
	unsigned n_reqs; /* 1..SUBMISSION_MAX */
	struct inv_req req[SUBMISSION_MAX];
};

struct dma_seg {
	gpa_t gpa;
	uint64_t n_bytes; /* >= 1 */
};

/* One dma_map_page / dma_map_sg / dma_alloc_coherent call, alive until unmapped. */
struct dma_map {
	const struct dma_seg *seg; /* may go away after map() returned */
	unsigned n_segs;           /* > 1: mapped to one contiguous range, each padded to pages */
	uint64_t n_bytes;          /* sum of the segments; set by the caller */
	enum perm perm;
	unsigned cpu;              /* vCPU that maps or unmaps now */
	iova_t iova;    /* out: address of the first byte (page offset of seg[0] kept) */
	iova_t first, last; /* out: pages covered, inclusive */
	/* For replays: put it there instead of asking the allocator (with_iova set). */
	bool with_iova;
};

struct guest_kernel; /* models/linux: queue, era, domains; one per machine */

struct guest_env {
	struct guest_kernel *kernel;
	struct gmem *mem;
	struct rec *rec;
	struct entity *ent; /* the device's */
	struct evq *evq;
	uint64_t clock_hz;
	unsigned n_cpus;
	uint16_t sid;
	bool ats;           /* the device has ATS and the guest enabled it */
	uint64_t dma_bits;  /* address width the device can reach, 32..64 */
	/* Must be submitted before the running operation returns. Copied. */
	void (*submit)(void *self, const struct submission *s);
	/* Run work(guest, m) on that vCPU as soon as it is free (a timer's handler), and the submissions
	 * that it asks for. */
	void (*run_on)(void *self, unsigned cpu, void (*work)(void *guest, struct meter *m),
		       void *guest);
	void *self;
};

struct guest_type {
	const char *name, *help;
	const struct opt *opts;
	size_t size;
	bool is_static; /* unmap() leaves the tables as they are */
	int (*init)(void *self, const struct guest_env *env, struct err *e);
	void (*fini)(void *self);
	/* At boot, before translation is on: the device is given the kernel's default domain (context entry,
	 * invalidations under caching mode). May be NULL. */
	int (*attach)(void *self, struct meter *m);
	/* Translation is on: what the driver does before its first I/O (ATS; DPDK: opens VFIO, maps its
	 * memory). May be NULL. */
	int (*start)(void *self, struct meter *m);
	/* 0, or -ENOSPC when the address space is full. */
	int (*map)(void *self, struct dma_map *d, struct meter *m);
	void (*unmap)(void *self, struct dma_map *d, struct meter *m);
	/* The unmap's submissions have completed: what waited for them may go on (the IOVA is freed). May
	 * be NULL. */
	void (*unmapped)(void *self, const struct dma_map *d, struct meter *m);
	/* Undo start(): the driver lets go of the device (DPDK: its domain is left for the kernel's). May
	 * be NULL. */
	void (*stop)(void *self, struct meter *m);
	/* Undo attach(): the device leaves the kernel's domain. May be NULL. */
	void (*detach)(void *self, struct meter *m);
	/* While the device works: it leaves its domain and enters another one that maps the same. May be
	 * NULL. */
	void (*move)(void *self, struct meter *m);
};

struct guest {
	const struct guest_type *type;
	void *self;
};

#endif
