/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scn_yaml - reads the subset of YAML that scenarios are written in.
 *
 * Mappings of words to one-line texts, and lists below "sweep". libyaml's events are read, not its
 * document: an event still shows anchors and tags, and a file that nests without end is refused at
 * once. Omitted, each with a message: several documents, anchors, aliases, tags, lists elsewhere,
 * values of several lines.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "sim/scn_impl.h"
#include "sim/xalloc.h"

enum { SCN_YAML_DEPTH_MAX = 16 };

struct scn_yaml {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	struct scn *s;
	const char *text;
	size_t n_bytes;
	struct err *e;
	char path[2 * SCN_PATH_MAX + 2]; /* of what is being read */
};

static struct err_place scn_yaml_place(const struct scn_yaml *y, yaml_mark_t mark)
{
	return (struct err_place){y->s->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static struct err_place scn_yaml_here(const struct scn_yaml *y)
{
	return scn_yaml_place(y, y->event.start_mark);
}

/* Bytes that are no text have an offset, but no line. */
static struct err_place scn_yaml_offset_place(const struct scn_yaml *y, size_t offset)
{
	struct err_place at = {y->s->file, 1, 1};

	for (size_t i = 0; i < offset && i < y->n_bytes; i++) {
		at.column++;
		if (y->text[i] == '\n') {
			at.line++;
			at.column = 1;
		}
	}
	return at;
}

static int scn_yaml_broken(struct scn_yaml *y)
{
	const yaml_parser_t *p = &y->parser;
	size_t offset = p->problem_mark.index;
	bool is_tab = offset < y->n_bytes && y->text[offset] == '\t';

	if (p->error == YAML_MEMORY_ERROR)
		return err_env(y->e, "%s: out of memory", y->s->file);
	if (p->error == YAML_READER_ERROR)
		return err_at(y->e, scn_yaml_offset_place(y, p->problem_offset),
			      "not a text file: %s", p->problem);
	if (is_tab)
		return err_at(y->e, scn_yaml_place(y, p->problem_mark),
			      "got a tab, allowed: spaces");
	return err_at(y->e, scn_yaml_place(y, p->problem_mark), "not YAML: %s%s%s", p->problem,
		      p->context ? ", " : "", p->context ? p->context : "");
}

/* Go to the next event; anchors and tags are refused wherever they stand. */
static int scn_yaml_next(struct scn_yaml *y)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	yaml_event_delete(&y->event);
	if (!yaml_parser_parse(&y->parser, &y->event))
		return scn_yaml_broken(y);
	if (y->event.type == YAML_SCALAR_EVENT) {
		anchor = y->event.data.scalar.anchor;
		tag = y->event.data.scalar.tag;
	} else if (y->event.type == YAML_MAPPING_START_EVENT) {
		anchor = y->event.data.mapping_start.anchor;
		tag = y->event.data.mapping_start.tag;
	} else if (y->event.type == YAML_SEQUENCE_START_EVENT) {
		anchor = y->event.data.sequence_start.anchor;
		tag = y->event.data.sequence_start.tag;
	} else if (y->event.type == YAML_ALIAS_EVENT) {
		return err_at(y->e, scn_yaml_here(y),
			      "got the alias '*%.80s', allowed: plain values",
			      (const char *)y->event.data.alias.anchor);
	}
	if (anchor)
		return err_at(y->e, scn_yaml_here(y),
			      "got the anchor '&%.80s', allowed: plain values",
			      (const char *)anchor);
	if (tag)
		return err_at(y->e, scn_yaml_here(y), "got the tag '%.80s', allowed: plain values",
			      (const char *)tag);
	return 0;
}

/* The current scalar as fresh text, NULL after an error. */
static char *scn_yaml_scalar(struct scn_yaml *y)
{
	const char *value = (const char *)y->event.data.scalar.value;
	size_t n = y->event.data.scalar.length;

	if (n == 0 && y->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		err_at(y->e, scn_yaml_here(y), "%s: no value", y->path);
		return NULL;
	}
	if (scn_value_check(y->path, value, n, scn_yaml_here(y), y->e))
		return NULL;
	return xstrndup(value, n);
}

static int scn_yaml_add_value(struct scn_yaml *y, struct err_place key_at)
{
	struct scn_item *item;
	char *value;

	if (scn_is_sweep(y->path))
		return err_at(y->e, scn_yaml_here(y), "%s: got '%.80s', allowed: %s", y->path,
			      (const char *)y->event.data.scalar.value,
			      strcmp(y->path, "sweep") == 0 ? "axes, as PATH: [VALUE, ...]"
							    : "a list, as [VALUE, ...]");
	value = scn_yaml_scalar(y);
	if (!value)
		return -EINVAL;
	item = scn_append(y->s, y->path);
	item->value = value;
	item->at = scn_yaml_here(y);
	item->key_at = key_at;
	item->source = SCN_FILE;
	return 0;
}

/* Append the current event to an axis of n values. */
static int scn_yaml_add_axis_value(struct scn_yaml *y, struct scn_item *item, size_t n)
{
	char *value;

	if (y->event.type != YAML_SCALAR_EVENT)
		return err_at(y->e, scn_yaml_here(y), "%s: got a list or section, allowed: values",
			      y->path);
	value = scn_yaml_scalar(y);
	if (!value)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (strcmp(item->list[i], value) == 0) {
			free(value);
			return err_at(y->e, scn_yaml_here(y), "%s: got '%.80s' twice", y->path,
				      item->list[i]);
		}
	item->list = xrealloc(item->list, n + 2, sizeof *item->list);
	item->list[n] = value;
	item->list[n + 1] = NULL;
	return 0;
}

static int scn_yaml_add_axis(struct scn_yaml *y, struct err_place key_at)
{
	struct scn_item *item;
	size_t n = 0;
	int ret;

	if (!scn_is_sweep(y->path))
		return err_at(y->e, scn_yaml_here(y),
			      "%s: got a list, allowed: one value; lists belong below 'sweep'",
			      y->path);
	if (strcmp(y->path, "sweep") == 0)
		return err_at(y->e, scn_yaml_here(y),
			      "sweep: got a list, allowed: axes, as PATH: [VALUE, ...]");
	item = scn_append(y->s, y->path);
	item->list = xcalloc(1, sizeof *item->list);
	item->at = scn_yaml_here(y);
	item->key_at = key_at;
	item->source = SCN_FILE;
	while ((ret = scn_yaml_next(y)) == 0 && y->event.type != YAML_SEQUENCE_END_EVENT) {
		ret = scn_yaml_add_axis_value(y, item, n++);
		if (ret)
			return ret;
	}
	if (!ret && n == 0)
		return err_at(y->e, item->at, "%s: got an empty list", y->path);
	return ret;
}

static int scn_yaml_mapping(struct scn_yaml *y, unsigned depth);

static int scn_yaml_section(struct scn_yaml *y, struct err_place key_at, unsigned depth)
{
	if (depth == SCN_YAML_DEPTH_MAX)
		return err_at(y->e, scn_yaml_here(y), "%s: nested deeper than %d sections", y->path,
			      SCN_YAML_DEPTH_MAX);
	scn_append_section(y->s, y->path, key_at);
	return scn_yaml_mapping(y, depth + 1);
}

/* Append the current event, a key, to y->path. */
static int scn_yaml_key(struct scn_yaml *y, size_t n_path)
{
	const char *key = (const char *)y->event.data.scalar.value;
	int ret;

	if (y->event.type != YAML_SCALAR_EVENT)
		return err_at(y->e, scn_yaml_here(y),
			      "got a list or section as key, allowed: a word");
	/* A key with a NUL byte is cut there and then has a letter too few or is empty. */
	if (strlen(key) != y->event.data.scalar.length)
		key = "";
	ret = scn_path_check(key, scn_yaml_here(y), y->e);
	if (ret)
		return ret;
	if (n_path)
		y->path[n_path++] = '.';
	strcpy(y->path + n_path, key); /* both were checked: at most SCN_PATH_MAX each */
	return scn_path_check(y->path, scn_yaml_here(y), y->e);
}

/* The current event began the mapping. y->path is the same before and after. */
static int scn_yaml_mapping(struct scn_yaml *y, unsigned depth)
{
	const struct err_place begin = scn_yaml_here(y);
	size_t n_path = strlen(y->path), n_keys = 0;
	int ret;

	while ((ret = scn_yaml_next(y)) == 0 && y->event.type != YAML_MAPPING_END_EVENT) {
		struct err_place key_at = scn_yaml_here(y);

		n_keys++;
		ret = scn_yaml_key(y, n_path);
		if (!ret)
			ret = scn_yaml_next(y);
		if (ret)
			return ret;
		if (y->event.type == YAML_SCALAR_EVENT)
			ret = scn_yaml_add_value(y, key_at);
		else if (y->event.type == YAML_SEQUENCE_START_EVENT)
			ret = scn_yaml_add_axis(y, key_at);
		else
			ret = scn_yaml_section(y, key_at, depth);
		if (ret)
			return ret;
		y->path[n_path] = '\0';
	}
	if (!ret && n_keys == 0)
		return err_at(y->e, begin, "%s%sempty, allowed: keys with values", y->path,
			      n_path ? ": " : "");
	return ret;
}

/* Stream and document start, one mapping, document and stream end. */
static int scn_yaml_stream(struct scn_yaml *y)
{
	int ret = scn_yaml_next(y);

	if (!ret)
		ret = scn_yaml_next(y);
	if (ret)
		return ret;
	if (y->event.type != YAML_STREAM_END_EVENT)
		ret = scn_yaml_next(y);
	if (ret)
		return ret;
	if (y->event.type == YAML_STREAM_END_EVENT ||
	    (y->event.type == YAML_SCALAR_EVENT && y->event.data.scalar.length == 0))
		return err_user(y->e, "%s: empty, allowed: keys with values", y->s->file);
	if (y->event.type != YAML_MAPPING_START_EVENT)
		return err_at(y->e, scn_yaml_here(y), "got a %s, allowed: keys with values",
			      y->event.type == YAML_SCALAR_EVENT ? "text" : "list");
	ret = scn_yaml_mapping(y, 0);
	if (!ret)
		ret = scn_yaml_next(y);
	if (!ret)
		ret = scn_yaml_next(y);
	if (!ret && y->event.type != YAML_STREAM_END_EVENT)
		return err_at(y->e, scn_yaml_here(y),
			      "got a second document, allowed: one scenario");
	return ret;
}

static int scn_yaml_compare(const void *a, const void *b)
{
	const struct scn_section *left = a, *right = b;
	int order = strcmp(left->path, right->path);

	if (order)
		return order;
	if (left->at.line != right->at.line)
		return left->at.line < right->at.line ? -1 : 1;
	return left->at.column < right->at.column ? -1 : left->at.column > right->at.column;
}

/* Items and sections, sorted by path, then by place: neighbours of the same path are duplicates.
 * The first in the file is reported. */
static int scn_yaml_duplicates(const struct scn *s, struct err *e)
{
	size_t n = s->n_items + s->n_sections;
	struct scn_section *key = xcalloc(n, sizeof *key);
	const struct scn_section *twice = NULL;
	int ret = 0;

	for (size_t i = 0; i < s->n_items; i++)
		key[i] = (struct scn_section){s->item[i].path, s->item[i].key_at};
	if (s->n_sections)
		memcpy(key + s->n_items, s->section, s->n_sections * sizeof *key);
	qsort(key, n, sizeof *key, scn_yaml_compare);
	for (size_t i = 1; i < n; i++)
		if (strcmp(key[i - 1].path, key[i].path) == 0 &&
		    (!twice || key[i].at.line < twice->at.line))
			twice = &key[i];
	if (twice)
		ret = err_at(e, twice->at, "%s: given twice, first at line %u", twice->path,
			     twice[-1].at.line);
	free(key);
	return ret;
}

int scn_yaml_read(struct scn *s, const char *text, size_t n_bytes, struct err *e)
{
	struct scn_yaml y = {.s = s, .text = text, .n_bytes = n_bytes, .e = e};
	int ret;

	if (!yaml_parser_initialize(&y.parser))
		return err_env(e, "%s: out of memory", s->file);
	yaml_parser_set_encoding(&y.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&y.parser, (const unsigned char *)text, n_bytes);
	ret = scn_yaml_stream(&y);
	yaml_event_delete(&y.event);
	yaml_parser_delete(&y.parser);
	return ret ? ret : scn_yaml_duplicates(s, e);
}
