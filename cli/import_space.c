/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * import_space - rows of devices, domains, maps and unmaps.
 *
 * Domains: every attach opens one, except that devices attached at the same time under one domain
 * id share it (a group). An unmap goes to the domain in which its range was mapped.
 *
 * A log may begin late and lose events. What is unmapped without ever having been mapped was mapped
 * before; what is mapped twice was unmapped in between; what is unmapped twice is left out the
 * second time. So every trace that is written can be replayed.
 */
#include "cli/import_merge.h"

#include <stdlib.h>
#include <string.h>

#include "sim/bits.h"
#include "sim/xalloc.h"

#define FLUSH_QUEUE_SLOTS 255u /* linux dma-iommu.c: 256 entries of a ring, one stays free */

/* ---- rows */

struct trace_rec *merge_row(struct merge *m, enum trace_kind kind, uint64_t at_ns)
{
	if (m->n_rows == m->n_row_room) {
		m->n_row_room = m->n_row_room ? 2 * m->n_row_room : 1024;
		m->row = xrealloc(m->row, m->n_row_room, sizeof *m->row);
	}
	if (at_ns > m->at_ns)
		m->at_ns = at_ns;
	m->row[m->n_rows] = (struct trace_rec){.kind = kind, .at_ns = m->at_ns};
	return &m->row[m->n_rows++];
}

void merge_phase(struct merge *m, uint64_t at_ns, unsigned number, const char *name)
{
	struct trace_rec *r = merge_row(m, TRACE_PHASE, at_ns);

	r->number = number;
	strcpy(r->name, name);
	m->stats->n_phases++;
}

/* ---- devices and domains */

unsigned merge_device(struct merge *m, uint16_t sid)
{
	unsigned i = 0;

	while (i < m->head.n_devices && m->head.device[i].sid != sid)
		i++;
	if (i == m->head.n_devices && i < TRACE_DEVICES_MAX) {
		m->head.device[i] = (struct trace_device){sid, m->job->unit ? m->job->unit->ats[sid]
									    : m->job->ats};
		m->head.n_devices++;
	}
	return i < TRACE_DEVICES_MAX ? i : 0;
}

/* A group's domain that has the id already, or a new one. */
static unsigned merge_domain(struct merge *m, uint16_t did)
{
	for (unsigned d = 1; d <= m->n_domains; d++)
		if (did && m->domain[d].did == did && m->domain[d].n_attached)
			return d;
	m->domain = xrealloc(m->domain, ++m->n_domains + 1, sizeof *m->domain);
	m->domain[m->n_domains] =
		(struct merge_domain){.did = did, .live = imap_new(), .ever = imap_new()};
	return m->n_domains;
}

void merge_attach(struct merge *m, uint64_t at_ns, unsigned device, uint16_t did)
{
	struct merge_device *dev = &m->device[device];
	struct trace_rec *r;

	if (dev->domain)
		return;
	dev->domain = merge_domain(m, did);
	m->domain[dev->domain].n_attached++;
	m->domain[dev->domain].switched = dev->last != 0;
	dev->last = dev->domain;
	if (m->domain[dev->domain].n_attached == 1)
		m->domain[dev->domain].attached_at = m->n_rows;
	r = merge_row(m, TRACE_ATTACH, at_ns);
	r->device = device;
	r->domain = dev->domain;
}

/* A new kernel: no device is in a domain. */
void merge_boot(struct merge *m, uint64_t at_ns)
{
	merge_row(m, TRACE_BOOT, at_ns);
	for (unsigned i = 0; i < m->head.n_devices; i++) {
		if (m->device[i].domain)
			m->domain[m->device[i].domain].n_attached = 0;
		m->device[i] = (struct merge_device){0};
	}
	for (unsigned d = 1; d <= m->n_domains; d++)
		imap_clear(m->domain[d].live);
}

/* Without caching mode attaching shows in no log; a device that is taken from a domain gets the
 * next. */
void merge_detach(struct merge *m, uint64_t at_ns, unsigned device)
{
	struct merge_device *dev = &m->device[device];
	struct trace_rec *r;

	if (!dev->domain)
		return;
	r = merge_row(m, TRACE_DETACH, at_ns);
	r->device = device;
	r->domain = dev->domain;
	m->domain[dev->domain].n_attached--;
	dev->domain = 0;
	if (!m->head.caching_mode)
		merge_attach(m, at_ns, device, 0);
}

/* Devices whose attaching QEMU's log does not show are attached before translation is on. */
void merge_attach_rest(struct merge *m, uint64_t at_ns)
{
	for (unsigned i = 0; i < m->head.n_devices; i++)
		if (m->device[i].last == 0)
			merge_attach(m, at_ns, i, 0);
}

/* The domain that the tested device is, or was last, in; a log whose beginning is missing may use
 * it before it shows an attach. */
static unsigned merge_current(struct merge *m, uint64_t at_ns)
{
	if (m->device[m->tested].last == 0)
		merge_attach(m, at_ns, m->tested, 0);
	return m->device[m->tested].last;
}

/* ---- maps */

/* The domain of the tested device in which [first, last] has a map; 0: none. Newest first. */
static unsigned merge_where(const struct merge *m, iova_t first, iova_t last)
{
	struct imap_entry entry;

	for (unsigned d = m->n_domains; d; d--)
		if (imap_first(m->domain[d].live, first, last, &entry))
			return d;
	return 0;
}

