/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_rig - a guest kernel on a unit that only writes down what reaches it.
 *
 * The unit executes the invalidation queue as far as a guest can see: it decodes each descriptor
 * into an inv_req and writes the status word.
 */
#ifndef TESTS_LX_RIG_H
#define TESTS_LX_RIG_H

#include "models/counters.h"
#include "models/guest/guest.h"
#include "models/linux/lx_kernel.h"

#define RIG_LOG 4096u
#define RIG_CAP_CM UINT64_C(0x00d2008c22260286)   /* QEMU 7.2, caching-mode=on, 39 bits */
#define RIG_CAP_NOCM UINT64_C(0x00d2008c22260206) /* caching-mode=off */
#define RIG_CAP_48 UINT64_C(0x00d2008c222f0686)   /* caching-mode=on, aw-bits=48 */
#define RIG_ECAP UINT64_C(0xf00f4a)               /* interrupt remapping */
#define RIG_ECAP_NOIR UINT64_C(0xf00f42)
#define RIG_ECAP_DT UINT64_C(0xf00f4e) /* device-iotlb=on */

struct rig_access {
	char rw;
	uint32_t off;
	unsigned size;
	uint64_t val;
};

struct rig {
	uint64_t cap, ecap;
	struct gmem *mem;
	struct rec *rec;
	struct entity *machine, *dev;
	struct evq *evq;
	struct meter m;
	struct iommu iommu;
	struct guest_kernel *k;
	struct guest guest;
	struct guest_env env;
	/* the unit */
	uint64_t iqa, rtaddr;
	unsigned head;
	uint32_t gsts, fsts;
	bool refuses_devtlb; /* stop the queue with IQE */
	/* what arrived */
	struct rig_access access[RIG_LOG];
	unsigned n_accesses;
	struct inv_req req[RIG_LOG]; /* descriptors but for waits */
	unsigned n_reqs, n_waits, n_tails;
};

struct rig_config {
	const char *version;
	uint64_t cap, ecap; /* cap 0: no IOMMU */
	enum lx_flush flush;
	bool ats, sp_off;
	unsigned n_cpus;    /* 0: 1 */
	uint64_t ram_bytes; /* 0: 1 GiB */
	uint64_t dma_bits;  /* 0: 64 */
};

/* A machine with one device of that guest driver, booted, attached and started; logs are empty
 * then. */
struct rig *rig_new(const struct rig_config *c, const struct guest_type *type, const void *opts);
void rig_free(struct rig *r);
/* Up to the kernel, not booted; the rest of rig_new() by hand. */
struct rig *rig_new_kernel(const struct rig_config *c);
void rig_forget(struct rig *r);

uint64_t rig_count(const struct rig *r, enum counter c); /* of the device */

/* One mapping through the driver; iova and range in *d. */
int rig_map(struct rig *r, struct dma_map *d, gpa_t gpa, uint64_t n_bytes, unsigned cpu);
void rig_unmap(struct rig *r, struct dma_map *d);

/* Walk the guest's tables, independently of the model: the entry that maps iova and its level, or
 * 0. */
uint64_t rig_walk(const struct rig *r, uint16_t sid, uint64_t iova, unsigned *level);

#define RIG_SID 0x0100u

#endif
