/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_behaviour - the table of what differs between versions, made from the rows.
 */
#include "models/vtd/vtd_behaviour.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
	CLASS_52,
	CLASS_62,
	CLASS_72,
	CLASS_80,
	CLASS_82,
	CLASS_91,
	CLASS_100,
	CLASS_102,
	CLASS_111,
	CLASS_N
};

/* Names of versions, oldest first. `run` says which were observed; the others are names of a class.
 * `aligned`: an emulated device's ATS capability has the page-aligned-request bit, which is the device's
 * and not the unit's: 5.1 is otherwise as 5.2. */
static const struct {
	const char *word;
	uint8_t class;
	bool run, aligned;
} versions[] = {
	{"5.1", CLASS_52, false, false},
	{"5.2", CLASS_52, true, true},
	{"6.0", CLASS_62, false, true},
	{"6.2", CLASS_62, true, true},
	{"7.2", CLASS_72, true, true},
	{"8.0", CLASS_80, true, true},
	{"8.1", CLASS_82, false, true},
	{"8.2", CLASS_82, true, true},
	{"9.1", CLASS_91, true, true},
	{"10.0", CLASS_100, true, true},
	{"10.2", CLASS_102, true, true},
	{"11.1", CLASS_111, true, true},
};

const char *const vtd_version_words[] = {"5.1", "5.2", "6.0",  "6.2",  "7.2",  "8.0", "8.1",
					 "8.2", "9.1", "10.0", "10.2", "11.1", NULL};

_Static_assert(sizeof versions / sizeof *versions + 1 ==
		       sizeof vtd_version_words / sizeof *vtd_version_words,
	       "one class per word");

/* Word lists, by the name in the rows. */
const char *const vtd_words_on_off[] = {"auto", "off", "on", NULL};
const char *const vtd_words_width[] = {"auto", "39", "48", NULL};
const char *const vtd_words_pss[] = {"auto", "none", "8", NULL};
const char *const vtd_words_psi_mask[] = {"auto", "8", "64", NULL};
const char *const vtd_words_range[] = {"auto", "contained", "crop-devtlb", "crop", NULL};
const char *const vtd_words_sync[] = {"auto", "walk-all", "walk", "window", NULL};
const char *const vtd_words_psi_walk[] = {"auto", "map", "all", "as-dsi", NULL};
const char *const vtd_words_replay[] = {"auto", "unmap-walk", "clear-walk",
					"walk", "generic",    NULL};

const struct vtd_behaviour_row vtd_behaviour_rows[VTD_B_N] = {
#define B(symbol, key, words, v52, v62, v72, v80, v82, v91, v100, v102, v111, help) \
	[symbol] = {key, help, vtd_words_##words},
#include "models/vtd/vtd_behaviour.def"
#undef B
};

static const uint8_t values[VTD_B_N][CLASS_N] = {
#define B(symbol, key, words, v52, v62, v72, v80, v82, v91, v100, v102, v111, help) \
	[symbol] = {v52, v62, v72, v80, v82, v91, v100, v102, v111},
#include "models/vtd/vtd_behaviour.def"
#undef B
};

const char *vtd_version_modelled(const char *word)
{
	const size_t n = sizeof versions / sizeof *versions;
	size_t i = 0;

	while (i < n && strcmp(versions[i].word, word) != 0)
		i++;
	for (size_t k = 0; i < n && k < n; k++)
		if (versions[k].run && versions[k].class == versions[i].class)
			return versions[k].word;
	return word;
}

bool vtd_version_ats_aligned(const char *word)
{
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
		if (strcmp(versions[i].word, word) == 0)
			return versions[i].aligned;
	return true;
}

uint8_t vtd_behaviour_value(enum vtd_behaviour b, unsigned version, unsigned override)
{
	return override ? (uint8_t)(override - 1) : values[b][versions[version].class];
}
