/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * import_merge - operations of the guest and outside events of the unit, as rows in one order.
 *
 * Order: the guest's log decides the order of maps, unmaps and time-outs; QEMU's log decides where
 * phases, interrupt entries, attaching and enabling stand between submissions. A phase is put where
 * the guest's marker is, but behind every operation whose submission QEMU saw before it, and before
 * the first that it saw after it.
 */
#include "cli/import_merge.h"

#include <errno.h>
#include <stdlib.h>

#include "sim/xalloc.h"

/* ---- the guest's operations */

/* Operations that QEMU's log tells better are left out when there is one. */
static void merge_op(struct merge *m, const struct guest_op *op)
{
	const struct unit_log *u = m->job->unit;

	if (u && op->first_sub != IMPORT_NONE && !m->job->one_clock)
		m->ahead_ns = (int64_t)(u->sub[op->first_sub].at_ns - op->at_ns);
	switch (op->kind) {
	case GUEST_MAP:
		merge_map(m, op);
		break;
	case GUEST_UNMAP:
		if (op->n_bytes)
			merge_unmap(m, op);
		break;
	case GUEST_TIMER:
		merge_timer(m, op->at_ns, op->cpu);
		break;
	case GUEST_MARK:
		if (!u)
			merge_phase(m, op->at_ns, op->number, op->name);
		break;
	case GUEST_IEC:
		if (!u)
			merge_row(m, TRACE_IEC, op->at_ns)->cpu = op->cpu;
		break;
	case GUEST_ATTACH:
		if (!u)
			merge_attach(m, op->at_ns, m->tested, 0);
		break;
	case GUEST_DETACH:
		if (!u)
			merge_detach(m, op->at_ns, m->tested);
		break;
	}
}

/* All operations below `op`. */
static void merge_ops(struct merge *m, size_t op)
{
	while (m->op < op) {
		merge_op(m, &m->job->guest->op[m->op]);
		m->op++;
	}
}

/* The first operation behind the last whose submissions all came before the event's. */
static size_t merge_before(const struct merge *m, const struct unit_event *ev)
{
	const struct guest_log *g = m->job->guest;
	unsigned sub = ev->sub;
	size_t after = m->op;

	if (m->job->one_clock) {
		while (after < g->n_ops && g->op[after].at_ns <= ev->at_ns)
			after++;
		return after;
	}
	for (size_t i = m->op; i < g->n_ops; i++) {
		if (g->op[i].last_sub == IMPORT_NONE)
			continue;
		if (g->op[i].last_sub >= sub)
			break;
		after = i + 1;
	}
	return after;
}

/* ---- the unit's events */

static uint64_t merge_guest_time(const struct merge *m, uint64_t at_ns)
{
	const struct guest_log *g = m->job->guest;
	int64_t t = (int64_t)at_ns - m->ahead_ns;

	if (t < 0)
		return 0;
	return m->op < g->n_ops && (uint64_t)t > g->op[m->op].at_ns ? g->op[m->op].at_ns
								    : (uint64_t)t;
}

/* The guest's marker of a phase, from where the last one was found; n_ops: none. */
static size_t merge_marker(const struct merge *m, unsigned number)
{
	const struct guest_log *g = m->job->guest;

	for (size_t i = m->mark; i < g->n_ops; i++)
		if (g->op[i].kind == GUEST_MARK && g->op[i].number == number)
			return i;
	return g->n_ops;
}

static void merge_unit_phase(struct merge *m, const struct unit_event *ev)
{
	const struct guest_log *g = m->job->guest;
	size_t marker = merge_marker(m, ev->number);
	const char *name = "?";

	if (marker < g->n_ops) {
		size_t op = m->op;

		name = g->op[marker].name;
		while (op < marker &&
		       (g->op[op].first_sub == IMPORT_NONE || g->op[op].first_sub < ev->sub))
			op++;
		merge_ops(m, op == marker ? marker + 1 : op);
		m->mark = marker + 1;
	}
	merge_phase(m, merge_guest_time(m, ev->at_ns), ev->number, name);
}

