/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * params - the parameters of a run as they are stored: path, value, source, evidence.
 *
 * Values are stored in canonical form, so that "3us" and "3000ns" are the same. A cost keeps its evidence
 * tag while it has its default; any other value counts as an estimate.
 */
#include "cli/params.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/xalloc.h"

static const char *const source_names[] = {
	[SCN_DEFAULT] = "default", [SCN_FILE] = "file", [SCN_COMMAND_LINE] = "command line"};

static const char *evidence_of(const char *section, const char *name, enum scn_source source)
{
	if (strcmp(section, "costs") != 0)
		return "";
	for (unsigned p = 0; p < PRIM_N; p++)
		if (strcmp(prim_rows[p].name, name) == 0 && source == SCN_DEFAULT)
			return prim_rows[p].evidence;
	return "estimate";
}

void params_add(struct machine *m, const char *section, const struct opt *rows, const void *obj)
{
	for (const struct opt *row = rows; row->name; row++) {
		struct store_param *p;
		const struct scn_item *item;
		enum scn_source source;
		char value[512];

		m->param = xrealloc(m->param, m->n_params + 1, sizeof *m->param);
		p = &m->param[m->n_params++];
		p->path = *section ? xasprintf("%s.%s", section, row->name) : xstrdup(row->name);
		item = scn_find(&m->scn, p->path);
		source = item ? item->source : SCN_DEFAULT;
		opt_format(row, obj, value, sizeof value);
		p->value = xstrdup(value);
		p->source = source_names[source];
		p->evidence = evidence_of(section, row->name, source);
	}
}

void params_add_derived(struct machine *m, const char *path, const char *value)
{
	m->param = xrealloc(m->param, m->n_params + 1, sizeof *m->param);
	m->param[m->n_params++] = (struct store_param){
		.path = xstrdup(path), .value = xstrdup(value), .source = "derived", .evidence = ""};
}

static struct store_param *params_find(const struct machine *m, const char *path)
{
	for (size_t i = 0; i < m->n_params; i++)
		if (strcmp(m->param[i].path, path) == 0)
			return &m->param[i];
	return NULL;
}

/* Strings of parameters are const for their readers, but owned here. */
static void params_drop(const char *s)
{
	free((void *)(uintptr_t)s);
}

void params_seed(struct machine *m)
{
	struct store_param *p = params_find(m, "seed");

	assert(p);
	params_drop(p->value);
	p->value = xasprintf("%llu", (unsigned long long)m->run.seed);
	p->source = source_names[SCN_COMMAND_LINE];
}

const char *params_value(const struct machine *m, const char *path, const char *def)
{
	const struct store_param *p = params_find(m, path);

	return p ? p->value : def;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct store_param *)a)->path, ((const struct store_param *)b)->path);
}

void params_sort(struct machine *m)
{
	qsort(m->param, m->n_params, sizeof *m->param, by_path);
}

void params_free(struct machine *m)
{
	for (size_t i = 0; i < m->n_params; i++) {
		params_drop(m->param[i].path);
		params_drop(m->param[i].value);
	}
	free(m->param);
}
