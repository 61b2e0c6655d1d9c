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

/* What is known of a grid before it is printed. */
struct shape {
	size_t longest;            /* figure */
	char row[LABEL_WIDTH + 9]; /* label of the one row that all groups have; "": there are more */
	bool any_row;
};

/* Rows begin with two blanks, lines that are none do not. */
static void look_at(struct shape *s, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (text[0] == ' ' && len > LABEL_WIDTH) {
			size_t from = LABEL_WIDTH + strspn(text + LABEL_WIDTH, " ");

			s->longest = len - from > s->longest ? len - from : s->longest;
			if (!s->any_row)
				memcpy(s->row, text, LABEL_WIDTH);
			else if (strncmp(s->row, text, LABEL_WIDTH) != 0)
				s->row[0] = '\0';
			s->any_row = true;
		}
		text += len + (text[len] != '\0');
	}
}

/* first[i]..last[i]: neighbours that are the same in every row. Returns how many columns are left. */
static size_t merge_columns(const struct report *r, const struct report_grid *g, size_t *first,
			    size_t *last, struct shape *shape)
{
	char *before = NULL;
	size_t n = 0;

	for (size_t c = 0; c < g->n_columns; c++) {
		char *text = column_text(r, g, c);

		if (!before || strcmp(before, text) != 0)
			first[n++] = c;
		last[n - 1] = c;
		look_at(shape, text);
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

/* The group's name and the figures of its only row; a group whose figures are all 0 has no row. */
static void put_grid_line(const struct report *r, const char *name)
{
	char *text = NULL;
	size_t size;
	struct report line = *r;

	line.to = open_memstream(&text, &size);
	if (!line.to)
		return;
	report_body(&line);
	fclose(line.to);
	fprintf(r->to, "%-*s", LABEL_WIDTH, name);
	if (size > LABEL_WIDTH)
		fputs(text + LABEL_WIDTH, r->to);
	for (size_t i = 0; size <= LABEL_WIDTH && i < r->n; i++)
		fprintf(r->to, "%*s%s", r->cell_width - 1, "", i + 1 < r->n ? "-" : "-\n");
	free(text);
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
		if (r.rule_says) {
			put_grid_line(&r, g->brief[k]);
			continue;
		}
		table_wrap(r.to, g->group[k], TABLE_WIDTH, "  ", "");
		report_body(&r);
	}
}

/* The label of the only row, without the blanks around it: what the rule says. NULL: there are more rows, or names that
 * are too long for a line. */
static const char *only_row(const struct report *r, struct shape *s, const struct report_grid *g)
{
	size_t n = strlen(s->row);

	for (size_t k = 0; k < g->n_groups; k++)
		if (strlen(g->brief[k]) > LABEL_WIDTH)
			return NULL;
	while (n > 0 && s->row[n - 1] == ' ')
		s->row[--n] = '\0';
	if (n > 0 && !r->totals && !strstr(s->row, "per ") && !strstr(s->row, ", us"))
		strcpy(&s->row[n], " per I/O");
	return n > 0 ? s->row + strspn(s->row, " ") : NULL;
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
	struct shape shape = {0};
	size_t n, per_block;

	r.grid = r.compact = true;
	n = merge_columns(&r, g, first, last, &shape);
	per_block = columns_of_block(shape.longest);
	r.rule_says = only_row(&r, &shape, g);
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
