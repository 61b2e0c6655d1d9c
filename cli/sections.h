/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sections - the sections of a scenario that belong to no plug-in, as tables of option rows.
 */
#ifndef CLI_SECTIONS_H
#define CLI_SECTIONS_H

#include "sim/opt.h"

struct opt_section {
	const char *path; /* "", "machine", "devices.NAME" */
	const char *help;
	const struct opt *rows;
};

/* In the order of the reference page; path NULL at the end. */
extern const struct opt_section build_sections[];

#endif
