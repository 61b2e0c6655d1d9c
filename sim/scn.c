/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scn - keeps the items of a scenario, finds them by path, fills structs from them.
 *
 * Items stand in the order of the file; a second array of indices, sorted by path, serves look-ups.
 * All paths below a section are neighbours there.
 */
#include "sim/scn.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scn_impl.h"
#include "sim/xalloc.h"

static const char scn_set_place[] = "--set";

bool scn_is_sweep(const char *path)
{
	return strncmp(path, "sweep", 5) == 0 && (path[5] == '\0' || path[5] == '.');
}

int scn_path_check(const char *path, struct err_place at, struct err *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_";
	const char *word = path;

	if (strlen(path) > SCN_PATH_MAX)
		return err_at(e, at, "%.40s...: a path of more than %d characters", path,
			      SCN_PATH_MAX);
	for (;;) {
		size_t n = strspn(word, letters);

		if (n == 0 || (word[n] != '.' && word[n] != '\0'))
			return err_at(e, at,
				      "got the key '%.80s', allowed: letters, digits, '-' and '_', "
				      "with dots between words",
				      path);
		if (word[n] == '\0')
			return 0;
		word += n + 1;
	}
}

int scn_value_check(const char *path, const char *value, size_t n, struct err_place at,
		    struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c < 0x20 || c == 0x7f)
			return err_at(e, at,
				      "%s: got a line break or control character, allowed: "
				      "one line of text",
				      path);
	}
	return 0;
}

struct scn_item *scn_append(struct scn *s, const char *path)
{
	struct scn_item *item;

	/* Room grows by doubling, so n_items itself says when it is full. */
	if ((s->n_items & (s->n_items - 1)) == 0) {
		size_t room = s->n_items ? s->n_items * 2 : 1;

		s->item = xrealloc(s->item, room, sizeof *s->item);
		s->order = xrealloc(s->order, room, sizeof *s->order);
	}
	item = &s->item[s->n_items++];
	*item = (struct scn_item){.path = xstrdup(path), .split = xstrdup(path)};
	for (char *c = item->split; *c; c++)
		if (*c == '.')
			*c = '\0';
	return item;
}

void scn_append_section(struct scn *s, const char *path, struct err_place at)
{
	if ((s->n_sections & (s->n_sections - 1)) == 0)
		s->section = xrealloc(s->section, s->n_sections ? s->n_sections * 2 : 1,
				      sizeof *s->section);
	s->section[s->n_sections++] = (struct scn_section){xstrdup(path), at};
}

