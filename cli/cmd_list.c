/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cmd_list - prints the reference from the tables that the program runs on.
 *
 * docs/OPTIONS.md, docs/COSTS.md and docs/COUNTERS.md are this verb's Markdown; `make check`
 * compares them, `make docs` writes them.
 */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "cli/list_page.h"
#include "cli/sections.h"
#include "cli/verb.h"
#include "models/cost/cost.h"
#include "models/counters.h"
#include "models/registry.h"

/* ---- models */

/* The section whose keys a kind's options are, and what its plug-ins are called there; the order of
 * the pages. */
static const struct list_kind {
	enum registry_kind kind;
	const char *section, *word;
} list_kinds[] = {
	{REGISTRY_IOMMU, "iommu", "model"},
	{REGISTRY_GUEST, "devices.NAME", "guest"},
	{REGISTRY_CONSUMER, "devices.NAME.consumer", "model"},
	{REGISTRY_WORKLOAD, "devices.NAME.workload", "model"},
};

static void list_models(const struct list_page *p)
{
	static const struct list_column columns[] = {
		{"kind", false, false}, {"name", true, false}, {"what it is", false, false}, {0}};
	struct list_table t = {columns, NULL, 0};
	struct registry_entry entry;

	list_page_title(p, "Models");
	for (size_t k = 0; k < ARRAY_SIZE(list_kinds); k++)
		for (unsigned i = 0; registry_get(list_kinds[k].kind, i, &entry); i++) {
			list_page_cell(&t, registry_kind_name(list_kinds[k].kind));
			list_page_cell(&t, entry.name);
			list_page_cell(&t, entry.help);
		}
	list_page_table(p, &t);
}

/* ---- options */

static const struct list_column list_option_columns[] = {
	{"key", true, false},     {"default", true, false},    {"unit", false, false},
	{"allowed", true, false}, {"what it is", false, true}, {0}};

/* The key `model` is text for its row; what is allowed are the plug-ins of the section. */
static void list_allowed(const char *section, const struct opt *row, char *buf, size_t n)
{
	struct registry_entry entry;
	size_t used = 0;

	opt_allowed(row, buf, n);
	if (strcmp(row->name, "model") != 0)
		return;
	for (size_t k = 0; k < ARRAY_SIZE(list_kinds); k++) {
		if (strcmp(list_kinds[k].section, section) != 0)
			continue;
		for (unsigned i = 0; registry_get(list_kinds[k].kind, i, &entry) && used < n; i++)
			used += (size_t)snprintf(buf + used, n - used, "%s%s", i ? ", " : "",
						 entry.name);
	}
}

static void list_rows(const struct list_page *p, const char *section, const struct opt *rows)
{
	struct list_table t = {list_option_columns, NULL, 0};
	char allowed[600];

	for (const struct opt *row = rows; row->name; row++) {
		list_allowed(section, row, allowed, sizeof allowed);
		list_page_cell(&t, row->name);
		list_page_cell(&t, !row->def ? "(none)" : *row->def ? row->def : "\"\"");
		list_page_cell(&t, row->unit);
		list_page_cell(&t, allowed);
		list_page_cell(&t, row->help);
	}
	list_page_table(p, &t);
}

static void list_plugin_rows(const struct list_page *p, const struct list_kind *kind)
{
	struct registry_entry entry;
	char heading[400];

	for (unsigned i = 0; registry_get(kind->kind, i, &entry); i++) {
		if (!entry.opts || !entry.opts->name)
			continue;
		snprintf(heading, sizeof heading, "%s, %s %s", kind->section, kind->word,
			 entry.name);
		list_page_heading(p, heading);
		list_page_text(p, entry.help);
		list_rows(p, kind->section, entry.opts);
	}
}

static void list_options(const struct list_page *p)
{
	char heading[200];

	list_page_title(p, "Scenario keys");
	list_page_text(
		p, "Each heading is a section of a scenario, NAME the free name of a device. "
		   "Any key can be given on the command line: --set SECTION.KEY=VALUE, and be an "
		   "axis of a sweep. Values are written with their unit: 10us, 64KiB, 200kpps, "
		   "3GHz; numbers may end in k, M, G or begin with 0x.");
	for (const struct opt_section *s = build_sections; s->path; s++) {
		snprintf(heading, sizeof heading, "%s: %s", *s->path ? s->path : "top level",
			 s->help);
		list_page_heading(p, heading);
		list_rows(p, s->path, s->rows);
		for (size_t k = 0; k < ARRAY_SIZE(list_kinds); k++)
			if (strcmp(list_kinds[k].section, s->path) == 0)
				list_plugin_rows(p, &list_kinds[k]);
	}
}

/* ---- costs */

static void list_sources(const struct list_page *p)
{
	static const struct list_column columns[] = {{"id", true, false},
						     {"what", false, false},
						     {"figures", false, true},
						     {"where", false, true},
						     {0}};
	static const char *const rows[][4] = {
#define S(id, what, figures, where) {id, what, figures, where},
#include "models/cost/sources.def"
#undef S
	};
	struct list_table t = {columns, NULL, 0};

	list_page_heading(p, "Sources");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t c = 0; c < ARRAY_SIZE(rows[i]); c++)
			list_page_cell(&t, rows[i][c]);
	list_page_table(p, &t);
}

