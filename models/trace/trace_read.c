/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * trace_read - the reader of replayable traces: one line, one row; every mistake has its place.
 *
 * The reader remembers per domain who owns it, which device it was given to last, how many devices
 * it has now and what is mapped in it, so that a replay need not (trace_check.c).
 */
#include "models/trace/trace_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/imap.h"
#include "sim/xalloc.h"

struct trace_reader *trace_open(const char *path, struct err *e)
{
	struct trace_reader *r = xcalloc(1, sizeof *r);

	r->path = xstrdup(path);
	r->f = fopen(path, "r");
	if (!r->f) {
		err_user(e, "%s: %s", path, strerror(errno));
		trace_close(r);
		return NULL;
	}
	if (trace_read_head(r, e) < 0) {
		trace_close(r);
		return NULL;
	}
	r->iova_bits = r->head.aw_bits;
	r->domain_devices = TRACE_DEVICES_MAX;
	return r;
}

const struct trace_head *trace_reader_head(const struct trace_reader *r)
{
	return &r->head;
}

void trace_reader_limit(struct trace_reader *r, unsigned iova_bits, unsigned domain_devices)
{
	if (iova_bits < r->iova_bits)
		r->iova_bits = iova_bits;
	if (domain_devices < r->domain_devices)
		r->domain_devices = domain_devices;
}

void trace_close(struct trace_reader *r)
{
	if (!r)
		return;
	if (r->f)
		fclose(r->f);
	free(r->path);
	free(r->line);
	for (unsigned i = 0; i < r->n_domains; i++)
		imap_free(r->domain[i].mapped);
	free(r->domain);
	free(r->seg);
	free(r);
}

/* ---- rows */

static int trace_cpu(const struct trace_reader *r, unsigned field, unsigned *cpu, struct err *e)
{
	return trace_small(r, field, r->head.n_cpus - 1, cpu, e);
}

/* The domain of a field; the table grows to hold it. */
static struct trace_domain *trace_domain(struct trace_reader *r, unsigned field, unsigned *number,
					 struct err *e)
{
	uint64_t v = 0;

	if (trace_number(r, field, TRACE_DOMAINS_MAX, &v, e) < 0)
		return NULL;
	if (v == 0) {
		err_at(e, trace_place(r, field), "got domain '0', allowed 1..%d",
		       TRACE_DOMAINS_MAX);
		return NULL;
	}
	*number = (unsigned)v;
	if (*number >= r->n_domains) {
		r->domain = xrealloc(r->domain, *number + 1, sizeof *r->domain);
		for (unsigned i = r->n_domains; i <= *number; i++)
			r->domain[i] = (struct trace_domain){.device = ~0u};
		r->n_domains = *number + 1;
	}
	return &r->domain[*number];
}

/* The domain that a MAP, UNMAP or TIMER goes to. */
static int trace_in_domain(struct trace_reader *r, struct trace_rec *rec, struct err *e)
{
	const struct trace_domain *d = trace_domain(r, 2, &rec->domain, e);

	if (!d)
		return -EINVAL;
	if (!d->known)
		return err_at(e, trace_place(r, 2), "domain %u was never attached", rec->domain);
	if (d->past)
		return err_at(e, trace_place(r, 2), "domain %u is of the time before the reboot",
			      rec->domain);
	rec->owner = d->owner;
	rec->device = d->device;
	rec->n_attached = d->n_attached;
	return trace_cpu(r, 3, &rec->cpu, e);
}

static int trace_range(const struct trace_reader *r, const struct trace_rec *rec, unsigned field,
		       struct err *e)
{
	if (rec->n_bytes && rec->iova + (rec->n_bytes - 1) >= rec->iova)
		return 0;
	return err_at(e, trace_place(r, field),
		      "the range is empty or passes the end of the address space");
}

/* gpa+bytes[,gpa+bytes]... */
static int trace_segs(struct trace_reader *r, unsigned field, struct trace_rec *rec, struct err *e)
{
	char *save = NULL, *text;
	size_t n = 0;

	for (text = strtok_r(r->field[field], ",", &save); text;
	     text = strtok_r(NULL, ",", &save)) {
		char *plus = strchr(text, '+');
		struct trace_seg s;

		if (plus)
			*plus = '\0';
		if (!plus || !trace_parse_number(text, UINT64_MAX, &s.gpa) ||
		    !trace_parse_number(plus + 1, UINT64_C(1) << 57, &s.n_bytes) || s.n_bytes == 0)
			return err_at(
				e,
				(struct err_place){r->path, r->line_no,
						   (unsigned)(text - r->line) + 1},
				"allowed ADDRESS+BYTES[,ADDRESS+BYTES]..., e.g. 0x3fe51000+8192");
		if (n == TRACE_SEGS_MAX)
			return err_at(e, trace_place(r, field), "more than %u segments",
				      TRACE_SEGS_MAX);
		if (n == r->n_seg_room) {
			r->n_seg_room = n ? 2 * n : 64;
			r->seg = xrealloc(r->seg, r->n_seg_room, sizeof *r->seg);
		}
		r->seg[n++] = s;
		rec->n_bytes += s.n_bytes;
		if (rec->n_bytes > UINT64_C(1) << 57)
			return err_at(e, trace_place(r, field),
				      "the range is empty or passes the end of the address space");
	}
	rec->seg = r->seg;
	rec->n_segs = (unsigned)n;
	return trace_range(r, rec, field, e);
}

