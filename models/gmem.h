/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gmem - sparse guest memory: what was never written is zero and costs nothing.
 *
 * RAM is up to GMEM_REGIONS_MAX ranges of guest physical addresses, 4 KiB aligned. Access outside RAM
 * fails, as it does for QEMU. A 1 TiB guest needs memory only for the 4 KiB pages written.
 */
#ifndef MODELS_GMEM_H
#define MODELS_GMEM_H

#include <stdbool.h>
#include <stddef.h>

#include "models/addr.h"

#define GMEM_REGIONS_MAX 4

struct gmem;

/* RAM at [0, bytes); with more RAM than `below_4g_bytes` the rest starts at 4 GiB. below_4g_bytes 0:
 * no split. Sizes are multiples of 4 KiB, at most 4 TiB together. */
struct gmem *gmem_new(uint64_t bytes, uint64_t below_4g_bytes);
void gmem_free(struct gmem *g);

unsigned gmem_n_regions(const struct gmem *g);
/* Region i as an inclusive range. */
void gmem_region(const struct gmem *g, unsigned i, gpa_t *first, gpa_t *last);
/* True if every byte of [at, at + n) is RAM; n >= 1. */
bool gmem_is_ram(const struct gmem *g, gpa_t at, uint64_t n);

/* Little-endian accesses at any alignment; false (and *out untouched) unless all of it is RAM. */
bool gmem_read(const struct gmem *g, gpa_t at, void *out, size_t n);
bool gmem_write(struct gmem *g, gpa_t at, const void *in, size_t n);

/* Aligned 8-byte words, the page-table path: inline in spirit, a page's address is remembered. */
bool gmem_read64(const struct gmem *g, gpa_t at, uint64_t *out);
bool gmem_write64(struct gmem *g, gpa_t at, uint64_t v);

/* The 512 words of the 4 KiB page at `at`, or NULL when it is not RAM; *zero_page is returned for a page
 * never written. Valid until the next write. */
const uint64_t *gmem_page(const struct gmem *g, gpa_t at);

/* Set n bytes to one value (memset of qtest); parts outside RAM are skipped. */
void gmem_fill(struct gmem *g, gpa_t at, uint8_t v, uint64_t n);

/* Pages that hold data, and bytes of host memory used for them and their directories. */
uint64_t gmem_n_pages(const struct gmem *g);
uint64_t gmem_host_bytes(const struct gmem *g);

#endif
