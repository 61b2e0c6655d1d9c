/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stat - a histogram of whole numbers: count, sum, min, max exact; quantiles within 1/256.
 */
#ifndef SIM_STAT_H
#define SIM_STAT_H

#include <stdint.h>

struct stat_hist;

struct stat_hist *stat_hist_new(void);
void stat_hist_free(struct stat_hist *h);
void stat_hist_add(struct stat_hist *h, uint64_t value);
void stat_hist_reset(struct stat_hist *h);
uint64_t stat_hist_n(const struct stat_hist *h);
/* 0 for no samples. */
double stat_hist_mean(const struct stat_hist *h);
uint64_t stat_hist_max(const struct stat_hist *h);
/* The value at or below which a share q (0..1) of the samples lies: upper edge of its bin, never
 * above the maximum. 0 for no samples. */
uint64_t stat_hist_quantile(const struct stat_hist *h, double q);

/* Two-sided confidence half-width of the mean of n values at `level` (0.95), by Student's t; not a
 * number for n < 2, where nothing is known. */
double stat_ci_half_width(const double *v, unsigned n, double level);

#endif
