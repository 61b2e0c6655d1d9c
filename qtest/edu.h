/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * edu - QEMU's educational PCI device, the DMA part: one transfer at a time between memory and a 4 KiB buffer.
 */
#ifndef QTEST_EDU_H
#define QTEST_EDU_H

#include <stdbool.h>
#include <stdint.h>

#include "models/aspace.h"
#include "models/cost/cost.h"
#include "models/gmem.h"
#include "models/vtd/vtd_unit.h"

#define EDU_BAR_BYTES UINT64_C(0x100000)

struct mmio;

struct edu {
	struct vtd *unit; /* takes messages: 4-byte writes into the interrupt window */
	struct aspace *as;
	struct gmem *mem;
	const struct mmio *mmio; /* outside of it */
	uint32_t command, bar; /* PCI configuration */
	uint32_t inverse; /* of what was written */
	uint64_t src, dst, count, cmd;
	uint64_t due_ns; /* when the running transfer is done */
	uint8_t buffer[4096];
};

/* PCI configuration, 32-bit registers. */
uint32_t edu_config_read(const struct edu *d, unsigned reg);
void edu_config_write(struct edu *d, unsigned reg, uint32_t val);
/* Does the BAR answer, and at this address? */
bool edu_has(const struct edu *d, uint64_t at);
/* Accesses to the BAR, off from its base, size 1, 2, 4 or 8. */
uint64_t edu_read(const struct edu *d, uint64_t off, unsigned size);
void edu_write(struct edu *d, uint64_t off, unsigned size, uint64_t val, uint64_t now_ns);
/* Finish a transfer that is due; NULL, or why QEMU would abort. */
const char *edu_tick(struct edu *d, uint64_t now_ns, struct meter *m);

#endif
