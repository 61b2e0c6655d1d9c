/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_xlat - a device's access: interrupt window, pass-through, cached translation, context, walk (VT-d 3).
 *
 * A cached translation is used without looking at the context entry and without a permission fault: the
 * caller sees the permission and refuses (Deviates: VT-d 6.2.3).
 */
#include <inttypes.h>

#include "models/vtd/vtd.h"

/* One translation on its way. */
struct xlat_run {
	struct vtd_as *as;
	iova_t at;
	bool is_write;
	struct vtd_fault_info fault;
};

static bool xlat_fault(struct xlat_run *r, enum vtd_fault reason, uint32_t pasid)
{
	r->fault.reason = reason;
	r->fault.pasid = pasid;
	vtd_fault_report(r->as->v, &r->fault);
	return false;
}

/* Identity, as 4 KiB pages. */
static void xlat_identity(iova_t at, struct xlat *out)
{
	*out = (struct xlat){at & PAGE_MASK, at & PAGE_MASK, ~PAGE_MASK, PERM_RW};
}

static void xlat_page(const struct vtd *v, iova_t at, uint64_t pte, unsigned level, enum perm perm,
		      struct xlat *out)
{
	uint64_t mask = bits_low(vtd_level_bits(level));

	*out = (struct xlat){at & ~mask, pte & v->addr_mask & FMASK(VTD_PTE_ADDR) & ~mask, mask,
			     perm};
}

/* The context entry, cached or fetched; false: faulted. */
static bool xlat_context(struct xlat_run *r, struct meter *m)
{
	struct vtd_as *as = r->as;
	struct vtd *v = as->v;
	enum vtd_fault f = VTD_FR_NONE;
	struct vtd_ce ce;
	bool is_cached = as->ctx_gen == v->ctx_gen;

	if (is_cached) {
		ce = as->ctx;
		rec_count(v->ent, CTR_CC_HIT, 1);
		VTD_TRACE(v,
			  "vtd_iotlb_cc_hit IOTLB context hit bus 0x%x devfn 0x%x high 0x%" PRIx64
			  " low 0x%" PRIx64 " gen %" PRIu32,
			  vtd_bus(as), vtd_devfn(as), ce.w[1], ce.w[0], as->ctx_gen);
	} else {
		f = vtd_ctx_fetch(v, as->as.sid, &ce, m);
	}
	r->fault.fpd = FGET(VTD_CTX_FPD, ce.w[0]) != 0;
	if (f == VTD_FR_NONE && !r->fault.fpd && v->root_scalable)
		f = vtd_ctx_pasid_fpd(v, &ce, &r->fault.fpd);
	if (f != VTD_FR_NONE)
		return xlat_fault(r, f, 0);
	if (is_cached)
		return true;
	VTD_TRACE(v,
		  "vtd_iotlb_cc_update IOTLB context update bus 0x%x devfn 0x%x high 0x%" PRIx64
		  " low 0x%" PRIx64 " gen %" PRIu32 " -> gen %" PRIu32,
		  vtd_bus(as), vtd_devfn(as), ce.w[1], ce.w[0], as->ctx_gen, v->ctx_gen);
	as->ctx = ce;
	as->ctx_gen = v->ctx_gen;
	return true;
}

static bool xlat_lookup(struct xlat_run *r, uint32_t pasid, struct xlat *out, struct meter *m)
{
	struct vtd *v = r->as->v;
	const struct vtd_iotlb_entry *e;

	uint64_t at = r->at;
	uint16_t sid = r->as->as.sid;

	meter_charge(m, PRIM_IOTLB_LOOKUP, 1);
	if (!vtd_has(v, VTD_B_IOTLB_KEY)) {
		/* page number, source and level share 64 bits: address bits 63:48 fall on the source */
		sid |= (uint16_t)(at >> 48);
		at &= bits_low(48);
	}
	e = vtd_iotlb_find(&v->iotlb, sid, pasid, at);
	if (!e)
		return false;
	rec_count(v->ent, CTR_IOTLB_HIT, 1);
	VTD_TRACE(v,
		  "vtd_iotlb_page_hit IOTLB page hit sid 0x%x iova 0x%" PRIx64 " slpte 0x%" PRIx64
		  " domain 0x%x",
		  r->as->as.sid, r->at, e->pte, e->did);
	xlat_page(v, r->at, e->pte, e->key.level, e->perm, out);
	return true;
}

