/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_mem - pages for tables and queues, from the top of the first RAM region downwards.
 *
 * Below 4 GiB, so that every table lies within any address width. A page given back is cleared when
 * it is used again, as the kernel does. Hugepages come from the top of the last region; with one
 * region alone they leave the kernel TABLE_BYTES of its own.
 */
#include <assert.h>
#include <stdlib.h>

#include "models/linux/lx_priv.h"
#include "sim/bits.h"
#include "sim/xalloc.h"

#define TABLE_BYTES UINT64_C(0x4000000) /* 64 MiB: tables for 32 GiB of single pages */
#define IMAGE_BYTES UINT64_C(0x1000000) /* the guest's image, at the bottom */

void lx_mem_init(struct guest_kernel *k)
{
	gpa_t first, last;

	gmem_region(k->mem, 0, &first, &last);
	if (k->mem_next != 0) /* a reboot: what was used is cleared */
		gmem_fill(k->mem, k->mem_next + PAGE_BYTES, 0, last - PAGE_BYTES + 1 - k->mem_next);
	k->mem_low = first;
	k->mem_next = (last & PAGE_MASK) + (last % PAGE_BYTES == PAGE_BYTES - 1 ? 0 : -PAGE_BYTES);
	k->n_mem_free = 0;
	gmem_region(k->mem, gmem_n_regions(k->mem) - 1, &first, &last);
	k->huge_next = last + 1;
	if (gmem_n_regions(k->mem) == 1)
		k->huge_next -= last / 2 < TABLE_BYTES ? last / 2 : TABLE_BYTES;
}

gpa_t lx_mem_alloc_huge(struct guest_kernel *k, uint64_t n_bytes)
{
	gpa_t at = (k->huge_next & ~(n_bytes - 1)) - n_bytes;

	if (k->huge_next < n_bytes + IMAGE_BYTES || !gmem_is_ram(k->mem, at, n_bytes))
		return 0;
	if (gmem_n_regions(k->mem) == 1 && k->mem_low == 0)
		k->mem_low = k->huge_next;
	k->huge_next = at;
	return at;
}

gpa_t lx_mem_alloc_run(struct guest_kernel *k, unsigned n)
{
	gpa_t page = (k->mem_next - (n - 1) * PAGE_BYTES) & ~(bits_pow2_ceil(n) * PAGE_BYTES - 1);

	assert(page >= k->mem_low + PAGE_BYTES && "guest RAM holds its page tables");
	k->mem_next = page - PAGE_BYTES;
	return page;
}

gpa_t lx_mem_alloc(struct guest_kernel *k)
{
	gpa_t page;

	if (k->n_mem_free == 0)
		return lx_mem_alloc_run(k, 1);
	page = k->mem_free[--k->n_mem_free];
	gmem_fill(k->mem, page, 0, PAGE_BYTES);
	return page;
}

void lx_mem_give(struct guest_kernel *k, gpa_t page)
{
	if (k->n_mem_free == k->n_mem_cap) {
		k->n_mem_cap = k->n_mem_cap ? 2 * k->n_mem_cap : 64;
		k->mem_free = xrealloc(k->mem_free, k->n_mem_cap, sizeof *k->mem_free);
	}
	k->mem_free[k->n_mem_free++] = page;
}

void lx_pages_add(struct lx_pages *p, gpa_t page)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 8;
		p->page = xrealloc(p->page, p->cap, sizeof *p->page);
	}
	p->page[p->n++] = page;
}

void lx_pages_release(struct guest_kernel *k, struct lx_pages *p)
{
	while (p->n != 0)
		lx_mem_give(k, p->page[--p->n]);
	free(p->page);
	*p = (struct lx_pages){0};
}
