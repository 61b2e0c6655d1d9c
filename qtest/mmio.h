/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mmio - what a device's access meets outside RAM: the BARs of edu devices, the local APIC, the firmware.
 */
#ifndef QTEST_MMIO_H
#define QTEST_MMIO_H

#include <stdint.h>

#include "models/addr.h"
#include "sim/bits.h"

#define MMIO_PIECE 8u	/* largest access that a device takes */
#define MMIO_NOTHING 4u /* largest access where nothing answers */

struct edu;

struct mmio {
	struct edu *edu; /* the board's */
	unsigned n_edus;
};

/* Size of the next access of n bytes at `at`, n >= 1: a power of two, aligned, at most max (one, too). */
static inline unsigned mmio_piece(uint64_t at, uint64_t n, unsigned max)
{
	uint64_t k = n < max ? n : max, aligned = at & -at;

	if (aligned != 0 && aligned < k)
		k = aligned;
	return 1u << bits_log2(k);
}

/* How many of the n bytes at `at` are firmware, from the first on; these are copied. */
uint64_t mmio_firmware(gpa_t at, uint64_t n, uint8_t *out);

/* One access of a device at `at`, which is not RAM, of at most n bytes, n >= 1; returns how many it took. What
 * nothing answers reads 0 and swallows writes. */
uint64_t mmio_read(const struct mmio *m, gpa_t at, uint64_t n, uint8_t *out);
uint64_t mmio_write(const struct mmio *m, gpa_t at, uint64_t n, const uint8_t *in, uint64_t now_ns);

#endif
