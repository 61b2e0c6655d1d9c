/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * import_merge - what import_merge.c (the order of rows) and import_space.c (their domains) share.
 */
#ifndef CLI_IMPORT_MERGE_H
#define CLI_IMPORT_MERGE_H

#include "cli/import.h"

struct merge_domain {
	uint16_t did;
	unsigned n_attached;
	bool kernel;        /* a driver of the kernel maps in it */
	bool switched;      /* its device had been in another one */
	size_t attached_at; /* its first ATTACH row */
	struct imap *live;  /* what is mapped */
	struct imap *ever;  /* what was mapped at any time */
};

struct merge_device {
	unsigned domain; /* 0: none */
	unsigned last;   /* the domain it was in last, 0: none */
};

struct merge {
	const struct import_job *job;
	struct trace_head head;
	struct trace_rec *row;
	size_t n_rows, n_row_room;
	size_t early_at; /* where maps made before the log began are put */
	struct merge_device device[TRACE_DEVICES_MAX];
	struct merge_domain *domain; /* [n_domains + 1], by number */
	unsigned n_domains;
	unsigned tested; /* index of the device */
	size_t op, mark; /* next operation; next marker to look at */
	uint64_t at_ns;
	int64_t ahead_ns;          /* QEMU's clock - the guest's */
	unsigned n_queued, n_full; /* flush queue as far as known, flushes because it was full */
	struct import_stats *stats;
};

/* Append a row; its time is at_ns, or that of the row before when that is later. */
struct trace_rec *merge_row(struct merge *m, enum trace_kind kind, uint64_t at_ns);

/* Rows of a phase, of a boot (no device is in a domain after it), of a time-out. */
void merge_phase(struct merge *m, uint64_t at_ns, unsigned number, const char *name);
void merge_boot(struct merge *m, uint64_t at_ns);
void merge_timer(struct merge *m, uint64_t at_ns, unsigned cpu);

/* Index of a device in the settings, entered when it is new. */
unsigned merge_device(struct merge *m, uint16_t sid);

/* Put a device into the domain with that id that has a device, or into a new one; take it out. */
void merge_attach(struct merge *m, uint64_t at_ns, unsigned device, uint16_t did);
void merge_detach(struct merge *m, uint64_t at_ns, unsigned device);

/* Attach what is not attached: QEMU's log does not show attaching without caching mode. */
void merge_attach_rest(struct merge *m, uint64_t at_ns);

/* Rows of an operation, in the domain where its range is or will be mapped. */
void merge_map(struct merge *m, const struct guest_op *op);
void merge_unmap(struct merge *m, const struct guest_op *op);

#endif
