/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bits - the shifts and masks of the tree: a field is {hi, lo}, as specifications print it.
 */
#ifndef SIM_BITS_H
#define SIM_BITS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

/* A mask with bits hi..lo set, 63 >= hi >= lo >= 0. Usable in constant expressions. */
#define BITS(hi, lo) ((UINT64_MAX >> (63 - (hi))) & (UINT64_MAX << (lo)))
#define BIT(n) (UINT64_C(1) << (n))

/* The value of field hi..lo of word. */
static inline uint64_t bits_get(uint64_t word, unsigned hi, unsigned lo)
{
	return (word & BITS(hi, lo)) >> lo;
}

/* val placed at hi..lo; val must fit. */
static inline uint64_t bits_put(uint64_t val, unsigned hi, unsigned lo)
{
	assert((val & ~(BITS(hi, lo) >> lo)) == 0);
	(void)hi; /* for NDEBUG */
	return val << lo;
}

static inline bool bits_is_set(uint64_t word, unsigned n)
{
	return (word >> n & 1) != 0;
}

/* Mask of the low n bits, 0 <= n <= 64. */
static inline uint64_t bits_low(unsigned n)
{
	return n >= 64 ? UINT64_MAX : BIT(n) - 1;
}

/* floor(log2(v)), v != 0. */
static inline unsigned bits_log2(uint64_t v)
{
	assert(v != 0);
	return 63u - (unsigned)__builtin_clzll(v);
}

/* Number of zero bits below the lowest set bit; 64 for 0. */
static inline unsigned bits_ctz(uint64_t v)
{
	return v == 0 ? 64u : (unsigned)__builtin_ctzll(v);
}

/* Smallest power of two >= v, 1 <= v <= 2^63. */
static inline uint64_t bits_pow2_ceil(uint64_t v)
{
	assert(v != 0 && v <= BIT(63));
	return v == 1 ? 1 : BIT(bits_log2(v - 1) + 1);
}

#endif
