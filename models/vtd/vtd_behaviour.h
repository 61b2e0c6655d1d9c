/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_behaviour - what differs between versions of QEMU, as data: version -> class -> value of each row.
 */
#ifndef MODELS_VTD_VTD_BEHAVIOUR_H
#define MODELS_VTD_VTD_BEHAVIOUR_H

#include <stdbool.h>
#include <stdint.h>

enum vtd_behaviour {
#define B(symbol, key, words, v52, v62, v72, v80, v82, v91, v100, v102, v111, help) symbol,
#include "models/vtd/vtd_behaviour.def"
#undef B
	VTD_B_N
};

/* Values of rows that are not on and off. */
enum { AW_39, AW_48 };
enum { PSS_NONE, PSS_8 };
enum { PSI_MASK_8, PSI_MASK_64 };
enum {
	RANGE_CONTAINED,   /* must lie in the notifier's window, else QEMU aborts */
	RANGE_CROP_DEVTLB, /* cropped for notifiers of device-TLB events, else as above */
	RANGE_CROP,        /* cropped */
};
enum {
	SYNC_WALK_ALL, /* the tables of every matching device, listened to or not */
	SYNC_WALK,     /* the tables if MAP or UNMAP is wanted */
	SYNC_WINDOW,   /* the tables if MAP is wanted, else one UNMAP of each notifier's window */
};
enum {
	PSI_WALK_MAP, /* walk if MAP is wanted, else one UNMAP */
	PSI_WALK_ALL, /* walk always */
	PSI_WALK_DSI, /* treat a PSI as a DSI: walk everything (what older QEMU did, an upper bound) */
};
enum {
	REPLAY_UNMAP,   /* unmap the notifier's window in pieces, then walk */
	REPLAY_CLEAR,   /* forget what is known, then walk */
	REPLAY_WALK,    /* walk only: unchanged pages are not told again (an ablation) */
	REPLAY_GENERIC, /* no tables: translate page by page over the window (other IOMMUs) */
};

/* Words of iommu.qemu, NULL-ended; several name one class. */
extern const char *const vtd_version_words[];
#define VTD_VERSION_DEFAULT "7.2"

/* Words of the rows, by the name in the .def: "auto", then the values; NULL at the end. */
extern const char *const vtd_words_on_off[], *const vtd_words_width[], *const vtd_words_pss[],
	*const vtd_words_psi_mask[], *const vtd_words_range[], *const vtd_words_sync[],
	*const vtd_words_psi_walk[], *const vtd_words_replay[];

struct vtd_behaviour_row {
	const char *key, *help;
	const char *const *words;
};
extern const struct vtd_behaviour_row vtd_behaviour_rows[VTD_B_N];

/* The version that was observed and stands for the class of `word`: "6.2" for "6.0"; most stand for themselves. */
const char *vtd_version_modelled(const char *word);

/* Does the ATS capability of that version's emulated devices say that requests are page-aligned (from 5.2 on)?
 * True for a word that is no version. */
bool vtd_version_ats_aligned(const char *word);

/* The value of a row for vtd_version_words[version]; an override counts from 1, 0: the version's. */
uint8_t vtd_behaviour_value(enum vtd_behaviour b, unsigned version, unsigned override);

#endif
