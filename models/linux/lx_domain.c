/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_domain - attach and detach (VT-d 9.1, 9.3), and the shape of every invalidation by kernel
 * version.
 *
 *   range -> AM: the power of two above its pages; above MAMV (18): the whole domain
 *            misaligned: as it is; 5.15 and from 5.18 AM grows until one block holds it; from 6.10 the
 *            address is rounded down
 *   unmap -> one PSI, or one per run of equal pieces (LX_ERA_UNMAP_GATHER), each with the device's
 *            TLB behind it: a submission each, from 6.12 one for both
 *
 * Omitted: PCI aliases, domains over several units.
 */
#include "models/linux/lx_domain.h"

#include <assert.h>

#include "models/vtd/vtd_spec.h"

#define CONTEXT_BYTES 16u
#define ROOT_BYTES 16u
#define DEVTLB_ALL 52u
#define AM_NONE 64u /* no block of any size holds the range */

/* ---- submissions */

static void sink_run(void *self, const struct submission *s)
{
	struct lx_sink_now *now = self;

	lx_qi_submit(now->k, s, now->m);
}

struct lx_sink lx_sink_now(struct lx_sink_now *now)
{
	return (struct lx_sink){.submit = sink_run, .self = now};
}

/* Requests of one flush on their way: alone, or together where the kernel batches. */
struct batch {
	const struct lx_sink *to;
	bool together;
	struct submission s;
};

static void batch_end(struct batch *b)
{
	if (b->s.n_reqs != 0)
		b->to->submit(b->to->self, &b->s);
	b->s.n_reqs = 0;
}

static void batch_add(struct batch *b, const struct inv_req *r)
{
	b->s.req[b->s.n_reqs++] = *r;
	if (!b->together || b->s.n_reqs == SUBMISSION_MAX)
		batch_end(b);
}

/* The requests stay as they are: clearing them would take longer than most flushes. */
static void batch_begin(struct batch *b, const struct lx_domain *d, const struct lx_sink *to)
{
	b->to = to;
	b->together = d->k->era[LX_ERA_BATCH] != 0;
	b->s.n_reqs = 0;
}

/* ---- attach */

static uint16_t did_take(struct guest_kernel *k)
{
	unsigned w = 0;
	unsigned bit;

	while (w < LX_DIDS / 64 - 1 && k->did[w] == UINT64_MAX)
		w++;
	assert(k->did[w] != UINT64_MAX && "a domain id is free");
	bit = bits_ctz(~k->did[w]);
	k->did[w] |= BIT(bit);
	return (uint16_t)(w * 64 + bit);
}

static void did_give(struct guest_kernel *k, uint16_t did)
{
	k->did[did / 64] &= ~BIT(did % 64);
}

void lx_domain_init(struct lx_domain *d, struct guest_kernel *k, enum lx_domain_kind kind,
		    uint16_t sid, bool ats)
{
	*d = (struct lx_domain){
		.k = k, .kind = kind, .sid = sid, .ats = ats && FGET(VTD_ECAP_DT, k->ecap)};
	if (kind == LX_DOMAIN_DMA)
		lx_pgtbl_init(&d->pgtbl, k);
}

void lx_domain_fini(struct lx_domain *d)
{
	if (d->k && d->kind == LX_DOMAIN_DMA)
		lx_pgtbl_fini(&d->pgtbl);
	*d = (struct lx_domain){0};
}

/* Where the context entry of sid lies; its table is made if missing. */
static gpa_t context_at(struct guest_kernel *k, uint16_t sid)
{
	unsigned bus = sid >> 8;

	if (k->context[bus] == 0) {
		k->context[bus] = lx_mem_alloc(k);
		gmem_write64(k->mem, k->root + bus * ROOT_BYTES,
			     k->context[bus] | FPUT(VTD_ROOT_P, 1));
	}
	return k->context[bus] + (sid & 0xffu) * CONTEXT_BYTES;
}

