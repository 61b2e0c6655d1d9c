/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rng - named streams of random numbers, each its own GSL generator.
 *
 * A stream's seed is a function of the run's seed and the stream's name alone, so adding a stream
 * does not move the others.
 */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdint.h>

struct rng_set; /* all streams of one run */
struct rng;     /* one stream */

struct rng_set *rng_set_new(uint64_t seed);
void rng_set_free(struct rng_set *s);

/* The stream of that name ("net0.arrival"); the same pointer each time. Owned by the set. */
struct rng *rng_stream(struct rng_set *s, const char *name);

/* 32 uniform bits; a uniform integer 0..n-1 without bias, 1 <= n <= 2^32. Integers only: a run
 * never hangs on the last bit of a libm result. */
uint32_t rng_u32(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n);

#endif
