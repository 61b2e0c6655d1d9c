/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * trace_check - rows against those before them: what a guest cannot have done is a mistake in the file.
 *
 *   attach  the device is in no domain; the domain is of this boot and takes another device
 *   detach  the device is in this domain
 *   map     within the addresses; nothing of it is mapped in the domain
 *   unmap   within the addresses; what is not mapped is passed over
 *   boot    every domain is of the past: no row may name it again
 *
 * Ranges are whole pages, laid out as the replay lays them out.
 */
#include "models/trace/trace_priv.h"

#include <inttypes.h>

#include "sim/bits.h"
#include "sim/imap.h"

/* What the map of ranges remembers of a MAP row. */
static uint64_t check_value(unsigned line, enum perm perm)
{
	return (uint64_t)line << 2 | (uint64_t)perm;
}

static enum perm check_perm(uint64_t value)
{
	return (enum perm)(value & PERM_RW);
}

static unsigned check_line(uint64_t value)
{
	return (unsigned)(value >> 2);
}

/* Is [first, last] within the addresses? */
static int check_width(const struct trace_reader *r, unsigned field, iova_t first, iova_t last,
		       struct err *e)
{
	if (first <= last && last <= bits_low(r->iova_bits))
		return 0;
	return err_at(e, trace_place(r, field),
		      "got a range up to 0x%" PRIx64 ", allowed up to 0x%" PRIx64
		      " (addresses of %u bits)",
		      last, bits_low(r->iova_bits), r->iova_bits);
}

int trace_check_attach(struct trace_reader *r, const struct trace_rec *rec, struct err *e)
{
	struct trace_domain *d = &r->domain[rec->domain];

	if (r->domain_of[rec->device])
		return err_at(e, trace_place(r, 2), "device '%s' is in domain %u already",
			      r->field[2], r->domain_of[rec->device]);
	if (d->past)
		return err_at(e, trace_place(r, 3), "domain %u is of the time before the reboot",
			      rec->domain);
	if (d->n_attached == r->domain_devices)
		return err_at(e, trace_place(r, 3), "domain %u has %u devices, allowed %u",
			      rec->domain, d->n_attached + 1, r->domain_devices);
	r->domain_of[rec->device] = rec->domain;
	if (!d->mapped)
		d->mapped = imap_new();
	return 0;
}

int trace_check_detach(struct trace_reader *r, const struct trace_rec *rec, struct err *e)
{
	if (r->domain_of[rec->device] != rec->domain)
		return err_at(e, trace_place(r, 2), "device '%s' is not in domain %u", r->field[2],
			      rec->domain);
	r->domain_of[rec->device] = 0;
	return 0;
}

int trace_check_map(struct trace_reader *r, const struct trace_rec *rec, struct err *e)
{
	struct imap *mapped = r->domain[rec->domain].mapped;
	iova_t first = rec->iova & PAGE_MASK, last;
	struct imap_entry old;
	uint64_t n_pages = 0;
	int rc;

	for (unsigned i = 0; i < rec->n_segs; i++)
		n_pages +=
			((rec->seg[i].gpa & ~PAGE_MASK) + rec->seg[i].n_bytes + PAGE_BYTES - 1) >>
			PAGE_BITS;
	last = first + n_pages * PAGE_BYTES - 1;
	if ((rc = check_width(r, 5, first, last, e)) < 0)
		return rc;
	if (imap_first(mapped, first, last, &old))
		return err_at(e, trace_place(r, 5),
			      "0x%" PRIx64 " is mapped in domain %u already, by line %u",
			      old.first > first ? old.first : first, rec->domain,
			      check_line(old.value));
	return imap_insert(mapped, first, last, check_value(rec->line, rec->perm));
}

int trace_check_unmap(struct trace_reader *r, struct trace_rec *rec, struct err *e)
{
	struct imap *mapped = r->domain[rec->domain].mapped;
	iova_t first = rec->iova & PAGE_MASK;
	iova_t last = (rec->iova + rec->n_bytes - 1) | ~PAGE_MASK;
	unsigned perm = PERM_RW;
	struct imap_entry old;
	bool any = false;
	int rc = check_width(r, 4, first, last, e);

	if (rc < 0)
		return rc;
	for (; imap_first(mapped, first, last, &old); any = true) {
		perm &= (unsigned)check_perm(old.value);
		imap_remove(mapped, old.first, NULL);
		if (old.first < first)
			imap_insert(mapped, old.first, first - 1, old.value);
		if (old.last > last)
			imap_insert(mapped, last + 1, old.last, old.value);
	}
	rec->perm = any ? (enum perm)perm : PERM_NONE;
	return 0;
}

void trace_check_boot(struct trace_reader *r)
{
	for (unsigned i = 0; i < r->n_domains; i++) {
		r->domain[i].n_attached = 0;
		r->domain[i].past = r->domain[i].known;
	}
	for (unsigned i = 0; i < r->head.n_devices; i++)
		r->domain_of[i] = 0;
}
