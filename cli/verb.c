/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * verb - what all verbs share.
 */
#include "cli/verb.h"

#include <stdio.h>

#include "config.h"

const char verb_program_version[] = PACKAGE_VERSION;

int verb_fail(const struct err *e)
{
	fprintf(stderr, "dmachurn: %s\n", e->text);
	return (int)e->status;
}
