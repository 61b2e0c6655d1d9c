/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dump - a result file as text that does not depend on the order in which its runs were stored.
 */
#ifndef RESULTS_DUMP_H
#define RESULTS_DUMP_H

#include <stdio.h>

#include "results/store.h"

/* Every table but provenance, a line a row: TABLE|COLUMN|COLUMN... Runs are numbered in the order of
 * scenario, title, point, parameters, replicate, seed, program, fingerprint. Two files with the same runs
 * give the same bytes. 0 or -errno. */
int dump_print(struct store *s, FILE *to, struct err *e);

#endif
