/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_behaviour - the table of what differs between versions, made from the rows.
 */
#include "models/vtd/vtd_behaviour.h"

#include <stddef.h>

enum { CLASS_52, CLASS_62, CLASS_72, CLASS_80, CLASS_82, CLASS_100, CLASS_102, CLASS_111, CLASS_N };

/* Names of versions; those run themselves first, then others of the same class. */
static const struct {
	const char *word;
	uint8_t class;
} versions[] = {
	{"5.2", CLASS_52},   {"6.2", CLASS_62},	  {"7.2", CLASS_72},   {"8.0", CLASS_80},
	{"8.2", CLASS_82},   {"10.0", CLASS_100}, {"10.2", CLASS_102}, {"11.1", CLASS_111},
	{"5.1", CLASS_52},   {"6.0", CLASS_62},	  {"8.1", CLASS_82},
};

const char *const vtd_version_words[] = {"5.2",	 "6.2",	 "7.2", "8.0", "8.2", "10.0",
					 "10.2", "11.1", "5.1", "6.0", "8.1", NULL};

_Static_assert(sizeof versions / sizeof *versions + 1 ==
		       sizeof vtd_version_words / sizeof *vtd_version_words,
	       "one class per word");

/* Word lists, by the name in the rows. */
const char *const vtd_words_on_off[] = {"auto", "off", "on", NULL};
const char *const vtd_words_width[] = {"auto", "39", "48", NULL};
const char *const vtd_words_pss[] = {"auto", "none", "8", "20", NULL};
const char *const vtd_words_psi_mask[] = {"auto", "8", "64", NULL};
const char *const vtd_words_range[] = {"auto", "contained", "crop-devtlb", "crop", NULL};
const char *const vtd_words_sync[] = {"auto", "walk-all", "walk", "window", NULL};
const char *const vtd_words_psi_walk[] = {"auto", "map", "all", "as-dsi", NULL};
const char *const vtd_words_replay[] = {"auto", "unmap-walk", "clear-walk", "walk", "generic", NULL};

const struct vtd_behaviour_row vtd_behaviour_rows[VTD_B_N] = {
#define B(symbol, key, words, v52, v62, v72, v80, v82, v100, v102, v111, help)                     \
	[symbol] = {key, help, vtd_words_##words},
#include "models/vtd/vtd_behaviour.def"
#undef B
};

static const uint8_t values[VTD_B_N][CLASS_N] = {
#define B(symbol, key, words, v52, v62, v72, v80, v82, v100, v102, v111, help)                     \
	[symbol] = {v52, v62, v72, v80, v82, v100, v102, v111},
#include "models/vtd/vtd_behaviour.def"
#undef B
};

uint8_t vtd_behaviour_value(enum vtd_behaviour b, unsigned version, unsigned override)
{
	return override ? (uint8_t)(override - 1) : values[b][versions[version].class];
}