/* Without function lines a time-out shows in QEMU's log only: it is put by its time. */
static void merge_unit_flush(struct merge *m, const struct unit_event *ev)
{
	const struct guest_log *g = m->job->guest;
	uint64_t at_ns = (uint64_t)((int64_t)ev->at_ns - m->ahead_ns);
	size_t op = m->op;

	if (g->has_functions || m->head.flush != TRACE_LAZY)
		return;
	while (op < g->n_ops && g->op[op].at_ns <= at_ns && g->op[op].kind != GUEST_MARK)
		op++;
	merge_ops(m, op);
	if (m->n_full)
		m->n_full--;
	else
		merge_timer(m, at_ns, 0);
}

static void merge_unit(struct merge *m, const struct unit_event *ev)
{
	uint64_t at_ns;
	struct trace_rec *r;

	if (ev->kind == UNIT_PSI || ev->kind == UNIT_FILL)
		return;
	merge_ops(m, merge_before(m, ev));
	at_ns = merge_guest_time(m, ev->at_ns);
	switch (ev->kind) {
	case UNIT_PHASE:
		merge_unit_phase(m, ev);
		break;
	case UNIT_BOOT:
		merge_boot(m, at_ns);
		break;
	case UNIT_ENABLE:
		merge_attach_rest(m, at_ns);
		merge_row(m, TRACE_ENABLE, at_ns);
		m->early_at = m->n_rows;
		break;
	case UNIT_DISABLE:
		merge_row(m, TRACE_DISABLE, at_ns);
		break;
	case UNIT_IEC:
		r = merge_row(m, TRACE_IEC, at_ns);
		r->global = ev->global;
		r->index = ev->index;
		r->am = ev->am;
		break;
	case UNIT_ATTACH:
		merge_attach(m, at_ns, merge_device(m, ev->sid), ev->did);
		break;
	case UNIT_DETACH:
		merge_detach(m, at_ns, merge_device(m, ev->sid));
		break;
	case UNIT_FLUSH:
		merge_unit_flush(m, ev);
		break;
	case UNIT_ACCESS:
		r = merge_row(m, TRACE_ACCESS, at_ns);
		r->device = merge_device(m, ev->sid);
		r->perm = PERM_R;
		r->iova = ev->iova;
		r->n_bytes = 1;
		break;
	case UNIT_PSI:
	case UNIT_FILL:
		break;
	}
}

/* ---- all of it */

static bool merge_has(const struct unit_log *u, enum unit_kind kind)
{
	for (size_t i = 0; u && i < u->n_events; i++)
		if (u->event[i].kind == kind)
			return true;
	return false;
}

/* Does QEMU's log begin before the kernel booted? */
static bool merge_boots(const struct unit_log *u)
{
	for (size_t i = 0; u && i < u->n_events; i++)
		if (u->event[i].kind != UNIT_PHASE)
			return u->event[i].kind == UNIT_BOOT;
	return false;
}

/* QEMU's clock ahead of the guest's by the first thing in both logs, a submission or a marker. */
static void merge_clocks(struct merge *m)
{
	const struct guest_log *g = m->job->guest;
	const struct unit_log *u = m->job->unit;

	for (size_t i = 0; i < g->n_ops; i++) {
		const struct guest_op *op = &g->op[i];

		if (op->first_sub != IMPORT_NONE) {
			m->ahead_ns = (int64_t)(u->sub[op->first_sub].at_ns - op->at_ns);
			return;
		}
		for (size_t k = 0; op->kind == GUEST_MARK && k < u->n_events; k++)
			if (u->event[k].kind == UNIT_PHASE && u->event[k].number == op->number) {
				m->ahead_ns = (int64_t)(u->event[k].at_ns - op->at_ns);
				if (!m->job->aligned)
					return;
				break;
			}
	}
}

/* A page is not read before it is mapped: the first read of an address after its first map bounds
 * the difference of the clocks from above, and tightly, because a driver tells its device at once.
 */