static void xlat_cache(struct xlat_run *r, const struct vtd_domain *d, const struct vtd_walk *w,
		       uint32_t pasid)
{
	struct vtd *v = r->as->v;
	unsigned bits = 9u * (w->level - 1u);
	struct vtd_iotlb_key key = {r->at >> (PAGE_BITS + bits) << bits, pasid, r->as->as.sid,
				    w->level};

	VTD_TRACE(v,
		  "vtd_iotlb_page_update IOTLB page update sid 0x%x iova 0x%" PRIx64
		  " slpte 0x%" PRIx64 " domain 0x%x",
		  key.sid, r->at, w->pte, d->did);
	if (v->iotlb.n >= VTD_IOTLB_MAX) {
		VTD_TRACE(v, "vtd_iotlb_reset IOTLB reset (reason: iotlb exceeds size limit)");
		rec_count(v->ent, CTR_IOTLB_RESET, 1);
		vtd_iotlb_reset(&v->iotlb);
	}
	vtd_iotlb_insert(&v->iotlb, &key, d->did, w->pte, w->perm);
}

/* Found by translation, not by a look: from now on the device bypasses the unit. */
static void xlat_pass_through(struct xlat_run *r, struct xlat *out, struct meter *m)
{
	struct vtd *v = r->as->v;

	xlat_identity(r->at, out);
	VTD_TRACE(v,
		  vtd_has(v, VTD_B_TRACE_DECIMAL)
			  ? "vtd_translate_pt source id 0x%u, iova 0x%" PRIx64
			  : "vtd_translate_pt source id 0x%x, iova 0x%" PRIx64,
		  r->as->as.sid, r->at & PAGE_MASK);
	vtd_aspace_switch(r->as, m);
	VTD_TRACE(v,
		  vtd_has(v, VTD_B_TRACE_DECIMAL) ? "vtd_pt_enable_fast_path sid 0x%u %d"
						  : "vtd_pt_enable_fast_path sid 0x%x %d",
		  r->as->as.sid, !r->as->is_translated);
}

/* A rejected PASID entry may have more levels than there are, or be missing: what QEMU has on its stack then. */
static bool xlat_can_walk(struct vtd *v, const struct vtd_domain *d)
{
	if (d->level > VTD_LEVELS_MAX)
		vtd_abort(v, "walk of page tables of %u levels", d->level);
	return d->level != 0 && d->level <= VTD_LEVELS_MAX;
}

/* The cache is asked before the context entry, unless that names the PASID by which it is asked. */
static bool xlat_looks_up_first(const struct vtd *v)
{
	return !v->root_scalable || vtd_has(v, VTD_B_LOOKUP_FIRST);
}

/* By which PASID the cache is asked then. */
static uint32_t xlat_pasid(const struct vtd *v)
{
	return vtd_has(v, VTD_B_RID_PASID) ? VTD_NO_PASID : 0;
}

