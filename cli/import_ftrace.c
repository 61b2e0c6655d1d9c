/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * import_ftrace - the guest's log: ftrace's trace file, `trace-cmd report` or `perf script`.
 *
 * A line is  TASK [CPU] FLAGS SECONDS: REST ; REST is an event ("map: IOMMU: iova=...", "unmap:
 * ...", "tracing_mark_write: MARK 22 echo-begin") or a function call ("qi_submit_sync
 * <-qi_flush_iotlb").
 *
 * One iommu:map event is one call of the IOMMU core per contiguous piece of memory; one
 * dma_map_sg() or dma_alloc_coherent() gives several. With function lines, map events of a CPU that
 * join up are one call until intel_iommu_iotlb_sync_map (or another operation) is entered; unmap
 * events until intel_iommu_tlb_sync. Without them import_group decides.
 *
 * Omitted: which device an event belongs to; iommu:map does not say it.
 */
#include "cli/import.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/bits.h"
#include "sim/xalloc.h"

#define FTRACE_CPUS_MAX 4096u
#define FTRACE_ADDRESS_BITS 57u /* of the widest tables (VT-d 9.8): more is no address */
#define FTRACE_LEVELS 4u /* task, soft interrupt, hard interrupt, hard interrupt in a soft one */

/* What entering a function tells; a name stands for all names that begin with it, up to a '.'. */
enum ftrace_fn {
	FN_SUBMIT,
	FN_SYNC_MAP,   /* a map call ends */
	FN_SYNC_UNMAP, /* a gathered unmap is flushed */
	FN_QUEUE,      /* an unmap is put into the flush queue */
	FN_TIMEOUT,
	FN_DMA_API, /* a driver maps, unmaps or allocates */
	FN_DEVTLB,
	FN_CACHE_TAG,
	FN_BATCH,
	FN_MAP_FLUSH, /* 6.10 and later: maps may have to be flushed */
	FN_CONTEXT,
	FN_PSI,
	FN_OTHER,
};

static const struct {
	const char *name;
	enum ftrace_fn fn;
} ftrace_fns[] = {
	{"qi_submit_sync", FN_SUBMIT},
	{"intel_iommu_iotlb_sync_map", FN_SYNC_MAP},
	{"intel_iommu_tlb_sync", FN_SYNC_UNMAP},
	{"fq_ring_free", FN_QUEUE},
	{"fq_flush_timeout", FN_TIMEOUT},
	{"iommu_dma_map_page", FN_DMA_API},
	{"iommu_dma_map_sg", FN_DMA_API},
	{"iommu_dma_unmap_page", FN_DMA_API},
	{"iommu_dma_unmap_sg", FN_DMA_API},
	{"iommu_dma_alloc", FN_DMA_API},
	{"iommu_dma_free", FN_DMA_API},
	{"iommu_dma_map_phys", FN_DMA_API},
	{"iommu_dma_unmap_phys", FN_DMA_API},
	{"qi_flush_dev_iotlb", FN_DEVTLB},
	{"cache_tag_flush_range_np", FN_MAP_FLUSH},
	{"cache_tag_flush_range", FN_CACHE_TAG},
	{"cache_tag_flush_all", FN_CACHE_TAG},
	{"qi_batch_flush_descs", FN_BATCH},
	{"qi_flush_context", FN_CONTEXT},
	{"iommu_flush_iotlb_psi", FN_PSI},
};

/* State of a CPU at a level of interrupts: the call that its next event may belong to. */
struct ftrace_cpu {
	unsigned open;   /* operation that joining events extend, IMPORT_NONE: none */
	unsigned last;   /* operation that submissions belong to */
	bool in_dma_api; /* the last operation began in a driver of the kernel */
};

struct ftrace {
	struct import_text text;
	struct guest_log *g;
	struct ftrace_cpu *cpu; /* [FTRACE_CPUS_MAX * FTRACE_LEVELS] */
	bool attached;
	/* The line in hand. */
	uint64_t at_ns;
	unsigned n_cpu;
	struct ftrace_cpu *c;
};

/* ---- lists */

struct guest_op *guest_log_op(struct guest_log *g, enum guest_kind kind, uint64_t at_ns,
			      unsigned cpu)
{
	if (g->n_ops == g->n_op_room) {
		g->n_op_room = g->n_op_room ? 2 * g->n_op_room : 1024;
		g->op = xrealloc(g->op, g->n_op_room, sizeof *g->op);
	}
	g->op[g->n_ops] = (struct guest_op){.kind = kind,
					    .at_ns = at_ns,
					    .cpu = cpu,
					    .did = IMPORT_NONE,
					    .first_sub = IMPORT_NONE,
					    .last_sub = IMPORT_NONE};
	if (cpu > g->max_cpu)
		g->max_cpu = cpu;
	return &g->op[g->n_ops++];
}

void guest_log_seg(struct guest_log *g, gpa_t gpa, uint64_t n_bytes)
{
	if (g->n_segs == g->n_seg_room) {
		g->n_seg_room = g->n_seg_room ? 2 * g->n_seg_room : 1024;
		g->seg = xrealloc(g->seg, g->n_seg_room, sizeof *g->seg);
	}
	g->seg[g->n_segs++] = (struct trace_seg){gpa, n_bytes};
}

struct guest_sub *guest_log_sub(struct guest_log *g)
{
	if (g->n_subs == g->n_sub_room) {
		g->n_sub_room = g->n_sub_room ? 2 * g->n_sub_room : 1024;
		g->sub = xrealloc(g->sub, g->n_sub_room, sizeof *g->sub);
	}
	g->sub[g->n_subs] = (struct guest_sub){.op = IMPORT_NONE};
	return &g->sub[g->n_subs++];
}

void guest_log_free(struct guest_log *g)
{
	free(g->op);
	free(g->seg);
	free(g->sub);
	*g = (struct guest_log){0};
}

/* ---- fields of a line */

/* "123.456789:" -> ns. */
static bool ftrace_time(const char *s, uint64_t *ns, const char **rest)
{
	uint64_t seconds = 0, fraction = 0, unit = 1000000000;
	const char *p = s;

	while (isdigit((unsigned char)*p))
		seconds = seconds * 10 + (uint64_t)(*p++ - '0');
	if (p == s || *p++ != '.' || !isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++)
		if (unit > 1) {
			unit /= 10;
			fraction += unit * (uint64_t)(*p - '0');
		}
	if (*p != ':' || seconds > 1000000000)
		return false;
	*ns = seconds * 1000000000 + fraction;
	*rest = p + 1 + strspn(p + 1, " \t");
	return true;
}

/* The third of the latency columns ("d.h1."): in what kind of interrupt. */
static unsigned ftrace_level(const char *flags, size_t n)
{
	char c = n >= 4 ? flags[2] : '.';

	return c == 's' ? 1 : c == 'h' ? 2 : c == 'H' ? 3 : 0;
}

/* CPU, time and what comes behind; false: no line of a trace. */
static bool ftrace_split(struct ftrace *t, const char **rest)
{
	const char *p = t->text.line;
	unsigned level = 0;

	t->n_cpu = 0;
	while (*p) {
		size_t n = strcspn(p, " \t");
		unsigned v;
		char close;

		if (*p == '[' && sscanf(p, "[%4u%c", &v, &close) == 2 && close == ']' &&
		    v < FTRACE_CPUS_MAX) {
			t->n_cpu = v;
			level = 0;
		} else if (n && p[n - 1] == ':' && ftrace_time(p, &t->at_ns, rest)) {
			t->c = &t->cpu[t->n_cpu * FTRACE_LEVELS + level];
			return true;
		} else {
			level = ftrace_level(p, n);
		}
		p += n;
		p += strspn(p, " \t");
	}
	return false;
}

static bool ftrace_number(const char *rest, const char *key, uint64_t *v)
{
	const char *p = strstr(rest, key);
	char *tail;

	if (!p)
		return false;
	p += strlen(key);
	*v = strtoull(p, &tail, 0);
	return tail != p && (*tail == '\0' || *tail == ' ');
}

/* ---- operations */

static void ftrace_close(struct ftrace_cpu *c)
{
	c->open = IMPORT_NONE;
}

static struct guest_op *ftrace_new_op(struct ftrace *t, enum guest_kind kind)
{
	struct guest_op *op = guest_log_op(t->g, kind, t->at_ns, t->n_cpu);

	t->c->last = (unsigned)(t->g->n_ops - 1);
	return op;
}

/* The operation that an event at iova continues, or NULL. */
static struct guest_op *ftrace_joined(const struct ftrace *t, enum guest_kind kind, iova_t iova)
{
	struct guest_op *op = t->c->open == IMPORT_NONE ? NULL : &t->g->op[t->c->open];

	return op && op->kind == kind && op->iova + op->n_bytes == iova ? op : NULL;
}

/* One more segment of a map; an interrupt may have mapped in between, then the others follow it. */
static void ftrace_seg(struct guest_log *g, struct guest_op *op, gpa_t gpa, uint64_t n_bytes)
{
	unsigned first = op->first_seg;

	if (first + op->n_segs != g->n_segs) {
		op->first_seg = (unsigned)g->n_segs;
		for (unsigned i = 0; i < op->n_segs; i++) {
			struct trace_seg seg = g->seg[first + i];

			guest_log_seg(g, seg.gpa, seg.n_bytes);
		}
	}
	guest_log_seg(g, gpa, n_bytes);
	op->n_segs++;
}

static int ftrace_map_event(struct ftrace *t, enum guest_kind kind, const char *rest, struct err *e)
{
	struct guest_op *op;
	uint64_t iova, size, gpa = 0;

	if (!ftrace_number(rest, "iova=", &iova) || !ftrace_number(rest, " size=", &size) ||
	    size == 0 || size > BIT(FTRACE_ADDRESS_BITS) ||
	    iova > BIT(FTRACE_ADDRESS_BITS) - size ||
	    (kind == GUEST_MAP && !ftrace_number(rest, "paddr=", &gpa)))
		return err_at(e, import_text_place(&t->text),
			      "got '%.80s', allowed an %s event: iova=0x.. - 0x.. %ssize=N", rest,
			      kind == GUEST_MAP ? "iommu:map" : "iommu:unmap",
			      kind == GUEST_MAP ? "paddr=0x.. " : "");
	if (!t->text.whole)
		return err_at(e, import_text_place(&t->text),
			      "the last line has no end: the file was cut short");
	op = ftrace_joined(t, kind, iova);
	if (!op) {
		op = ftrace_new_op(t, kind);
		op->iova = iova;
		op->first_seg = (unsigned)t->g->n_segs;
		op->by_dma_api = t->c->in_dma_api;
	}
	op->n_bytes += size;
	if (kind == GUEST_MAP)
		ftrace_seg(t->g, op, gpa, size);
	t->c->open = t->g->has_functions ? (unsigned)(op - t->g->op) : IMPORT_NONE;
	return 0;
}

static void ftrace_mark(struct ftrace *t, const char *text)
{
	unsigned number;
	char name[TRACE_NAME_MAX + 1];
	struct guest_op *op;

	if (sscanf(text, "MARK %9u %64s", &number, name) != 2)
		return;
	op = ftrace_new_op(t, GUEST_MARK);
	op->number = number;
	strcpy(op->name, name);
}

/* ---- function lines */

static enum ftrace_fn ftrace_fn(const char *name)
{
	size_t n = strcspn(name, ". \t");

	for (size_t i = 0; i < sizeof ftrace_fns / sizeof ftrace_fns[0]; i++)
		if (strlen(ftrace_fns[i].name) == n && strncmp(ftrace_fns[i].name, name, n) == 0)
			return ftrace_fns[i].fn;
	return FN_OTHER;
}

static bool ftrace_begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* A call of qi_submit_sync: who asked says what it carries. */
static void ftrace_submit(struct ftrace *t, const char *caller)
{
	static const struct {
		const char *caller;
		enum sub_kind kind;
	} kinds[] = {
		{"qi_flush_iotlb", SUB_IOTLB},
		{"qi_flush_context", SUB_CONTEXT},
		{"qi_flush_dev_iotlb", SUB_DEVTLB},
		{"qi_batch_flush_descs", SUB_BATCH},
	};
	struct guest_sub *s;
	enum sub_kind kind = SUB_IEC;
	const struct guest_op *op;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (ftrace_begins(caller, kinds[i].caller))
			kind = kinds[i].kind;
	if (kind == SUB_IEC)
		guest_log_op(t->g, GUEST_IEC, t->at_ns, t->n_cpu);
	s = guest_log_sub(t->g);
	s->kind = kind;
	s->at_ns = t->at_ns;
	s->op = kind == SUB_IEC ? (unsigned)(t->g->n_ops - 1) : t->c->last;
	op = s->op == IMPORT_NONE ? NULL : &t->g->op[s->op];
	s->has_iova =
		op && (op->kind == GUEST_MAP || op->kind == GUEST_UNMAP) && !t->g->has_flush_queue;
}

/* qi_flush_context: the callers that clear an entry have "clear" in their name, those that set one
 * "mapping" or "present"; else it alternates. */
static void ftrace_context(struct ftrace *t, const char *caller)
{
	bool clears = strstr(caller, "clear") != NULL;
	bool sets = strstr(caller, "mapping") != NULL;

	if (!clears && !sets)
		clears = t->attached;
	t->attached = !clears;
	ftrace_new_op(t, clears ? GUEST_DETACH : GUEST_ATTACH);
}

static void ftrace_call(struct ftrace *t, const char *name, const char *caller)
{
	struct ftrace_cpu *c = t->c;
	struct guest_op *last = c->last == IMPORT_NONE ? NULL : &t->g->op[c->last];
	enum ftrace_fn fn = ftrace_fn(name);

	switch (fn) {
	case FN_SUBMIT:
		ftrace_submit(t, caller);
		break;
	case FN_SYNC_MAP:
	case FN_SYNC_UNMAP:
		if (last && ftrace_begins(caller, "vfio_"))
			last->by_vfio = true;
		c->in_dma_api = false;
		ftrace_close(c);
		break;
	case FN_QUEUE:
		t->g->has_flush_queue = true;
		c->in_dma_api = false;
		ftrace_close(c);
		break;
	case FN_TIMEOUT:
		t->g->has_flush_queue = true;
		ftrace_close(c);
		ftrace_new_op(t, GUEST_TIMER);
		break;
	case FN_DMA_API:
		c->in_dma_api = true;
		ftrace_close(c);
		break;
	case FN_CONTEXT:
		ftrace_close(c);
		ftrace_context(t, caller);
		break;
	case FN_DEVTLB:
		t->g->has_devtlb = true;
		break;
	case FN_BATCH:
		t->g->has_batch = true;
		if (ftrace_begins(caller, "cache_tag_flush_range_np"))
			t->g->has_map_flush = true;
		if (ftrace_begins(caller, "cache_tag_flush_range ") ||
		    strcmp(caller, "cache_tag_flush_range") == 0)
			t->g->has_unmap_flush = true;
		break;
	case FN_MAP_FLUSH:
	case FN_CACHE_TAG:
		t->g->has_cache_tags = true;
		break;
	case FN_PSI:
		if (ftrace_begins(caller, "intel_iommu_iotlb_sync_map"))
			t->g->has_map_flush = true;
		if (ftrace_begins(caller, "intel_iommu_tlb_sync"))
			t->g->has_unmap_flush = true;
		break;
	case FN_OTHER:
		break;
	}
}

/* "name <-caller", trace-cmd "function: name <-- caller". */
static bool ftrace_function(struct ftrace *t, const char *rest)
{
	const char *arrow = strstr(rest, "<-");
	const char *name = rest;

	if (!arrow)
		return false;
	if (ftrace_begins(name, "function:"))
		name += strlen("function:") + strspn(name + strlen("function:"), " \t");
	arrow += strspn(arrow, "<- \t");
	t->g->has_functions = true;
	ftrace_call(t, name, arrow);
	return true;
}

/* ---- lines */

/* An event's name stands before ": IOMMU:", maybe behind "iommu:". */
static bool ftrace_is_event(const char *rest, const char *name)
{
	return ftrace_begins(rest, name) ||
	       (ftrace_begins(rest, "iommu:") && ftrace_begins(rest + 6, name));
}

static void ftrace_comment(struct ftrace *t, const char *line)
{
	uint64_t kept, written;
	const char *lost = strstr(line, "[LOST ");

	if (sscanf(line, "# entries-in-buffer/entries-written: %" SCNu64 "/%" SCNu64, &kept,
		   &written) == 2 &&
	    kept < written)
		t->g->n_lost += written - kept;
	if (lost && sscanf(lost, "[LOST %" SCNu64, &kept) == 1)
		t->g->n_lost += kept;
}

static int ftrace_line(struct ftrace *t, struct err *e)
{
	const char *rest, *mark;

	if (!ftrace_split(t, &rest)) {
		ftrace_comment(t, t->text.line);
		/* An event whose columns were torn apart must not be passed over. */
		if (strstr(t->text.line, "map: IOMMU:"))
			return err_at(e, import_text_place(&t->text),
				      "an iommu event without a time: '%.60s'", t->text.line);
		return 0;
	}
	if (ftrace_is_event(rest, "map:"))
		return ftrace_map_event(t, GUEST_MAP, rest, e);
	if (ftrace_is_event(rest, "unmap:"))
		return ftrace_map_event(t, GUEST_UNMAP, rest, e);
	if (ftrace_function(t, rest))
		return 0;
	mark = strstr(rest, "MARK ");
	if (mark && (ftrace_begins(rest, "tracing_mark_write:") || ftrace_begins(rest, "print:")))
		ftrace_mark(t, mark);
	return 0;
}

/* Is there anything that an import can use? */
static int ftrace_check(const struct ftrace *t, struct err *e)
{
	if (t->g->n_ops == 0)
		return err_at(e, import_text_place(&t->text),
			      "no iommu:map or iommu:unmap event, no mark and no known function up "
			      "to here: not an ftrace log?");
	return 0;
}

int import_ftrace(const char *path, struct guest_log *g, struct err *e)
{
	struct ftrace t = {.g = g,
			   .cpu = xcalloc(FTRACE_CPUS_MAX * FTRACE_LEVELS, sizeof *t.cpu),
			   .attached = true};
	int rc = import_text_open(&t.text, path, e);

	for (unsigned i = 0; i < FTRACE_CPUS_MAX * FTRACE_LEVELS; i++)
		t.cpu[i].open = t.cpu[i].last = IMPORT_NONE;
	while (rc >= 0 && (rc = import_text_next(&t.text, e)) > 0)
		rc = ftrace_line(&t, e);
	if (rc == 0)
		rc = ftrace_check(&t, e);
	import_text_close(&t.text);
	free(t.cpu);
	if (rc == 0 && !g->has_functions)
		import_group(g);
	return rc;
}
