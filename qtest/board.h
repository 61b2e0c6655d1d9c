/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * board - the small machine behind the qtest protocol: RAM, a VT-d unit, PCI configuration ports, edu DMA
 * devices, a virtual clock, and on request a vhost and an assigned device, which print what reaches them.
 *
 * It is the part of QEMU's q35 that scripts of register accesses and DMAs can see (docs/MODEL.md).
 */
#ifndef QTEST_BOARD_H
#define QTEST_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/vtd/vtd_unit.h"
#include "qtest/backend.h"

#define BOARD_RAM_BYTES (UINT64_C(512) << 20)
#define BOARD_EDUS_MAX 8u

struct board;

struct board_config {
	struct vtd_config iommu;
	uint16_t edu[BOARD_EDUS_MAX]; /* source ids, in order of their BARs */
	unsigned n_edus;
	struct backend_config vhost;
	bool has_vfio;
	uint16_t vfio_sid;
};

/* NULL and *e filled when the unit's properties do not fit. The trace may be NULL; it gets the unit's events
 * and what reaches the vhost device (qtest/backend.h) and the assigned one (qtest/assigned.h). */
struct board *board_new(const struct board_config *c, const struct vtd_trace_sink *trace,
			struct err *e);
void board_free(struct board *b);

/* The bus as a CPU sees it. What nothing answers reads 0 and swallows writes. */
void board_read(struct board *b, uint64_t at, void *out, uint64_t n);
void board_write(struct board *b, uint64_t at, const void *in, uint64_t n);
void board_fill(struct board *b, uint64_t at, uint8_t val, uint64_t n);

/* I/O ports; size 1, 2 or 4. Only 4-byte accesses to the PCI configuration ports do something. */
uint32_t board_in(struct board *b, uint16_t port, unsigned size);
void board_out(struct board *b, uint16_t port, unsigned size, uint32_t val);

/* Let time pass, finish DMAs that are due; returns the time, ns. */
uint64_t board_step(struct board *b, uint64_t ns);

/* Why QEMU would have aborted since the last call, or NULL. */
const char *board_aborted(struct board *b);
/* End of a command: messages that reached the vhost device go to the trace. */
void board_flush_messages(struct board *b);

#endif
