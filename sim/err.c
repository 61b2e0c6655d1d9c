/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * err - builds the one line, and finds the word that was probably meant.
 *
 * Nearness is the restricted Damerau-Levenshtein distance: insertions, deletions, substitutions and
 * swaps of neighbours cost 1 each. Letters are compared without case, '_' equals '-'. A word is
 * near when at most a third of the longer one differs, or when what was written begins it.
 */
#include "sim/err.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	ERR_WORD_MAX = 96, /* characters; longer words have no nearest */
	ERR_BEGIN_MIN = 3, /* letters from which a beginning counts as an abbreviation */
};

/* A value may hold anything, the message may not: it stays one line of plain characters. */
static void err_clean(char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			*text = '?';
	}
}

PORT_PRINTF(3, 0)
static void err_put(struct err *e, struct err_place at, const char *fmt, va_list args)
{
	char place[300] = "";
	int n = 0;

	if (at.file && at.line)
		n = snprintf(place, sizeof place, "%.250s:%u:%u: ", at.file, at.line, at.column);
	else if (at.file)
		n = snprintf(place, sizeof place, "%.250s: ", at.file);
	memcpy(e->text, place, (size_t)n + 1);
	vsnprintf(e->text + n, sizeof e->text - (size_t)n, fmt, args);
	err_clean(e->text);
}

int err_user(struct err *e, const char *fmt, ...)
{
	va_list args;

	if (e->status != EXIT_DONE)
		return -EINVAL;
	e->status = EXIT_USER;
	va_start(args, fmt);
	err_put(e, (struct err_place){0}, fmt, args);
	va_end(args);
	return -EINVAL;
}

int err_at(struct err *e, struct err_place at, const char *fmt, ...)
{
	va_list args;

	if (e->status != EXIT_DONE)
		return -EINVAL;
	e->status = EXIT_USER;
	va_start(args, fmt);
	err_put(e, at, fmt, args);
	va_end(args);
	return -EINVAL;
}

int err_env(struct err *e, const char *fmt, ...)
{
	va_list args;

	if (e->status != EXIT_DONE)
		return -EIO;
	e->status = EXIT_ENVIRONMENT;
	va_start(args, fmt);
	err_put(e, (struct err_place){0}, fmt, args);
	va_end(args);
	return -EIO;
}

static int err_fold(char c)
{
	return c == '_' ? '-' : tolower((unsigned char)c);
}

static unsigned err_min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Lengths are at most ERR_WORD_MAX. Three rows are kept: a swap looks two rows back. */
static unsigned err_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
	unsigned rows[3][ERR_WORD_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	for (unsigned j = 0; j <= n_b; j++)
		above[j] = j;
	for (size_t i = 1; i <= n_a; i++) {
		unsigned *oldest = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= n_b; j++) {
			unsigned differ = err_fold(a[i - 1]) != err_fold(b[j - 1]);

			row[j] = err_min(above[j - 1] + differ, err_min(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && err_fold(a[i - 1]) == err_fold(b[j - 2]) &&
			    err_fold(a[i - 2]) == err_fold(b[j - 1]))
				row[j] = err_min(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = oldest;
	}
	return above[n_b];
}

/* How many letters two words have in common at their beginning. */
static size_t err_common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && b[n] && err_fold(a[n]) == err_fold(b[n]))
		n++;
	return n;
}

static unsigned err_allowed_distance(size_t longer)
{
	return longer < 2 ? 0 : longer < 3 ? 1 : (unsigned)(longer + 1) / 3;
}

const char *err_nearest(const char *word, const char *const *list)
{
	const char *nearest = NULL;
	unsigned least = ERR_WORD_MAX;
	size_t n = strlen(word), most_common = 0;

	if (n == 0 || n > ERR_WORD_MAX)
		return NULL;
	for (; *list; list++) {
		size_t n_list = strlen(*list), common = err_common(word, *list);
		unsigned distance;

		if (n_list > ERR_WORD_MAX)
			continue;
		distance = err_distance(word, n, *list, n_list);
		if (distance > err_allowed_distance(n > n_list ? n : n_list) &&
		    (common < n || n < ERR_BEGIN_MIN))
			continue;
		/* Of equals the one that begins alike ("of": off, not on), then the first. */
		if (distance < least || (distance == least && common > most_common)) {
			least = distance;
			most_common = common;
			nearest = *list;
		}
	}
	return nearest;
}