void lx_domain_add(struct lx_domain *d, uint16_t sid, bool ats, struct meter *m)
{
	struct guest_kernel *k = d->k;
	bool passthrough = d->kind == LX_DOMAIN_PASSTHROUGH;
	bool uses_ats = ats && FGET(VTD_ECAP_DT, k->ecap);
	gpa_t at = context_at(k, sid);
	enum vtd_tt tt = passthrough ? VTD_TT_PT : uses_ats ? VTD_TT_DEVTLB : VTD_TT_MULTI;

	assert(d->n_devs < LX_DOMAIN_DEVICES);
	if (d->n_devs == 0)
		d->did = passthrough ? LX_DID_PASSTHROUGH : did_take(k);
	d->dev[d->n_devs++] = (struct lx_domain_device){sid, uses_ats};
	d->attached = true;
	gmem_write64(k->mem, at + 8, FPUT(VTD_CTX_AW, k->levels - 2) | FPUT(VTD_CTX_DID, d->did));
	gmem_write64(k->mem, at,
		     (passthrough ? 0 : lx_pgtbl_root(&d->pgtbl)) | FPUT(VTD_CTX_TT, (unsigned)tt) |
			     FPUT(VTD_CTX_P, 1));
	lx_event(k, EVENT_LIFE, 0, 0, m);
	if (FGET(VTD_CAP_CM, k->cap)) { /* entries that were not present are cached with domain 0 */
		lx_qi_submit_one(k, &(struct inv_req){.kind = INV_CC_DEVICE, .sid = sid}, m);
		lx_qi_submit_one(k, &(struct inv_req){.kind = INV_DSI, .did = d->did}, m);
	}
	if (uses_ats)
		lx_config_write(k, m);
}

void lx_domain_remove(struct lx_domain *d, uint16_t sid, struct meter *m)
{
	struct guest_kernel *k = d->k;
	gpa_t at = context_at(k, sid);
	struct inv_req cc = {.kind = INV_CC_DEVICE, .did = d->did, .sid = sid};
	unsigned i = 0;

	while (i < d->n_devs && d->dev[i].sid != sid)
		i++;
	assert(i < d->n_devs);
	if (d->dev[i].ats)
		lx_config_write(k, m);
	d->dev[i] = d->dev[--d->n_devs];
	d->attached = d->n_devs != 0;
	gmem_write64(k->mem, at, 0);
	gmem_write64(k->mem, at + 8, 0);
	lx_event(k, EVENT_LIFE, 0, 0, m);
	lx_qi_submit_one(k, &cc, m);
	lx_qi_submit_one(k, &(struct inv_req){.kind = INV_DSI, .did = d->did}, m);
	if (!d->attached && d->kind == LX_DOMAIN_DMA)
		did_give(k, d->did);
}

void lx_domain_attach(struct lx_domain *d, struct meter *m)
{
	lx_domain_add(d, d->sid, d->ats, m);
}

void lx_domain_detach(struct lx_domain *d, struct meter *m)
{
	lx_domain_remove(d, d->sid, m);
}

uint64_t lx_domain_limit(const struct lx_domain *d, uint64_t dma_bits)
{
	unsigned table_bits = PAGE_BITS + 9 * d->k->levels;
	unsigned unit_bits = (unsigned)FGET(VTD_CAP_MGAW, d->k->cap) + 1;
	unsigned bits = table_bits < unit_bits ? table_bits : unit_bits;

	return bits_low(dma_bits < bits ? (unsigned)dma_bits : bits) >> PAGE_BITS;
}

/* ---- the block that an invalidation names */

struct block {
	iova_t iova;
	unsigned am;
};

static struct block block_of(const struct guest_kernel *k, iova_t first, iova_t last)
{
	uint64_t from = first >> PAGE_BITS, to = last >> PAGE_BITS;
	uint64_t n = bits_pow2_ceil(to - from + 1);
	struct block b = {.iova = first, .am = bits_log2(n)};

