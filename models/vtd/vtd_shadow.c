/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_shadow - walk the guest's tables, compare with what the last walks found, tell the difference.
 *
 * for each slot in range: unreadable or reserved bits: skip (what is known stays);
 *   a table with some permission: descend; else decide for the whole slot:
 *     present: known alike -> nothing; else unmap what overlaps, then map
 *     absent:  anything overlaps -> unmap the slot
 * The slot is not clipped to the range. The tables of 4 KiB pages are compared with the map's own tables side
 * by side; what is charged is one read and one lookup for each slot, as QEMU does them.
 */
#include <inttypes.h>

#include "models/vtd/vtd.h"

struct shadow_run {
	struct vtd_as *as;
	struct notifier *only; /* replay: deliver to this one; NULL: to all */
	struct vtd_domain d;
	bool notify_unmap; /* replay tells nothing about holes */
	uint64_t n_reads, n_tables, n_lookups;
	struct meter *m;
};

static void shadow_tell(struct shadow_run *r, const struct notify *what)
{
	if (r->only)
		vtd_notify_one(r->as, r->only, what, r->m);
	else
		vtd_notify_all(r->as, what, r->m);
}

static void shadow_trace_one(const struct shadow_run *r, iova_t iova, gpa_t gpa, uint64_t mask,
			     unsigned perm)
{
	const struct vtd *v = r->as->v;

	VTD_TRACE(v,
		  vtd_has(v, VTD_B_TRACE_DECIMAL)
			  ? "vtd_page_walk_one domain 0x%u iova 0x%" PRIx64 " -> gpa 0x%" PRIx64
			    " mask 0x%" PRIx64 " perm %u"
			  : "vtd_page_walk_one domain 0x%x iova 0x%" PRIx64 " -> gpa 0x%" PRIx64
			    " mask 0x%" PRIx64 " perm %u",
		  r->d.did, iova, gpa, mask, perm);
}

static void shadow_unmap(struct shadow_run *r, iova_t iova, uint64_t mask)
{
	struct notify what = {.kind = NOTIFY_UNMAP, .first = iova, .last = iova | mask};

	shadow_tell(r, &what);
}

static void shadow_trace_skip_map(const struct shadow_run *r, iova_t iova, uint64_t mask, gpa_t gpa)
{
	VTD_TRACE(r->as->v,
		  "vtd_page_walk_one_skip_map iova 0x%" PRIx64 " mask 0x%" PRIx64
		  " translated 0x%" PRIx64,
		  iova, mask, gpa);
}

static void shadow_trace_skip_unmap(const struct shadow_run *r, iova_t iova, uint64_t mask)
{
	VTD_TRACE_ALL(r->as->v, "vtd_page_walk_one_skip_unmap iova 0x%" PRIx64 " mask 0x%" PRIx64,
		      iova, mask);
}

/* One decision: page is gpa | perm; perm 0: the slot is absent (gpa is what stands in the entry). */
static void shadow_decide(struct shadow_run *r, iova_t iova, unsigned level, uint64_t page)
{
	struct vtd_shadowmap *map = &r->as->map;
	uint64_t mask = bits_low(vtd_level_bits(level));
	gpa_t gpa = page & PAGE_MASK;
	unsigned perm = (unsigned)(page & PERM_RW);
	bool overlaps = vtd_shadowmap_overlaps(map, iova, level);

	if (perm == PERM_NONE) {
		if (!r->notify_unmap || !overlaps) {
			shadow_trace_skip_unmap(r, iova, mask);
			return;
		}
		vtd_shadowmap_remove(map, iova, iova | mask);
		shadow_trace_one(r, iova, gpa, mask, PERM_NONE);
		shadow_unmap(r, iova, mask);
		return;
	}
	if (overlaps) {
		if (vtd_shadowmap_get(map, iova, level) == page) {
			shadow_trace_skip_map(r, iova, mask, gpa);
			return;
		}
		shadow_trace_one(r, iova, gpa, mask, PERM_NONE);
		shadow_unmap(r, iova, mask);
		vtd_shadowmap_remove(map, iova, iova | mask);
	}
	vtd_shadowmap_insert(map, iova, level, page);
	shadow_trace_one(r, iova, gpa, mask, perm);
	shadow_tell(r, &(struct notify){.kind = NOTIFY_MAP,
					.first = iova,
					.last = iova | mask,
					.gpa = gpa,
					.perm = (enum perm)perm});
}

