/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * verb - what all verbs share.
 */
#include "cli/verb.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"

const char verb_program_version[] = PACKAGE_VERSION;

int verb_fail(const struct err *e)
{
	fprintf(stderr, "dmachurn: %s\n", e->text);
	return (int)e->status;
}

void verb_error(const struct argp_state *state, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", state->name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_USER);
}

/* Without this stream argp neither writes nor exits; getopt's own line is written all the same. */
static error_t parse_quietly(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->err_stream = NULL;
	state->child_inputs[0] = state->input;
	return 0;
}

void verb_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	const struct argp_child child[] = {{argp, 0, NULL, 0}, {0}};
	const struct argp quiet = {.parser = parse_quietly, .children = child};

	if (argp_parse(&quiet, argc, argv, 0, NULL, input))
		exit(EXIT_USER);
}
