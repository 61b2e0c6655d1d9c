/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cmd_plot - pictures of a result file by gnuplot, which is looked for when it is needed.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/verb.h"
#include "results/plot.h"
#include "sim/xalloc.h"

struct plot_args {
	const char *db, *output;
	unsigned kind;
	int64_t *run_id; /* --run */
	size_t n_runs;
};

enum { KEY_DB = 256, KEY_KIND, KEY_RUN };

static const struct argp_option plot_options[] = {
	{"db", KEY_DB, "FILE", 0, "The result file", 0},
	{"kind", KEY_KIND, "KIND", 0,
	 "vmexits (default), descriptors, notify, misses, walks, cycles, latency", 0},
	{"run", KEY_RUN, "N", 0, "Only run N; may be repeated", 0},
	{"output", 'o', "FILE", 0,
	 "FILE.png (default: KIND.png), FILE.svg, or FILE.gp: the gnuplot script itself", 0},
	{0}};

static const char plot_doc[] =
	"Draw a result file: a bar a policy, grouped by what else differs.\v"
	"Examples:\n"
	"  dmachurn plot --db sweep.db\n"
	"  dmachurn plot --db sweep.db --kind cycles -o cycles.svg\n\n"
	"Exit status: 0 done, 1 environment (no gnuplot), 2 the user's mistake.";

static unsigned plot_kind(const char *word, struct argp_state *state)
{
	const char *near;

	for (unsigned i = 0; plot_kinds[i]; i++)
		if (strcmp(plot_kinds[i], word) == 0)
			return i;
	near = err_nearest(word, plot_kinds);
	verb_error(state, "--kind: got '%s'%s%s%s; allowed: vmexits, descriptors, notify, misses, "
			  "walks, cycles, latency",
		   word, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return 0;
}

static error_t plot_parse(int key, char *arg, struct argp_state *state)
{
	struct plot_args *a = state->input;
	char *end;

	switch (key) {
	case KEY_DB:
		a->db = arg;
		return 0;
	case KEY_KIND:
		a->kind = plot_kind(arg, state);
		return 0;
	case KEY_RUN:
		a->run_id = xrealloc(a->run_id, a->n_runs + 1, sizeof *a->run_id);
		a->run_id[a->n_runs++] = strtoll(arg, &end, 10);
		if (*arg < '0' || *arg > '9' || *end)
			verb_error(state, "--run: got '%s', allowed: a run's number, from 1", arg);
		return 0;
	case 'o':
		a->output = arg;
		return 0;
	case ARGP_KEY_ARG:
		verb_error(state, "got '%s'; the file is given with --db FILE", arg);
		return 0;
	case ARGP_KEY_END:
		if (!a->db)
			verb_error(state, "--db FILE is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int plot_load(struct plot_args *a, struct figures **f, size_t *n, struct err *e)
{
	struct store *s;
	int rc = store_open(&s, a->db, STORE_READ, e);

	*f = NULL;
	*n = 0;
	if (rc)
		return rc;
	if (a->n_runs == 0)
		rc = figures_list(s, &a->run_id, &a->n_runs, e);
	*f = xcalloc(a->n_runs, sizeof **f);
	while (*n < a->n_runs && !rc) {
		rc = figures_load(&(*f)[*n], s, a->run_id[*n], e);
		*n += !rc;
	}
	if (!rc && *n == 0)
		rc = err_user(e, "%s: holds no runs", a->db);
	return store_close(s, e) ? -EIO : rc;
}

/* Is the program in a folder of PATH? */
static bool plot_find(const char *program)
{
	const char *at = getenv("PATH");

	while (at && *at) {
		size_t len = strcspn(at, ":");
		char *name = xasprintf("%.*s/%s", (int)len, at, program);
		bool there = len != 0 && access(name, X_OK) == 0;

		free(name);
		if (there)
			return true;
		at += len + (at[len] == ':');
	}
	return false;
}

/* Has the file arrived, with something in it? */
static bool plot_arrived(const char *file)
{
	FILE *f = fopen(file, "r");
	bool any = f && getc(f) != EOF;

	if (f)
		fclose(f);
	return any;
}

/* Script into gnuplot; the picture appears under its name when it is complete. */
static int plot_draw(const struct plot_args *a, const struct figures *f, size_t n,
		     const char *format, struct err *e)
{
	char *part = xasprintf("%s.part", a->output);
	struct plot_job job = {a->kind, format, part};
	FILE *to;
	int rc;

	if (!plot_find("gnuplot")) {
		free(part);
		return err_env(e, "gnuplot is not in PATH; install it, or write the script with -o FILE.gp "
				  "and draw it elsewhere");
	}
	signal(SIGPIPE, SIG_IGN); /* a gnuplot that dies is seen at pclose() */
	to = popen("exec gnuplot", "w");
	if (!to) {
		free(part);
		return err_env(e, "gnuplot: %s", strerror(errno));
	}
	rc = plot_script(to, &job, f, n, e);
	if (pclose(to) != 0 && !rc)
		rc = err_env(e, "gnuplot failed; -o FILE.gp writes its script");
	if (!rc && !plot_arrived(part))
		rc = err_env(e, "%s: gnuplot could not write it", a->output);
	if (!rc && rename(part, a->output) != 0)
		rc = err_env(e, "%s: %s", a->output, strerror(errno));
	if (rc)
		unlink(part);
	free(part);
	return rc;
}

static int plot_write_script(const struct plot_args *a, const struct figures *f, size_t n,
			     struct err *e)
{
	size_t stem = strlen(a->output) - strlen("gp");
	char *picture = xasprintf("%.*spng", (int)stem, a->output);
	struct plot_job job = {a->kind, "png", picture};
	FILE *to = fopen(a->output, "w");
	int rc;

	rc = to ? plot_script(to, &job, f, n, e) : err_env(e, "%s: %s", a->output, strerror(errno));
	if (to && fclose(to) != 0 && !rc)
		rc = err_env(e, "%s: %s", a->output, strerror(errno));
	free(picture);
	return rc;
}

static int plot_write(const struct plot_args *a, const struct figures *f, size_t n, struct err *e)
{
	const char *dot = strrchr(a->output, '.');

	if (dot && (strcmp(dot, ".png") == 0 || strcmp(dot, ".svg") == 0))
		return plot_draw(a, f, n, dot + 1, e);
	if (dot && strcmp(dot, ".gp") == 0)
		return plot_write_script(a, f, n, e);
	return err_user(e, "-o: got '%s', allowed: a name that ends in .png, .svg or .gp", a->output);
}

static int plot_main(int argc, char **argv)
{
	const struct argp argp = {plot_options, plot_parse, NULL, plot_doc, NULL, NULL, NULL};
	struct plot_args a = {0};
	struct err e = {0};
	struct figures *f;
	char name[64];
	size_t n;
	int ret;

	verb_parse(&argp, argc, argv, &a);
	snprintf(name, sizeof name, "%s.png", plot_kinds[a.kind]);
	if (!a.output)
		a.output = name;
	ret = plot_load(&a, &f, &n, &e);
	if (!ret)
		ret = plot_write(&a, f, n, &e);
	if (!ret)
		printf("%s\n", a.output);
	for (size_t i = 0; i < n; i++)
		figures_free(&f[i]);
	free(f);
	free(a.run_id);
	return ret ? verb_fail(&e) : EXIT_DONE;
}

const struct verb verb_plot = {"plot", "draw a result file with gnuplot", plot_main};
