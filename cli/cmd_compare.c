/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cmd_compare - runs side by side, as a table that fits a commit message.
 *
 * Columns are scenarios x values of --vary. All are checked before the first one runs.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/overrides.h"
#include "cli/runner.h"
#include "cli/verb.h"
#include "results/report.h"
#include "sim/xalloc.h"

enum { VARY_MAX = 8, COLUMNS_MAX = 64 };

/* --vary PATH=V1,V2,... */
struct vary {
	char *path;
	char *value[COLUMNS_MAX];
	size_t n;
};

struct compare_args {
	const char **scenario;
	size_t n_scenarios;
	struct overrides overrides;
	struct vary vary[VARY_MAX]; /* see sort_varies() */
	size_t n_varies;
	const char *across; /* the --vary whose values are the columns of a grid, or NULL */
	const char *db;
	bool has_seed;
	struct report_style style;
	uint64_t seed;
};

/* A column: a scenario with its values set. */
struct column {
	struct scn scn;
	char *point;
	size_t at[VARY_MAX]; /* which value of each --vary */
};

enum { KEY_SET = 256, KEY_VARY, KEY_SEED, KEY_DB, KEY_ACROSS, KEY_ROWS, KEY_BARE };

static const struct argp_option compare_options[] = {
	{"vary", KEY_VARY, "PATH=V1,V2,...", 0,
	 "A column for each value; repeated: for each combination", 0},
	{"set", KEY_SET, "PATH=VALUE", 0, "Replace or add one value in all columns; may be repeated", 0},
	{"seed", KEY_SEED, "N", 0, "Replace the scenarios' seed", 0},
	{"db", KEY_DB, "FILE", 0, "Store the runs in this SQLite file, too", 0},
	{"brief", 'b', NULL, 0, "Only the rows that decide, and no command at the end", 0},
	{"totals", 't', NULL, 0, "Counts and cycles of the whole run, not per I/O", 0},
	{"rows", KEY_ROWS, "LIST", 0, "Only these rows, by name: counters of the table, others below, or groups of them", 0},
	{"bare", KEY_BARE, NULL, 0, "Only the table, not the machine, estimates and version around it", 0},
	{"across", KEY_ACROSS, "PATH", 0,
	 "Scenarios below each other, this --vary's values side by side; equal ones once", 0},
	{0}};

static const char compare_doc[] =
	"Run side by side and print one table of at most 72 columns.\v"
	"Examples:\n"
	"  dmachurn compare before.yaml after.yaml\n"
	"  dmachurn compare s.yaml --vary devices.net0.consumer.notifier=unmap,map-unmap\n"
	"  dmachurn compare s.yaml --vary costs.vmexit-mmio=1500ns,3us,8us \\\n"
	"      --set guest.kernel=5.10\n"
	"  dmachurn compare a.yaml b.yaml --bare --rows notify,stale.hit \\\n"
	"      --vary iommu.qemu=5.2,6.2,7.2,8.0,8.2,9.1,10.0 --across iommu.qemu\n\n"
	"Names for --rows besides counters: ios, cycles, cycles.guest, cycles.exit, cycles.host, cycles.top "
	"(single costs), latency.NAME with NAME io, miss, stale_window or hole (.p50 or .p99 for one), rate "
	"(I/Os per second), rate.dropped. What stands before a dot (notify, qi, latency) is a group.\n\n"
	"Figures marked ~ rest on costs that are estimates; the last lines name them and repeat the "
	"command.\n\n"
	"Exit status: 0 done, 1 environment, 2 the user's mistake, 3 the modelled QEMU aborted.";

/* ---- arguments */

/* The next value: up to a comma outside of parentheses, "lognormal(25us, cv=0.4)" is one. */
static size_t value_length(const char *text)
{
	int depth = 0;
	size_t n = 0;

	while (text[n] && (text[n] != ',' || depth > 0)) {
		depth += text[n] == '(' ? 1 : text[n] == ')' ? -1 : 0;
		n++;
	}
	return n;
}

