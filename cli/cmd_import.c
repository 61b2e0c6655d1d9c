/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cmd_import - `dmachurn import`: captured logs of a guest and of QEMU into one replayable trace.
 *
 * What the logs do not tell (kernel version, caching mode, flush mode) is concluded from what was
 * flushed when, or given by an option; the trace's comments say which. The trace is written under a
 * temporary name and renamed, so there is either all of it or nothing.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/import.h"
#include "cli/verb.h"
#include "sim/xalloc.h"

struct import_args {
	const char *what, *file, *qemu_log, *guest_log, *out;
	const char *kernel, *caching, *flush, *aw, *device;
	bool accesses;
};

enum {
	KEY_QEMU_LOG = 256,
	KEY_FTRACE,
	KEY_KERNEL,
	KEY_CACHING,
	KEY_FLUSH,
	KEY_AW,
	KEY_DEVICE,
	KEY_ACCESSES
};

static const struct argp_option import_options[] = {
	{"output", 'o', "FILE", 0, "the trace; '-': standard output", 0},
	{"qemu-log", KEY_QEMU_LOG, "FILE", 0, "with ftrace: QEMU's log of the same run", 0},
	{"ftrace", KEY_FTRACE, "FILE", 0, "with qemu-trace: the guest's log of the same run", 0},
	{"kernel", KEY_KERNEL, "X.Y", 0, "the guest's Linux version", 0},
	{"caching-mode", KEY_CACHING, "on|off", 0, "what the unit reported", 0},
	{"flush", KEY_FLUSH, "strict|lazy|passthrough", 0, "the guest's mode", 0},
	{"aw-bits", KEY_AW, "39|48|57", 0, "the unit's address width (default 39)", 0},
	{"device", KEY_DEVICE, "BB:DD.F", 0, "the device that the maps belong to", 0},
	{"accesses", KEY_ACCESSES, NULL, 0, "keep QEMU's translations as rows of DMA accesses", 0},
	{0},
};

static const char import_doc[] =
	"Turn captured logs into a replayable trace (docs/TRACE.md).\v"
	"Logs may be compressed with gzip. Examples:\n"
	"  dmachurn import ftrace guest.txt --qemu-log qemu.log -o net.trace\n"
	"  dmachurn import ftrace guest.txt --caching-mode on --kernel 6.1 -o net.trace\n"
	"  dmachurn import qemu-trace qemu.log.gz -o net.trace\n"
	"\n"
	"The guest's log is ftrace's trace file with iommu:map and iommu:unmap, better with the "
	"function tracer on; QEMU's log is of `-trace 'vtd_*' -trace fw_cfg_select`. The guest's log "
	"alone says what was mapped; QEMU's adds boot, phases, interrupt entries and the device.\n\n"
	"Exit status: 0 done, 1 environment, 2 the user's mistake.";

