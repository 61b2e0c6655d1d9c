/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * overrides - `--set PATH=VALUE` and whole numbers on the command line, the same for every verb.
 */
#ifndef CLI_OVERRIDES_H
#define CLI_OVERRIDES_H

#include <argp.h>
#include <stdint.h>

#include "sim/scn.h"

/* The values of --set, in the order given; the last of a path wins. Texts are those of argv. */
struct overrides {
	const char **set;
	size_t n;
};

void overrides_add(struct overrides *o, const char *assignment);
void overrides_free(struct overrides *o);

/* Read a scenario and apply them. 0 or -errno; after an error there is nothing to free. */
int overrides_load(const struct overrides *o, struct scn *s, const char *file, struct err *e);

/* A whole number min..max (decimal or 0x), or argp's way out with exit status 2: "WHAT: got 'x', allowed
 * MIN..MAX". */
uint64_t overrides_number(const char *what, const char *text, uint64_t min, uint64_t max,
			  struct argp_state *state);

#endif
