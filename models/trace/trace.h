/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * trace - the replayable trace: what a guest did to its DMA mappings, one operation per line.
 *
 * A trace is text (docs/TRACE.md): a version line, settings, devices, rows in order of time, and a last
 * line that counts the rows, so that a file cut short is noticed. It holds what the guest did and what
 * came from outside (time-outs, interrupt re-routing, phases); which descriptors follow is the guest
 * model's business.
 *
 * A domain is an address space of the guest kernel. Its number is a name inside the trace, never used
 * twice; the guest's domain id is another matter. Maps and unmaps go to a domain, attached or not: a
 * domain without a device changes page tables only.
 *
 * Replaying a row:
 *	BOOT	registers up to the root table: queue on, interrupt remapping with its first global IEC
 *		(head.intremap), root table with its global context and IOTLB invalidations
 *	ENABLE	translation on; DISABLE: off
 *	ATTACH	the device is given the domain (context entry); DETACH: it is taken away
 *	MAP	one map call at rec.iova: n_segs > 1 is one sg list, laid out without gaps
 *	UNMAP	one unmap call; may be a part of a map (VFIO's superpage probe) or several maps (VFIO)
 *	TIMER	the flush queue's time-out of the domain fired and flushed; a replay fires it then and at
 *		no other time, whether or not its own queue holds anything
 *	IEC	one interrupt entry invalidation was submitted
 *	ACCESS	the device accessed memory
 *	PHASE	a phase begins: counters are compared from here on
 */
#ifndef MODELS_TRACE_TRACE_H
#define MODELS_TRACE_TRACE_H

#include <stdbool.h>
#include <stdio.h>

#include "models/addr.h"
#include "sim/err.h"

#define TRACE_VERSION 1u
#define TRACE_DEVICES_MAX 256u
#define TRACE_SEGS_MAX 65536u
#define TRACE_NAME_MAX 64u /* bytes of a phase's name */
#define TRACE_SID_NAME 8u  /* "BB:DD.F" and its end */

/* Rows; the arguments behind "TIME KIND" are in docs/TRACE.md. */
enum trace_kind {
	TRACE_PHASE,
	TRACE_BOOT,
	TRACE_ENABLE,
	TRACE_DISABLE,
	TRACE_ATTACH,
	TRACE_DETACH,
	TRACE_MAP,
	TRACE_UNMAP,
	TRACE_TIMER,
	TRACE_IEC,
	TRACE_ACCESS,
};
#define TRACE_KINDS 11u

enum trace_flush { TRACE_STRICT, TRACE_LAZY, TRACE_PASSTHROUGH };

/* Who maps in a domain: the kernel's drivers (its flush mode holds) or VFIO (each unmap is flushed before
 * the call returns, also in lazy mode). */
enum trace_owner { TRACE_OWNER_KERNEL, TRACE_OWNER_VFIO };

struct trace_device {
	uint16_t sid; /* bus, device, function; its name in the trace is BB:DD.F */
	bool ats;     /* ATS was enabled by the guest */
};

/* Settings. A reader gives defaults for what the file leaves out. */
struct trace_head {
	unsigned kernel_major, kernel_minor; /* "6.1"; 0.0: the log does not tell */
	enum trace_flush flush;		     /* in effect, after the kernel's own rules; default strict */
	bool caching_mode;		     /* default off */
	bool intremap;			     /* default on */
	unsigned aw_bits;		     /* 39, 48 or 57; default 39 */
	unsigned n_cpus;		     /* 1..4096; default 1 */
	unsigned n_devices;
	struct trace_device device[TRACE_DEVICES_MAX];
};

struct trace_seg {
	gpa_t gpa;
	uint64_t n_bytes; /* >= 1 */
};

/* One row. Members that the kind does not use are 0. */
struct trace_rec {
	enum trace_kind kind;
	unsigned line;	   /* in the file, for messages; the writer ignores it */
	uint64_t at_ns;	   /* since the trace's beginning; never decreases */
	unsigned cpu;	   /* MAP, UNMAP, TIMER, IEC: vCPU, below head.n_cpus */
	unsigned device;   /* ATTACH, DETACH, ACCESS: index in head.device. MAP, UNMAP, TIMER: the reader
			    * sets the device that was attached to the domain last, ~0u when none ever was */
	unsigned domain;   /* ATTACH, DETACH, MAP, UNMAP, TIMER: >= 1 */
	unsigned n_attached;	/* set by the reader: devices attached to the domain before this row */
	enum trace_owner owner; /* ATTACH; MAP, UNMAP, TIMER: set by the reader */
	enum perm perm;		/* MAP; ACCESS: PERM_R or PERM_W; UNMAP: set by the reader: what the device
				 * may do in all that is mapped there, PERM_NONE when nothing is */
	iova_t iova;		/* MAP, UNMAP, ACCESS: first byte */
	uint64_t n_bytes;	/* MAP (the sum of its segments), UNMAP, ACCESS */
	const struct trace_seg *seg; /* MAP; valid until the next call */
	unsigned n_segs;	     /* 1..TRACE_SEGS_MAX */
	bool global;		     /* IEC: all entries */
	unsigned index, am;	     /* IEC: first entry, log2 of their number */
	unsigned number;	     /* PHASE */
	char name[TRACE_NAME_MAX + 1]; /* PHASE: no blanks */
};

/* ---- reading */

struct trace_reader;

/* Open a trace and read its settings. NULL with *e: no such file, not a trace, another version, a wrong
 * line ("FILE:LINE: ..."). */
struct trace_reader *trace_open(const char *path, struct err *e);
const struct trace_head *trace_reader_head(const struct trace_reader *r);
/* Rows must also fit a machine whose IOMMU has addresses of iova_bits and whose domains take
 * domain_devices. Before the first row. */
void trace_reader_limit(struct trace_reader *r, unsigned iova_bits, unsigned domain_devices);
/* The next row: 1 with *rec; 0 at the end; -errno with *e (wrong row, a row that cannot follow those
 * before it, file cut short). */
int trace_next(struct trace_reader *r, struct trace_rec *rec, struct err *e);
void trace_close(struct trace_reader *r);

/* ---- writing */

struct trace_writer;

/* Write settings to f, which stays the caller's. note: comment lines below the version line, each ending
 * with a newline, or NULL. */
struct trace_writer *trace_writer_new(FILE *f, const struct trace_head *head, const char *note);
void trace_write(struct trace_writer *w, const struct trace_rec *rec);
/* The closing line; frees w. 0, or -errno of the first failed write. */
int trace_writer_end(struct trace_writer *w);

/* ---- names, as in the file */
const char *trace_kind_name(enum trace_kind k);
const char *trace_flush_name(enum trace_flush f);
const char *trace_perm_name(enum perm p);
void trace_sid_name(uint16_t sid, char name[TRACE_SID_NAME]);

#endif
