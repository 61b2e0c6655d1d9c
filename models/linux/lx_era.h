/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_era - which behaviour a Linux version has; rows in lx_era.def.
 */
#ifndef MODELS_LINUX_LX_ERA_H
#define MODELS_LINUX_LX_ERA_H

#include "sim/err.h"

enum lx_era {
#define ERA(symbol, since, help) symbol,
#include "models/linux/lx_era.def"
#undef ERA
	LX_ERA_N
};

/* "major.minor", anything behind a second point or a dash is ignored; 5.4 to 6.12. Fills value[]
 * by the rows. 0, or -EINVAL with *e. */
int lx_era_lookup(const char *version, unsigned value[LX_ERA_N], struct err *e);

/* The help text of a row. */
const char *lx_era_help(enum lx_era row);

#endif
