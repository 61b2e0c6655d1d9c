/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * list_page - headings and tables, printed for a terminal (100 columns) or as Markdown.
 */
#ifndef CLI_LIST_PAGE_H
#define CLI_LIST_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define LIST_COLUMNS_MAX 8

struct list_page {
	FILE *to;
	bool markdown;
};

struct list_column {
	const char *title;
	bool is_code; /* Markdown: `so` */
	bool below;   /* terminal: on a line of its own below the row, without title */
};

/* A table with its cells, row by row; empty cells are NULL or "". */
struct list_table {
	const struct list_column *column; /* title NULL at the end; at most LIST_COLUMNS_MAX */
	char **cell;
	size_t n_cells;
};

/* The page's title, a section's heading; a paragraph of one or more sentences. */
void list_page_title(const struct list_page *p, const char *text);
void list_page_heading(const struct list_page *p, const char *text);
void list_page_text(const struct list_page *p, const char *text);

/* Append a cell, copied. */
void list_page_cell(struct list_table *t, const char *text);
/* Print the table and free its cells. */
void list_page_table(const struct list_page *p, struct list_table *t);

#endif
