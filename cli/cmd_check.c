/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cmd_check - reads scenarios and says what is wrong with them; runs nothing.
 *
 * A mistake in one file does not hide those of the others. Values of a sweep's axes are checked one
 * by one, at the first values of the other axes.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/overrides.h"
#include "cli/runner.h"
#include "cli/verb.h"
#include "sim/xalloc.h"

enum { CHECK_KEY_SET = 256 };

struct check_args {
	char **scenario;
	size_t n_scenarios;
	struct overrides overrides;
};

static const char check_doc[] =
	"Read and check scenarios, run nothing. Prints one line per file.\v"
	"Examples:\n"
	"  dmachurn check scenarios/*.yaml\n"
	"  dmachurn check s.yaml --set devices.net0.mapping=static\n\n"
	"Exit status: 0 all are right, 1 environment, 2 a mistake in at least one.";

static error_t check_parse(int key, char *arg, struct argp_state *state)
{
	struct check_args *a = state->input;

	switch (key) {
	case CHECK_KEY_SET:
		overrides_add(&a->overrides, arg);
		return 0;
	case ARGP_KEY_ARG:
		a->scenario = xrealloc(a->scenario, a->n_scenarios + 1, sizeof *a->scenario);
		a->scenario[a->n_scenarios++] = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		verb_error(state, "no scenario given");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* With several files a line without a place of its own needs the file's name. */
static int check_fail(const char *file, const struct err *e)
{
	struct err named = {0};

	if (strncmp(e->text, file, strlen(file)) == 0)
		return verb_fail(e);
	err_at(&named, (struct err_place){file, 0, 0}, "%s", e->text);
	named.status = e->status;
	return verb_fail(&named);
}

/* The value of an axis, NULL behind the last; *path is what it sets. NULL path: the item is no
 * axis. */
static const char *check_axis(const struct scn_item *item, size_t k, const char **path)
{
	static const char prefix[] = "sweep.";

	*path = NULL;
	if (!item->list || strncmp(item->path, prefix, sizeof prefix - 1) != 0)
		return NULL;
	*path = item->path + sizeof prefix - 1;
	return item->list[k];
}

/* The point with value k of the axis and the first value of all others. */
static int check_point(const struct scn *scn, size_t axis, size_t k, struct err *e)
{
	struct scn point;
	int ret = 0;

	scn_copy(&point, scn);
	for (size_t i = 0; i < scn->n_items && !ret; i++) {
		const char *path;
		const char *value = check_axis(&scn->item[i], i == axis ? k : 0, &path);

		if (path)
			ret = scn_put(&point, path, value, scn->item[i].at, e);
	}
	if (!ret)
		ret = runner_check(&point, e);
	scn_free(&point);
	return ret;
}

/* Each value of each axis once, not all points: a sweep may have millions. */
static int check_sweep(const struct scn *scn, struct err *e)
{
	const char *path;
	bool is_first = true;

	for (size_t i = 0; i < scn->n_items; i++)
		for (size_t k = 0; check_axis(&scn->item[i], k, &path); k++) {
			/* Value 0 of every axis is the same point. */
			int ret = k > 0 || is_first ? check_point(scn, i, k, e) : 0;

			if (ret)
				return ret;
			is_first = false;
		}
	return 0;
}

static int check_one(const char *file, const struct check_args *a)
{
	struct err e = {0};
	struct scn scn;
	int ret = overrides_load(&a->overrides, &scn, file, &e);

	if (ret)
		return check_fail(file, &e);
	ret = runner_check(&scn, &e);
	if (!ret)
		ret = check_sweep(&scn, &e);
	scn_free(&scn);
	if (!ret && (printf("%s: ok\n", file) < 0 || fflush(stdout)))
		ret = err_env(&e, "standard output: cannot write");
	return ret ? check_fail(file, &e) : EXIT_DONE;
}

static int check_main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"set", CHECK_KEY_SET, "PATH=VALUE", 0,
		 "Replace or add one value of the scenarios; may be repeated", 0},
		{0}};
	const struct argp argp = {options, check_parse, "SCENARIO...", check_doc, NULL, NULL, NULL};
	struct check_args a = {0};
	int status = EXIT_DONE;

	verb_parse(&argp, argc, argv, &a);
	for (size_t i = 0; i < a.n_scenarios; i++) {
		int one = check_one(a.scenario[i], &a);

		/* The environment outweighs a mistake: the answer is then incomplete. */
		if (one != EXIT_DONE && status != EXIT_ENVIRONMENT)
			status = one;
	}
	free(a.scenario);
	overrides_free(&a.overrides);
	return status;
}

const struct verb verb_check = {"check", "read and check scenarios, run nothing", check_main};
