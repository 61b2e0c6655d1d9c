/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_ctx - root and context entries, PASID tables, and the checks in QEMU's order (VT-d 3.4, 9.1 - 9.6).
 *
 * root -> context entry -> (scalable mode) PASID directory -> PASID table entry of RID_PASID.
 * Omitted: first-stage and nested tables; older versions walk them as second stage, newer refuse them.
 */
#include <inttypes.h>

#include "models/vtd/vtd.h"

#define ROOT_BYTES 16u
#define CTX_BYTES 16u
#define SCALABLE_CTX_BYTES 32u
#define PDIR_BYTES 8u
#define PASID_BYTES 64u
#define PASID_TABLE_BITS 6u /* PASID table entries of one directory entry */
#define PASID_BITS 20u

struct pasid_entry {
	uint64_t w[2];
	bool is_read; /* w is what memory holds, good or not */
};

static inline bool ctx_read_words(const struct vtd *v, gpa_t at, uint64_t *w, unsigned n)
{
	return gmem_read(v->mem, at, w, n * sizeof *w);
}

/* Does SAGAW have tables of that level? */
static bool ctx_level_supported(const struct vtd *v, unsigned level)
{
	uint64_t cap;

	if (level < 2 || level > 6)
		return false;
	cap = vtd_reg_get64(v, VTD_CAP);
	return bits_is_set(FGET(VTD_CAP_SAGAW, cap), level - 2);
}

static enum vtd_fault ctx_check_legacy(const struct vtd *v, const struct vtd_ce *ce)
{
	if (!ctx_level_supported(v, 2 + (unsigned)FGET(VTD_CTX_AW, ce->w[1])))
		return VTD_FR_CTX_INVALID;
	switch (FGET(VTD_CTX_TT, ce->w[0])) {
	case VTD_TT_MULTI:
		return VTD_FR_NONE;
	case VTD_TT_DEVTLB:
		return v->config.device_iotlb ? VTD_FR_NONE : VTD_FR_CTX_INVALID;
	case VTD_TT_PT:
		return v->config.pt ? VTD_FR_NONE : VTD_FR_CTX_INVALID;
	default:
		return VTD_FR_CTX_INVALID;
	}
}

uint32_t vtd_ctx_rid_pasid(const struct vtd *v, const struct vtd_ce *ce)
{
	return vtd_has(v, VTD_B_RID_PASID) ? (uint32_t)FGET(VTD_SCTX_RID_PASID, ce->w[1]) : 0;
}

static gpa_t ctx_pdir_at(const struct vtd_ce *ce, uint32_t pasid)
{
	return (ce->w[0] & FMASK(VTD_SCTX_PASIDDIR)) + (pasid >> PASID_TABLE_BITS) * PDIR_BYTES;
}

static gpa_t ctx_pasid_at(uint64_t pdir, uint32_t pasid)
{
	return (pdir & FMASK(VTD_PDIR_SMPTBLPTR)) +
	       (pasid & bits_low(PASID_TABLE_BITS)) * PASID_BYTES;
}

/* Deviates: VT-d 7.1.3 up to QEMU 9.2: every failure is reason 0x58. */
static enum vtd_fault ctx_pasid_fault(const struct vtd *v, enum vtd_fault reason)
{
	return vtd_has(v, VTD_B_FAULT_PASID) ? reason : VTD_FR_PASID_ACCESS;
}

static bool ctx_pgtt_valid(const struct vtd *v, const struct pasid_entry *pe)
{
	switch (FGET(VTD_PASID_PGTT, pe->w[0])) {
	case VTD_PGTT_FIRST:
	case VTD_PGTT_NESTED:
		return !vtd_has(v, VTD_B_FAULT_PASID);
	case VTD_PGTT_SECOND:
		return true;
	case VTD_PGTT_PT:
		return v->config.pt;
	default:
		return false;
	}
}

/* The entry, present or not: QEMU looks at P only when it fetches the context entry. A context entry that is
 * cached may go on with a PASID entry that is not present any more (Deviates: VT-d 9.6). */
