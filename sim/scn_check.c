/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scn_check - says what is wrong with a key that nobody took.
 *
 * Known sections are those that were bound, and what lies above them. The path of the unused item
 * is followed from the top as long as it is known; the first word that is not is what the message
 * is about:
 *
 *   known "devices.net0", unused "devices.net0.consumr.model"  ->  word "consumr" in "devices.net0"
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scn_impl.h"
#include "sim/xalloc.h"

/* An unused item and the first unknown word of its path. */
struct scn_unknown {
	const struct scn *s;
	const struct scn_item *item;
	char section[SCN_PATH_MAX + 1]; /* known, above the word */
	char path[SCN_PATH_MAX + 1];    /* up to the word */
	const char *word;               /* the end of path */
	bool is_section;                /* more words follow */
};

/* The words that may stand in a section, NULL-ended. */
struct scn_words {
	const char **word;
	size_t n;
	char *text; /* of the sections' names */
};

/* What follows `section` in path: "b.c" for "a.b.c" below "a"; NULL if path is not below it. */
static const char *scn_check_below(const char *path, const char *section)
{
	size_t n = strlen(section);

	if (n == 0)
		return *path ? path : NULL;
	return strncmp(path, section, n) == 0 && path[n] == '.' ? path + n + 1 : NULL;
}

static bool scn_check_is_known(const struct scn *s, const char *section)
{
	for (size_t i = 0; i < s->n_bound; i++)
		if (strcmp(s->bound[i].section, section) == 0 ||
		    scn_check_below(s->bound[i].section, section))
			return true;
	return false;
}

static void scn_check_add_word(struct scn_words *w, const char *word)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->word[i], word) == 0)
			return;
	w->word = xrealloc(w->word, w->n + 2, sizeof *w->word);
	w->word[w->n++] = word;
	w->word[w->n] = NULL;
}

/* Keys of the rows bound there, then names of the sections below. */
static struct scn_words scn_check_words(const struct scn *s, const char *section)
{
	struct scn_words w = {xcalloc(1, sizeof *w.word), 0, NULL};
	size_t n_text = 1;
	char *to;

	for (size_t i = 0; i < s->n_bound; i++) {
		n_text += strlen(s->bound[i].section) + 1;
		if (strcmp(s->bound[i].section, section) != 0)
			continue;
		for (const struct opt *row = s->bound[i].rows; row->name; row++)
			scn_check_add_word(&w, row->name);
	}
	w.text = to = xcalloc(n_text, 1);
	for (size_t i = 0; i < s->n_bound; i++) {
		const char *child = scn_check_below(s->bound[i].section, section);
		size_t n = child ? strcspn(child, ".") : 0;

		if (!child)
			continue;
		memcpy(to, child, n);
		scn_check_add_word(&w, to);
		to += n + 1;
	}
	return w;
}

static void scn_check_words_free(struct scn_words *w)
{
	free(w->word);
	free(w->text);
}

/* The section where the word would be right, or NULL: one with such a key, or above such a section.
 */
static const char *scn_check_home(const struct scn_unknown *u, char *buf, size_t n)
{
	for (size_t i = 0; i < u->s->n_bound; i++) {
		const char *section = u->s->bound[i].section;
		const char *dot = strrchr(section, '.');

		if (!u->is_section && opt_find(u->s->bound[i].rows, u->word))
			return section;
		if (strcmp(dot ? dot + 1 : section, u->word) == 0) {
			snprintf(buf, n, "%.*s", dot ? (int)(dot - section) : 0, section);
			return buf;
		}
	}
	return NULL;
}

/* "a, b, c", cut with dots where the line would get too long. */
static void scn_check_list(const struct scn_words *w, char *buf, size_t n)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < w->n; i++) {
		size_t more = strlen(w->word[i]) + 2;

		if (used + more + sizeof ", ..." > n) {
			snprintf(buf + used, n - used, ", ...");
			return;
		}
		used += (size_t)snprintf(buf + used, n - used, "%s%s", i ? ", " : "", w->word[i]);
	}
}

static int scn_check_report(const struct scn_unknown *u, struct err *e)
{
	const char *what = u->is_section ? "section" : "key";
	struct err_place at = u->item->key_at;
	struct scn_words words = scn_check_words(u->s, u->section);
	const char *near = err_nearest(u->word, words.word);
	char buf[SCN_PATH_MAX + 1], list[500];
	const char *home = scn_check_home(u, buf, sizeof buf);
	int ret;

	if (home && !*home)
		home = "the top level";
	if (u->is_section && at.line && scn_section_at(u->s, u->path).line)
		at = scn_section_at(u->s, u->path);
	scn_check_list(&words, list, sizeof list);
	if (near && home)
		ret = err_at(e, at, "%s: unknown %s; did you mean '%s'? ('%s' belongs to %s)",
			     u->path, what, near, u->word, home);
	else if (near)
		ret = err_at(e, at, "%s: unknown %s; did you mean '%s'?", u->path, what, near);
	else if (home)
		ret = err_at(e, at, "%s: unknown %s here; '%s' belongs to %s", u->path, what,
			     u->word, home);
	else
		ret = err_at(e, at, "%s: unknown %s, allowed: %s", u->path, what, list);
	scn_check_words_free(&words);
	return ret;
}

/* The whole path is that of a section, or goes on below a key. */
static int scn_check_nesting(const struct scn_unknown *u, struct err *e)
{
	struct scn_words words;
	char list[500];
	int ret;

	if (u->is_section)
		return err_at(e, u->item->key_at, "%s: got a section, allowed: one value", u->path);
	words = scn_check_words(u->s, u->path);
	scn_check_list(&words, list, sizeof list);
	ret = err_at(e, u->item->at, "%s: got '%.80s', allowed: a section with the keys %s",
		     u->path, u->item->value, list);
	scn_check_words_free(&words);
	return ret;
}

static bool scn_check_is_key(const struct scn *s, const char *section, const char *word)
{
	for (size_t i = 0; i < s->n_bound; i++)
		if (strcmp(s->bound[i].section, section) == 0 && opt_find(s->bound[i].rows, word))
			return true;
	return false;
}

static int scn_check_item(const struct scn *s, const struct scn_item *item, struct err *e)
{
	struct scn_unknown u = {.s = s, .item = item};
	const char *end = item->path;
	bool known;

	do {
		const char *word = end;

		end = strchr(word, '.');
		u.is_section = end != NULL;
		end = end ? end + 1 : word + strlen(word);
		strcpy(u.section, u.path);
		snprintf(u.path, sizeof u.path, "%.*s", (int)(end - item->path) - u.is_section,
			 item->path);
		u.word = u.path + (word - item->path);
		known = scn_check_is_known(s, u.path);
	} while (known && u.is_section);
	if (known || scn_check_is_key(s, u.section, u.word))
		return scn_check_nesting(&u, e);
	return scn_check_report(&u, e);
}

int scn_check_used(const struct scn *s, struct err *e)
{
	for (size_t i = 0; i < s->n_items; i++)
		if (!s->item[i].used && !scn_is_sweep(s->item[i].path))
			return scn_check_item(s, &s->item[i], e);
	return 0;
}
