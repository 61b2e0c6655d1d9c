/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report - runs side by side as one plain-text table of at most 72 columns, for a commit message.
 *
 * What it has to contain is what the lists ask for: the guest's kernel and mode, exits, descriptors,
 * walks, notifications, misses, cycles per I/O, latency, and which inputs are estimates.
 */
#ifndef RESULTS_REPORT_H
#define RESULTS_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "results/figures.h"

/* Four runs side by side, more in blocks below each other. command: what repeats it, or NULL. brief: only the
 * rows that decide. */
void report_print(FILE *to, const struct figures *f, size_t n, const char *command, bool brief);

#endif