/* The words of a table; false and a trace line when the slot is to be left alone. */
static bool shadow_is_usable(const struct shadow_run *r, uint64_t pte, unsigned level, iova_t iova,
			     iova_t next)
{
	const struct vtd *v = r->as->v;

	if (pte == UINT64_MAX) {
		VTD_TRACE(v,
			  "vtd_page_walk_skip_read Page walk skip iova 0x%" PRIx64 " - 0x%" PRIx64
			  " due to unable to read",
			  iova, next);
		return false;
	}
	if (vtd_walk_rsvd(v, pte, level)) {
		VTD_TRACE(v,
			  "vtd_page_walk_skip_reserve Page walk skip iova 0x%" PRIx64
			  " - 0x%" PRIx64 " due to rsrv set",
			  iova, next);
		return false;
	}
	return true;
}

/* gpa | permission of an entry under a parent's permission. */
static uint64_t shadow_page(const struct vtd *v, uint64_t pte, unsigned parent)
{
	return (pte & v->addr_mask & FMASK(VTD_PTE_ADDR)) | (pte & parent);
}

/* A table of 4 KiB pages: side by side with the map's. */
static void shadow_walk_pages(struct shadow_run *r, const uint64_t *words, iova_t first,
			      iova_t end, unsigned parent)
{
	const struct vtd *v = r->as->v;
	bool is_covered = false, changed = true;
	const union vtd_shadowslot *known = NULL;

	for (iova_t iova = first & PAGE_MASK; iova < end; iova += PAGE_BYTES) {
		unsigned i = (unsigned)(iova >> PAGE_BITS) & 511u;
		uint64_t pte = words ? words[i] : UINT64_MAX, page, old;

		r->n_reads++;
		if (changed)
			known = vtd_shadowmap_table(&r->as->map, iova, &is_covered);
		changed = false;
		if (PORT_UNLIKELY(pte == UINT64_MAX || vtd_walk_rsvd(v, pte, 1)) &&
		    !shadow_is_usable(r, pte, 1, iova, iova + PAGE_BYTES))
			continue;
		r->n_lookups++;
		page = shadow_page(v, pte, parent);
		old = known ? known[i].page : 0;
		if (PORT_LIKELY(!is_covered && page == old)) {
			if (old)
				shadow_trace_skip_map(r, iova, PAGE_BYTES - 1, page & PAGE_MASK);
			else
				shadow_trace_skip_unmap(r, iova, PAGE_BYTES - 1);
			continue;
		}
		shadow_decide(r, iova, 1, page);
		changed = true;
		if (PORT_UNLIKELY(v->desc_aborted))
			return;
	}
}

static void shadow_walk_table(struct shadow_run *r, gpa_t table, unsigned level, iova_t first,
			      iova_t end, unsigned parent)
{
	const struct vtd *v = r->as->v;
	const uint64_t *words = gmem_page(v->mem, table);
	uint64_t mask = bits_low(vtd_level_bits(level));
	iova_t next;

	VTD_TRACE(v,
		  "vtd_page_walk_level walk (base=0x%" PRIx64 ", level=%u) iova range 0x%" PRIx64
		  " - 0x%" PRIx64,
		  table, level, first, end);
	r->n_tables++;
	if (level == 1) {
		shadow_walk_pages(r, words, first, end, parent);
		return;
	}
	for (iova_t iova = first; iova < end && !v->desc_aborted; iova = next) {
		uint64_t pte = words ? words[iova >> vtd_level_bits(level) & 511u] : UINT64_MAX;

		next = (iova & ~mask) + mask + 1;
		r->n_reads++;
		if (!shadow_is_usable(r, pte, level, iova, next))
			continue;
		if (!FGET(VTD_PTE_PS, pte) && (pte & parent) != 0) {
			shadow_walk_table(r, pte & v->addr_mask & FMASK(VTD_PTE_ADDR), level - 1,
					  iova, next < end ? next : end,
					  (unsigned)(pte & parent));
			continue;
		}
		r->n_lookups++;
		shadow_decide(r, iova & ~mask, level, shadow_page(v, pte, parent));
	}
}

static void shadow_log(const struct shadow_run *r, iova_t first)
{
	struct rec *rec = r->as->v->env.rec;

	if (PORT_UNLIKELY(rec->log_events))
		rec_event(rec, &(struct rec_event){
				       .at_cycles = meter_now(r->m),
				       .entity = r->as->as.ent->id,
				       .kind = EVENT_WALK,
				       .iova = first,
				       .bytes = r->n_reads,
				       .cause = rec->cause,
			       });
}

