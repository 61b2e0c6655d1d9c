/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stat - a histogram of whole numbers with log-linear bins, and Student's confidence interval.
 *
 * Values below 512 have a bin each. Above, every octave 2^k..2^(k+1)-1 has 256 bins of 2^(k-8), so
 * the upper edge of a bin is less than value / 256 away. The octaves above the largest value have
 * no memory. Count, sum (128 bits) and maximum are kept beside the bins and are exact.
 */
#include "sim/stat.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>

#include "sim/bits.h"
#include "sim/port.h"
#include "sim/time.h"
#include "sim/xalloc.h"

#define STAT_SUB_BITS 8
#define STAT_SUB (1u << STAT_SUB_BITS)
/* Shares are taken in billionths, so that 0.07 of 100 samples is 7 of them and not 8. */
#define STAT_SHARE_UNIT UINT64_C(1000000000)

struct stat_hist {
	uint64_t *bin;
	size_t n_bins;
	uint64_t n, max;
	time_wide sum;
};

/* Octave 0 is 0..255, octave 1 is 256..511 (both of width 1), octave o >= 1 starts at 128 << o. */
static size_t stat_bin(uint64_t value)
{
	if (value < STAT_SUB)
		return value;

	unsigned shift = bits_log2(value) - STAT_SUB_BITS;

	return shift * (size_t)STAT_SUB + (value >> shift);
}

static uint64_t stat_upper_edge(size_t bin)
{
	if (bin < 2 * STAT_SUB)
		return bin;

	unsigned shift = (unsigned)(bin / STAT_SUB) - 1;
	uint64_t lower = (uint64_t)(bin - shift * (size_t)STAT_SUB) << shift;

	return lower + bits_low(shift);
}

struct stat_hist *stat_hist_new(void)
{
	return xcalloc(1, sizeof(struct stat_hist));
}

void stat_hist_free(struct stat_hist *h)
{
	if (!h)
		return;
	free(h->bin);
	free(h);
}

static PORT_COLD void stat_grow(struct stat_hist *h, size_t bin)
{
	size_t n = (bin / STAT_SUB + 1) * STAT_SUB;

	h->bin = xrealloc(h->bin, n, sizeof *h->bin);
	memset(h->bin + h->n_bins, 0, (n - h->n_bins) * sizeof *h->bin);
	h->n_bins = n;
}

void stat_hist_add(struct stat_hist *h, uint64_t value)
{
	size_t bin = stat_bin(value);

	if (PORT_UNLIKELY(bin >= h->n_bins))
		stat_grow(h, bin);
	h->bin[bin]++;
	h->n++;
	h->sum += value;
	if (value > h->max)
		h->max = value;
}

void stat_hist_reset(struct stat_hist *h)
{
	if (h->n_bins != 0)
		memset(h->bin, 0, h->n_bins * sizeof *h->bin);
	h->n = h->max = 0;
	h->sum = 0;
}

uint64_t stat_hist_n(const struct stat_hist *h)
{
	return h->n;
}

double stat_hist_mean(const struct stat_hist *h)
{
	return h->n ? (double)h->sum / (double)h->n : 0.0;
}

uint64_t stat_hist_max(const struct stat_hist *h)
{
	return h->max;
}

uint64_t stat_hist_quantile(const struct stat_hist *h, double q)
{
	assert(q >= 0.0 && q <= 1.0);
	if (h->n == 0)
		return 0;

	time_wide share = (uint64_t)(q * (double)STAT_SHARE_UNIT + 0.5);
	uint64_t rank = (uint64_t)((share * h->n + STAT_SHARE_UNIT - 1) / STAT_SHARE_UNIT);
	uint64_t seen = 0;
	size_t bin = 0;

	if (rank == 0)
		rank = 1;
	while ((seen += h->bin[bin]) < rank)
		bin++;

	uint64_t edge = stat_upper_edge(bin);

	return edge < h->max ? edge : h->max;
}

double stat_ci_half_width(const double *v, unsigned n, double level)
{
	assert(level > 0.0 && level < 1.0);
	if (n < 2)
		return (double)NAN;
	return gsl_cdf_tdist_Qinv((1.0 - level) / 2, n - 1) * gsl_stats_sd(v, 1, n) /
	       sqrt((double)n);
}
