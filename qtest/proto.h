/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proto - the qtest protocol: one line in, one line out, byte for byte as QEMU 7.2 answers.
 *
 * Lines that begin with "#@" set the machine up before the first command; other '#' lines are comments;
 * neither is answered. Where QEMU would abort the answer is FAIL with the reason, and the server goes on.
 */
#ifndef QTEST_PROTO_H
#define QTEST_PROTO_H

#include "qtest/board.h"

/* Bytes that one command may read, write or be answered with. */
#define PROTO_DATA_MAX (UINT64_C(64) << 20)

struct proto_out {
	char *text; /* not ended by 0 */
	size_t n, room;
};

struct proto {
	struct board_config config;
	const struct vtd_trace_sink *trace; /* may be NULL */
	/* Set on top of the script's directives: "iommu.KEY=VALUE", NULL at the end. */
	const char *const *settings;
	bool until_abort;    /* where QEMU would abort: no answer, the end */
	bool is_over;        /* that happened */
	struct board *board; /* NULL until the first command */
	uint64_t n_commands;
	uint8_t *data; /* room for PROTO_DATA_MAX, grown as needed */
	size_t n_data;
};

/* Defaults: one edu at 04.0, the unit's own. */
void proto_init(struct proto *p, const struct vtd_trace_sink *trace, const char *const *settings);
void proto_fini(struct proto *p);

/* One line of n bytes without its newline; line[n] must be writable. The answer, with newline, is appended to
 * out. 0, or -EINVAL with *e filled for a directive that makes no sense. */
int proto_line(struct proto *p, char *line, size_t n, struct proto_out *out, struct err *e);

/* Build the machine now, to see whether the settings fit. */
int proto_boot(struct proto *p, struct err *e);

#endif