void import_cut(struct imap *live, iova_t first, iova_t last)
{
	struct imap_entry entry;

	while (imap_first(live, first, last, &entry)) {
		imap_remove(live, entry.first, NULL);
		if (entry.first < first)
			imap_insert(live, entry.first, first - 1, entry.value);
		if (entry.last > last)
			imap_insert(live, last + 1, entry.last, entry.value);
	}
}

static void merge_note_ever(struct merge_domain *d, iova_t first, iova_t last)
{
	import_cut(d->ever, first, last);
	imap_insert(d->ever, first, last, 0);
}

void merge_map(struct merge *m, const struct guest_op *op)
{
	unsigned domain = merge_current(m, op->at_ns);
	iova_t last = op->iova + op->n_bytes - 1;
	struct imap_entry stale;
	struct trace_rec *r;

	while (imap_first(m->domain[domain].live, op->iova, last, &stale)) {
		r = merge_row(m, TRACE_UNMAP, op->at_ns);
		r->domain = domain;
		r->iova = stale.first;
		r->n_bytes = stale.last - stale.first + 1;
		imap_remove(m->domain[domain].live, stale.first, NULL);
		m->stats->n_stale++;
	}
	imap_insert(m->domain[domain].live, op->iova, last, 0);
	merge_note_ever(&m->domain[domain], op->iova, last);
	m->domain[domain].kernel |= op->by_dma_api;
	r = merge_row(m, TRACE_MAP, op->at_ns);
	r->domain = domain;
	r->cpu = op->cpu;
	r->perm = PERM_RW;
	r->iova = op->iova;
	r->n_bytes = op->n_bytes;
	r->seg = &m->job->guest->seg[op->first_seg];
	r->n_segs = op->n_segs;
	m->stats->n_maps++;
}

/* What was mapped before the log began is mapped as soon as there is its domain, before or with the
 * start of translation; its memory is not known. */
static void merge_early(struct merge *m, unsigned domain, iova_t first, iova_t last)
{
	struct trace_seg *seg = xcalloc(1, sizeof *seg);
	size_t i = m->domain[domain].attached_at + 1;

	if (i < m->early_at)
		i = m->early_at;
	*seg = (struct trace_seg){first & BITS(27, 12), last - first + 1};
	merge_row(m, TRACE_MAP, 0);
	memmove(&m->row[i + 1], &m->row[i], (m->n_rows - 1 - i) * sizeof *m->row);
	m->row[i] = (struct trace_rec){.kind = TRACE_MAP,
				       .at_ns = m->row[i - 1].at_ns,
				       .domain = domain,
				       .perm = PERM_RW,
				       .iova = first,
				       .n_bytes = last - first + 1,
				       .seg = seg,
				       .n_segs = 1,
				       .line = 1 /* seg is its own */};
	for (unsigned d = 1; d <= m->n_domains; d++)
		m->domain[d].attached_at += m->domain[d].attached_at >= i;
	m->early_at += m->early_at >= i;
	imap_insert(m->domain[domain].live, first, last, 0);
	merge_note_ever(&m->domain[domain], first, last);
	m->stats->n_unknown++;
}

/* Make all of [first, last] mapped that can have been before the log began. False: a part cannot,
 * its map is missing in the middle of the log. */
static bool merge_fill(struct merge *m, unsigned domain, iova_t first, iova_t last)
{
	struct merge_domain *d = &m->domain[domain];
	struct imap_entry entry;
	bool whole = true;

	while (first <= last) {
		bool live = imap_first(d->live, first, last, &entry);
		iova_t gap_last = live ? entry.first - 1 : last;

		if (!live || entry.first > first) {
			struct imap_entry was;

			if (imap_first(d->ever, first, gap_last, &was))
				whole = false;
			else
				merge_early(m, domain, first, gap_last);
		}
		if (!live || entry.last >= last)
			break;
		first = entry.last + 1;
	}
	return whole;
}

static void merge_unmap_row(struct merge *m, const struct guest_op *op, unsigned domain,
			    iova_t first, iova_t last)
{
	struct trace_rec *r = merge_row(m, TRACE_UNMAP, op->at_ns);

	r->domain = domain;
	r->cpu = op->cpu;
	r->iova = first;
	r->n_bytes = last - first + 1;
	import_cut(m->domain[domain].live, first, last);
	m->stats->n_unmaps++;
	if (m->n_queued == FLUSH_QUEUE_SLOTS) {
		m->n_full++;
		m->n_queued = 0;
	}
	m->n_queued++;
}

void merge_unmap(struct merge *m, const struct guest_op *op)
{
	iova_t first = op->iova, last = op->iova + op->n_bytes - 1;
	unsigned domain = merge_where(m, first, last);
	struct imap_entry entry;

	if (!domain)
		domain = merge_current(m, op->at_ns);
	m->domain[domain].kernel |= op->by_dma_api;
	if (merge_fill(m, domain, first, last)) {
		merge_unmap_row(m, op, domain, first, last);
		return;
	}
	m->stats->n_twice++;
	while (imap_first(m->domain[domain].live, first, last, &entry))
		merge_unmap_row(m, op, domain, entry.first > first ? entry.first : first,
				entry.last < last ? entry.last : last);
}

void merge_timer(struct merge *m, uint64_t at_ns, unsigned cpu)
{
	unsigned domain = merge_current(m, at_ns);
	struct trace_rec *r = merge_row(m, TRACE_TIMER, at_ns);

	r->domain = domain;
	r->cpu = cpu;
	m->n_queued = 0;
	m->stats->n_timers++;
}