/* Walk [first, end); both are cut to what the tables span. */
static void shadow_walk(struct shadow_run *r, iova_t first, iova_t end)
{
	struct vtd *v = r->as->v;
	unsigned width = r->d.agaw < v->aw ? r->d.agaw : v->aw;

	if (first > bits_low(width))
		return;
	if (end > bits_low(width))
		end = BIT(width);
	rec_count(v->ent, CTR_WALKS, 1);
	shadow_walk_table(r, r->d.table & PAGE_MASK, r->d.level, first, end, PERM_RW);
	meter_charge(r->m, PRIM_WALK_PTE, r->n_reads);
	meter_charge(r->m, PRIM_IOVA_TREE, r->n_lookups);
	rec_count(v->ent, CTR_WALK_PTE, r->n_reads);
	rec_count(v->ent, CTR_WALK_LEVELS, r->n_tables);
	shadow_log(r, first);
}

void vtd_shadow_pages(struct vtd_as *as, const struct vtd_domain *d, iova_t addr, uint64_t n_bytes,
		      struct meter *m)
{
	unsigned rule = as->v->behaviour[VTD_B_PSI_WALK];

	if (rule == PSI_WALK_DSI) {
		vtd_shadow_sync(as, m);
	} else if (rule == PSI_WALK_ALL || (as->notify_kinds & NOTIFY_MAP)) {
		struct shadow_run r = {.as = as, .d = *d, .notify_unmap = true, .m = m};

		shadow_walk(&r, addr, addr + n_bytes);
	} else {
		struct notify what = {.kind = NOTIFY_UNMAP,
				      .first = addr,
				      .last = addr + n_bytes - 1};

		vtd_notify_all(as, &what, m);
	}
}

/* Tell every notifier to drop its window: no walk. */
static void shadow_unmap_windows(struct vtd_as *as, struct meter *m)
{
	for (struct notifier *n = as->notifiers, *next; n; n = next) {
		next = n->next;
		vtd_notify_one(as, n,
			       &(struct notify){.kind = NOTIFY_UNMAP,
						.first = n->first,
						.last = n->last},
			       m);
	}
}

/* The context entry is gone: unmap all; any other fault: leave all as it is (Deviates: VT-d 6.1: what was
 * mapped stays so). */
static void shadow_no_context(struct vtd_as *as, enum vtd_fault f, struct meter *m)
{
	if (f != VTD_FR_CTX_P)
		return;
	for (struct notifier *n = as->notifiers, *next; n; n = next) {
		next = n->next;
		vtd_notify_unmap_whole(as, n, m);
	}
}

void vtd_shadow_sync(struct vtd_as *as, struct meter *m)
{
	struct shadow_run r = {.as = as, .notify_unmap = true, .m = m};
	unsigned rule = as->v->behaviour[VTD_B_SYNC];
	struct vtd_ce ce;
	enum vtd_fault f;

	if (rule == SYNC_WALK && !(as->notify_kinds & (NOTIFY_MAP | NOTIFY_UNMAP)))
		return;
	if (rule == SYNC_WINDOW && !(as->notify_kinds & NOTIFY_MAP)) {
		shadow_unmap_windows(as, m);
		return;
	}
	f = vtd_ctx_fetch(as->v, as->as.sid, &ce, m);
	if (f == VTD_FR_NONE)
		f = vtd_ctx_domain(as->v, &ce, &r.d);
	if (f != VTD_FR_NONE) {
		shadow_no_context(as, f, m);
		return;
	}
	shadow_walk(&r, 0, UINT64_MAX);
}

void vtd_shadow_sync_listened(struct vtd *v, struct meter *m)
{
	for (struct vtd_as *as = v->listened; as; as = as->next_listened)
		vtd_shadow_sync(as, m);
}

/* A run of pages that one translation answers for: a hole of an entry, a large page, or all pages when there is
 * no context. */
struct generic_run {
	enum vtd_fault fault;
	struct vtd_walk w; /* n_reads 0: it did not come to a walk */
	uint64_t n_pages;
};

static void generic_look(const struct vtd *v, enum vtd_fault ctx, const struct vtd_domain *d,
			 iova_t at, struct generic_run *run)
{
	*run = (struct generic_run){.fault = ctx, .n_pages = (v->addr_mask - at) / PAGE_BYTES + 1};
	if (ctx != VTD_FR_NONE)
		return;
	run->fault = vtd_walk(v, d, at, false, &run->w);
	if (run->fault != VTD_FR_BEYOND_WIDTH) {
		uint64_t mask = bits_low(vtd_level_bits(run->w.level));

		run->n_pages = (mask + 1 - (at & mask)) / PAGE_BYTES;
	}
}

