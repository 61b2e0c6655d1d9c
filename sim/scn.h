/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scn - a scenario as a flat, ordered list of (path, value, place); knows no model.
 *
 * YAML (libyaml) is read into items: the mapping {devices: {net0: {mapping: static}}} is one item
 * "devices.net0.mapping" = "static"; a key with dots is the same path written at once. `--set
 * PATH=VALUE` replaces or adds an item. Plain scalars stay text: `on` is "on", `6.10` is "6.10".
 * Below "sweep." a value is a list: one item per axis, its values in `list`. Keys of sweep items
 * are paths themselves ("sweep.devices.net0.mapping" for the key "devices.net0.mapping"). Who
 * builds the machine reads items by path and marks them used; what stays unused is an error.
 */
#ifndef SIM_SCN_H
#define SIM_SCN_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/err.h"
#include "sim/opt.h"

enum scn_source { SCN_DEFAULT, SCN_FILE, SCN_COMMAND_LINE };

struct scn_item {
	char *path;              /* dotted */
	char *value;             /* scalar text; NULL for a list */
	char **list;             /* NULL-ended; only below "sweep." */
	struct err_place at;     /* of the value */
	struct err_place key_at; /* of the key */
	enum scn_source source;
	bool used;
	char *split; /* private: path with '\0' for each dot */
};

/* A mapping with its place; for messages. */
struct scn_section {
	char *path;
	struct err_place at;
};

/* Rows that scn_bind() took a section's keys from. */
struct scn_bound {
	char *section;
	const struct opt *rows;
};

struct scn {
	char *file;     /* as given by the user */
	char *question; /* the first comment block, without '#', lines joined by '\n'; "" if none */
	struct scn_item *item; /* in the order of the file, then of the command line */
	size_t n_items;
	/* private to scn*.c */
	size_t *order; /* indices of items, sorted by path */
	struct scn_section *section;
	size_t n_sections;
	struct scn_bound *bound;
	size_t n_bound;
};

/* Read a file ("-" is standard input) or a text. Duplicate keys, tags, aliases, wrong nesting,
 * sections and keys without content, a file above 1 MiB are errors with file:line:column. 0 or
 * -errno; after an error there is nothing to free. */
int scn_load(struct scn *s, const char *file, struct err *e);
int scn_parse(struct scn *s, const char *name, const char *text, size_t n_bytes, struct err *e);
void scn_free(struct scn *s);
/* A deep copy, all items unused. */
void scn_copy(struct scn *to, const struct scn *from);

/* "PATH=VALUE". The path may be given before its section exists; not below "sweep". The
 * last one wins. */
int scn_set(struct scn *s, const char *assignment, struct err *e);
/* The same with a place of the caller's (that of a sweep's axis), which lives as long as s. */
int scn_put(struct scn *s, const char *path, const char *value, struct err_place at, struct err *e);

/* The item of that path, or NULL; does not mark it used. */
struct scn_item *scn_find(const struct scn *s, const char *path);

/* The distinct next words below a path ("devices" -> "net0", "nvme0"), in file order; returns how
 * many were written to word[0..max-1]. Pointers live until the scenario changes. Not for
 * "sweep". */
size_t scn_children(const struct scn *s, const char *path, const char **word, size_t max);

/* Fill obj from "section.*" by rows: defaults first, then the scenario's items, marking them used.
 * A row without default that is missing is an error. Only direct children that are rows are
 * taken; other keys stay unused. section "" is the top level. */
int scn_bind(struct scn *s, const char *section, const struct opt *rows, void *obj, struct err *e);

/* After all binding: the first unused item is an error that names the nearest row among those that
 * were bound in that section (scn_bind remembers its rows). Items below "sweep." do not count. */
int scn_check_used(const struct scn *s, struct err *e);

#endif