static int trace_row_phase(struct trace_reader *r, struct trace_rec *rec, struct err *e)
{
	if (strlen(r->field[3]) > TRACE_NAME_MAX)
		return err_at(e, trace_place(r, 3), "the name is longer than %u bytes",
			      TRACE_NAME_MAX);
	strcpy(rec->name, r->field[3]);
	return trace_small(r, 2, UINT32_MAX, &rec->number, e);
}

static int trace_row_plain(struct trace_reader *r, struct trace_rec *rec, struct err *e)
{
	(void)e;
	if (rec->kind == TRACE_BOOT)
		trace_check_boot(r);
	return 0;
}

static int trace_row_attach(struct trace_reader *r, struct trace_rec *rec, struct err *e)
{
	static const char *const words[] = {"kernel", "vfio", NULL};
	struct trace_domain *d;
	int rc = trace_device(r, 2, &rec->device, e), i;

	if (rc < 0)
		return rc;
	if (!(d = trace_domain(r, 3, &rec->domain, e)))
		return -EINVAL;
	if ((i = trace_word(r, 4, words, e)) < 0)
		return i;
	rec->owner = (enum trace_owner)i;
	rec->n_attached = d->n_attached;
	if ((rc = trace_check_attach(r, rec, e)) < 0)
		return rc;
	d->known = true;
	d->owner = rec->owner;
	d->device = rec->device;
	d->n_attached++;
	return 0;
}

static int trace_row_detach(struct trace_reader *r, struct trace_rec *rec, struct err *e)
{
	struct trace_domain *d;
	int rc = trace_device(r, 2, &rec->device, e);

	if (rc < 0)
		return rc;
	if (!(d = trace_domain(r, 3, &rec->domain, e)))
		return -EINVAL;
	if (d->n_attached == 0)
		return err_at(e, trace_place(r, 3), "domain %u has no device", rec->domain);
	if ((rc = trace_check_detach(r, rec, e)) < 0)
		return rc;
	rec->owner = d->owner;
	rec->n_attached = d->n_attached--;
	return 0;
}

static int trace_row_map(struct trace_reader *r, struct trace_rec *rec, struct err *e)
{
	static const char *const words[] = {"r", "w", "rw", NULL};
	int rc = trace_in_domain(r, rec, e), i;

	if (rc < 0)
		return rc;
	if ((i = trace_word(r, 4, words, e)) < 0)
		return i;
	rec->perm = (enum perm)(i + 1);
	rc = trace_number(r, 5, UINT64_MAX, &rec->iova, e);
	if (rc < 0 || (rc = trace_segs(r, 6, rec, e)) < 0)
		return rc;
	return trace_check_map(r, rec, e);
}

static int trace_row_unmap(struct trace_reader *r, struct trace_rec *rec, struct err *e)
{
	int rc = trace_in_domain(r, rec, e);

	if (rc < 0 || (rc = trace_number(r, 4, UINT64_MAX, &rec->iova, e)) < 0 ||
	    (rc = trace_number(r, 5, UINT64_MAX, &rec->n_bytes, e)) < 0 ||
	    (rc = trace_range(r, rec, 5, e)) < 0)
		return rc;
	return trace_check_unmap(r, rec, e);
}

static int trace_row_timer(struct trace_reader *r, struct trace_rec *rec, struct err *e)
{
	return trace_in_domain(r, rec, e);
}

static int trace_row_iec(struct trace_reader *r, struct trace_rec *rec, struct err *e)
{
	int rc = trace_cpu(r, 2, &rec->cpu, e);

	if (rc < 0)
		return rc;
	rec->global = r->n_fields == 4 && strcmp(r->field[3], "all") == 0;
	if (rec->global)
		return 0;
	if ((rc = trace_want(r, 5, "TIME iec CPU INDEX LOG2 or TIME iec CPU all", e)) < 0 ||
	    (rc = trace_small(r, 3, 65535, &rec->index, e)) < 0)
		return rc;
	return trace_small(r, 4, 31, &rec->am, e);
}

