/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * verb - one word of the command line: `dmachurn run ...`. A verb is one file and one line in verbs.def.
 *
 * A verb parses its arguments with argp (--help has examples; a wrong option exits with status 2), prints
 * a struct err as "dmachurn: TEXT" on standard error and returns its status.
 */
#ifndef CLI_VERB_H
#define CLI_VERB_H

#include <argp.h>

#include "sim/err.h"

struct verb {
	const char *name;
	const char *help; /* one line for `dmachurn --help` */
	/* argv[0] is "dmachurn VERB"; returns an exit status. */
	int (*main)(int argc, char **argv);
};

#define V(name) extern const struct verb verb_##name;
#include "cli/verbs.def"
#undef V

/* Print e on standard error and return its status. */
int verb_fail(const struct err *e);

/* argp_parse(), but a mistake is one line: argp would add where to find help. */
void verb_parse(const struct argp *argp, int argc, char **argv, void *input);
/* The same for argp_error(): a wrong use of the verb, exit status 2. */
void verb_error(const struct argp_state *state, const char *fmt, ...) PORT_PRINTF(2, 3) PORT_NORETURN;

/* Version as stored with runs: PACKAGE_VERSION. */
extern const char verb_program_version[];

#endif