static void parse_vary(struct compare_args *a, const char *arg, struct argp_state *state)
{
	const char *equals = strchr(arg, '=');
	struct vary *v = &a->vary[a->n_varies];

	if (!equals || equals == arg || !equals[1])
		verb_error(state, "--vary: got '%s', allowed: PATH=V1,V2,...", arg);
	if (a->n_varies == VARY_MAX)
		verb_error(state, "--vary: can be given %d times", VARY_MAX);
	v->path = xstrndup(arg, (size_t)(equals - arg));
	for (const char *at = equals + 1; at;) {
		size_t len = value_length(at);

		if (len == 0)
			verb_error(state, "--vary: got an empty value in '%s'", arg);
		if (v->n == COLUMNS_MAX)
			verb_error(state, "--vary: at most %d values", COLUMNS_MAX);
		v->value[v->n++] = xstrndup(at, len);
		at = at[len] == ',' ? at + len + 1 : NULL;
	}
	for (size_t i = 0; i < a->n_varies; i++)
		if (strcmp(a->vary[i].path, v->path) == 0)
			verb_error(state, "--vary: '%s' is given twice", v->path);
	a->n_varies++;
}

static size_t count_columns(const struct compare_args *a)
{
	size_t n = a->n_scenarios;

	for (size_t i = 0; i < a->n_varies && n <= COLUMNS_MAX; i++)
		n *= a->vary[i].n;
	return n;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct vary *)a)->path, ((const struct vary *)b)->path);
}

/* By path, but the one that goes across is the last: it turns fastest. */
static void sort_varies(struct compare_args *a, struct argp_state *state)
{
	struct vary last;
	size_t at = 0;

	qsort(a->vary, a->n_varies, sizeof a->vary[0], by_path);
	if (!a->across)
		return;
	while (at < a->n_varies && strcmp(a->vary[at].path, a->across) != 0)
		at++;
	if (at == a->n_varies)
		verb_error(state, "--across: got '%s', allowed: the path of a --vary", a->across);
	last = a->vary[at];
	memmove(&a->vary[at], &a->vary[at + 1], (a->n_varies - at - 1) * sizeof a->vary[0]);
	a->vary[a->n_varies - 1] = last;
}

static void parse_end(struct compare_args *a, struct argp_state *state)
{
	size_t n = count_columns(a);
	struct err e = {0};

	if (a->n_scenarios == 0)
		verb_error(state, "no scenario given");
	if (n < 2)
		verb_error(state, "one run has nothing to be compared with: give a second scenario, or "
				  "--vary PATH=V1,V2");
	if (n > COLUMNS_MAX)
		verb_error(state, "these are more than %d runs; scripts/sweep is for that many",
			   COLUMNS_MAX);
	if (a->style.rows && report_rows_check(a->style.rows, &e))
		verb_error(state, "%s", e.text);
	sort_varies(a, state);
}