/* The position in s->order of the first path that is not below `path` in the sort order. */
static size_t scn_lower_bound(const struct scn *s, const char *path, size_t n_sorted)
{
	size_t first = 0, n = n_sorted;

	while (n > 0) {
		size_t half = n / 2;

		if (strcmp(s->item[s->order[first + half]].path, path) < 0) {
			first += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return first;
}

/* Enter the last item into s->order, which holds all others. */
static void scn_sort_last(struct scn *s)
{
	size_t last = s->n_items - 1;
	size_t at = scn_lower_bound(s, s->item[last].path, last);

	memmove(s->order + at + 1, s->order + at, (last - at) * sizeof *s->order);
	s->order[at] = last;
}

static int scn_compare(const void *a, const void *b, void *self)
{
	const struct scn_item *item = self;

	return strcmp(item[*(const size_t *)a].path, item[*(const size_t *)b].path);
}

void scn_sort(struct scn *s)
{
	for (size_t i = 0; i < s->n_items; i++)
		s->order[i] = i;
	if (s->n_items)
		qsort_r(s->order, s->n_items, sizeof *s->order, scn_compare, s->item);
}

struct err_place scn_section_at(const struct scn *s, const char *path)
{
	for (size_t i = 0; i < s->n_sections; i++)
		if (strcmp(s->section[i].path, path) == 0)
			return s->section[i].at;
	return (struct err_place){s->file, 0, 0};
}

/* The first comment block; libyaml drops comments, so the text itself is read. */
static char *scn_question(const char *text, size_t n_bytes)
{
	const char *end = text + n_bytes;
	char *question = xcalloc(n_bytes + 1, 1), *to = question;

	while (text < end && strchr(" \t\r\n", *text))
		text++;
	while (text < end && *text == '#') {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;

		text += text + 1 < stop && text[1] == ' ' ? 2 : 1;
		while (stop > text && (stop[-1] == '\r' || stop[-1] == ' '))
			stop--;
		if (to != question)
			*to++ = '\n';
		memcpy(to, text, (size_t)(stop - text));
		to += stop - text;
		text = newline ? newline + 1 : end;
	}
	*to = '\0';
	return xrealloc(question, (size_t)(to - question) + 1, 1);
}

int scn_parse(struct scn *s, const char *name, const char *text, size_t n_bytes, struct err *e)
{
	int ret;

	*s = (struct scn){.file = xstrdup(name)};
	if (n_bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* byte order mark */
		text += 3;
		n_bytes -= 3;
	}
	if (n_bytes > SCN_FILE_MAX)
		ret = err_user(e, "%s: larger than 1MiB", name);
	else if (memchr(text, '\0', n_bytes))
		ret = err_user(e, "%s: not a text file", name);
	else
		ret = scn_yaml_read(s, text, n_bytes, e);
	if (ret) {
		scn_free(s);
		return ret;
	}
	s->question = scn_question(text, n_bytes);
	scn_sort(s);
	return 0;
}

int scn_load(struct scn *s, const char *file, struct err *e)
{
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "rb");
	char *text;
	size_t n;
	int ret;

	*s = (struct scn){0};
	if (!f)
		return err_user(e, "%s: %s", file, strerror(errno));
	/* One byte more than is allowed: scn_parse() sees that there is more. */
	text = xcalloc(SCN_FILE_MAX + 1, 1);
	n = fread(text, 1, SCN_FILE_MAX + 1, f);
	ret = ferror(f) ? err_user(e, "%s: %s", file, strerror(errno))
			: scn_parse(s, file, text, n, e);
	if (f != stdin)
		fclose(f);
	free(text);
	return ret;
}

void scn_free(struct scn *s)
{
	for (size_t i = 0; i < s->n_items; i++) {
		struct scn_item *item = &s->item[i];

		for (char **word = item->list; word && *word; word++)
			free(*word);
		free(item->list);
		free(item->path);
		free(item->split);
		free(item->value);
	}
	for (size_t i = 0; i < s->n_sections; i++)
		free(s->section[i].path);
	for (size_t i = 0; i < s->n_bound; i++)
		free(s->bound[i].section);
	free(s->item);
	free(s->order);
	free(s->section);
	free(s->bound);
	free(s->question);
	free(s->file);
	*s = (struct scn){0};
}

/* A place in the scenario's own file must not point into another copy of the scenario. */
static struct err_place scn_own_place(const struct scn *s, struct err_place at)
{
	if (at.file && s->file && strcmp(at.file, s->file) == 0)
		at.file = s->file;
	return at;
}

static char **scn_copy_list(char **list)
{
	size_t n = 0;
	char **copy;

	if (!list)
		return NULL;
	while (list[n])
		n++;
	copy = xcalloc(n + 1, sizeof *copy);
	for (size_t i = 0; i < n; i++)
		copy[i] = xstrdup(list[i]);
	return copy;
}

void scn_copy(struct scn *to, const struct scn *from)
{
	*to = (struct scn){.file = xstrdup(from->file), .question = xstrdup(from->question)};
	for (size_t i = 0; i < from->n_items; i++) {
		const struct scn_item *item = &from->item[i];
		struct scn_item *copy = scn_append(to, item->path);

		copy->value = item->value ? xstrdup(item->value) : NULL;
		copy->list = scn_copy_list(item->list);
		copy->at = scn_own_place(to, item->at);
		copy->key_at = scn_own_place(to, item->key_at);
		copy->source = item->source;
	}
	for (size_t i = 0; i < from->n_sections; i++)
		scn_append_section(to, from->section[i].path,
				   scn_own_place(to, from->section[i].at));
	if (from->n_items)
		memcpy(to->order, from->order, from->n_items * sizeof *to->order);
}

int scn_put(struct scn *s, const char *path, const char *value, struct err_place at, struct err *e)
{
	struct scn_item *item;
	int ret = scn_path_check(path, at, e);

	if (!ret)
		ret = scn_value_check(path, value, strlen(value), at, e);
	if (ret)
		return ret;
	if (scn_is_sweep(path))
		return err_at(e, at, "%s: axes of a sweep cannot be set", path);
	item = scn_find(s, path);
	if (!item) {
		item = scn_append(s, path);
		scn_sort_last(s);
	}
	free(item->value);
	item->value = xstrdup(value);
	item->at = item->key_at = scn_own_place(s, at);
	item->source = SCN_COMMAND_LINE;
	item->used = false;
	return 0;
}

int scn_set(struct scn *s, const char *assignment, struct err *e)
{
	const struct err_place at = {scn_set_place, 0, 0};
	const char *equals = strchr(assignment, '=');
	char *path;
	int ret;

	if (!equals || equals == assignment)
		return err_at(e, at, "got '%.80s', allowed PATH=VALUE", assignment);
	path = xstrndup(assignment, (size_t)(equals - assignment));
	ret = scn_put(s, path, equals + 1, at, e);
	free(path);
	return ret;
}

struct scn_item *scn_find(const struct scn *s, const char *path)
{
	size_t at = scn_lower_bound(s, path, s->n_items);

	if (at == s->n_items || strcmp(s->item[s->order[at]].path, path) != 0)
		return NULL;
	return &s->item[s->order[at]];
}

size_t scn_children(const struct scn *s, const char *path, const char **word, size_t max)
{
	size_t n = 0, n_path = strlen(path);

	for (size_t i = 0; i < s->n_items && n < max; i++) {
		const struct scn_item *item = &s->item[i];
		const char *child = item->split + (n_path ? n_path + 1 : 0);
		size_t k = 0;

		if (n_path && (strncmp(item->path, path, n_path) != 0 || item->path[n_path] != '.'))
			continue;
		while (k < n && strcmp(word[k], child) != 0)
			k++;
		if (k == n)
			word[n++] = child;
	}
	return n;
}

static void scn_remember(struct scn *s, const char *section, const struct opt *rows)
{
	if ((s->n_bound & (s->n_bound - 1)) == 0)
		s->bound = xrealloc(s->bound, s->n_bound ? s->n_bound * 2 : 1, sizeof *s->bound);
	s->bound[s->n_bound++] = (struct scn_bound){xstrdup(section), rows};
}

static int scn_missing(const struct scn *s, const char *section, const char *path,
		       const struct opt *row, struct err *e)
{
	bool is_list = row->kind == OPT_KIND_BOOL || row->kind == OPT_KIND_ENUM;
	char allowed[400];

	opt_allowed(row, allowed, sizeof allowed);
	return err_at(e, scn_section_at(s, section), "%s: missing, allowed%s %s", path,
		      is_list ? ":" : "", allowed);
}

int scn_bind(struct scn *s, const char *section, const struct opt *rows, void *obj, struct err *e)
{
	scn_remember(s, section, rows);
	opt_defaults(rows, obj);
	for (const struct opt *row = rows; row->name; row++) {
		char path[SCN_PATH_MAX + 100];
		struct scn_item *item;
		int ret = 0;

		snprintf(path, sizeof path, "%s%s%s", section, *section ? "." : "", row->name);
		item = scn_find(s, path);
		if (item) {
			item->used = true;
			ret = opt_set(row, obj, item->value, path, item->at, e);
		} else if (!row->def) {
			ret = scn_missing(s, section, path, row, e);
		}
		if (ret)
			return ret;
	}
	return 0;
}
