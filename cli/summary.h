/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * summary - the table of one run on a terminal.
 */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include <stdio.h>

#include "cli/runner.h"

/* Counters per entity, also per I/O, latencies and times; counters that are zero are left out. */
void summary_print(FILE *to, const struct run_result *r, uint64_t replicate);

#endif