static bool xlat_miss(struct xlat_run *r, struct xlat *out, struct meter *m)
{
	struct vtd *v = r->as->v;
	uint32_t pasid = xlat_pasid(v);
	struct vtd_domain d;
	struct vtd_walk w;
	enum vtd_fault f;

	if (!xlat_context(r, m))
		return false;
	if (!xlat_looks_up_first(v))
		pasid = vtd_ctx_rid_pasid(v, &r->as->ctx);
	/* With FPD in a cached context entry nobody has looked at the PASID entry since: QEMU asks its cache first,
	 * then walks with the entry as it is. */
	f = vtd_ctx_domain(v, &r->as->ctx, &d);
	if (f == VTD_FR_NONE && vtd_ctx_is_passthrough(v, &r->as->ctx, &d)) {
		xlat_pass_through(r, out, m);
		return true;
	}
	if (!xlat_looks_up_first(v) && xlat_lookup(r, pasid, out, m))
		return true;
	rec_count(v->ent, CTR_IOTLB_MISS, 1);
	if (f != VTD_FR_NONE && !xlat_can_walk(v, &d))
		return xlat_fault(r, f, 0);
	f = vtd_walk(v, &d, r->at, r->is_write, &w);
	meter_charge(m, PRIM_WALK_PTE, w.n_reads);
	rec_count(v->ent, CTR_WALK_PTE, w.n_reads);
	if (f != VTD_FR_NONE) {
		if (!vtd_has(v, VTD_B_FAULT_PASID_FIELD))
			return xlat_fault(r, f, 0);
		r->fault.pp = pasid != VTD_NO_PASID;
		return xlat_fault(r, f, pasid);
	}
	xlat_cache(r, &d, &w, pasid);
	xlat_page(v, r->at, w.pte, w.level, w.perm, out);
	return true;
}

bool vtd_xlat_region(struct vtd_as *as, iova_t at, enum perm need, struct xlat *out,
		     struct meter *m)
{
	struct vtd *v = as->v;
	bool is_write = (need & PERM_W) != 0;
	struct xlat_run r = {
		.as = as,
		.at = at,
		.is_write = is_write,
		.fault = {.sid = as->as.sid, .iova = at, .is_write = is_write},
	};

	if (!(xlat_looks_up_first(v) && xlat_lookup(&r, xlat_pasid(v), out, m)) &&
	    !xlat_miss(&r, out, m)) {
		*out = (struct xlat){.perm = PERM_NONE};
		return false;
	}
	if (!is_write && vtd_has(v, VTD_B_READ_ONLY))
		out->perm &= (enum perm) ~PERM_W;
	VTD_TRACE(v,
		  "vtd_dmar_translate dev %02x:%02x.%02x iova 0x%" PRIx64 " -> gpa 0x%" PRIx64
		  " mask 0x%" PRIx64,
		  vtd_bus(as), vtd_devfn(as) >> 3, vtd_devfn(as) & 7u, out->iova, out->gpa,
		  out->mask);
	return true;
}

bool vtd_xlat(struct vtd_as *as, iova_t at, enum perm need, struct xlat *out, struct meter *m)
{
	if (at >= MSI_FIRST && at <= MSI_LAST) {
		/* the interrupt window lies over the unit: no translation, no fault */
		*out = (struct xlat){.perm = PERM_NONE};
		return false;
	}
	if (as->is_translated)
		return vtd_xlat_region(as, at, need, out, m);
	xlat_identity(at, out);
	return true;
}

bool vtd_xlat_peek(struct vtd_as *as, iova_t at, struct xlat *out)
{
	const struct vtd *v = as->v;
	struct vtd_domain d;
	struct vtd_walk w;
	struct vtd_ce ce;

	*out = (struct xlat){.perm = PERM_NONE};
	if (at >= MSI_FIRST && at <= MSI_LAST)
		return false;
	if (!v->dmar_enabled) {
		xlat_identity(at, out);
		return true;
	}
	if (vtd_ctx_read(v, as->as.sid, &ce) != VTD_FR_NONE ||
	    vtd_ctx_domain(v, &ce, &d) != VTD_FR_NONE)
		return false;
	if (d.is_passthrough) {
		xlat_identity(at, out);
		return true;
	}
	/* a page may have one permission alone: try both ways */
	if (vtd_walk(v, &d, at, false, &w) != VTD_FR_NONE &&
	    vtd_walk(v, &d, at, true, &w) != VTD_FR_NONE)
		return false;
	xlat_page(v, at, w.pte, w.level, w.perm, out);
	return true;
}