/* The pages of a run behind its first cost what that one did, but the rest of a large page hits the IOTLB. */
static void generic_charge_rest(struct vtd_as *as, const struct generic_run *run, struct meter *m)
{
	const struct vtd *v = as->v;
	uint64_t n = run->n_pages - 1;

	meter_charge(m, PRIM_IOTLB_LOOKUP, n);
	if (run->fault == VTD_FR_NONE) {
		rec_count(v->ent, CTR_IOTLB_HIT, n);
		return;
	}
	rec_count(v->ent, CTR_FAULT_DROPPED, n);
	if (run->w.n_reads == 0 && run->fault != VTD_FR_BEYOND_WIDTH) {
		meter_charge(m, PRIM_CTX_FETCH, n);
		rec_count(v->ent, CTR_CC_MISS, n);
		return;
	}
	meter_charge(m, PRIM_WALK_PTE, run->w.n_reads * n);
	rec_count(v->ent, CTR_IOTLB_MISS, n);
	rec_count(v->ent, CTR_WALK_PTE, run->w.n_reads * n);
}

/* What QEMU does for IOMMUs without a replay of their own: translate each 4 KiB of the address space, whatever the
 * context says, and tell what is there (a large page once for each 4 KiB). The first page of a run is translated;
 * the others are counted and charged without a step each, their faults as dropped ones, because the first fills
 * the record. Deviates: QEMU's region has 2^64 bytes whatever aw-bits is, this ends at 2^aw-bits; QEMU asserts
 * that the interrupt window is never translated, this goes through it. */
static void shadow_replay_generic(struct vtd_as *as, struct notifier *n, struct meter *m)
{
	struct vtd *v = as->v;
	struct generic_run run;
	struct vtd_domain d;
	struct vtd_ce ce;
	enum vtd_fault ctx = vtd_ctx_read(v, as->as.sid, &ce);

	if (ctx == VTD_FR_NONE)
		ctx = vtd_ctx_domain(v, &ce, &d);
	for (iova_t at = 0; at <= v->addr_mask; at += run.n_pages * PAGE_BYTES) {
		struct xlat x;

		generic_look(v, ctx, &d, at, &run);
		vtd_xlat_region(as, at, PERM_R, &x, m);
		generic_charge_rest(as, &run, m);
		for (uint64_t i = 0; x.perm != PERM_NONE && i < run.n_pages; i++) {
			meter_charge(m, PRIM_NOTIFY, 1);
			rec_count(as->as.ent, CTR_NOTIFY_MAP, 1);
			n->fn(n,
			      &(struct notify){.kind = NOTIFY_MAP,
					       .first = x.iova,
					       .last = x.iova + x.mask,
					       .gpa = x.gpa,
					       .perm = x.perm},
			      m);
		}
	}
}

static void shadow_trace_replay(const struct shadow_run *r, const struct vtd_ce *ce)
{
	const struct vtd *v = r->as->v;

	VTD_TRACE(v,
		  "vtd_replay_ce_valid %s mode: replay valid context device "
		  "%02x:%02x.%02x domain 0x%x hi 0x%" PRIx64 " lo 0x%" PRIx64,
		  v->root_scalable ? "scalable" : "legacy", vtd_bus(r->as), vtd_devfn(r->as) >> 3,
		  vtd_devfn(r->as) & 7u, r->d.did, ce->w[1], ce->w[0]);
}

void vtd_shadow_replay(struct vtd_as *as, struct notifier *n, struct meter *m)
{
	struct shadow_run r = {.as = as, .only = n, .notify_unmap = false, .m = m};
	const struct vtd *v = as->v;
	unsigned rule = v->behaviour[VTD_B_REPLAY];
	unsigned kinds = vtd_has(v, VTD_B_REPLAY_OWN) ? n->wants : as->notify_kinds;
	struct vtd_ce ce;

	if (rule == REPLAY_GENERIC) {
		shadow_replay_generic(as, n, m);
		return;
	}
	if (rule == REPLAY_UNMAP)
		vtd_notify_unmap_whole(as, n, m);
	else if (rule == REPLAY_CLEAR)
		vtd_shadowmap_clear(&as->map);
	if (vtd_ctx_fetch(as->v, as->as.sid, &ce, m) != VTD_FR_NONE ||
	    vtd_ctx_domain(v, &ce, &r.d) != VTD_FR_NONE) {
		VTD_TRACE(v,
			  "vtd_replay_ce_invalid replay invalid context device %02x:%02x.%02x",
			  vtd_bus(as), vtd_devfn(as) >> 3, vtd_devfn(as) & 7u);
		return;
	}
	shadow_trace_replay(&r, &ce);
	if (!(kinds & NOTIFY_MAP))
		return;
	shadow_walk(&r, 0, UINT64_MAX);
}
