/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scn - a scenario as a flat, ordered list of (path, value, place); knows no model.
 *
 * YAML (libyaml's document API) is read into items: the mapping {devices: {net0: {mapping: static}}}
 * is one item "devices.net0.mapping" = "static". `--set PATH=VALUE` replaces or adds an item.
 * Below "sweep." a value is a list: one item per axis, its values in `list`. Keys of sweep items are
 * paths themselves ("sweep.devices.net0.mapping" for the key "devices.net0.mapping").
 * Who builds the machine reads items by path and marks them used; what stays unused is an error.
 */
#ifndef SIM_SCN_H
#define SIM_SCN_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/err.h"
#include "sim/opt.h"

enum scn_source { SCN_DEFAULT, SCN_FILE, SCN_COMMAND_LINE };

struct scn_item {
	char *path;   /* dotted */
	char *value;  /* scalar text; NULL for a list */
	char **list;  /* NULL-ended; only below "sweep." */
	struct err_place at;
	enum scn_source source;
	bool used;
};

struct scn {
	char *file;     /* as given by the user */
	char *question; /* the first comment block, without '#', lines joined by '\n'; "" if none */
	struct scn_item *item;
	size_t n_items;
};

/* Read a file ("-" is standard input) or a text. Duplicate keys, tags, aliases, wrong nesting, a file
 * above 1 MiB are errors with file:line:column. 0 or -errno. */
int scn_load(struct scn *s, const char *file, struct err *e);
int scn_parse(struct scn *s, const char *name, const char *text, size_t n_bytes, struct err *e);
void scn_free(struct scn *s);
/* A deep copy, all items unused. */
void scn_copy(struct scn *to, const struct scn *from);

/* "PATH=VALUE". The path may be given before its section exists. */
int scn_set(struct scn *s, const char *assignment, struct err *e);

/* The item of that path, or NULL; does not mark it used. */
struct scn_item *scn_find(const struct scn *s, const char *path);

/* The distinct next words below a path ("devices" -> "net0", "nvme0"), in file order; returns how many
 * were written to word[0..max-1]. Pointers live until the scenario changes. Not for "sweep". */
size_t scn_children(const struct scn *s, const char *path, const char **word, size_t max);

/* Fill obj from "section.*" by rows: defaults first, then the scenario's items, marking them used.
 * A row without default that is missing is an error. Only direct children that are rows are
 * taken; other keys stay unused. section "" is the top level. */
int scn_bind(struct scn *s, const char *section, const struct opt *rows, void *obj, struct err *e);

/* After all binding: the first unused item is an error that names the nearest row among those that
 * were bound in that section (scn_bind remembers its rows). Items below "sweep." do not count. */
int scn_check_used(const struct scn *s, struct err *e);

#endif