static void list_costs(const struct list_page *p)
{
	static const struct list_column columns[] = {
		{"cost", true, false},       {"per", false, false},   {"low", false, false},
		{"typical", false, false},   {"high", false, false},  {"evidence", false, false},
		{"what it is", false, true}, {"source", false, true}, {0}};
	struct list_table t = {columns, NULL, 0};

	list_page_title(p, "Costs");
	list_page_text(p,
		       "Keys of the section `costs`; the typical value is the default. Evidence: "
		       "measured (read in a primary source), derived (arithmetic on measured "
		       "figures), estimate (nothing published: low and high are its band).");
	for (unsigned i = 0; i < PRIM_N; i++) {
		const struct prim_row *row = &prim_rows[i];
		const char *const cells[] = {row->name, row->unit,     row->low,  row->typical,
					     row->high, row->evidence, row->help, row->source};

		for (size_t c = 0; c < ARRAY_SIZE(cells); c++)
			list_page_cell(&t, cells[c]);
	}
	list_page_table(p, &t);
	list_sources(p);
}

/* ---- counters and events */

static void list_counters(const struct list_page *p)
{
	static const struct list_column columns[] = {{"counter", true, false},
						     {"entity", false, false},
						     {"what is counted", false, false},
						     {0}};
	struct list_table t = {columns, NULL, 0};

	list_page_title(p, "Counters");
	list_page_text(p,
		       "Rows of the table `counter`. Entities: `machine`, `iommu`, and each device "
		       "by its name in the scenario.");
	for (unsigned i = 0; i < CTR_N; i++) {
		list_page_cell(&t, counters_names.counter[i]);
		list_page_cell(&t, counters_of[i]);
		list_page_cell(&t, counters_help[i]);
	}
	list_page_table(p, &t);
}

static void list_events(const struct list_page *p)
{
	static const struct list_column columns[] = {
		{"event", true, false}, {"what happened", false, false}, {0}};
	struct list_table t = {columns, NULL, 0};

	list_page_title(p, "Events");
	list_page_text(p, "Kinds of rows of the table `event`, which --log events fills.");
	for (unsigned i = 0; i < EVENT_N; i++) {
		list_page_cell(&t, counters_names.event[i]);
		list_page_cell(&t, events_help[i]);
	}
	list_page_table(p, &t);
}

/* ---- the verb */

static const struct list_word {
	const char *name;
	void (*print)(const struct list_page *p);
} list_words[] = {
	{"models", list_models},     {"options", list_options}, {"costs", list_costs},
	{"counters", list_counters}, {"events", list_events},
};

struct list_args {
	const struct list_word *word[8]; /* in the order given */
	unsigned n_words;
	bool markdown;
	struct err e;
};

static const char list_doc[] =
	"Print the reference: models, options (the keys of a scenario), costs, counters, events.\v"
	"Examples:\n"
	"  dmachurn list models\n"
	"  dmachurn list options | less\n"
	"  dmachurn list counters events --markdown > COUNTERS.md\n";

static const char list_allowed_words[] = "models, options, costs, counters, events";

static void list_add_word(const char *name, struct list_args *a)
{
	const char *names[ARRAY_SIZE(list_words) + 1] = {NULL};
	const char *near;

	for (size_t i = 0; i < ARRAY_SIZE(list_words); i++) {
		names[i] = list_words[i].name;
		if (strcmp(name, names[i]) == 0 && a->n_words < ARRAY_SIZE(a->word)) {
			a->word[a->n_words++] = &list_words[i];
			return;
		}
	}
	near = err_nearest(name, names);
	err_user(&a->e, "list: got '%.80s', allowed: %s%s%s%s", name, list_allowed_words,
		 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static error_t list_parse(int key, char *arg, struct argp_state *state)
{
	struct list_args *a = state->input;

	switch (key) {
	case 'm':
		a->markdown = true;
		return 0;
	case ARGP_KEY_ARG:
		list_add_word(arg, a);
		return 0;
	case ARGP_KEY_NO_ARGS:
		err_user(&a->e, "list: got nothing, allowed: %s", list_allowed_words);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int list_main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"markdown", 'm', NULL, 0, "Print Markdown, as the pages of docs/", 0}, {0}};
	const struct argp argp = {options, list_parse, "WHAT...", list_doc, NULL, NULL, NULL};
	struct list_args a = {.n_words = 0};

	verb_parse(&argp, argc, argv, &a);
	for (unsigned i = 0; i < a.n_words && a.e.status == EXIT_DONE; i++) {
		if (i > 0)
			putchar('\n');
		a.word[i]->print(&(struct list_page){stdout, a.markdown});
	}
	if (a.e.status == EXIT_DONE && (fflush(stdout) || ferror(stdout)))
		err_env(&a.e, "standard output: cannot write");
	return a.e.status == EXIT_DONE ? EXIT_DONE : verb_fail(&a.e);
}

const struct verb verb_list = {"list", "print models, options, costs, counters, events", list_main};
