/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * trace - names of the rows and the writer.
 */
#include "models/trace/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "sim/xalloc.h"

static const char *const kind_names[TRACE_KINDS] = {
	[TRACE_PHASE] = "phase",     [TRACE_BOOT] = "boot",     [TRACE_ENABLE] = "enable",
	[TRACE_DISABLE] = "disable", [TRACE_ATTACH] = "attach", [TRACE_DETACH] = "detach",
	[TRACE_MAP] = "map",         [TRACE_UNMAP] = "unmap",   [TRACE_TIMER] = "timer",
	[TRACE_IEC] = "iec",         [TRACE_ACCESS] = "access",
};

static const char *const flush_names[] = {
	[TRACE_STRICT] = "strict",
	[TRACE_LAZY] = "lazy",
	[TRACE_PASSTHROUGH] = "passthrough",
};

struct trace_writer {
	FILE *f;
	struct trace_head head;
	uint64_t n_rows;
	int error; /* errno of the first failed write */
};

const char *trace_kind_name(enum trace_kind k)
{
	return kind_names[k];
}

const char *trace_flush_name(enum trace_flush f)
{
	return flush_names[f];
}

const char *trace_perm_name(enum perm p)
{
	static const char *const names[] = {
		[PERM_NONE] = "-", [PERM_R] = "r", [PERM_W] = "w", [PERM_RW] = "rw"};

	return names[p];
}

void trace_sid_name(uint16_t sid, char name[TRACE_SID_NAME])
{
	snprintf(name, TRACE_SID_NAME, "%02x:%02x.%x", sid >> 8 & 0xffu, sid >> 3 & 0x1fu,
		 sid & 7u);
}

static const char *trace_device_name(const struct trace_writer *w, unsigned device,
				     char name[TRACE_SID_NAME])
{
	trace_sid_name(w->head.device[device].sid, name);
	return name;
}

struct trace_writer *trace_writer_new(FILE *f, const struct trace_head *head, const char *note)
{
	struct trace_writer *w = xcalloc(1, sizeof *w);
	char name[TRACE_SID_NAME];

	w->f = f;
	w->head = *head;
	fprintf(f, "dmachurn-trace %u\n%s", TRACE_VERSION, note ? note : "");
	if (head->kernel_major)
		fprintf(f, "kernel %u.%u\n", head->kernel_major, head->kernel_minor);
	fprintf(f, "flush %s\n", flush_names[head->flush]);
	fprintf(f, "caching-mode %s\n", head->caching_mode ? "on" : "off");
	fprintf(f, "interrupt-remapping %s\n", head->intremap ? "on" : "off");
	fprintf(f, "aw-bits %u\nvcpus %u\n", head->aw_bits, head->n_cpus);
	for (unsigned i = 0; i < head->n_devices; i++)
		fprintf(f, "device %s ats=%s\n", trace_device_name(w, i, name),
			head->device[i].ats ? "on" : "off");
	return w;
}

static void trace_write_segs(FILE *f, const struct trace_rec *rec)
{
	for (unsigned i = 0; i < rec->n_segs; i++)
		fprintf(f, "%c0x%" PRIx64 "+%" PRIu64, i ? ',' : ' ', rec->seg[i].gpa,
			rec->seg[i].n_bytes);
}

/* The arguments behind TIME and KIND. */
static void trace_write_args(struct trace_writer *w, const struct trace_rec *r)
{
	char name[TRACE_SID_NAME];

	switch (r->kind) {
	case TRACE_PHASE:
		fprintf(w->f, " %u %s", r->number, r->name);
		break;
	case TRACE_BOOT:
	case TRACE_ENABLE:
	case TRACE_DISABLE:
		break;
	case TRACE_ATTACH:
		fprintf(w->f, " %s %u %s", trace_device_name(w, r->device, name), r->domain,
			r->owner == TRACE_OWNER_VFIO ? "vfio" : "kernel");
		break;
	case TRACE_DETACH:
		fprintf(w->f, " %s %u", trace_device_name(w, r->device, name), r->domain);
		break;
	case TRACE_MAP:
		fprintf(w->f, " %u %u %s 0x%" PRIx64, r->domain, r->cpu, trace_perm_name(r->perm),
			r->iova);
		trace_write_segs(w->f, r);
		break;
	case TRACE_UNMAP:
		fprintf(w->f, " %u %u 0x%" PRIx64 " %" PRIu64, r->domain, r->cpu, r->iova,
			r->n_bytes);
		break;
	case TRACE_TIMER:
		fprintf(w->f, " %u %u", r->domain, r->cpu);
		break;
	case TRACE_IEC:
		if (r->global)
			fprintf(w->f, " %u all", r->cpu);
		else
			fprintf(w->f, " %u %u %u", r->cpu, r->index, r->am);
		break;
	case TRACE_ACCESS:
		fprintf(w->f, " %s %s 0x%" PRIx64 " %" PRIu64,
			trace_device_name(w, r->device, name), trace_perm_name(r->perm), r->iova,
			r->n_bytes);
		break;
	}
}

static void trace_write_failed(struct trace_writer *w)
{
	if (w->error == 0)
		w->error = errno != 0 ? errno : EIO;
}

void trace_write(struct trace_writer *w, const struct trace_rec *rec)
{
	fprintf(w->f, "%" PRIu64 " %s", rec->at_ns, kind_names[rec->kind]);
	trace_write_args(w, rec);
	if (fputc('\n', w->f) == EOF || ferror(w->f))
		trace_write_failed(w);
	w->n_rows++;
}

int trace_writer_end(struct trace_writer *w)
{
	int error;

	fprintf(w->f, "end %" PRIu64 "\n", w->n_rows);
	if (fflush(w->f) != 0 || ferror(w->f))
		trace_write_failed(w);
	error = w->error;
	free(w);
	return -error;
}
