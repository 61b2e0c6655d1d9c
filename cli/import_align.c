/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * import_align - which submission in QEMU's log is which operation of the guest.
 *
 * The clocks of the two logs are not the same, and a marker reaches ftrace some milliseconds before
 * it reaches QEMU. What both logs have in the same order is the submissions: each call of
 * qi_submit_sync() is one write of the tail. So both are compared like two texts: kinds must agree,
 * and addresses where both sides have one. Without function lines the flushes that a strict guest
 * must make are compared with QEMU's page-selective invalidations; an invalidation that covers
 * several unmaps in a row shows that they were gathered (VFIO), and makes them one.
 */
#include "cli/import.h"

#include <stdlib.h>

#include "sim/xalloc.h"

enum {
	ALIGN_ANCHOR = 16,   /* submissions in a row that must agree where the logs meet */
	ALIGN_RESYNC = 64,   /* how far to look for the way on after a difference */
	ALIGN_WINDOW = 32,   /* submissions that are looked at to tell which way is best */
	ALIGN_SKIP_MAX = 64, /* guest submissions that may precede the meeting point */
};

struct align_item {
	enum sub_kind kind;
	bool has_iova;
	iova_t iova;
	unsigned am;    /* QEMU's */
	unsigned which; /* operation or submission */
};

struct align {
	struct guest_log *g;
	const struct unit_log *u;
	struct align_item *guest, *unit;
	size_t n_guest, n_unit;
};

static void align_guest_items(struct align *a, const struct trace_head *head)
{
	struct guest_log *g = a->g;

	a->guest = xcalloc(g->has_functions ? g->n_subs : g->n_ops, sizeof *a->guest);
	if (g->has_functions) {
		for (size_t i = 0; i < g->n_subs; i++) {
			const struct guest_sub *s = &g->sub[i];

			a->guest[a->n_guest++] = (struct align_item){
				.kind = s->kind,
				.has_iova = s->has_iova,
				.iova = s->op == IMPORT_NONE ? 0 : g->op[s->op].iova,
				.which = s->op,
			};
		}
		return;
	}
	for (size_t i = 0; i < g->n_ops; i++) {
		const struct guest_op *op = &g->op[i];

		if ((op->kind == GUEST_UNMAP && head->flush == TRACE_STRICT) ||
		    (op->kind == GUEST_MAP && head->caching_mode))
			a->guest[a->n_guest++] = (struct align_item){.kind = SUB_IOTLB,
								     .has_iova = true,
								     .iova = op->iova,
								     .which = (unsigned)i};
	}
}

static void align_unit_items(struct align *a)
{
	a->unit = xcalloc(a->u->n_subs, sizeof *a->unit);
	for (size_t i = 0; i < a->u->n_subs; i++) {
		const struct unit_sub *s = &a->u->sub[i];

		if (a->g->has_functions || s->has_iova)
			a->unit[a->n_unit++] = (struct align_item){.kind = s->kind,
								   .has_iova = s->has_iova,
								   .iova = s->iova,
								   .am = s->am,
								   .which = (unsigned)i};
	}
}

static bool align_agrees(const struct align *a, size_t i, size_t j)
{
	const struct align_item *g = &a->guest[i], *u = &a->unit[j];

	if (g->kind == SUB_BATCH ? u->kind != SUB_IOTLB && u->kind != SUB_DEVTLB
				 : u->kind != g->kind)
		return false;
	if (!g->has_iova || !u->has_iova)
		return true;
	return g->iova >> PAGE_BITS >> u->am == u->iova >> PAGE_BITS >> u->am;
}

/* Do n items from (i, j) agree, or as many as there are? */
static bool align_run(const struct align *a, size_t i, size_t j, size_t n)
{
	if (i >= a->n_guest || j >= a->n_unit)
		return false;
	for (size_t k = 0; k < n && i + k < a->n_guest; k++)
		if (j + k >= a->n_unit || !align_agrees(a, i + k, j + k))
			return false;
	return true;
}

/* Item of QEMU's log near which the guest's log begins: at the first marker that both have. */
static size_t align_base(const struct align *a)
{
	for (size_t i = 0; i < a->g->n_ops; i++) {
		if (a->g->op[i].kind != GUEST_MARK)
			continue;
		for (size_t k = 0; k < a->u->n_events; k++) {
			const struct unit_event *ev = &a->u->event[k];
			size_t j = 0;

			if (ev->kind != UNIT_PHASE || ev->number != a->g->op[i].number)
				continue;
			while (j < a->n_unit && a->unit[j].which < ev->sub)
				j++;
			return j;
		}
	}
	return 0;
}