static enum vtd_fault ctx_pasid_read(const struct vtd *v, const struct vtd_ce *ce, uint32_t pasid,
				     struct pasid_entry *pe)
{
	bool is_pt;
	uint64_t dir;

	if (!ctx_read_words(v, ctx_pdir_at(ce, pasid), &dir, 1))
		return ctx_pasid_fault(v, VTD_FR_PDIR_ACCESS);
	if (!FGET(VTD_PDIR_P, dir))
		return ctx_pasid_fault(v, VTD_FR_PDIR_P);
	if (!ctx_read_words(v, ctx_pasid_at(dir, pasid), pe->w, ARRAY_SIZE(pe->w)))
		return VTD_FR_PASID_ACCESS;
	pe->is_read = true;
	if (!ctx_pgtt_valid(v, pe))
		return ctx_pasid_fault(v, VTD_FR_PASID_INVALID);
	/* up to 9.2 the level is checked for pass-through too */
	is_pt = FGET(VTD_PASID_PGTT, pe->w[0]) == VTD_PGTT_PT;
	if (!(is_pt && vtd_has(v, VTD_B_FAULT_PASID)) &&
	    !ctx_level_supported(v, 2 + (unsigned)FGET(VTD_PASID_AW, pe->w[0])))
		return ctx_pasid_fault(v, VTD_FR_PASID_INVALID);
	return VTD_FR_NONE;
}

/* The entry of RID_PASID must resolve and be present. */
static enum vtd_fault ctx_check_scalable(const struct vtd *v, const struct vtd_ce *ce)
{
	struct pasid_entry pe;
	enum vtd_fault f = ctx_pasid_read(v, ce, vtd_ctx_rid_pasid(v, ce), &pe);

	if (f == VTD_FR_NONE && !FGET(VTD_PASID_P, pe.w[0]))
		return ctx_pasid_fault(v, VTD_FR_PASID_P);
	return f;
}

enum vtd_fault vtd_ctx_pasid_fpd(const struct vtd *v, const struct vtd_ce *ce, bool *fpd)
{
	uint32_t pasid = vtd_ctx_rid_pasid(v, ce);
	struct pasid_entry pe;
	enum vtd_fault f;
	uint64_t dir;

	if (!ctx_read_words(v, ctx_pdir_at(ce, pasid), &dir, 1))
		return ctx_pasid_fault(v, VTD_FR_PDIR_ACCESS);
	if (FGET(VTD_PDIR_FPD, dir)) {
		*fpd = true;
		return VTD_FR_NONE;
	}
	f = ctx_pasid_read(v, ce, pasid, &pe);
	if (f == VTD_FR_NONE)
		*fpd = FGET(VTD_PASID_FPD, pe.w[0]) != 0;
	return f;
}

/* The root entry's half that is responsible for sid, checked. */
static enum vtd_fault ctx_read_root(const struct vtd *v, uint16_t sid, uint64_t *half)
{
	uint64_t root[2], rsvd = v->desc_rsvd[VTD_S_ROOT] | ~v->addr_mask, bad;
	bool is_upper = v->root_scalable && (sid & 0x80u) != 0;

	if (!ctx_read_words(v, v->root + (gpa_t)(sid >> 8) * ROOT_BYTES, root, 2))
		return VTD_FR_ROOT_ACCESS;
	*half = root[is_upper];
	if (!FGET(VTD_ROOT_P, *half))
		return VTD_FR_ROOT_P;
	bad = v->root_scalable ? (root[0] | root[1]) & rsvd : (root[0] & rsvd) | root[1];
	return bad ? VTD_FR_ROOT_RSVD : VTD_FR_NONE;
}

static bool ctx_has_reserved(const struct vtd *v, const struct vtd_ce *ce)
{
	if (v->root_scalable)
		return (ce->w[0] & (v->desc_rsvd[VTD_S_SCTX_0] | ~v->addr_mask)) != 0 ||
		       (ce->w[1] & v->desc_rsvd[VTD_S_SCTX_1]) != 0 || (ce->w[2] | ce->w[3]) != 0;
	return (ce->w[0] & (v->desc_rsvd[VTD_S_CTX_LO] | ~v->addr_mask)) != 0 ||
	       (ce->w[1] & v->desc_rsvd[VTD_S_CTX_HI]) != 0;
}