static void merge_clocks_by_reads(struct merge *m)
{
	const struct guest_log *g = m->job->guest;
	const struct unit_log *u = m->job->unit;
	struct imap *mapped = imap_new(), *seen = imap_new();
	struct imap_entry entry;

	for (size_t i = 0; i < g->n_ops; i++)
		if (g->op[i].kind == GUEST_MAP)
			imap_insert(mapped, g->op[i].iova, g->op[i].iova + g->op[i].n_bytes - 1,
				    g->op[i].at_ns);
	for (size_t k = 0; k < u->n_events; k++) {
		const struct unit_event *ev = &u->event[k];
		int64_t ahead;

		if (ev->kind != UNIT_FILL || imap_find(seen, ev->iova, &entry) ||
		    !imap_find(mapped, ev->iova, &entry))
			continue;
		imap_insert(seen, entry.first, entry.last, 0);
		ahead = (int64_t)(ev->at_ns - entry.value);
		if (ahead < m->ahead_ns)
			m->ahead_ns = ahead;
	}
	imap_free(mapped);
	imap_free(seen);
}

/* Everything that is not in the logs: a kernel is up and its device attached. */
static void merge_prologue(struct merge *m)
{
	const struct unit_log *u = m->job->unit;

	m->tested = 0;
	for (size_t i = 0; u && i < u->n_events; i++)
		if (u->event[i].kind == UNIT_ATTACH || u->event[i].kind == UNIT_DETACH ||
		    u->event[i].kind == UNIT_ACCESS)
			merge_device(m, u->event[i].sid);
	m->tested = merge_device(m, m->job->tested);
	merge_phase(m, 0, 0, "boot");
	if (merge_boots(u))
		return;
	merge_row(m, TRACE_BOOT, 0);
	if (merge_has(u, UNIT_ENABLE))
		return;
	merge_attach_rest(m, 0);
	merge_row(m, TRACE_ENABLE, 0);
	m->early_at = m->n_rows;
}

/* 0, or -errno of the first failed write. */
static int merge_write(struct merge *m, FILE *f)
{
	/* Times count from the first row that has one. */
	uint64_t zero = 0;
	struct trace_writer *w;

	for (size_t i = 0; i < m->n_rows && !zero; i++)
		zero = m->row[i].at_ns;
	w = trace_writer_new(f, &m->head, m->job->note);
	for (size_t i = 0; i < m->n_rows; i++) {
		struct trace_rec *r = &m->row[i];
		const struct merge_domain *d = &m->domain[r->domain];

		r->at_ns = r->at_ns > zero ? r->at_ns - zero : 0;
		if (r->kind == TRACE_ATTACH)
			r->owner =
				d->switched && !d->kernel ? TRACE_OWNER_VFIO : TRACE_OWNER_KERNEL;
		trace_write(w, r);
	}
	m->stats->n_rows = m->n_rows;
	return trace_writer_end(w);
}

static void merge_fini(struct merge *m)
{
	for (size_t i = 0; i < m->n_rows; i++)
		if (m->row[i].kind == TRACE_MAP && m->row[i].line)
			free((void *)(uintptr_t)m->row[i].seg);
	for (unsigned d = 1; d <= m->n_domains; d++)
		imap_free(m->domain[d].live), imap_free(m->domain[d].ever);
	free(m->domain);
	free(m->row);
}

int import_merge(const struct import_job *job, FILE *f, struct import_stats *s)
{
	struct merge m = {.job = job, .head = job->head, .stats = s};
	const struct unit_log *u = job->unit;
	int rc;

	*s = (struct import_stats){0};
	m.domain = xcalloc(1, sizeof *m.domain);
	if (u && !job->one_clock)
		merge_clocks(&m);
	if (u && !job->guest->has_functions)
		merge_clocks_by_reads(&m);
	merge_prologue(&m);
	for (size_t i = 0; u && i < u->n_events; i++)
		merge_unit(&m, &u->event[i]);
	merge_ops(&m, job->guest->n_ops);
	rc = merge_write(&m, f);
	merge_fini(&m);
	return rc;
}
