/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * params - the parameters of a run as they are stored: path, value, source, evidence.
 */
#ifndef CLI_PARAMS_H
#define CLI_PARAMS_H

#include "cli/machine.h"

/* The values of a bound section. */
void params_add(struct machine *m, const char *section, const struct opt *rows, const void *obj);
/* A value that follows from others and that tables show; source "derived". */
void params_add_derived(struct machine *m, const char *path, const char *value);
/* The seed was replaced on the command line. */
void params_seed(struct machine *m);
/* The value of a path, or def when there is none. */
const char *params_value(const struct machine *m, const char *path, const char *def);
/* By path, as stored. */
void params_sort(struct machine *m);
void params_free(struct machine *m);

#endif