static int trace_row_access(struct trace_reader *r, struct trace_rec *rec, struct err *e)
{
	static const char *const words[] = {"r", "w", NULL};
	int rc = trace_device(r, 2, &rec->device, e), i;

	if (rc < 0)
		return rc;
	if ((i = trace_word(r, 3, words, e)) < 0)
		return i;
	rec->perm = (enum perm)(i + 1);
	if ((rc = trace_number(r, 4, UINT64_MAX, &rec->iova, e)) < 0 ||
	    (rc = trace_number(r, 5, UINT64_MAX, &rec->n_bytes, e)) < 0)
		return rc;
	return trace_range(r, rec, 5, e);
}

/* In the order of enum trace_kind; n_fields 0: checked by the function. */
static const struct {
	unsigned n_fields;
	const char *form;
	int (*row)(struct trace_reader *r, struct trace_rec *rec, struct err *e);
} trace_rows[TRACE_KINDS] = {
	[TRACE_PHASE] = {4, "TIME phase NUMBER NAME", trace_row_phase},
	[TRACE_BOOT] = {2, "TIME boot", trace_row_plain},
	[TRACE_ENABLE] = {2, "TIME enable", trace_row_plain},
	[TRACE_DISABLE] = {2, "TIME disable", trace_row_plain},
	[TRACE_ATTACH] = {5, "TIME attach DEVICE DOMAIN kernel|vfio", trace_row_attach},
	[TRACE_DETACH] = {4, "TIME detach DEVICE DOMAIN", trace_row_detach},
	[TRACE_MAP] = {7, "TIME map DOMAIN CPU r|w|rw IOVA SEGMENTS", trace_row_map},
	[TRACE_UNMAP] = {6, "TIME unmap DOMAIN CPU IOVA BYTES", trace_row_unmap},
	[TRACE_TIMER] = {4, "TIME timer DOMAIN CPU", trace_row_timer},
	[TRACE_IEC] = {0, NULL, trace_row_iec},
	[TRACE_ACCESS] = {6, "TIME access DEVICE r|w IOVA BYTES", trace_row_access},
};

static int trace_end(struct trace_reader *r, struct err *e)
{
	uint64_t n = 0;
	int rc;

	if ((rc = trace_want(r, 2, "end ROWS", e)) < 0 ||
	    (rc = trace_number(r, 1, UINT64_MAX, &n, e)) < 0)
		return rc;
	if (n != r->n_rows)
		return err_at(e, trace_place(r, 1),
			      "the file says %" PRIu64 " rows, it has %" PRIu64, n, r->n_rows);
	r->ended = true;
	rc = trace_line(r, e);
	return rc > 0 ? err_at(e, trace_place(r, 0), "a line behind 'end'") : rc;
}

static int trace_row(struct trace_reader *r, struct trace_rec *rec, struct err *e)
{
	const char *names[TRACE_KINDS + 1] = {NULL};
	int kind, rc = trace_number(r, 0, UINT64_MAX, &rec->at_ns, e);

	if (rc < 0)
		return rc;
	if (r->n_fields < 2)
		return err_at(e, trace_place(r, 0), "got 1 field, allowed TIME KIND ...");
	if (rec->at_ns < r->at_ns)
		return err_at(e, trace_place(r, 0), "time goes back: %" PRIu64 " after %" PRIu64,
			      rec->at_ns, r->at_ns);
	r->at_ns = rec->at_ns;
	for (unsigned k = 0; k < TRACE_KINDS; k++)
		names[k] = trace_kind_name((enum trace_kind)k);
	if ((kind = trace_word(r, 1, names, e)) < 0)
		return kind;
	rec->kind = (enum trace_kind)kind;
	if (trace_rows[kind].n_fields)
		rc = trace_want(r, trace_rows[kind].n_fields, trace_rows[kind].form, e);
	else if (r->n_fields < 4)
		rc = err_at(e, trace_place(r, 0),
			    "got %u fields, allowed TIME iec CPU INDEX LOG2 or TIME iec CPU all",
			    r->n_fields);
	if (rc < 0 || (rc = trace_rows[kind].row(r, rec, e)) < 0)
		return rc;
	if (rec->kind == TRACE_BOOT)
		r->booted = true;
	if (r->booted || rec->kind == TRACE_PHASE)
		return 0;
	return err_at(e, trace_place(r, 1), "'%s' before 'boot'", r->field[1]);
}

int trace_next(struct trace_reader *r, struct trace_rec *rec, struct err *e)
{
	int rc = 1;

	*rec = (struct trace_rec){0};
	if (r->ended)
		return 0;
	if (!r->pending)
		rc = trace_line(r, e);
	r->pending = false;
	if (rc == 0)
		return err_at(e, (struct err_place){r->path, r->line_no, 1},
			      "no 'end' line: the file was cut short");
	if (rc < 0)
		return rc;
	if (strcmp(r->field[0], "end") == 0)
		return trace_end(r, e);
	rec->line = r->line_no;
	rc = trace_row(r, rec, e);
	if (rc < 0)
		return rc;
	r->n_rows++;
	return 1;
}
