/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cmd_show - what a result file holds: the list of runs, and the tables again.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"
#include "results/dump.h"
#include "results/list.h"
#include "results/report.h"
#include "sim/xalloc.h"

enum show_format { SHOW_TEXT, SHOW_CSV, SHOW_JSON, SHOW_DUMP };

struct show_args {
	const char *db;
	enum show_format format;
	int64_t *run_id; /* --run */
	size_t n_runs;
};

enum { KEY_DB = 256, KEY_RUN, KEY_CSV, KEY_JSON, KEY_DUMP };

/* Without --run, more runs than this are listed only. */
enum { SHOW_TABLES_MAX = 12 };

static const struct argp_option show_options[] = {
	{"db", KEY_DB, "FILE", 0, "The result file", 0},
	{"run", KEY_RUN, "N", 0, "Only run N; may be repeated: side by side in this order", 0},
	{"csv", KEY_CSV, NULL, 0, "One line a figure, for spreadsheets and plots", 0},
	{"json", KEY_JSON, NULL, 0, "An array of runs", 0},
	{"dump", KEY_DUMP, NULL, 0,
	 "Everything but provenance as text, independent of the order of storing: files with the same "
	 "runs give the same bytes", 0},
	{0}};

static const char show_doc[] =
	"Show what a result file holds.\v"
	"Examples:\n"
	"  dmachurn show --db headline.db\n"
	"  dmachurn show --db headline.db --run 3 --run 5\n"
	"  dmachurn show --db headline.db --csv | grep vmexits\n"
	"  dmachurn show --db a.db --dump | cmp - golden.txt\n\n"
	"Exit status: 0 done, 1 environment, 2 the user's mistake.";

static int64_t show_run_number(const char *text, struct argp_state *state)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || v < 1 || errno)
		verb_error(state, "--run: got '%s', allowed: a run's number, from 1", text);
	return v;
}

static error_t show_parse(int key, char *arg, struct argp_state *state)
{
	struct show_args *a = state->input;

	switch (key) {
	case KEY_DB:
		a->db = arg;
		return 0;
	case KEY_RUN:
		a->run_id = xrealloc(a->run_id, a->n_runs + 1, sizeof *a->run_id);
		a->run_id[a->n_runs++] = show_run_number(arg, state);
		return 0;
	case KEY_CSV:
	case KEY_JSON:
	case KEY_DUMP:
		if (a->format != SHOW_TEXT)
			verb_error(state, "only one of --csv, --json, --dump can be given");
		a->format = key == KEY_CSV ? SHOW_CSV : key == KEY_JSON ? SHOW_JSON : SHOW_DUMP;
		return 0;
	case ARGP_KEY_ARG:
		verb_error(state, "got '%s'; the file is given with --db FILE", arg);
		return 0;
	case ARGP_KEY_END:
		if (!a->db)
			verb_error(state, "--db FILE is needed");
		if (a->format == SHOW_DUMP && a->n_runs != 0)
			verb_error(state, "--dump shows all runs, --run cannot be given");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void show_text(const struct show_args *a, const struct figures *f, size_t n, bool chosen)
{
	list_table(stdout, f, n);
	if (n == 0)
		printf("no runs\n");
	if (chosen || (n != 0 && n <= SHOW_TABLES_MAX)) {
		printf("\n");
		report_print(stdout, f, n, &(struct report_style){0});
	} else if (n != 0) {
		printf("\n`dmachurn show --db %s --run N` prints the table of run N\n", a->db);
	}
}

static int show_runs(struct show_args *a, struct store *s, struct err *e)
{
	bool chosen = a->n_runs != 0;
	struct figures *f;
	size_t n = 0;
	int rc = chosen ? 0 : figures_list(s, &a->run_id, &a->n_runs, e);

	f = xcalloc(a->n_runs, sizeof *f);
	while (n < a->n_runs && !rc) {
		rc = figures_load(&f[n], s, a->run_id[n], e);
		n += !rc;
	}
	if (!rc && a->format == SHOW_CSV)
		list_csv(stdout, f, n);
	else if (!rc && a->format == SHOW_JSON)
		list_json(stdout, f, n);
	else if (!rc)
		show_text(a, f, n, chosen);
	for (size_t i = 0; i < n; i++)
		figures_free(&f[i]);
	free(f);
	return rc;
}

static int show_main(int argc, char **argv)
{
	const struct argp argp = {show_options, show_parse, NULL, show_doc, NULL, NULL, NULL};
	struct show_args a = {0};
	struct err e = {0};
	struct store *s = NULL;
	int ret;

	verb_parse(&argp, argc, argv, &a);
	ret = store_open(&s, a.db, STORE_READ, &e);
	if (!ret)
		ret = a.format == SHOW_DUMP ? dump_print(s, stdout, &e) : show_runs(&a, s, &e);
	if (store_close(s, &e) && !ret)
		ret = -EIO;
	if (!ret && (fflush(stdout) || ferror(stdout)))
		ret = err_env(&e, "standard output: %s", strerror(errno));
	free(a.run_id);
	return ret ? verb_fail(&e) : EXIT_DONE;
}

const struct verb verb_show = {"show", "list the runs of a result file, print their tables", show_main};