enum vtd_fault vtd_ctx_read(const struct vtd *v, uint16_t sid, struct vtd_ce *ce)
{
	enum vtd_fault f;
	uint64_t root;
	gpa_t at;
	bool done;

	*ce = (struct vtd_ce){0};
	f = ctx_read_root(v, sid, &root);
	if (f != VTD_FR_NONE)
		return f;
	at = root & FMASK(VTD_ROOT_CTP);
	if (v->root_scalable)
		done = ctx_read_words(v, at + (sid & 0x7fu) * SCALABLE_CTX_BYTES, ce->w, 4);
	else
		done = ctx_read_words(v, at + (sid & 0xffu) * CTX_BYTES, ce->w, 2);
	if (!done)
		return VTD_FR_CTX_ACCESS;
	if (!FGET(VTD_CTX_P, ce->w[0]))
		return VTD_FR_CTX_P;
	if (ctx_has_reserved(v, ce))
		return VTD_FR_CTX_RSVD;
	return v->root_scalable ? ctx_check_scalable(v, ce) : ctx_check_legacy(v, ce);
}

enum vtd_fault vtd_ctx_fetch(struct vtd *v, uint16_t sid, struct vtd_ce *ce, struct meter *m)
{
	enum vtd_fault f = vtd_ctx_read(v, sid, ce);

	meter_charge(m, PRIM_CTX_FETCH, 1);
	rec_count(v->ent, CTR_CC_MISS, 1);
	if (f == VTD_FR_ROOT_P)
		VTD_TRACE(v, "vtd_re_not_present Root entry bus %u not present", sid >> 8);
	else if (f == VTD_FR_CTX_P)
		VTD_TRACE(v, "vtd_ce_not_present Context entry bus %u devfn %u not present",
			  sid >> 8, sid & 0xffu);
	return f;
}

enum vtd_fault vtd_ctx_domain(const struct vtd *v, const struct vtd_ce *ce, struct vtd_domain *d)
{
	struct pasid_entry pe = {.is_read = false};
	enum vtd_fault f;
	unsigned aw;

	if (!v->root_scalable) {
		aw = (unsigned)FGET(VTD_CTX_AW, ce->w[1]);
		*d = (struct vtd_domain){
			.table = ce->w[0] & FMASK(VTD_CTX_SLPTPTR),
			.level = (uint8_t)(2 + aw),
			.agaw = (uint8_t)(30 + 9 * aw),
			.did = (uint16_t)FGET(VTD_CTX_DID, ce->w[1]),
			.is_passthrough = FGET(VTD_CTX_TT, ce->w[0]) == VTD_TT_PT,
		};
		return VTD_FR_NONE;
	}
	f = ctx_pasid_read(v, ce, vtd_ctx_rid_pasid(v, ce), &pe);
	if (!pe.is_read) {
		*d = (struct vtd_domain){0};
		return f;
	}
	aw = (unsigned)FGET(VTD_PASID_AW, pe.w[0]);
	*d = (struct vtd_domain){
		.table = pe.w[0] & FMASK(VTD_PASID_SLPTPTR),
		.level = (uint8_t)(2 + aw),
		.agaw = (uint8_t)(30 + 9 * aw),
		.did = (uint16_t)FGET(VTD_PASID_DID, pe.w[1]),
		.is_passthrough = FGET(VTD_PASID_PGTT, pe.w[0]) == VTD_PGTT_PT,
	};
	return f;
}

bool vtd_ctx_is_passthrough(const struct vtd *v, const struct vtd_ce *ce,
			    const struct vtd_domain *d)
{
	if (v->root_scalable && vtd_has(v, VTD_B_SCALABLE_PT_TT))
		return FGET(VTD_CTX_TT, ce->w[0]) == VTD_TT_PT;
	return d->is_passthrough;
}

void vtd_ctx_reset(struct vtd *v)
{
	for (unsigned i = 0; i < v->n_spaces; i++)
		v->space[i]->ctx_gen = 0;
	v->ctx_gen = 1;
}
