/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report_grid - scenarios below each other, the values of one parameter side by side.
 */
#include "results/report.h"

#include <stdlib.h>
#include <string.h>

#include "results/report_impl.h"
#include "results/table.h"
#include "sim/xalloc.h"

/* Column c of all groups as text, one group a paragraph: what tells whether two columns are the same. */
static char *column_text(const struct report *all, const struct report_grid *g, size_t c)
{
	char *text = NULL;
	size_t size;
	struct report r = *all;

	r.to = open_memstream(&text, &size);
	if (!r.to)
		return xstrdup("");
	r.n = 1;
	for (size_t k = 0; k < g->n_groups; k++) {
		r.f = &all->all[k * g->n_columns + c];
		fprintf(r.to, "\n%s\n", r.f->aborted);
		report_body(&r);
	}
	fclose(r.to);
	return text;
}

/* The longest figure of a column's text: rows begin with two blanks, lines that are none do not. */
static size_t longest_figure(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t len = strcspn(text, "\n");

		if (text[0] == ' ' && len > LABEL_WIDTH) {
			size_t blanks = strspn(text + LABEL_WIDTH, " ");

			longest = len - LABEL_WIDTH - blanks > longest ? len - LABEL_WIDTH - blanks : longest;
		}
		text += len + (text[len] != '\0');
	}
	return longest;
}

/* first[i]..last[i]: neighbours that are the same in every row. Returns how many columns are left. */
static size_t merge_columns(const struct report *r, const struct report_grid *g, size_t *first,
			    size_t *last, size_t *longest)
{
	char *before = NULL;
	size_t n = 0;

	for (size_t c = 0; c < g->n_columns; c++) {
		char *text = column_text(r, g, c);

		if (!before || strcmp(before, text) != 0)
			first[n++] = c;
		last[n - 1] = c;
		if (longest_figure(text) > *longest)
			*longest = longest_figure(text);
		free(before);
		before = text;
	}
	free(before);
	return n;
}

static void put_grid_head(const struct report *r, const struct report_grid *g, const size_t *first,
			  const size_t *last)
{
	bool merged = false;

	report_label(r, g->path);
	for (size_t i = 0; i < r->n; i++) {
		report_cell(r, g->column[first[i]], false);
		merged |= first[i] != last[i];
	}
	fprintf(r->to, "\n");
	if (merged) {
		report_label(r, "  the same up to");
		for (size_t i = 0; i < r->n; i++)
			report_cell(r, g->column[last[i]], false);
		fprintf(r->to, "\n");
	}
	report_rule(r);
}

static void put_grid_block(const struct report *all, const struct report_grid *g, const size_t *first,
			   const size_t *last)
{
	struct figures shown[COLUMNS_MAX];
	struct report r = *all;

	put_grid_head(&r, g, first, last);
	r.f = shown;
	for (size_t k = 0; k < g->n_groups; k++) {
		for (size_t i = 0; i < r.n; i++)
			shown[i] = r.all[k * g->n_columns + first[i]];
		table_wrap(r.to, g->group[k], TABLE_WIDTH, "  ", "");
		report_body(&r);
	}
}

/* As many columns side by side as their figures leave room for. */
static size_t columns_of_block(size_t longest)
{
	size_t fit = (TABLE_WIDTH - LABEL_WIDTH) / (longest + 1);

	return fit < COLUMNS ? COLUMNS : fit > COLUMNS_MAX ? COLUMNS_MAX : fit;
}

void report_print_grid(FILE *to, const struct figures *f, const struct report_grid *g,
		       const struct report_style *style)
{
	struct report r = report_of(to, f, g->n_columns * g->n_groups, style);
	size_t *first = xcalloc(g->n_columns, sizeof *first), *last = xcalloc(g->n_columns, sizeof *last);
	size_t n, per_block, longest = 0;

	r.grid = true;
	n = merge_columns(&r, g, first, last, &longest);
	per_block = columns_of_block(longest);
	if (!style->bare)
		report_title(&r);
	for (size_t at = 0; at < n; at += per_block) {
		r.n = n - at < per_block ? n - at : per_block;
		r.cell_width = r.n <= COLUMNS ? CELL_WIDTH : (TABLE_WIDTH - LABEL_WIDTH) / (int)r.n;
		put_grid_block(&r, g, &first[at], &last[at]);
		if (!style->bare || at + per_block < n)
			fprintf(to, "\n");
	}
	if (!style->bare)
		report_foot(&r, style->command);
	free(first);
	free(last);
}
