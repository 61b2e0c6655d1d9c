/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scn_impl - what the files of scn share; nobody else includes it.
 */
#ifndef SIM_SCN_IMPL_H
#define SIM_SCN_IMPL_H

#include "sim/scn.h"

enum {
	SCN_PATH_MAX = 256,         /* characters of a path */
	SCN_FILE_MAX = 1024 * 1024, /* bytes of a file */
};

/* Is the path "sweep" or below it? */
bool scn_is_sweep(const char *path);

/* Words of letters, digits, '-' and '_' with dots between them, at most SCN_PATH_MAX characters? If
 * not, *e says so at that place. */
int scn_path_check(const char *path, struct err_place at, struct err *e);

/* One line of text? n bytes, which may hold anything. */
int scn_value_check(const char *path, const char *value, size_t n, struct err_place at,
		    struct err *e);

/* Append an item without value; s->order does not know it yet. The pointer lives until the next
 * one. */
struct scn_item *scn_append(struct scn *s, const char *path);

/* Append a section, its place too. */
void scn_append_section(struct scn *s, const char *path, struct err_place at);

/* Sort s->order anew. */
void scn_sort(struct scn *s);

/* The place of the section of that path; only the file if it was not written as a mapping. */
struct err_place scn_section_at(const struct scn *s, const char *path);

/* YAML -> items and sections, in the order of the file. 0 or -errno. */
int scn_yaml_read(struct scn *s, const char *text, size_t n_bytes, struct err *e);

#endif
