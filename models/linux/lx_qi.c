/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_qi - the invalidation queue: descriptors into memory, one write of the tail, done.
 *
 *   slot    s        s+1 .. s+n-1    s+n
 *           request  request         wait: writes 2 to status[s+n]
 *
 * Then IQT = s+n+1. QEMU runs the queue inside the write, so the status word is set when the guest
 * comes back and its polling loop never runs (linux dmar.c qi_submit_sync). The queue is one page
 * of 256 descriptors of 128 bits; it is empty between submissions, so it never fills.
 *
 * Omitted: 256-bit descriptors (scalable mode); reclaiming slots, which changes nothing here.
 *
 * Deviates: linux qi_check_fault() patches a bad descriptor only if it is the submission's first,
 * and otherwise polls for ever; here any bad one becomes a wait, and the rest of the submission is
 * lost.
 */
#include <assert.h>

#include "models/linux/lx_priv.h"
#include "models/vtd/vtd_spec.h"
#include "sim/port.h"

#define STATUS_IN_USE 1u
#define STATUS_DONE 2u
#define DEVTLB_ALL 52u /* address mask of "everything" */

struct qi_desc {
	uint64_t lo, hi;
};

/* Drain bits go with the unit's capabilities. */
static struct qi_desc qi_iotlb(const struct guest_kernel *k, enum vtd_granularity g, uint16_t did)
{
	return (struct qi_desc){.lo = FPUT(VTD_DESC_IOTLB_TYPE, VTD_DESC_IOTLB) |
				      FPUT(VTD_DESC_IOTLB_G, (unsigned)g) |
				      FPUT(VTD_DESC_IOTLB_DW, FGET(VTD_CAP_DWD, k->cap)) |
				      FPUT(VTD_DESC_IOTLB_DR, FGET(VTD_CAP_DRD, k->cap)) |
				      FPUT(VTD_DESC_IOTLB_DID, did)};
}

static struct qi_desc qi_psi(const struct guest_kernel *k, const struct inv_req *r)
{
	struct qi_desc d = qi_iotlb(k, VTD_G_PAGE, r->did);

	d.hi = (r->iova & FMASK(VTD_DESC_IOTLB_ADDR)) | FPUT(VTD_DESC_IOTLB_IH, r->ih) |
	       FPUT(VTD_DESC_IOTLB_AM, r->am);
	return d;
}

/* 2^am pages: S = 1 and the address bits below the size set but for the uppermost (6.5.2.5). */
static struct qi_desc qi_devtlb(const struct inv_req *r)
{
	struct qi_desc d = {.lo = FPUT(VTD_DESC_DEVTLB_TYPE, VTD_DESC_DEVTLB) |
				  FPUT(VTD_DESC_DEVTLB_SID, r->sid)};

	assert(r->am <= DEVTLB_ALL);
	d.hi = r->iova & FMASK(VTD_DESC_DEVTLB_ADDR);
	if (r->am != 0) {
		d.hi |= bits_low(PAGE_BITS + r->am - 1) & FMASK(VTD_DESC_DEVTLB_ADDR);
		d.hi |= FPUT(VTD_DESC_DEVTLB_S, 1);
	}
	return d;
}

static struct qi_desc qi_cc(enum vtd_granularity g, const struct inv_req *r)
{
	return (struct qi_desc){
		.lo = FPUT(VTD_DESC_TYPE, VTD_DESC_CC) | FPUT(VTD_DESC_CC_G, (unsigned)g) |
		      FPUT(VTD_DESC_CC_DID, r->did) | FPUT(VTD_DESC_CC_SID, r->sid)};
}

static struct qi_desc qi_iec(const struct inv_req *r)
{
	struct qi_desc d = {.lo = FPUT(VTD_DESC_IEC_TYPE, VTD_DESC_IEC)};

	if (r->am != 63)
		d.lo |= FPUT(VTD_DESC_IEC_G, 1) | FPUT(VTD_DESC_IEC_IM, r->am) |
			FPUT(VTD_DESC_IEC_IIDX, r->iova);
	return d;
}

static struct qi_desc qi_encode(const struct guest_kernel *k, const struct inv_req *r)
{
	switch (r->kind) {
	case INV_PSI:
		return qi_psi(k, r);
	case INV_DSI:
		return qi_iotlb(k, VTD_G_DOMAIN, r->did);
	case INV_GLOBAL:
		return qi_iotlb(k, VTD_G_GLOBAL, 0);
	case INV_DEVTLB:
		return qi_devtlb(r);
	case INV_CC_DEVICE:
		return qi_cc(VTD_G_DEVICE, r);
	case INV_CC_GLOBAL:
		return qi_cc(VTD_G_GLOBAL, &(struct inv_req){0});
	case INV_IEC:
		return qi_iec(r);
	}
	assert(0 && "a kind of invalidation");
	return (struct qi_desc){0};
}