static error_t import_parse(int key, char *arg, struct argp_state *state)
{
	struct import_args *a = state->input;

	switch (key) {
	case 'o':
		a->out = arg;
		return 0;
	case KEY_QEMU_LOG:
		a->qemu_log = arg;
		return 0;
	case KEY_FTRACE:
		a->guest_log = arg;
		return 0;
	case KEY_KERNEL:
		a->kernel = arg;
		return 0;
	case KEY_CACHING:
		a->caching = arg;
		return 0;
	case KEY_FLUSH:
		a->flush = arg;
		return 0;
	case KEY_AW:
		a->aw = arg;
		return 0;
	case KEY_DEVICE:
		a->device = arg;
		return 0;
	case KEY_ACCESSES:
		a->accesses = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 1)
			verb_error(state, "more than one file: '%s'", arg);
		*(state->arg_num ? &a->file : &a->what) = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- arguments */

static int import_word(const char *option, const char *got, const char *const *words, struct err *e)
{
	const char *near = err_nearest(got, words);
	char all[100] = "";

	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], got) == 0)
			return i;
		strcat(strcat(all, i ? ", " : ""), words[i]);
	}
	return err_user(e, "%s: got '%s', allowed %s%s%s%s", option, got, all,
			near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int import_files(struct import_args *a, struct err *e)
{
	static const char *const words[] = {"qemu-trace", "ftrace", NULL};
	int i;

	if (!a->what)
		return err_user(e, "import: a kind of log is missing: ftrace or qemu-trace; "
				   "`dmachurn import --help` has examples");
	if ((i = import_word("import", a->what, words, e)) < 0)
		return i;
	if (!a->file)
		return err_user(e, "import %s: a file is missing", a->what);
	if (i == 0 ? a->qemu_log != NULL : a->guest_log != NULL)
		return err_user(e, "import %s: --%s is the log itself; name the other one", a->what,
				i ? "ftrace" : "qemu-log");
	*(i ? &a->guest_log : &a->qemu_log) = a->file;
	return a->out ? 0 : err_user(e, "import: -o FILE is missing ('-': standard output)");
}

static int import_settings(const struct import_args *a, struct trace_head *h, struct err *e)
{
	static const char *const onoff[] = {"off", "on", NULL};
	static const char *const flushes[] = {"strict", "lazy", "passthrough", NULL};
	static const char *const widths[] = {"39", "48", "57", NULL};
	int i;
	char tail;

	if (a->kernel &&
	    sscanf(a->kernel, "%2u.%3u%c", &h->kernel_major, &h->kernel_minor, &tail) != 2)
		return err_user(e, "--kernel: got '%s', allowed a version like 6.1", a->kernel);
	if (a->caching) {
		if ((i = import_word("--caching-mode", a->caching, onoff, e)) < 0)
			return i;
		h->caching_mode = i == 1;
	}
	if (a->flush) {
		if ((i = import_word("--flush", a->flush, flushes, e)) < 0)
			return i;
		h->flush = (enum trace_flush)i;
	}
	if (a->aw) {
		if ((i = import_word("--aw-bits", a->aw, widths, e)) < 0)
			return i;
		h->aw_bits = (unsigned)atoi(widths[i]);
	}
	return 0;
}

static int import_device(const char *text, uint16_t *sid, struct err *e)
{
	unsigned bus, dev, fn;
	char tail;

	if (strlen(text) != 7 || sscanf(text, "%2x:%2x.%1x%c", &bus, &dev, &fn, &tail) != 3 ||
	    dev > 31 || fn > 7)
		return err_user(e, "--device: got '%s', allowed BB:DD.F, e.g. 01:00.0", text);
	*sid = (uint16_t)(bus << 8 | dev << 3 | fn);
	return 0;
}

/* ---- conclusions */

static bool import_has(const struct unit_log *u, enum unit_kind kind)
{
	for (size_t i = 0; u && i < u->n_events; i++)
		if (u->event[i].kind == kind)
			return true;
	return false;
}

static void import_conclude_caching(const struct guest_log *g, const struct unit_log *u,
				    struct trace_head *h)
{
	/* Only caching mode flushes context entries that were not present, and maps. */
	h->caching_mode = import_has(u, UNIT_ATTACH) || (g && g->has_map_flush);
}

static bool import_has_maps(const struct guest_log *g)
{
	for (size_t i = 0; i < g->n_ops; i++)
		if (g->op[i].kind == GUEST_MAP)
			return true;
	return false;
}

static void import_conclude_flush(const struct guest_log *g, const struct unit_log *u,
				  struct trace_head *h)
{
	bool lazy = u ? u->has_flushes : g->has_flush_queue;

	h->flush = lazy ? TRACE_LAZY : TRACE_STRICT;
	if (g && !lazy && !import_has_maps(g) && !import_has(u, UNIT_PSI))
		h->flush = TRACE_PASSTHROUGH;
}

/* Several requests in one submission, or the leaf-only hint: 6.12. Returns why, for the comment. */
static const char *import_conclude_kernel(const struct guest_log *g, const struct unit_log *u,
					  struct trace_head *h)
{
	bool batch = (g && g->has_batch) || (u && u->has_ih);

	h->kernel_major = 6;
	h->kernel_minor = batch ? 12 : g && g->has_cache_tags ? 10 : 1;
	if (batch)
		return "concluded: requests are batched";
	if (g && g->has_cache_tags)
		return "concluded: cache tags, no batches";
	return g && g->has_functions ? "concluded: no cache tags"
				     : "assumed: give --kernel when it is another one";
}

/* The device that most page updates are for; else the last whose id most invalidations name; else
 * the last. */
static uint16_t import_tested(const struct unit_log *u)
{
	unsigned *fills, best = 0;
	uint16_t sid = 0x100;

	if (!u)
		return sid;
	fills = xcalloc(65536, sizeof *fills);
	for (size_t i = 0; i < u->n_events; i++) {
		const struct unit_event *ev = &u->event[i];

		if (ev->kind == UNIT_ATTACH && best == 0)
			sid = ev->sid;
		if (ev->kind == UNIT_FILL && ++fills[ev->sid] > best) {
			best = fills[ev->sid];
			sid = ev->sid;
		}
	}
	free(fills);
	return sid;
}

/* ---- notes and messages */

static const char *import_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static char *import_note(const struct import_args *a, const struct guest_log *g, const char *why,
			 bool aligned)
{
	return xasprintf("# made by dmachurn import: guest's log %s, QEMU's log %s\n"
			 "# kernel: %s; function lines: %s; phases: %s\n",
			 a->guest_log ? import_base(a->guest_log) : "none",
			 a->qemu_log ? import_base(a->qemu_log) : "none", why,
			 !a->guest_log      ? "-"
			 : g->has_functions ? "yes"
					    : "no",
			 !a->qemu_log    ? "at the guest's marks"
			 : !a->guest_log ? "at QEMU's marks"
			 : aligned       ? "where QEMU saw them between submissions"
				   : "at the guest's marks, the logs have no submission in common");
}

static void import_warn(const struct guest_log *g, const struct import_stats *s)
{
	if (g->n_lost)
		fprintf(stderr,
			"dmachurn: warning: ftrace lost %" PRIu64
			" events; counts will differ from QEMU's\n",
			g->n_lost);
	if (s->n_unknown)
		fprintf(stderr,
			"dmachurn: warning: %zu unmaps of ranges mapped before the log began; "
			"mapped at the start\n",
			s->n_unknown);
	if (s->n_stale)
		fprintf(stderr,
			"dmachurn: warning: %zu maps over ranges whose unmap is not in the log; "
			"unmapped before them\n",
			s->n_stale);
	if (s->n_twice)
		fprintf(stderr,
			"dmachurn: warning: %zu unmaps of ranges that were unmapped already; left "
			"out\n",
			s->n_twice);
}

/* ---- output */

static int import_write(const struct import_job *job, const char *out, struct import_stats *s,
			struct err *e)
{
	char *temporary;
	FILE *f;
	int rc;

	if (strcmp(out, "-") == 0)
		return import_merge(job, stdout, s) < 0
			       ? err_env(e, "standard output: %s", strerror(errno))
			       : 0;
	temporary = xasprintf("%s.%ld.tmp", out, (long)getpid());
	f = fopen(temporary, "w");
	if (!f) {
		rc = err_env(e, "%s: %s", out, strerror(errno));
		free(temporary);
		return rc;
	}
	rc = import_merge(job, f, s) < 0 ? err_env(e, "%s: %s", out, strerror(errno)) : 0;
	if (fclose(f) != 0 && rc == 0)
		rc = err_env(e, "%s: %s", out, strerror(errno));
	if (rc == 0 && rename(temporary, out) != 0)
		rc = err_env(e, "%s: %s", out, strerror(errno));
	if (rc < 0)
		unlink(temporary);
	free(temporary);
	return rc;
}

/* The narrowest address width that all ranges fit in. */
static unsigned import_width(const struct guest_log *g)
{
	unsigned bits = 39;

	for (size_t i = 0; i < g->n_ops; i++)
		if (g->op[i].kind == GUEST_MAP || g->op[i].kind == GUEST_UNMAP)
			while (bits < 57 && (g->op[i].iova + g->op[i].n_bytes - 1) >> bits)
				bits += 9;
	return bits;
}

/* Settings of the trace: given, concluded or assumed. why: of the kernel's version. */
static int import_head(const struct import_args *a, struct guest_log *g, const struct unit_log *u,
		       struct import_job *job, const char **why, struct err *e)
{
	int rc;

	job->head = (struct trace_head){.intremap = !u || u->has_intremap, .aw_bits = 39};
	import_conclude_caching(a->guest_log ? g : NULL, u, &job->head);
	if ((rc = import_settings(a, &job->head, e)) < 0)
		return rc;
	if (!a->guest_log) {
		import_infer(u, job->head.caching_mode, g);
		job->one_clock = true;
	}
	import_conclude_flush(g, u, &job->head);
	*why = import_conclude_kernel(g, u, &job->head);
	if (a->kernel)
		*why = "as given";
	job->head.n_cpus = g->max_cpu + 1;
	job->tested = import_tested(u);
	job->ats = g->has_devtlb;
	/* What is given wins over what was concluded since. */
	job->head.aw_bits = import_width(g);
	if ((rc = import_settings(a, &job->head, e)) < 0)
		return rc;
	if (job->head.aw_bits < import_width(g))
		return err_user(e, "--aw-bits: got %u, but there are maps that need %u",
				job->head.aw_bits, import_width(g));
	return a->device ? import_device(a->device, &job->tested, e) : 0;
}

static void import_tell(const struct import_args *a, const struct trace_head *h,
			const struct import_stats *s)
{
	if (strcmp(a->out, "-") != 0)
		printf("%s: %zu rows, %zu maps, %zu unmaps, %zu time-outs, %zu phases; Linux "
		       "%u.%u, %s, "
		       "caching mode %s\n",
		       a->out, s->n_rows, s->n_maps, s->n_unmaps, s->n_timers, s->n_phases,
		       h->kernel_major, h->kernel_minor, trace_flush_name(h->flush),
		       h->caching_mode ? "on" : "off");
}

static int import_run(const struct import_args *a, struct guest_log *g, struct unit_log *u,
		      struct err *e)
{
	struct import_job job = {.guest = g, .unit = a->qemu_log ? u : NULL};
	struct import_stats s;
	const char *why;
	char *note;
	int rc;

	if (a->qemu_log && (rc = import_qemu(a->qemu_log, a->accesses, u, e)) < 0)
		return rc;
	if (a->guest_log && (rc = import_ftrace(a->guest_log, g, e)) < 0)
		return rc;
	if ((rc = import_head(a, g, job.unit, &job, &why, e)) < 0)
		return rc;
	if (a->guest_log && a->qemu_log)
		job.aligned = import_align(g, u, &job.head);
	note = import_note(a, g, why, job.aligned);
	job.note = note;
	rc = import_write(&job, a->out, &s, e);
	free(note);
	if (rc < 0)
		return rc;
	import_warn(g, &s);
	import_tell(a, &job.head, &s);
	return 0;
}

static int import_main(int argc, char **argv)
{
	static const struct argp argp = {
		import_options, import_parse, "ftrace|qemu-trace FILE", import_doc, NULL,
		NULL,           NULL};
	struct import_args a = {0};
	struct guest_log *g = xcalloc(1, sizeof *g);
	struct unit_log *u = xcalloc(1, sizeof *u);
	struct err e = {0};
	int rc;

	verb_parse(&argp, argc, argv, &a);
	rc = import_files(&a, &e);
	if (rc == 0)
		rc = import_run(&a, g, u, &e);
	guest_log_free(g);
	unit_log_free(u);
	free(g);
	free(u);
	return rc < 0 ? verb_fail(&e) : EXIT_DONE;
}

const struct verb verb_import = {"import", "turn captured logs into a replayable trace",
				 import_main};
