/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gmem - sparse guest memory: what was never written is zero and costs nothing.
 *
 * RAM is up to GMEM_REGIONS_MAX ranges of guest physical addresses, 4 KiB aligned. Access outside RAM
 * fails, as it does for QEMU. A 1 TiB guest needs memory only for the 4 KiB pages written.
 */
#ifndef MODELS_GMEM_H
#define MODELS_GMEM_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "models/addr.h"
#include "sim/port.h"

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

/* Pages that were used lately: root, context, tables, queue and status page of a guest are looked up in turn.
 * A page's place is its number plus five for each 2 MiB: a guest takes them from a few runs, and those of two runs that
 * begin 2 MiB apart do not meet. Private to gmem.c and the functions here. */
#define GMEM_RECENT 16u
#define GMEM_RECENT_AT(at) ((((at) >> PAGE_BITS) + 5 * ((at) >> (PAGE_BITS + 9))) % GMEM_RECENT)
struct gmem_recent {
	gpa_t at;       /* of the page, which is RAM and was written; 1: none */
	uint64_t *page; /* its 512 words */
};
struct gmem_head { /* what a gmem begins with */
	struct gmem_recent *recent; /* [GMEM_RECENT] */
};

/* The page that `at` lies in, or NULL when it is not among the recent ones. */
static inline uint64_t *gmem_recent(const struct gmem *g, gpa_t at)
{
	const struct gmem_recent *r = ((const struct gmem_head *)(const void *)g)->recent +
				      GMEM_RECENT_AT(at);

	return PORT_LIKELY(r->at == (at & PAGE_MASK)) ? r->page : NULL;
}

/* Little-endian accesses at any alignment; false (and *out untouched) unless all of it is RAM. */
bool gmem_read_any(const struct gmem *g, gpa_t at, void *out, size_t n);
bool gmem_write_any(struct gmem *g, gpa_t at, const void *in, size_t n);

static inline bool gmem_read(const struct gmem *g, gpa_t at, void *out, size_t n)
{
	const uint64_t *page = gmem_recent(g, at);

	if (!page || n > PAGE_BYTES - (at & ~PAGE_MASK))
		return gmem_read_any(g, at, out, n);
	memcpy(out, (const unsigned char *)page + (at & ~PAGE_MASK), n);
	return true;
}

static inline bool gmem_write(struct gmem *g, gpa_t at, const void *in, size_t n)
{
	uint64_t *page = gmem_recent(g, at);

	if (!page || n > PAGE_BYTES - (at & ~PAGE_MASK))
		return gmem_write_any(g, at, in, n);
	memcpy((unsigned char *)page + (at & ~PAGE_MASK), in, n);
	return true;
}

/* Aligned 8-byte words, the page-table path. */
static inline bool gmem_read64(const struct gmem *g, gpa_t at, uint64_t *out)
{
	const uint64_t *page = gmem_recent(g, at);

	assert(at % sizeof *out == 0);
	if (PORT_UNLIKELY(!page))
		return gmem_read_any(g, at, out, sizeof *out);
	*out = page[(at & ~PAGE_MASK) / sizeof *out];
	return true;
}

static inline bool gmem_write64(struct gmem *g, gpa_t at, uint64_t v)
{
	uint64_t *page = gmem_recent(g, at);

	assert(at % sizeof v == 0);
	if (PORT_UNLIKELY(!page))
		return gmem_write_any(g, at, &v, sizeof v);
	page[(at & ~PAGE_MASK) / sizeof v] = v;
	return true;
}

/* The 512 words of the 4 KiB page at `at`, or NULL when it is not RAM; a page of zeros for one that was
 * never written. Valid until the next write. */
const uint64_t *gmem_page_any(const struct gmem *g, gpa_t at);

static inline const uint64_t *gmem_page(const struct gmem *g, gpa_t at)
{
	const uint64_t *page = gmem_recent(g, at);

	assert((at & ~PAGE_MASK) == 0);
	return PORT_LIKELY(page != NULL) ? page : gmem_page_any(g, at);
}

/* Set n bytes to one value (memset of qtest); parts outside RAM are skipped. */
void gmem_fill(struct gmem *g, gpa_t at, uint8_t v, uint64_t n);

/* Pages that hold data, and bytes of host memory used for them and their directories. */
uint64_t gmem_n_pages(const struct gmem *g);
uint64_t gmem_host_bytes(const struct gmem *g);

#endif
