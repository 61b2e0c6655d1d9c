/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * table - numbers and text for people: aligned columns, thousands, lines of 72 columns, CSV, JSON.
 */
#include "results/table.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/xalloc.h"

struct table {
	const char *align;
	size_t n_columns, n_cells;
	char **cell; /* the header is the first row */
};

const char *table_u64(char buf[TABLE_NUMBER], uint64_t v)
{
	char digits[TABLE_NUMBER];
	int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)v), to = 0;

	for (int i = 0; i < n; i++) {
		if (i != 0 && (n - i) % 3 == 0)
			buf[to++] = ',';
		buf[to++] = digits[i];
	}
	buf[to] = '\0';
	return buf;
}

const char *table_real(char buf[TABLE_NUMBER], double v)
{
	if (v == 0)
		snprintf(buf, TABLE_NUMBER, "-");
	else if (v < 0.0005)
		snprintf(buf, TABLE_NUMBER, "%.0e", v);
	else if (v < 9.9995)
		snprintf(buf, TABLE_NUMBER, "%.3f", v);
	else if (v < 99.995)
		snprintf(buf, TABLE_NUMBER, "%.2f", v);
	else if (v < 999.95)
		snprintf(buf, TABLE_NUMBER, "%.1f", v);
	else
		table_u64(buf, (uint64_t)llround(v));
	return buf;
}

struct table *table_new(const char *align, const char *const *header)
{
	struct table *t = xcalloc(1, sizeof *t);

	t->align = align;
	t->n_columns = strlen(align);
	for (size_t i = 0; i < t->n_columns; i++)
		table_add(t, header[i]);
	return t;
}

void table_add(struct table *t, const char *cell)
{
	t->cell = xrealloc(t->cell, t->n_cells + 1, sizeof *t->cell);
	t->cell[t->n_cells++] = xstrdup(cell);
}

/* Columns on a terminal: bytes that begin a UTF-8 character. */
static int table_columns(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

void table_print(const struct table *t, FILE *to)
{
	int *width = xcalloc(t->n_columns, sizeof *width);

	for (size_t i = 0; i < t->n_cells; i++) {
		int w = table_columns(t->cell[i]);

		if (w > width[i % t->n_columns])
			width[i % t->n_columns] = w;
	}
	for (size_t i = 0; i < t->n_cells; i++) {
		size_t c = i % t->n_columns;
		bool last = c + 1 == t->n_columns;
		int pad = width[c] - table_columns(t->cell[i]);

		fprintf(to, "%*s%s%*s%s", t->align[c] == 'r' ? pad : 0, "", t->cell[i],
			t->align[c] == 'r' || last ? 0 : pad, "", last ? "\n" : "  ");
	}
	free(width);
}

void table_free(struct table *t)
{
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cell[i]);
	free(t->cell);
	free(t);
}

void table_wrap(FILE *to, const char *text, int width, const char *indent, const char *more)
{
	int column = 0, reserve = (int)strlen(more);

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column != 0 && column + 1 + len + (text[len] ? reserve : 0) > width) {
			fprintf(to, "%s\n%s", more, indent);
			column = (int)strlen(indent);
			fprintf(to, "%.*s", len, text);
			column += len;
		} else {
			fprintf(to, "%s%.*s", column ? " " : "", len, text);
			column += len + (column != 0);
		}
		text += len;
		text += strspn(text, " ");
	}
	fprintf(to, "\n");
}

void table_csv(FILE *to, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		fputs(text, to);
		return;
	}
	putc('"', to);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', to);
		putc(*text, to);
	}
	putc('"', to);
}

void table_json(FILE *to, const char *text)
{
	putc('"', to);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else if (c < 0x20)
			fprintf(to, "\\u%04x", c);
		else
			putc(c, to);
	}
	putc('"', to);
}