static error_t compare_parse(int key, char *arg, struct argp_state *state)
{
	struct compare_args *a = state->input;

	switch (key) {
	case KEY_SET:
		overrides_add(&a->overrides, arg);
		return 0;
	case KEY_VARY:
		parse_vary(a, arg, state);
		return 0;
	case KEY_SEED:
		a->seed = overrides_number("--seed", arg, 0, UINT64_MAX, state);
		a->has_seed = true;
		return 0;
	case 'b':
		a->style.brief = true;
		return 0;
	case 't':
		a->style.totals = true;
		return 0;
	case KEY_ROWS:
		a->style.rows = arg;
		return 0;
	case KEY_BARE:
		a->style.bare = true;
		return 0;
	case KEY_ACROSS:
		a->across = arg;
		return 0;
	case KEY_DB:
		a->db = arg;
		return 0;
	case ARGP_KEY_ARG:
		a->scenario = xrealloc(a->scenario, a->n_scenarios + 1, sizeof *a->scenario);
		a->scenario[a->n_scenarios++] = arg;
		return 0;
	case ARGP_KEY_END:
		parse_end(a, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- columns */

/* Column k: the last --vary turns fastest. */
static int make_column(const struct compare_args *a, size_t k, struct column *c, struct err *e)
{
	char *point = xstrdup("");
	size_t per = count_columns(a) / a->n_scenarios, left = k % per;
	int rc = overrides_load(&a->overrides, &c->scn, a->scenario[k / per], e);

	for (size_t i = 0; i < a->n_varies && !rc; i++) {
		const struct vary *v = &a->vary[i];
		char *assignment, *longer;

		per /= v->n;
		c->at[i] = left / per;
		assignment = xasprintf("%s=%s", v->path, v->value[c->at[i]]);
		left %= per;
		rc = scn_set(&c->scn, assignment, e);
		longer = xasprintf("%s%s%s", point, *point ? " " : "", assignment);
		free(point);
		free(assignment);
		point = longer;
	}
	c->point = point;
	return rc ? rc : runner_check(&c->scn, e);
}

static void show_progress(void *self, double share)
{
	const struct column *c = self;

	fprintf(stderr, "\r%-60.60s %3.0f %%", *c->point ? c->point : c->scn.file, 100 * share);
}

static int run_column(const struct compare_args *a, struct column *c, struct store *store,
		      struct figures *f, struct err *e)
{
	struct run_job job = {.scn = &c->scn, .point = c->point, .has_seed = a->has_seed,
			      .seed = a->seed};
	struct run_result r;
	bool terminal = isatty(STDERR_FILENO) != 0;
	int rc;

	if (terminal) {
		job.progress = show_progress;
		job.progress_self = c;
	}
	rc = runner_run(&job, store, &r, e);
	if (terminal)
		fprintf(stderr, "\r%66s\r", "");
	if (rc)
		return rc;
	figures_of(f,
		   &(struct store_run){.scenario = r.scenario, .title = r.title, .point = c->point,
				       .program = verb_program_version, .seed = r.seed,
				       .clock_hz = r.clock_hz},
		   r.param, r.n_params, r.rec, r.sim_cycles, r.aborted);
	run_result_free(&r);
	return 0;
}

static int compare_run(const struct compare_args *a, struct column *column, struct figures *f,
		       size_t n, struct err *e)
{
	struct store *store = NULL;
	struct err close_error = {0};
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++)
		rc = make_column(a, i, &column[i], e);
	if (!rc && a->db)
		rc = store_open(&store, a->db, STORE_APPEND, e);
	for (size_t i = 0; i < n && !rc; i++)
		rc = run_column(a, &column[i], store, &f[i], e);
	if (store_close(store, &close_error) && !rc) {
		*e = close_error;
		rc = -EIO;
	}
	return rc;
}

/* ---- the command that repeats it */

static bool needs_quotes(const char *word)
{
	return !*word || word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_-+=./,:%@")] != '\0';
}

/* A word for a shell: quoted where needed, a quote inside as '\'' */
static char *append_word(char *text, const char *word)
{
	char *longer = xasprintf(needs_quotes(word) ? "%s '" : "%s ", text);

	for (const char *c = word; *c; c++) {
		free(text);
		text = longer;
		longer = *c == '\'' ? xasprintf("%s'\\''", text) : xasprintf("%s%c", text, *c);
	}
	free(text);
	if (!needs_quotes(word))
		return longer;
	text = xasprintf("%s'", longer);
	free(longer);
	return text;
}

/* The arguments without --db, which changes no figure. */
static char *repeat_command(int argc, char **argv)
{
	char *text = xstrdup("dmachurn compare");

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--db", 4) == 0) {
			i += argv[i][4] != '=';
			continue;
		}
		text = append_word(text, argv[i]);
	}
	return text;
}

/* "title - scenario, PATH=V": what stands above a group of the grid. */
static char *group_name(const struct compare_args *a, const struct figures *f)
{
	char *point = xstrdup(f->run.point), *name, *at = strstr(point, a->across);

	/* what goes across is the last of the point's assignments */
	if (at)
		at[at > point ? -1 : 0] = '\0';
	name = xasprintf("%s%s%s%s%s", f->run.title, *f->run.title ? " - " : "", f->run.scenario,
			 *point ? ", " : "", point);
	free(point);
	return name;
}

