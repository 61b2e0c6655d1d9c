/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_notify - notifiers: who is registered, and which part of an event reaches whom.
 *
 * QEMU calls the newest notifier first. An event that misses the window is skipped; one that sticks
 * out is cropped, or QEMU aborts, by version and before it looks at the kind; then the kind must be
 * wanted.
 */
#include <errno.h>
#include <inttypes.h>

#include "models/vtd/vtd.h"

static unsigned notify_kinds(const struct vtd_as *as)
{
	unsigned kinds = 0;

	for (const struct notifier *n = as->notifiers; n; n = n->next)
		kinds |= n->wants;
	return kinds;
}

static void notify_list(struct vtd_as *as)
{
	as->next_listened = as->v->listened;
	as->v->listened = as;
}

static void notify_unlist(struct vtd_as *as)
{
	struct vtd_as **p = &as->v->listened;

	while (*p != as)
		p = &(*p)->next_listened;
	*p = as->next_listened;
}

/* The list of listened-to address spaces follows the kinds: 0 -> some puts it at the head. */
static void notify_update(struct vtd_as *as)
{
	unsigned kinds = notify_kinds(as);

	if (as->notify_kinds == 0 && kinds != 0)
		notify_list(as);
	else if (as->notify_kinds != 0 && kinds == 0)
		notify_unlist(as);
	as->notify_kinds = kinds;
}

int vtd_notify_add(struct vtd_as *as, struct notifier *n)
{
	const struct vtd *v = as->v;

	if (v->config.snoop_control)
		return -EINVAL;
	if ((n->wants & NOTIFY_MAP) && !v->config.caching_mode && vtd_has(v, VTD_B_MAP_NEEDS_CM))
		return -EINVAL;
	if ((n->wants & NOTIFY_DEVTLB_UNMAP) && !v->config.device_iotlb &&
	    vtd_has(v, VTD_B_DEVTLB_NEEDS_DT))
		return -EINVAL;
	n->next = as->notifiers;
	as->notifiers = n;
	notify_update(as);
	return 0;
}

void vtd_notify_del(struct vtd_as *as, struct notifier *n)
{
	struct notifier **p = &as->notifiers;

	while (*p && *p != n)
		p = &(*p)->next;
	if (!*p)
		return;
	*p = n->next;
	notify_update(as);
}

/* May (part of) an event go to a notifier whose window it does not fit? */
static bool notify_may_crop(const struct vtd *v, const struct notifier *n)
{
	switch (v->behaviour[VTD_B_RANGE]) {
	case RANGE_CONTAINED:
		return false;
	case RANGE_CROP_DEVTLB:
		return (n->wants & NOTIFY_DEVTLB_UNMAP) != 0;
	default:
		return true;
	}
}

static const struct {
	enum counter counter;
	enum event_kind event;
	const char *name;
} notify_of_kind[] = {
	[NOTIFY_UNMAP] = {CTR_NOTIFY_UNMAP, EVENT_NOTIFY_UNMAP, "UNMAP"},
	[NOTIFY_MAP] = {CTR_NOTIFY_MAP, EVENT_NOTIFY_MAP, "MAP"},
	[NOTIFY_DEVTLB_UNMAP] = {CTR_NOTIFY_DEVTLB, EVENT_NOTIFY_DEVTLB, "DEVTLB_UNMAP"},
};

static const char *notify_wants(const struct notifier *n)
{
	if (n->wants & NOTIFY_MAP)
		return n->wants & NOTIFY_UNMAP ? "MAP and UNMAP" : "MAP";
	return n->wants & NOTIFY_UNMAP ? "UNMAP" : "DEVTLB_UNMAP";
}

/* Count, log, call. */
static void notify_call(struct vtd_as *as, struct notifier *n, const struct notify *what,
			struct meter *m)
{
	struct rec *rec = as->v->env.rec;
	uint64_t cause = rec->cause, n_bytes = what->last - what->first;

	meter_charge(m, PRIM_NOTIFY, 1);
	rec_count(as->as.ent, notify_of_kind[what->kind].counter, 1);
	if (PORT_UNLIKELY(rec->log_events))
		rec->cause = rec_event(rec, &(struct rec_event){
						    .at_cycles = meter_now(m),
						    .entity = as->as.ent->id,
						    .kind = notify_of_kind[what->kind].event,
						    .iova = what->first,
						    .bytes = n_bytes + (n_bytes != UINT64_MAX),
						    .cause = cause,
					    });
	n->fn(n, what, m);
	rec->cause = cause;
}

void vtd_notify_one(struct vtd_as *as, struct notifier *n, const struct notify *what,
		    struct meter *m)
{
	struct notify cut;

	if (what->first > n->last || what->last < n->first)
		return;
	if (PORT_UNLIKELY(what->first < n->first || what->last > n->last)) {
		if (!notify_may_crop(as->v, n)) {
			vtd_abort(as->v,
				  "%s event 0x%" PRIx64 "..0x%" PRIx64 " of device " VTD_BDF
				  " leaves the window 0x%" PRIx64 "..0x%" PRIx64
				  " of a notifier for %s",
				  notify_of_kind[what->kind].name, what->first, what->last,
				  VTD_BDF_ARGS(as), n->first, n->last, notify_wants(n));
			return;
		}
		if (n->wants & what->kind)
			rec_count(as->as.ent, CTR_NOTIFY_CROPPED, 1);
		cut = *what;
		if (cut.first < n->first)
			cut.first = n->first;
		if (cut.last > n->last)
			cut.last = n->last;
		what = &cut;
	}
	if (n->wants & what->kind)
		notify_call(as, n, what, m);
}

void vtd_notify_all(struct vtd_as *as, const struct notify *what, struct meter *m)
{
	for (struct notifier *n = as->notifiers, *next; n; n = next) {
		next = n->next;
		vtd_notify_one(as, n, what, m);
	}
}

/* The largest naturally aligned power of two at first that does not pass last, as size - 1. */
static uint64_t notify_piece(iova_t first, iova_t last, unsigned width)
{
	uint64_t aligned = first ? (first & -first) - 1 : bits_low(width);
	uint64_t rest = last - first;

	if (aligned > bits_low(width))
		aligned = bits_low(width);
	return aligned <= rest ? aligned : BIT(bits_log2(rest + 1)) - 1;
}

void vtd_notify_unmap_whole(struct vtd_as *as, struct notifier *n, struct meter *m)
{
	struct vtd *v = as->v;
	iova_t last = n->last < v->addr_mask ? n->last : v->addr_mask;
	uint64_t n_bytes = last - n->first + 1;

	if (n->first > last)
		return;
	for (iova_t at = n->first;;) {
		struct notify what = {.kind = NOTIFY_UNMAP, .first = at};

		what.last = at + notify_piece(at, last, v->aw);
		vtd_notify_one(as, n, &what, m);
		if (what.last == last)
			break;
		at = what.last + 1;
	}
	VTD_TRACE(v, "vtd_as_unmap_whole Device " VTD_BDF " start 0x%" PRIx64 " size 0x%" PRIx64,
		  VTD_BDF_ARGS(as), n->first, n_bytes);
	vtd_shadowmap_remove(&as->map, n->first, last + vtd_has(v, VTD_B_UNMAP_BYTE));
}

void vtd_notify_unmap_every(struct vtd *v, struct meter *m)
{
	for (struct vtd_as *as = v->listened; as; as = as->next_listened)
		for (struct notifier *n = as->notifiers, *next; n; n = next) {
			next = n->next;
			vtd_notify_unmap_whole(as, n, m);
		}
}
