/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cmd_merge - joins result files into one, in an order that does not depend on the files.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/verb.h"
#include "results/merge.h"
#include "sim/xalloc.h"

enum { KEY_DB = 256, KEY_FORCE, KEY_NO_PROVENANCE };

static const struct argp_option merge_options[] = {
	{"db", KEY_DB, "OUT", 0, "The file to make; must not exist", 0},
	{"force", KEY_FORCE, NULL, 0, "Mix runs of different versions of dmachurn", 0},
	{"no-provenance", KEY_NO_PROVENANCE, NULL, 0,
	 "Leave out wall-clock times, host names and command lines: equal runs, equal bytes", 0},
	{0}};

static const char merge_doc[] =
	"Join result files into one.\v"
	"Runs are sorted by scenario, point, replicate and seed, and numbered from 1; a run that is in "
	"the inputs twice is stored once. OUT appears when it is complete.\n\n"
	"Example:\n"
	"  dmachurn merge --db all.db shard-1.db shard-2.db\n\n"
	"Exit status: 0 done, 1 environment, 2 the user's mistake.";

static error_t merge_parse(int key, char *arg, struct argp_state *state)
{
	struct merge_job *job = state->input;
	const char **in;

	switch (key) {
	case KEY_DB:
		job->out = arg;
		return 0;
	case KEY_FORCE:
		job->force = true;
		return 0;
	case KEY_NO_PROVENANCE:
		job->no_provenance = true;
		return 0;
	case ARGP_KEY_ARG:
		in = xrealloc((void *)(uintptr_t)job->in, job->n_in + 1, sizeof *in);
		in[job->n_in++] = arg;
		job->in = in;
		return 0;
	case ARGP_KEY_END:
		if (!job->out)
			verb_error(state, "--db OUT is needed");
		if (job->n_in == 0)
			verb_error(state, "no input file given");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int merge_main(int argc, char **argv)
{
	const struct argp argp = {merge_options, merge_parse, "IN...", merge_doc, NULL, NULL, NULL};
	struct merge_job job = {0};
	struct merge_done done;
	struct err e = {0};
	int ret;

	verb_parse(&argp, argc, argv, &job);
	ret = merge_files(&job, &done, &e);
	free((void *)(uintptr_t)job.in);
	if (ret)
		return verb_fail(&e);
	printf("%s: %llu runs", job.out, (unsigned long long)done.n_runs);
	if (done.n_twice != 0)
		printf(" (%llu were there twice)", (unsigned long long)done.n_twice);
	printf("\n");
	return EXIT_DONE;
}

const struct verb verb_merge = {"merge", "join result files into one", merge_main};
