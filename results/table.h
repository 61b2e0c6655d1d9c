/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * table - numbers and text for people: aligned columns, thousands, lines of 72 columns, CSV, JSON.
 */
#ifndef RESULTS_TABLE_H
#define RESULTS_TABLE_H

#include <stdint.h>
#include <stdio.h>

enum { TABLE_NUMBER = 32, /* bytes that any formatted number fits in */
       TABLE_WIDTH = 72,  /* what fits a commit message */
};

/* 1,234,567. Returns buf. */
const char *table_u64(char buf[TABLE_NUMBER], uint64_t v);
/* Three decimals and not more digits than tell something: 0.003, 2.104, 53.2, 1,234; 4e-05 below 0.0005;
 * 0 is "-". Returns buf. */
const char *table_real(char buf[TABLE_NUMBER], double v);

/* Rows of cells, printed with columns as wide as their widest cell. */
struct table;

/* One letter a column: 'l' left, 'r' right. headers: as many. */
struct table *table_new(const char *align, const char *const *header);
/* The next cell, row by row; copied. */
void table_add(struct table *t, const char *cell);
void table_print(const struct table *t, FILE *to);
void table_free(struct table *t);

/* Words of text in lines of at most `width` columns; every line but the first begins with indent, every
 * line but the last ends in `more` ("" or " \\"). A longer word gets a line of its own. */
void table_wrap(FILE *to, const char *text, int width, const char *indent, const char *more);

/* A field of a CSV file (RFC 4180), a JSON string with its quotes. */
void table_csv(FILE *to, const char *text);
void table_json(FILE *to, const char *text);

#endif
