/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * import_infer - maps and unmaps out of QEMU's log alone.
 *
 * Caching mode: an invalidated range that is not mapped is a map, one that is mapped an unmap (in
 * lazy mode all are maps). No caching mode: an invalidated range is an unmap; its map is put where
 * QEMU first read an entry of it, or just before the unmap when the device never touched it. Lazy:
 * a domain flush is a time-out; a page that is read again after it with another address behind it
 * had been unmapped.
 *
 * Omitted: in lazy mode, unmaps of pages that are not used again cannot be seen; the full sizes of
 * maps that the device touched only in part, without caching mode.
 */
#include "cli/import.h"

#include <stdlib.h>

#include "sim/bits.h"
#include "sim/xalloc.h"

struct infer {
	struct guest_log *g;
	struct imap *live; /* range -> index of its segment */
	bool caching_mode, lazy;
};

/* Before the first look at a page its address is not known: the low bits of the iova stand for it.
 */
static gpa_t infer_gpa(iova_t iova)
{
	return iova & BITS(27, 12);
}

static void infer_map(struct infer *p, const struct unit_event *ev, iova_t iova, uint64_t n_bytes,
		      gpa_t gpa)
{
	struct guest_op *op = guest_log_op(p->g, GUEST_MAP, ev->at_ns, 0);

	op->iova = iova;
	op->n_bytes = n_bytes;
	op->first_seg = (unsigned)p->g->n_segs;
	op->n_segs = 1;
	op->did = ev->did;
	op->first_sub = op->last_sub = ev->kind == UNIT_PSI ? ev->sub : IMPORT_NONE;
	imap_insert(p->live, iova, iova + n_bytes - 1, p->g->n_segs);
	guest_log_seg(p->g, gpa, n_bytes);
}

static void infer_unmap(struct infer *p, const struct unit_event *ev, iova_t iova, uint64_t n_bytes)
{
	struct guest_op *op = guest_log_op(p->g, GUEST_UNMAP, ev->at_ns, 0);

	op->iova = iova;
	op->n_bytes = n_bytes;
	op->did = ev->did;
	op->first_sub = op->last_sub = ev->kind == UNIT_PSI ? ev->sub : IMPORT_NONE;
	import_cut(p->live, iova, iova + n_bytes - 1);
}

static void infer_psi(struct infer *p, const struct unit_event *ev)
{
	uint64_t n_bytes = PAGE_BYTES << ev->am;
	struct imap_entry entry;
	bool live = imap_first(p->live, ev->iova, ev->iova + n_bytes - 1, &entry);

	if (p->caching_mode && (p->lazy || !live)) {
		imap_remove_overlaps(p->live, ev->iova, ev->iova + n_bytes - 1);
		infer_map(p, ev, ev->iova, n_bytes, infer_gpa(ev->iova));
		return;
	}
	if (!live) {
		struct unit_event before = *ev;

		before.kind = UNIT_FILL;
		infer_map(p, &before, ev->iova, n_bytes, infer_gpa(ev->iova));
	}
	infer_unmap(p, ev, ev->iova, n_bytes);
}

/* QEMU read the entry of a page. */
static void infer_fill(struct infer *p, const struct unit_event *ev)
{
	struct imap_entry entry;
	struct trace_seg *seg;

	if (!imap_find(p->live, ev->iova, &entry)) {
		infer_map(p, ev, ev->iova, PAGE_BYTES, ev->gpa);
		return;
	}
	seg = &p->g->seg[entry.value];
	if (p->caching_mode) {
		if (entry.first == ev->iova)
			seg->gpa = ev->gpa;
		return;
	}
	if (seg->gpa == ev->gpa)
		return;
	infer_unmap(p, ev, entry.first, entry.last - entry.first + 1);
	infer_map(p, ev, ev->iova, PAGE_BYTES, ev->gpa);
}

static void infer_flush(struct infer *p, const struct unit_event *ev)
{
	struct guest_op *op = guest_log_op(p->g, GUEST_TIMER, ev->at_ns, 0);

	op->did = ev->did;
	op->first_sub = op->last_sub = ev->sub;
}

void import_infer(const struct unit_log *u, bool caching_mode, struct guest_log *g)
{
	struct infer p = {
		.g = g, .live = imap_new(), .caching_mode = caching_mode, .lazy = u->has_flushes};

	g->has_functions = true;
	for (size_t i = 0; i < u->n_events; i++) {
		const struct unit_event *ev = &u->event[i];

		if (ev->kind == UNIT_PSI)
			infer_psi(&p, ev);
		else if (ev->kind == UNIT_FILL)
			infer_fill(&p, ev);
		else if (ev->kind == UNIT_FLUSH)
			infer_flush(&p, ev);
	}
	imap_free(p.live);
}