static void qi_store(struct guest_kernel *k, unsigned slot, struct qi_desc d)
{
	gpa_t at = k->queue + slot * sizeof d;

	gmem_write64(k->mem, at, d.lo);
	gmem_write64(k->mem, at + 8, d.hi);
}

static gpa_t qi_status_at(const struct guest_kernel *k, unsigned slot)
{
	return k->status + slot * sizeof(uint32_t);
}

static struct qi_desc qi_wait(const struct guest_kernel *k, unsigned slot)
{
	return (struct qi_desc){.lo = FPUT(VTD_DESC_WAIT_TYPE, VTD_DESC_WAIT) |
				      FPUT(VTD_DESC_WAIT_SW, 1) |
				      FPUT(VTD_DESC_WAIT_DATA, STATUS_DONE),
				.hi = qi_status_at(k, slot)};
}

static unsigned qi_last_slot(const struct guest_kernel *k)
{
	return (k->slot + k->n_pending - 1) % LX_QUEUE_SLOTS;
}

void lx_qi_prepare(struct guest_kernel *k, const struct submission *s, struct meter *m)
{
	uint32_t in_use = STATUS_IN_USE;
	unsigned slot = k->slot;

	assert(k->n_pending == 0 && s->n_reqs >= 1 && s->n_reqs <= SUBMISSION_MAX);
	for (unsigned i = 0; i < s->n_reqs; i++) {
		qi_store(k, slot, qi_encode(k, &s->req[i]));
		slot = (slot + 1) % LX_QUEUE_SLOTS;
	}
	qi_store(k, slot, qi_wait(k, slot));
	gmem_write(k->mem, qi_status_at(k, slot), &in_use, sizeof in_use);
	k->n_pending = s->n_reqs + 1;
	meter_charge(m, PRIM_GUEST_DESC, k->n_pending);
}

/* The status word is not set: the queue may have stopped at a descriptor that the unit refuses. */
static void qi_fault(struct guest_kernel *k, struct meter *m)
{
	uint64_t fsts = lx_mmio_read(k, VTD_FSTS, 4, m);
	unsigned slot;

	if (FGET(VTD_FSTS_IQE, fsts) == 0)
		return;
	slot = (unsigned)FGET(VTD_IQH_QH, lx_mmio_read(k, VTD_IQH, 8, m)) % LX_QUEUE_SLOTS;
	qi_store(k, slot, qi_wait(k, qi_last_slot(k)));
	lx_mmio_write(k, VTD_FSTS, 4, FPUT(VTD_FSTS_IQE, 1), CTR_EXIT_MMIO, m);
}

void lx_qi_run(struct guest_kernel *k, struct meter *m)
{
	unsigned last = qi_last_slot(k);
	uint64_t seq, cause = k->rec ? k->rec->cause : 0;
	uint32_t status = 0;

	assert(k->n_pending >= 2);
	if (m->ent)
		rec_count(m->ent, CTR_GUEST_SUBMIT, 1);
	seq = lx_event(k, EVENT_SUBMIT, 0, k->n_pending, m);
	if (seq != 0)
		k->rec->cause = seq;
	lx_mmio_write(k, VTD_IQT, 4, FPUT(VTD_IQT_QT, (last + 1) % LX_QUEUE_SLOTS),
		      CTR_EXIT_QI_TAIL, m);
	gmem_read(k->mem, qi_status_at(k, last), &status, sizeof status);
	if (PORT_UNLIKELY(status != STATUS_DONE))
		qi_fault(k, m);
	if (seq != 0)
		k->rec->cause = cause;
	k->slot = (last + 1) % LX_QUEUE_SLOTS;
	k->n_pending = 0;
}

void lx_qi_submit(struct guest_kernel *k, const struct submission *s, struct meter *m)
{
	lx_qi_prepare(k, s, m);
	lx_qi_run(k, m);
}

void lx_qi_submit_one(struct guest_kernel *k, const struct inv_req *r, struct meter *m)
{
	lx_qi_submit(k, &(struct submission){.n_reqs = 1, .req = {*r}}, m);
}

void lx_qi_enable(struct guest_kernel *k, struct meter *m)
{
	k->queue = lx_mem_alloc(k);
	k->status = lx_mem_alloc(k);
	k->slot = k->n_pending = 0;
	lx_mmio_write(k, VTD_IQT, 4, 0, CTR_EXIT_QI_TAIL, m);
	lx_mmio_write(k, VTD_IQA, 8, k->queue, CTR_EXIT_MMIO, m);
}