	if (k->era[LX_ERA_AM_GROWS] && (from & (n - 1)) != 0) {
		/* the lowest bit, not below the size, from which first and last page agree */
		uint64_t agree = ~(from ^ to) & ~(n - 1);

		b.am = agree ? bits_ctz(agree) : AM_NONE;
	}
	if (k->era[LX_ERA_PSI_ALIGNED])
		b.iova &= ~bits_low(b.am + PAGE_BITS);
	return b;
}

/* The IOTLB's part of a flush. */
static void add_iotlb(struct batch *b, const struct lx_domain *d, struct block at, bool ih)
{
	struct inv_req r = {.kind = INV_DSI, .did = d->did};

	if (FGET(VTD_CAP_PSI, d->k->cap) && at.am <= FGET(VTD_CAP_MAMV, d->k->cap))
		r = (struct inv_req){.kind = INV_PSI,
				     .did = d->did,
				     .iova = at.iova,
				     .am = (uint8_t)at.am,
				     .ih = ih};
	batch_add(b, &r);
}

/* One descriptor for each device that caches. */
static void add_devtlb(struct batch *b, const struct lx_domain *d, struct block at)
{
	if (d->k->era[LX_ERA_DEVTLB_NEEDS_TE] && !(d->k->gcmd & FMASK(VTD_GCMD_TE)))
		return;
	if (at.am > DEVTLB_ALL)
		at = (struct block){.iova = 0, .am = DEVTLB_ALL};
	for (unsigned i = 0; i < d->n_devs; i++)
		if (d->dev[i].ats)
			batch_add(b, &(struct inv_req){.kind = INV_DEVTLB,
						       .sid = d->dev[i].sid,
						       .iova = at.iova,
						       .am = (uint8_t)at.am});
}

/* ---- map */

static void flush_map_range(const struct lx_domain *d, iova_t first, iova_t last,
			    const struct lx_sink *to)
{
	struct batch b;

	batch_begin(&b, d, to);
	add_iotlb(&b, d, block_of(d->k, first, last), false);
	batch_end(&b);
}

static uint64_t pages_left(uint64_t at, uint64_t n_pages)
{
	uint64_t fit = BIT(bits_log2(n_pages));
	uint64_t aligned = at == 0 ? fit : at & -at;

	return aligned < fit ? aligned : fit;
}

/* One PSI for each naturally aligned power of two of iova | gpa. */
static void flush_map_chunks(const struct lx_domain *d, const struct lx_piece *p,
			     const struct lx_sink *to)
{
	iova_t iova = p->iova;
	gpa_t gpa = p->gpa;

	for (uint64_t left = p->n_pages; left != 0;) {
		uint64_t n = pages_left((iova | gpa) >> PAGE_BITS, left);

		flush_map_range(d, iova, iova + n * PAGE_BYTES - 1, to);
		iova += n * PAGE_BYTES;
		gpa += n * PAGE_BYTES;
		left -= n;
	}
}

void lx_domain_flush_map(const struct lx_domain *d, const struct lx_piece *piece, unsigned n,
			 bool per_chunk, const struct lx_sink *to)
{
	const struct lx_piece *end = &piece[n - 1];

	if (!FGET(VTD_CAP_CM, d->k->cap))
		return;
	if (!per_chunk) {
		flush_map_range(d, piece->iova, end->iova + end->n_pages * PAGE_BYTES - 1, to);
		return;
	}
	for (; piece <= end; piece++)
		flush_map_chunks(d, piece, to);
}

void lx_domain_flush_replaced(const struct lx_domain *d, const struct lx_ranges *r,
			      const struct lx_sink *to)
{
	unsigned era = d->k->era[LX_ERA_SWITCH_TO_SUPERPAGE_FLUSHES];

	if (era == 0)
		return;
	for (unsigned i = 0; i < r->n; i++) {
		struct batch b;
		const struct lx_range *v = &r->v[i];
		struct block at = block_of(d->k, v->first, era == 2 ? v->rest_last : v->last);

		batch_begin(&b, d, to);
		add_iotlb(&b, d, at, false);
		add_devtlb(&b, d, at);
		batch_end(&b);
	}
}

