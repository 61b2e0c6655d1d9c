/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * list - runs for people (a table), for spreadsheets (CSV) and for programs (JSON).
 */
#ifndef RESULTS_LIST_H
#define RESULTS_LIST_H

#include <stdio.h>

#include "results/figures.h"

/* One line a run: number, scenario, what differs, seed, I/Os, exits, misses and cycles per I/O. */
void list_table(FILE *to, const struct figures *f, size_t n);
/* One line a figure: run_id,scenario,point,replicate,seed,entity,figure,value,unit. */
void list_csv(FILE *to, const struct figures *f, size_t n);
/* One object a run, with param, counter, cost and latency inside. */
void list_json(FILE *to, const struct figures *f, size_t n);

#endif