/* An agreement of n items, nearest to the base. */
static bool align_meet(const struct align *a, size_t base, size_t n, size_t *i, size_t *j)
{
	for (*i = 0; *i < a->n_guest && *i < ALIGN_SKIP_MAX; ++*i)
		for (size_t away = 0; away <= a->n_unit; away++) {
			*j = base + away;
			if (align_run(a, *i, *j, n))
				return true;
			*j = base - away;
			if (away <= base && align_run(a, *i, *j, n))
				return true;
		}
	return false;
}

/* Where the logs meet: as long an agreement as there is. */
static bool align_start(const struct align *a, size_t *i, size_t *j)
{
	size_t base = align_base(a);

	for (size_t n = ALIGN_ANCHOR; n; n /= 2)
		if (align_meet(a, base, n, i, j))
			return true;
	return false;
}

/* How many of the next ALIGN_WINDOW items from (i, j) agree; at the end of a log, of as many as
 * there are. */
static size_t align_score(const struct align *a, size_t i, size_t j)
{
	size_t n = 0;

	for (size_t k = 0; k < ALIGN_WINDOW; k++)
		if (i + k >= a->n_guest || (j + k < a->n_unit && align_agrees(a, i + k, j + k)))
			n++;
	return n;
}

/* After a difference at (i, j): where both go on. An interrupt may swap submissions, so a few
 * differences are no reason to step aside: traffic that repeats its addresses agrees with itself
 * there as well. */
static void align_resync(const struct align *a, size_t *i, size_t *j)
{
	size_t best = align_score(a, *i, *j), x_best = 0, y_best = 0;

	if (best >= ALIGN_WINDOW / 2)
		return;
	for (size_t sum = 1; sum <= ALIGN_RESYNC; sum++)
		for (size_t x = 0; x <= sum; x++) {
			size_t score = align_score(a, *i + x, *j + sum - x);

			if (score > best) {
				best = score;
				x_best = x;
				y_best = sum - x;
			}
		}
	*i += x_best;
	*j += y_best;
}

/* Unmaps of the same size that follow, join up and lie in the invalidated range were gathered into
 * the first, unless an invalidation begins there. */
static size_t align_gather(struct align *a, size_t i, size_t j)
{
	const struct align_item *u = &a->unit[j];
	iova_t last = u->iova | ((PAGE_BYTES << u->am) - 1);
	struct guest_op *op = &a->g->op[a->guest[i].which];
	uint64_t n_piece = op->n_bytes;

	if (a->g->has_functions || op->kind != GUEST_UNMAP || !align_agrees(a, i, j))
		return i;
	while (i + 1 < a->n_guest) {
		struct guest_op *next = &a->g->op[a->guest[i + 1].which];

		if (next->kind != GUEST_UNMAP || next->n_bytes != n_piece ||
		    next->iova != op->iova + op->n_bytes || next->iova + n_piece - 1 > last ||
		    (j + 1 < a->n_unit && a->unit[j + 1].iova == next->iova))
			return i;
		op->n_bytes += n_piece;
		next->n_bytes = 0;
		i++;
	}
	return i;
}

static void align_note(struct align *a, size_t i, size_t j)
{
	struct guest_op *op;

	if (a->guest[i].which == IMPORT_NONE)
		return;
	op = &a->g->op[a->guest[i].which];
	if (op->first_sub == IMPORT_NONE)
		op->first_sub = a->unit[j].which;
	op->last_sub = a->unit[j].which;
	if (op->kind == GUEST_MAP || op->kind == GUEST_UNMAP)
		op->did = a->u->sub[a->unit[j].which].did;
}

bool import_align(struct guest_log *g, const struct unit_log *u, const struct trace_head *head)
{
	struct align a = {.g = g, .u = u};
	size_t i = 0, j = 0, n_agreed = 0;
	bool aligned;

	align_guest_items(&a, head);
	align_unit_items(&a);
	aligned = align_start(&a, &i, &j);
	while (aligned && i < a.n_guest && j < a.n_unit) {
		if (!align_agrees(&a, i, j))
			align_resync(&a, &i, &j);
		if (i >= a.n_guest || j >= a.n_unit)
			break;
		align_note(&a, i, j);
		n_agreed++;
		i = align_gather(&a, i, j) + 1;
		j++;
	}
	free(a.guest);
	free(a.unit);
	return aligned && n_agreed > 0;
}
