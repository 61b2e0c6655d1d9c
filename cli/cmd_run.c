/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cmd_run - one run per scenario: a table on standard output, everything in the database.
 *
 * All scenarios are read and checked before the first one runs, so that a mistake in the last one does
 * not cost the time of the others.
 */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/overrides.h"
#include "cli/runner.h"
#include "cli/summary.h"
#include "cli/verb.h"
#include "sim/xalloc.h"

struct run_args {
	const char **scenario;
	size_t n_scenarios;
	struct overrides overrides;
	const char *db;
	bool has_seed, log_events, quiet;
	uint64_t seed, n_replicates;
};

enum { KEY_SET = 256, KEY_SEED, KEY_DB, KEY_LOG, KEY_REPLICATES };

static const struct argp_option run_options[] = {
	{"set", KEY_SET, "PATH=VALUE", 0, "Replace or add one value of the scenarios; may be repeated", 0},
	{"seed", KEY_SEED, "N", 0, "Replace the scenarios' seed", 0},
	{"replicates", KEY_REPLICATES, "N", 0, "Run each scenario N times with seeds of their own", 0},
	{"db", KEY_DB, "FILE", 0, "Store the runs in this SQLite file (made when missing)", 0},
	{"log", KEY_LOG, "summary|events", 0, "events: store every event with its cause, too", 0},
	{"quiet", 'q', NULL, 0, "No table", 0},
	{0}};

static const char run_doc[] =
	"Run scenarios; print a table of each run.\v"
	"Examples:\n"
	"  dmachurn run scenarios/headline/dynamic-vhost-unmap-cm.yaml\n"
	"  dmachurn run scenarios/headline/*.yaml --db headline.db\n"
	"  dmachurn run s.yaml --set devices.net0.mapping=static \\\n"
	"      --set costs.vmexit-mmio=2us\n"
	"  dmachurn run s.yaml --db s.db --log events\n\n"
	"Exit status: 0 done, 1 environment, 2 the user's mistake, 3 the modelled QEMU aborted.";

static error_t run_parse(int key, char *arg, struct argp_state *state)
{
	struct run_args *a = state->input;

	switch (key) {
	case KEY_SET:
		overrides_add(&a->overrides, arg);
		return 0;
	case KEY_SEED:
		a->seed = overrides_number("--seed", arg, 0, UINT64_MAX, state);
		a->has_seed = true;
		return 0;
	case KEY_REPLICATES:
		a->n_replicates = overrides_number("--replicates", arg, 1, UINT32_MAX, state);
		return 0;
	case KEY_DB:
		a->db = arg;
		return 0;
	case KEY_LOG:
		if (strcmp(arg, "events") != 0 && strcmp(arg, "summary") != 0)
			verb_error(state, "--log: got '%s', allowed: summary, events", arg);
		a->log_events = strcmp(arg, "events") == 0;
		return 0;
	case 'q':
		a->quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		a->scenario = xrealloc(a->scenario, a->n_scenarios + 1, sizeof *a->scenario);
		a->scenario[a->n_scenarios++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->n_scenarios == 0)
			verb_error(state, "no scenario given");
		if (a->log_events && !a->db)
			verb_error(state, "--log events needs --db FILE");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int load_all(const struct run_args *a, struct scn *scn, struct err *e)
{
	for (size_t i = 0; i < a->n_scenarios; i++) {
		int ret = overrides_load(&a->overrides, &scn[i], a->scenario[i], e);

		if (!ret)
			ret = runner_check(&scn[i], e);
		if (ret)
			return ret;
	}
	return 0;
}

/* Runs done and the share of this one, on a terminal only. */
struct run_progress {
	const char *name;
	uint64_t done, of;
	bool shown;
	bool aborted; /* the modelled QEMU, in at least one run */
};

static void show_progress(void *self, double share)
{
	struct run_progress *p = self;

	fprintf(stderr, "\r[%llu/%llu] %-40.40s %3.0f %%", (unsigned long long)p->done + 1,
		(unsigned long long)p->of, p->name, 100 * share);
	p->shown = true;
}

static void end_progress(struct run_progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r%72s\r", "");
	p->shown = false;
}

static int run_one(const struct run_args *a, const struct scn *scn, uint64_t replicate,
		   struct store *store, struct run_progress *progress, struct err *e)
{
	struct run_job job = {.scn = scn, .replicate = replicate, .has_seed = a->has_seed,
			      .seed = a->seed, .log_events = a->log_events};
	struct run_result result;
	int ret;

	if (isatty(STDERR_FILENO)) {
		job.progress = show_progress;
		job.progress_self = progress;
	}
	ret = runner_run(&job, store, &result, e);
	end_progress(progress);
	if (ret)
		return ret;
	if (!a->quiet)
		summary_print(stdout, &result, replicate);
	if (result.aborted) { /* a result like others: the runs behind it go on */
		struct err why = {0};

		err_user(&why, "%s: the modelled QEMU aborts: %s", scn->file, result.aborted);
		verb_fail(&why);
		progress->aborted = true;
	}
	run_result_free(&result);
	if (fflush(stdout))
		return err_env(e, "standard output: cannot write");
	return 0;
}

static int run_all(const struct run_args *a, const struct scn *scn, bool *aborted, struct err *e)
{
	struct run_progress progress = {.of = a->n_scenarios * a->n_replicates};
	struct store *store = NULL;
	struct err close_error = {0};
	int ret = a->db ? store_open(&store, a->db, STORE_APPEND, e) : 0;

	for (size_t i = 0; i < a->n_scenarios && !ret; i++) {
		for (uint64_t r = 0; r < a->n_replicates && !ret; r++) {
			progress.name = a->scenario[i];
			ret = run_one(a, &scn[i], r, store, &progress, e);
			progress.done++;
		}
	}
	*aborted = progress.aborted;
	if (store_close(store, &close_error) && !ret) {
		*e = close_error;
		ret = -1;
	}
	return ret;
}

static int run_main(int argc, char **argv)
{
	const struct argp argp = {run_options, run_parse, "SCENARIO...", run_doc, NULL, NULL, NULL};
	struct run_args a = {.n_replicates = 1};
	struct err e = {0};
	struct scn *scn;
	bool aborted = false;
	int ret;

	verb_parse(&argp, argc, argv, &a);
	scn = xcalloc(a.n_scenarios, sizeof *scn);
	ret = load_all(&a, scn, &e);
	if (!ret)
		ret = run_all(&a, scn, &aborted, &e);
	for (size_t i = 0; i < a.n_scenarios; i++)
		scn_free(&scn[i]);
	free(scn);
	free(a.scenario);
	overrides_free(&a.overrides);
	if (ret)
		return verb_fail(&e);
	return aborted ? EXIT_ASSERTION : EXIT_DONE;
}

const struct verb verb_run = {"run", "run scenarios, print a table, store everything", run_main};
