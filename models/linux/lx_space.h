/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_space - which page frames of an I/O address space are taken: one bit each, in sparse chunks.
 *
 * Stands where Linux has a red-black tree of ranges (linux iova.c). What its top-down walk finds is
 * the highest aligned free run below a start, and that is what lx_space_find() returns; the tree's
 * "next node" is the next taken frame.
 */
#ifndef MODELS_LINUX_LX_SPACE_H
#define MODELS_LINUX_LX_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LX_SPACE_NONE UINT64_MAX /* no such frame */

struct lx_space_node;

struct lx_space {
	unsigned pfn_bits; /* frames 0 .. 2^pfn_bits - 1 */
	size_t n_nodes;
	struct lx_space_node **node; /* by pfn >> 21, or NULL: all free */
};

/* 20 <= pfn_bits <= 36; every frame is free. */
void lx_space_init(struct lx_space *s, unsigned pfn_bits);
void lx_space_fini(struct lx_space *s);

/* Frames first..last become taken or free, whatever they were. */
void lx_space_take(struct lx_space *s, uint64_t first, uint64_t last);
void lx_space_give(struct lx_space *s, uint64_t first, uint64_t last);

bool lx_space_is_taken(const struct lx_space *s, uint64_t pfn);

/* The highest multiple of align (a power of two >= n) at which n frames are free, all of them in
 * [low, high), or LX_SPACE_NONE. high may be above the last frame + 1. */
uint64_t lx_space_find(const struct lx_space *s, uint64_t low, uint64_t high, uint64_t n,
		       uint64_t align);

/* The lowest taken frame >= pfn, or LX_SPACE_NONE. */
uint64_t lx_space_next_taken(const struct lx_space *s, uint64_t pfn);

/* Bytes of host memory. */
size_t lx_space_host_bytes(const struct lx_space *s);

#endif
