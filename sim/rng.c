/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rng - named streams of random numbers, each its own GSL generator.
 *
 * The generator is gsl_rng_taus2 (L'Ecuyer 1999: period 2^88, 32 good bits, half the time of
 * mt19937, 24 bytes of state). gsl_rng_set() takes 32 bits of a seed: among the 10^5 streams of a
 * sweep two would be likely to be the same. So its three state words are filled from a 64-bit hash
 * of (seed, name) instead: FNV-1a of the name, mixed with the seed by splitmix64, then three
 * splitmix64 outputs. tests/test_rng.c checks the words' meaning against L'Ecuyer's recurrence.
 */
#include "sim/rng.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_rng.h>

#include "sim/bits.h"
#include "sim/port.h"
#include "sim/xalloc.h"

/* GSL's own seeding draws this often before the first use; ours does not do less. */
#define RNG_WARM_UP 8

struct rng {
	gsl_rng *gsl;
	char *name;
};

struct rng_set {
	struct rng **stream; /* in order of creation */
	size_t n_streams;
	uint64_t seed;
};

static uint64_t rng_fnv1a(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return h;
}

/* splitmix64 (Steele, Lea, Flood 2014): the next output of the counter *s. */
static uint64_t rng_splitmix(uint64_t *s)
{
	uint64_t z = *s += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void rng_seed(gsl_rng *gsl, uint64_t seed, const char *name)
{
	/* Each of the three registers must have a bit above those that its step throws away. */
	static const unsigned long least[3] = {2, 8, 16};
	unsigned long *word = gsl_rng_state(gsl);
	uint64_t s = rng_splitmix(&seed) ^ rng_fnv1a(name);

	assert(gsl_rng_size(gsl) == sizeof least);
	for (size_t i = 0; i < ARRAY_SIZE(least); i++) {
		word[i] = rng_splitmix(&s) & bits_low(32);
		if (word[i] < least[i])
			word[i] += least[i];
	}
	for (unsigned i = 0; i < RNG_WARM_UP; i++)
		gsl_rng_get(gsl);
}

struct rng_set *rng_set_new(uint64_t seed)
{
	struct rng_set *s = xcalloc(1, sizeof *s);

	s->seed = seed;
	return s;
}

void rng_set_free(struct rng_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_streams; i++) {
		gsl_rng_free(s->stream[i]->gsl);
		free(s->stream[i]->name);
		free(s->stream[i]);
	}
	free(s->stream);
	free(s);
}

struct rng *rng_stream(struct rng_set *s, const char *name)
{
	for (size_t i = 0; i < s->n_streams; i++)
		if (strcmp(s->stream[i]->name, name) == 0)
			return s->stream[i];

	struct rng *r = xcalloc(1, sizeof *r);

	r->gsl = gsl_rng_alloc(gsl_rng_taus2);
	r->name = xstrdup(name);
	rng_seed(r->gsl, s->seed, name);
	s->stream = xrealloc(s->stream, s->n_streams + 1, sizeof *s->stream);
	s->stream[s->n_streams++] = r;
	return r;
}

uint32_t rng_u32(struct rng *r)
{
	return (uint32_t)gsl_rng_get(r->gsl);
}

/* Lemire 2019: the high half of a 32 x 33 bit product, with the biased low ends rejected. */
uint64_t rng_below(struct rng *r, uint64_t n)
{
	assert(n >= 1 && n <= BIT(32));

	uint64_t product = rng_u32(r) * n;

	if ((uint32_t)product < n) {
		uint64_t biased = (BIT(32) - n) % n;

		while ((uint32_t)product < biased)
			product = rng_u32(r) * n;
	}
	return product >> 32;
}