/* ---- unmap */

/* Bytes that the next call into the driver unmaps; `left` bytes remain from iova on. */
static uint64_t unmap_call(const struct lx_domain *d, iova_t iova, uint64_t left)
{
	unsigned shift = PAGE_BITS;
	uint64_t size = BIT(PAGE_BITS);

	if (d->k->era[LX_ERA_UNMAP_GATHER] == 1) /* every power of two is a page size */
		return pages_left(iova >> PAGE_BITS, left >> PAGE_BITS) << PAGE_BITS;
	for (unsigned l = 2; l <= d->pgtbl.leaf_max; l++) {
		uint64_t next = BIT(PAGE_BITS + 9 * (l - 1));

		if ((iova & (next - 1)) == 0 && next <= left) {
			shift = PAGE_BITS + 9 * (l - 1);
			size = next;
			continue;
		}
		/* pages up to the next larger boundary, if a larger page fits behind it */
		uint64_t offset = next - (iova & (next - 1));

		if (offset + next <= left)
			return offset & ~(size - 1);
		break;
	}
	return left >> shift << shift;
}

static void flush_unmap_range(const struct lx_domain *d, iova_t first, iova_t last,
			      bool tables_gone, const struct lx_sink *to)
{
	struct batch b;
	struct block at = block_of(d->k, first, last);

	batch_begin(&b, d, to);
	add_iotlb(&b, d, at, d->k->era[LX_ERA_UNMAP_LEAF_ONLY] && !tables_gone);
	add_devtlb(&b, d, at);
	batch_end(&b);
}

/* Every power of two is a page size, and the driver flushes in every call. */
static void flush_unmap_chunks(const struct lx_domain *d, iova_t first, iova_t last,
			       bool tables_gone, const struct lx_sink *to)
{
	uint64_t n;

	for (iova_t at = first; at <= last; at += n) {
		n = pages_left(at >> PAGE_BITS, (last - at + 1) >> PAGE_BITS) << PAGE_BITS;
		flush_unmap_range(d, at, at + n - 1, tables_gone, to);
	}
}

void lx_domain_flush_unmap(const struct lx_domain *d, const struct lx_unmapped *u,
			   const struct lx_sink *to)
{
	const iova_t first = u->first, last = u->last;
	const bool tables_gone = u->tables_gone;
	iova_t from = first;   /* of the run gathered so far */
	uint64_t gathered = 0; /* size of its calls */

	if (u->per_chunk) {
		flush_unmap_chunks(d, first, last, tables_gone, to);
		return;
	}

	if (d->k->era[LX_ERA_UNMAP_GATHER] == 0) {
		flush_unmap_range(d, first, last, tables_gone, to);
		return;
	}
	for (iova_t at = first; at <= last;) {
		uint64_t n = unmap_call(d, at, last - at + 1);

		if (gathered != 0 && n != gathered) {
			flush_unmap_range(d, from, at - 1, tables_gone, to);
			from = at;
		}
		gathered = n;
		at += n;
	}
	flush_unmap_range(d, from, last, tables_gone, to);
}

void lx_domain_flush_all(const struct lx_domain *d, const struct lx_sink *to)
{
	struct batch b;

	if (!d->attached)
		return; /* the timer of a device that is gone: its id may be another's */
	batch_begin(&b, d, to);
	batch_add(&b, &(struct inv_req){.kind = INV_DSI, .did = d->did});
	if (!(FGET(VTD_CAP_CM, d->k->cap) && d->k->era[LX_ERA_CM_SKIPS_DEVTLB]))
		add_devtlb(&b, d, (struct block){.iova = 0, .am = DEVTLB_ALL});
	batch_end(&b);
}
