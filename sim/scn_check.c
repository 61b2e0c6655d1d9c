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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scn_impl.h"
#include "sim/xalloc.h"

/* Paths that are right: of every row that was bound, then of the sections. */
struct scn_known {
	char **path;
	size_t n, n_keys; /* the first n_keys are keys */
};

/* An unused item and the first unknown word of its path. */
struct scn_unknown {
	const struct scn *s;
	const struct scn_known *known;
	const struct scn_item *item;
	char section[SCN_PATH_MAX + 1]; /* known, above the word */
	char path[SCN_PATH_MAX + 1];    /* up to the word */
	const char *word;               /* the end of path */
	bool is_section;                /* more words follow */
};

/* The words that may stand in a section, NULL-ended. */
struct scn_words {
	char **word;
	size_t n;
};

static void scn_check_know(struct scn_known *k, const char *section, const char *name)
{
	k->path = xrealloc(k->path, k->n + 1, sizeof *k->path);
	k->path[k->n++] = xasprintf("%s%s%s", section, *section && *name ? "." : "", name);
}

static struct scn_known scn_check_known(const struct scn *s)
{
	struct scn_known k = {NULL, 0, 0};

	for (size_t i = 0; i < s->n_bound; i++)
		for (const struct opt *row = s->bound[i].rows; row->name; row++)
			scn_check_know(&k, s->bound[i].section, row->name);
	k.n_keys = k.n;
	for (size_t i = 0; i < s->n_bound; i++)
		scn_check_know(&k, s->bound[i].section, "");
	return k;
}

static void scn_check_known_free(struct scn_known *k)
{
	for (size_t i = 0; i < k->n; i++)
		free(k->path[i]);
	free(k->path);
}

/* What follows `section` in path: "b.c" for "a.b.c" below "a"; NULL if path is not below it. */
static const char *scn_check_below(const char *path, const char *section)
{
	size_t n = strlen(section);

	if (n == 0)
		return *path ? path : NULL;
	return strncmp(path, section, n) == 0 && path[n] == '.' ? path + n + 1 : NULL;
}

static bool scn_check_is_section(const struct scn_known *k, const char *path)
{
	for (size_t i = 0; i < k->n; i++)
		if (scn_check_below(k->path[i], path) ||
		    (i >= k->n_keys && strcmp(k->path[i], path) == 0))
			return true;
	return false;
}

static bool scn_check_is_key(const struct scn_known *k, const char *path)
{
	for (size_t i = 0; i < k->n_keys; i++)
		if (strcmp(k->path[i], path) == 0)
			return true;
	return false;
}

static void scn_check_add_word(struct scn_words *w, const char *word, size_t n_word)
{
	for (size_t i = 0; i < w->n; i++)
		if (strncmp(w->word[i], word, n_word) == 0 && !w->word[i][n_word])
			return;
	w->word = xrealloc(w->word, w->n + 2, sizeof *w->word);
	w->word[w->n++] = xstrndup(word, n_word);
	w->word[w->n] = NULL;
}

static struct scn_words scn_check_words(const struct scn_known *k, const char *section)
{
	struct scn_words w = {xcalloc(1, sizeof *w.word), 0};

	for (size_t i = 0; i < k->n; i++) {
		const char *child = scn_check_below(k->path[i], section);

		if (child)
			scn_check_add_word(&w, child, strcspn(child, "."));
	}
	return w;
}

static void scn_check_words_free(struct scn_words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->word[i]);
	free(w->word);
}

/* Where the word would be right: the section in buf, false if nowhere. */
static bool scn_check_home(const struct scn_unknown *u, char *buf, size_t n)
{
	for (size_t i = u->is_section ? u->known->n_keys : 0; i < u->known->n; i++) {
		const char *path = u->known->path[i];
		const char *dot = strrchr(path, '.');

		if (strcmp(dot ? dot + 1 : path, u->word) != 0)
			continue;
		snprintf(buf, n, "%.*s", dot ? (int)(dot - path) : 13,
			 dot ? path : "the top level");
		return true;
	}
	return false;
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
	struct scn_words words = scn_check_words(u->known, u->section);
	const char *near = err_nearest(u->word, (const char *const *)words.word);
	char home[SCN_PATH_MAX + 1], list[500];
	bool has_home = scn_check_home(u, home, sizeof home);
	int ret;

	if (u->is_section && at.line && scn_section_at(u->s, u->path).line)
		at = scn_section_at(u->s, u->path);
	scn_check_list(&words, list, sizeof list);
	if (near && has_home)
		ret = err_at(e, at, "%s: unknown %s; did you mean '%s'? ('%s' belongs to %s)",
			     u->path, what, near, u->word, home);
	else if (near)
		ret = err_at(e, at, "%s: unknown %s; did you mean '%s'?", u->path, what, near);
	else if (has_home)
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
	words = scn_check_words(u->known, u->path);
	scn_check_list(&words, list, sizeof list);
	ret = err_at(e, u->item->at, "%s: got '%.80s', allowed: a section with the keys %s",
		     u->path, u->item->value, list);
	scn_check_words_free(&words);
	return ret;
}

static int scn_check_item(struct scn_unknown *u, struct err *e)
{
	const char *path = u->item->path, *end = path;
	bool is_known;

	do {
		const char *word = end;

		end = strchr(word, '.');
		u->is_section = end != NULL;
		end = end ? end + 1 : word + strlen(word);
		strcpy(u->section, u->path);
		snprintf(u->path, sizeof u->path, "%.*s", (int)(end - path) - u->is_section, path);
		u->word = u->path + (word - path);
		is_known = scn_check_is_section(u->known, u->path);
	} while (is_known && u->is_section);
	if (is_known || scn_check_is_key(u->known, u->path))
		return scn_check_nesting(u, e);
	return scn_check_report(u, e);
}

int scn_check_used(const struct scn *s, struct err *e)
{
	for (size_t i = 0; i < s->n_items; i++) {
		struct scn_known known;
		struct scn_unknown u = {.s = s, .known = &known, .item = &s->item[i]};
		int ret;

		if (u.item->used || scn_is_sweep(u.item->path))
			continue;
		known = scn_check_known(s);
		ret = scn_check_item(&u, e);
		scn_check_known_free(&known);
		return ret;
	}
	return 0;
}