/* "scenario, key=V": the same in few words. */
static char *group_brief(const struct compare_args *a, const struct column *c, const struct figures *f)
{
	const char *slash = strrchr(f->run.scenario, '/');
	char *name = xstrdup(slash ? slash + 1 : f->run.scenario), *longer, *dot = strstr(name, ".yaml");

	if (dot)
		*dot = '\0';
	for (size_t i = 0; i + 1 < a->n_varies; i++) {
		const char *key = strrchr(a->vary[i].path, '.');

		longer = xasprintf("%s, %s=%s", name, key ? key + 1 : a->vary[i].path,
				   a->vary[i].value[c->at[i]]);
		free(name);
		name = longer;
	}
	return name;
}

static void print_grid(const struct compare_args *a, const struct column *column,
		       const struct figures *f, size_t n)
{
	const struct vary *across = &a->vary[a->n_varies - 1];
	struct report_grid g = {.path = across->path,
				.column = (const char *const *)across->value,
				.n_columns = across->n,
				.n_groups = n / across->n};
	char **group = xcalloc(g.n_groups, sizeof *group), **brief = xcalloc(g.n_groups, sizeof *brief);

	for (size_t i = 0; i < g.n_groups; i++) {
		group[i] = group_name(a, &f[i * g.n_columns]);
		brief[i] = group_brief(a, &column[i * g.n_columns], &f[i * g.n_columns]);
	}
	g.group = (const char *const *)group;
	g.brief = (const char *const *)brief;
	report_print_grid(stdout, f, &g, &a->style);
	for (size_t i = 0; i < g.n_groups; i++) {
		free(group[i]);
		free(brief[i]);
	}
	free(group);
	free(brief);
}

static int compare_finish(const struct compare_args *a, const struct column *column,
			  const struct figures *f, size_t n, struct err *e)
{
	if (a->across)
		print_grid(a, column, f, n);
	else
		report_print(stdout, f, n, &a->style);
	if (fflush(stdout) || ferror(stdout))
		return err_env(e, "standard output: %s", strerror(errno));
	for (size_t i = 0; i < n; i++)
		if (*f[i].aborted) {
			err_user(e, "%s: the modelled QEMU aborts: %s", f[i].run.scenario,
				 f[i].aborted);
			e->status = EXIT_ASSERTION;
			return -EINVAL;
		}
	return 0;
}

static void compare_free(struct compare_args *a, struct column *column, struct figures *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		scn_free(&column[i].scn);
		free(column[i].point);
		figures_free(&f[i]);
	}
	for (size_t i = 0; i < a->n_varies; i++) {
		free(a->vary[i].path);
		for (size_t k = 0; k < a->vary[i].n; k++)
			free(a->vary[i].value[k]);
	}
	free(column);
	free(f);
	free(a->scenario);
	overrides_free(&a->overrides);
}

static int compare_main(int argc, char **argv)
{
	const struct argp argp = {compare_options, compare_parse, "SCENARIO [SCENARIO...]",
				  compare_doc, NULL, NULL, NULL};
	struct compare_args a = {0};
	char *command = repeat_command(argc, argv); /* before argp sorts the arguments */
	struct column *column;
	struct figures *f;
	struct err e = {0};
	size_t n;
	int rc;

	verb_parse(&argp, argc, argv, &a);
	a.style.command = a.style.brief ? NULL : command;
	n = count_columns(&a);
	column = xcalloc(n, sizeof *column);
	f = xcalloc(n, sizeof *f);
	rc = compare_run(&a, column, f, n, &e);
	if (!rc)
		rc = compare_finish(&a, column, f, n, &e);
	compare_free(&a, column, f, n);
	free(command);
	return rc ? verb_fail(&e) : EXIT_DONE;
}

const struct verb verb_compare = {"compare", "run side by side: one table for a commit message",
				  compare_main};
