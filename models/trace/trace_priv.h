/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * trace_priv - what the reader's files share: the line in hand, its fields, the domains.
 */
#ifndef MODELS_TRACE_TRACE_PRIV_H
#define MODELS_TRACE_TRACE_PRIV_H

#include "models/trace/trace.h"

enum {
	TRACE_FIELDS_MAX = 8,
	TRACE_DOMAINS_MAX = 4096,
	TRACE_CPUS_MAX = 4096,
};

struct imap;

struct trace_domain {
	bool known;
	bool past; /* it was a domain before the last boot */
	enum trace_owner owner;
	unsigned device, n_attached;
	struct imap *mapped; /* pages, and the line and permission of their MAP; made by the first ATTACH */
};

struct trace_reader {
	char *path;
	FILE *f;
	struct trace_head head;
	char *line;
	size_t n_line;
	unsigned line_no;
	bool pending; /* the line in hand is the first row */
	char *field[TRACE_FIELDS_MAX];
	unsigned n_fields;
	uint64_t at_ns, n_rows;
	bool booted, ended;
	struct trace_domain *domain; /* [n_domains], by number */
	unsigned n_domains;
	unsigned domain_of[TRACE_DEVICES_MAX]; /* by device: the domain it is in, 0: none */
	unsigned iova_bits, domain_devices;    /* most that rows may use */
	struct trace_seg *seg;
	size_t n_seg_room;
};

/* Place of a field of the line in hand; of the line when it has no such field. */
struct err_place trace_place(const struct trace_reader *r, unsigned field);

/* Next line that is not blank and no comment, cut into fields. 1; 0 at the end; -errno. */
int trace_line(struct trace_reader *r, struct err *e);

/* Decimal or 0x number up to max; the whole text must be one. */
bool trace_parse_number(const char *text, uint64_t max, uint64_t *v);

/* The field as a number 0..max, a word of a NULL-ended list (its index), a source id, the index of
 * a device among the settings. 0 (trace_word: the index) or -EINVAL with *e. */
int trace_number(const struct trace_reader *r, unsigned field, uint64_t max, uint64_t *v,
		 struct err *e);
int trace_small(const struct trace_reader *r, unsigned field, unsigned max, unsigned *v,
		struct err *e);
int trace_word(const struct trace_reader *r, unsigned field, const char *const *words,
	       struct err *e);
int trace_sid(const struct trace_reader *r, unsigned field, uint16_t *sid, struct err *e);
int trace_device(const struct trace_reader *r, unsigned field, unsigned *device, struct err *e);

/* The line must have n fields; form says which. */
int trace_want(const struct trace_reader *r, unsigned n, const char *form, struct err *e);

/* A row against those before it (trace_check.c), with its line in hand: 0 or -EINVAL with *e. What the row
 * does to the reader's devices and ranges is done. UNMAP: sets rec->perm. */
int trace_check_attach(struct trace_reader *r, const struct trace_rec *rec, struct err *e);
int trace_check_detach(struct trace_reader *r, const struct trace_rec *rec, struct err *e);
int trace_check_map(struct trace_reader *r, const struct trace_rec *rec, struct err *e);
int trace_check_unmap(struct trace_reader *r, struct trace_rec *rec, struct err *e);
void trace_check_boot(struct trace_reader *r);

/* Read the settings, up to the first row. */
int trace_read_head(struct trace_reader *r, struct err *e);

#endif
