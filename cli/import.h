/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * import - captured logs of a guest and of QEMU, as lists; what joins them into one trace.
 *
 *	import_text    lines of a file, plain or compressed with gzip
 *	import_ftrace  the guest's function trace and iommu:map/unmap events -> guest_log
 *	import_qemu    QEMU's trace of the VT-d unit -> unit_log
 *	import_group   which map events belong to one map call, when no function lines say it
 *	import_infer   guest_log out of a unit_log, when there is no guest trace
 *	import_align   which submission in QEMU's log is which operation of the guest
 *	import_space   rows of devices, domains, maps and unmaps
 *	import_merge   all rows in one order; writes the trace
 */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "models/trace/trace.h"
#include "sim/err.h"
#include "sim/imap.h"

#define IMPORT_NONE (~0u)

/* ---- text */

struct import_text {
	const char *path;
	FILE *f;
	int pid; /* of gzip, 0: plain file */
	char *line;
	size_t n_room;
	unsigned line_no;
	bool whole; /* the line in hand ends with a newline (taken off) */
};

int import_text_open(struct import_text *t, const char *path, struct err *e);
/* 1 with t->line; 0 at the end; -errno: binary junk, overlong line, damaged gzip file. */
int import_text_next(struct import_text *t, struct err *e);
void import_text_close(struct import_text *t);
struct err_place import_text_place(const struct import_text *t);

/* ---- the guest's log */

enum guest_kind {
	GUEST_MAP,
	GUEST_UNMAP,
	GUEST_TIMER,  /* flush-queue time-out */
	GUEST_MARK,   /* a phase begins */
	GUEST_IEC,    /* interrupt entry changed */
	GUEST_ATTACH, /* context entry set or cleared */
	GUEST_DETACH,
};

/* What a submission carries first: how the two logs are compared. */
enum sub_kind { SUB_IOTLB, SUB_DEVTLB, SUB_BATCH, SUB_CONTEXT, SUB_IEC };

struct guest_op {
	enum guest_kind kind;
	uint64_t at_ns;
	unsigned cpu;
	iova_t iova;	    /* MAP, UNMAP; page-aligned, as the events say it */
	uint64_t n_bytes;
	unsigned first_seg, n_segs; /* MAP: in guest_log.seg */
	bool by_dma_api;    /* MAP, UNMAP: a driver of the kernel did it */
	bool by_vfio;	    /* MAP, UNMAP: VFIO did it */
	unsigned number;    /* MARK */
	char name[TRACE_NAME_MAX + 1];
	unsigned did; /* IMPORT_NONE, or the domain id that QEMU's log shows */
	/* Set by import_align: its first and last submission in unit_log.sub, or IMPORT_NONE. */
	unsigned first_sub, last_sub;
};

struct guest_sub {
	unsigned op; /* index of the operation that it belongs to, IMPORT_NONE before the first */
	enum sub_kind kind;
	bool has_iova; /* a page-selective invalidation of the operation's range */
	uint64_t at_ns;
};

struct guest_log {
	struct guest_op *op;
	size_t n_ops, n_op_room;
	struct trace_seg *seg;
	size_t n_segs, n_seg_room;
	struct guest_sub *sub; /* qi_submit_sync calls; none without function lines */
	size_t n_subs, n_sub_room;
	bool has_functions; /* the function tracer was on */
	bool has_flush_queue, has_map_flush, has_unmap_flush, has_devtlb, has_cache_tags, has_batch;
	bool has_virtio_iommu;
	uint64_t n_lost; /* events that ftrace says it lost */
	unsigned max_cpu;
};

int import_ftrace(const char *path, struct guest_log *g, struct err *e);
struct guest_op *guest_log_op(struct guest_log *g, enum guest_kind kind, uint64_t at_ns, unsigned cpu);
void guest_log_seg(struct guest_log *g, gpa_t gpa, uint64_t n_bytes);
struct guest_sub *guest_log_sub(struct guest_log *g);
void guest_log_free(struct guest_log *g);

void import_group(struct guest_log *g);

/* ---- QEMU's log */

enum unit_kind {
	UNIT_PHASE,
	UNIT_BOOT,
	UNIT_ENABLE,
	UNIT_DISABLE,
	UNIT_IEC,
	UNIT_ATTACH, /* context entry of DID 0 invalidated: it was not present before */
	UNIT_DETACH,
	UNIT_FLUSH,  /* a whole domain, not part of attach or detach */
	UNIT_PSI,    /* a range of a domain */
	UNIT_FILL,   /* QEMU read an entry for a device: page update of its IOTLB */
	UNIT_ACCESS, /* translated for a device */
};

struct unit_event {
	enum unit_kind kind;
	uint64_t at_ns;
	unsigned sub;	 /* submission that carries it, or submissions seen before it */
	unsigned number; /* PHASE */
	uint16_t sid;	 /* ATTACH, DETACH, FILL, ACCESS */
	uint16_t did;	 /* ATTACH (the new one), DETACH, FLUSH, PSI, FILL */
	bool global;	 /* IEC */
	unsigned index, am; /* IEC; PSI: am */
	iova_t iova;	    /* PSI, FILL, ACCESS */
	gpa_t gpa;	    /* FILL */
};

struct unit_sub {
	uint64_t at_ns;
	enum sub_kind kind; /* of its first descriptor */
	uint16_t did;
	bool has_iova;
	iova_t iova;
	unsigned am, n_descs;
};

struct unit_log {
	struct unit_event *event;
	size_t n_events, n_event_room;
	struct unit_sub *sub; /* writes of the queue's tail that submit something */
	size_t n_subs, n_sub_room;
	bool has_intremap, has_ih, has_walks, has_virtio_iommu;
	bool has_flushes; /* whole-domain flushes while translation is on */
	bool ats[65536];  /* by sid: a device-TLB invalidation was seen */
};

/* with_accesses: keep UNIT_ACCESS events. */
int import_qemu(const char *path, bool with_accesses, struct unit_log *u, struct err *e);
void unit_log_free(struct unit_log *u);

void import_infer(const struct unit_log *u, bool caching_mode, struct guest_log *g);

/* True: submissions of both logs were matched, operations know theirs. */
bool import_align(struct guest_log *g, const struct unit_log *u, const struct trace_head *head);

/* ---- the trace */

/* Guest and unit as far as there are logs (NULL: none). tested: sid of the device whose maps these are. */
struct import_job {
	struct guest_log *guest;
	const struct unit_log *unit;
	struct trace_head head;
	uint16_t tested;
	bool ats; /* no unit: the tested device has ATS */
	bool aligned;	/* import_align() was true */
	bool one_clock; /* guest was inferred from unit: same times, same order */
	const char *note; /* comment lines */
};

struct import_stats {
	size_t n_maps, n_unmaps, n_timers, n_phases, n_rows;
	size_t n_unknown; /* unmaps of what was mapped before the log began */
	size_t n_stale;	  /* maps over what the log never unmapped */
	size_t n_twice;	  /* unmaps of what the log did not map again */
};

/* Take [first, last] out of a map of live ranges; what sticks out stays, with its value. */
void import_cut(struct imap *live, iova_t first, iova_t last);

/* 0, or -errno when f cannot be written. */
int import_merge(const struct import_job *job, FILE *f, struct import_stats *s);

#endif
