/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gmem - sparse guest memory: what was never written is zero and costs nothing.
 *
 * A directory of chunks of 2 MiB; a chunk is 512 pointers to 4 KiB pages, made when a page is first
 * written. The pages used lately are remembered (gmem_recent() in the header), so most accesses skip both
 * look-ups and the question whether it is RAM.
 */
#include "models/gmem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/port.h"
#include "sim/xalloc.h"

#define CHUNK_BITS 21u
#define CHUNK_PAGES 512u
#define HOLE_END UINT64_C(0x100000000)

struct gmem_chunk {
	uint64_t *page[CHUNK_PAGES]; /* 512 words each, or NULL */
};

struct gmem_range {
	gpa_t first, last;
};

struct gmem {
	struct gmem_head head; /* first: what is inline in the header reads it */
	struct gmem_recent recent[GMEM_RECENT];
	struct gmem_range region[GMEM_REGIONS_MAX];
	unsigned n_regions;
	size_t n_chunks;
	struct gmem_chunk **chunk; /* [n_chunks], by gpa >> 21 */
	uint64_t n_pages, n_chunks_used;
};

static const uint64_t gmem_zero_page[PAGE_BYTES / sizeof(uint64_t)];

struct gmem *gmem_new(uint64_t bytes, uint64_t below_4g_bytes)
{
	struct gmem *g = xcalloc(1, sizeof *g);
	gpa_t last;

	assert(bytes != 0 && bytes % PAGE_BYTES == 0 && below_4g_bytes % PAGE_BYTES == 0);
	if (below_4g_bytes != 0 && bytes > below_4g_bytes) {
		g->region[0] = (struct gmem_range){0, below_4g_bytes - 1};
		g->region[1] = (struct gmem_range){HOLE_END, HOLE_END + bytes - below_4g_bytes - 1};
		g->n_regions = 2;
	} else {
		g->region[0] = (struct gmem_range){0, bytes - 1};
		g->n_regions = 1;
	}
	last = g->region[g->n_regions - 1].last;
	g->n_chunks = (size_t)(last >> CHUNK_BITS) + 1;
	g->chunk = xcalloc(g->n_chunks, sizeof *g->chunk);
	g->head.recent = g->recent;
	for (unsigned i = 0; i < GMEM_RECENT; i++)
		g->recent[i].at = 1;
	return g;
}

void gmem_free(struct gmem *g)
{
	if (!g)
		return;
	for (size_t c = 0; g->n_chunks_used != 0 && c < g->n_chunks; c++) {
		if (!g->chunk[c])
			continue;
		for (unsigned p = 0; p < CHUNK_PAGES; p++)
			free(g->chunk[c]->page[p]);
		free(g->chunk[c]);
		g->n_chunks_used--;
	}
	free(g->chunk);
	free(g);
}

unsigned gmem_n_regions(const struct gmem *g)
{
	return g->n_regions;
}

void gmem_region(const struct gmem *g, unsigned i, gpa_t *first, gpa_t *last)
{
	assert(i < g->n_regions);
	*first = g->region[i].first;
	*last = g->region[i].last;
}

bool gmem_is_ram(const struct gmem *g, gpa_t at, uint64_t n)
{
	assert(n != 0);
	for (unsigned i = 0; i < g->n_regions; i++)
		if (at >= g->region[i].first && at <= g->region[i].last)
			return n - 1 <= g->region[i].last - at;
	return false;
}

/* The page that holds `at`, which is RAM, or NULL when nothing was written there; remembered. */
static uint64_t *gmem_find(const struct gmem *g, gpa_t at)
{
	const struct gmem_chunk *c = g->chunk[at >> CHUNK_BITS];
	uint64_t *page = c ? c->page[at >> PAGE_BITS & (CHUNK_PAGES - 1)] : NULL;

	if (page)
		g->head.recent[GMEM_RECENT_AT(at)] =
			(struct gmem_recent){at & PAGE_MASK, page};
	return page;
}

/* The same, made when nothing was written there. */
static uint64_t *gmem_make(struct gmem *g, gpa_t at)
{
	uint64_t *page = gmem_find(g, at);
	struct gmem_chunk **c;

	if (PORT_LIKELY(page != NULL))
		return page;
	c = &g->chunk[at >> CHUNK_BITS];
	if (!*c) {
		*c = xcalloc(1, sizeof **c);
		g->n_chunks_used++;
	}
	(*c)->page[at >> PAGE_BITS & (CHUNK_PAGES - 1)] = xcalloc(1, PAGE_BYTES);
	g->n_pages++;
	return gmem_find(g, at);
}

const uint64_t *gmem_page_any(const struct gmem *g, gpa_t at)
{
	const uint64_t *page;

	if (!gmem_is_ram(g, at, PAGE_BYTES))
		return NULL;
	page = gmem_find(g, at);
	return page ? page : gmem_zero_page;
}

/* Bytes from `at` to the end of its page, at most n. */
static size_t gmem_piece(gpa_t at, uint64_t n)
{
	uint64_t left = PAGE_BYTES - (at & ~PAGE_MASK);

	return (size_t)(n < left ? n : left);
}

bool gmem_read_any(const struct gmem *g, gpa_t at, void *out, size_t n)
{
	unsigned char *to = out;

	if (n == 0)
		return true;
	if (!gmem_is_ram(g, at, n))
		return false;
	while (n != 0) {
		size_t k = gmem_piece(at, n);
		const uint64_t *page = gmem_find(g, at);

		if (page)
			memcpy(to, (const unsigned char *)page + (at & ~PAGE_MASK), k);
		else
			memset(to, 0, k);
		to += k;
		at += k;
		n -= k;
	}
	return true;
}

bool gmem_write_any(struct gmem *g, gpa_t at, const void *in, size_t n)
{
	const unsigned char *from = in;

	if (n == 0)
		return true;
	if (!gmem_is_ram(g, at, n))
		return false;
	while (n != 0) {
		size_t k = gmem_piece(at, n);

		memcpy((unsigned char *)gmem_make(g, at) + (at & ~PAGE_MASK), from, k);
		from += k;
		at += k;
		n -= k;
	}
	return true;
}

void gmem_fill(struct gmem *g, gpa_t at, uint8_t v, uint64_t n)
{
	while (n != 0) {
		size_t k = gmem_piece(at, n);

		/* zero over a page that was never written changes nothing */
		if (gmem_is_ram(g, at, k) && (v != 0 || gmem_find(g, at)))
			memset((unsigned char *)gmem_make(g, at) + (at & ~PAGE_MASK), v, k);
		at += k;
		n -= k;
		if (at == 0)
			return;
	}
}

uint64_t gmem_n_pages(const struct gmem *g)
{
	return g->n_pages;
}

uint64_t gmem_host_bytes(const struct gmem *g)
{
	return g->n_pages * PAGE_BYTES + g->n_chunks_used * sizeof(struct gmem_chunk) + sizeof *g;
}
