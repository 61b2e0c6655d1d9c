/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * list_page - headings and tables, printed for a terminal or as Markdown.
 *
 * On a terminal the columns are as wide as their longest cell; the last one is wrapped. Columns
 * marked `below` follow on lines of their own, indented.
 */
#include "cli/list_page.h"

#include <stdlib.h>
#include <string.h>

#include "sim/xalloc.h"

enum {
	LIST_PAGE_WIDTH = 100,
	LIST_PAGE_GAP = 2,
	LIST_PAGE_INDENT = 4,
	LIST_PAGE_COLUMN_MAX = 40,
};

/* Characters, not bytes: UTF-8 continuation bytes take no column. */
static int list_page_width(const char *text, size_t n_bytes)
{
	int n = 0;

	for (size_t i = 0; i < n_bytes && text[i]; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* Bytes of text that go on a line of that width: up to the last space that fits, at least one word.
 */
static size_t list_page_fit(const char *text, int width)
{
	size_t fit = 0;

	for (size_t n = 0;; n++) {
		if (text[n] != ' ' && text[n] != '\0')
			continue;
		if (fit && list_page_width(text, n) > width)
			return fit;
		fit = n;
		if (text[n] == '\0')
			return fit;
	}
}

/* Text from column `at` on, further lines indented alike; ends the line. */
static void list_page_wrap(FILE *to, const char *text, int at)
{
	for (;;) {
		size_t n = list_page_fit(text, LIST_PAGE_WIDTH - at);

		fprintf(to, "%.*s\n", (int)n, text);
		text += n;
		while (*text == ' ')
			text++;
		if (!*text)
			return;
		fprintf(to, "%*s", at, "");
	}
}

void list_page_title(const struct list_page *p, const char *text)
{
	if (p->markdown)
		fprintf(p->to, "# %s\n", text);
}

void list_page_heading(const struct list_page *p, const char *text)
{
	fprintf(p->to, p->markdown ? "\n## %s\n" : "\n%s\n", text);
}

void list_page_text(const struct list_page *p, const char *text)
{
	fputs(p->markdown ? "\n" : "", p->to);
	list_page_wrap(p->to, text, 0);
}

void list_page_cell(struct list_table *t, const char *text)
{
	if ((t->n_cells & (t->n_cells - 1)) == 0)
		t->cell = xrealloc(t->cell, t->n_cells ? t->n_cells * 2 : 1, sizeof *t->cell);
	t->cell[t->n_cells++] = xstrdup(text ? text : "");
}

static unsigned list_page_columns(const struct list_table *t)
{
	unsigned n = 0;

	while (t->column[n].title)
		n++;
	return n;
}

/* A bar would end the cell. */
static void list_page_markdown_cell(FILE *to, const char *text, bool is_code)
{
	const char *quote = is_code && *text ? "`" : "";

	fprintf(to, " %s", quote);
	for (; *text; text++)
		fprintf(to, *text == '|' ? "\\%c" : "%c", *text);
	fprintf(to, "%s |", quote);
}

static void list_page_markdown(const struct list_page *p, const struct list_table *t)
{
	unsigned n = list_page_columns(t);

	fputs("\n|", p->to);
	for (unsigned c = 0; c < n; c++)
		fprintf(p->to, " %s |", t->column[c].title);
	fputs("\n|", p->to);
	for (unsigned c = 0; c < n; c++)
		fputs(" --- |", p->to);
	for (size_t i = 0; i < t->n_cells; i++) {
		if (i % n == 0)
			fputs("\n|", p->to);
		list_page_markdown_cell(p->to, t->cell[i], t->column[i % n].is_code);
	}
	fputs("\n", p->to);
}

/* Cells of a row, or the titles, side by side; the last one is wrapped. */
static void list_page_row(const struct list_page *p, const struct list_table *t, const int *width,
			  char *const *cell)
{
	unsigned n = list_page_columns(t), last = 0;
	int at = 0;

	for (unsigned c = 0; c < n; c++)
		if (!t->column[c].below)
			last = c;
	for (unsigned c = 0; c <= last; c++) {
		const char *text = cell ? cell[c] : t->column[c].title;
		int pad = width[c] - list_page_width(text, strlen(text));

		if (t->column[c].below)
			continue;
		if (c == last) {
			list_page_wrap(p->to, text, at);
			break;
		}
		fprintf(p->to, "%s", text);
		at += width[c] + LIST_PAGE_GAP;
		/* A cell wider than its column takes a line of its own. */
		if (pad < 0)
			fprintf(p->to, "\n%*s", at, "");
		else
			fprintf(p->to, "%*s", pad + LIST_PAGE_GAP, "");
	}
	for (unsigned c = 0; cell && c < n; c++) {
		if (!t->column[c].below || !*cell[c])
			continue;
		fprintf(p->to, "%*s", LIST_PAGE_INDENT, "");
		list_page_wrap(p->to, cell[c], LIST_PAGE_INDENT);
	}
}

static void list_page_terminal(const struct list_page *p, const struct list_table *t)
{
	unsigned n = list_page_columns(t);
	int width[LIST_COLUMNS_MAX] = {0};

	for (size_t i = 0; i < t->n_cells + n; i++) {
		const char *text = i < n ? t->column[i].title : t->cell[i - n];
		int w = list_page_width(text, strlen(text));

		if (w > width[i % n] && w <= LIST_PAGE_COLUMN_MAX)
			width[i % n] = w;
	}
	list_page_row(p, t, width, NULL);
	for (size_t i = 0; i < t->n_cells; i += n)
		list_page_row(p, t, width, t->cell + i);
}

void list_page_table(const struct list_page *p, struct list_table *t)
{
	if (p->markdown)
		list_page_markdown(p, t);
	else
		list_page_terminal(p, t);
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cell[i]);
	free(t->cell);
	t->cell = NULL;
	t->n_cells = 0;
}
