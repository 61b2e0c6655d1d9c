/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_poke - single entries of a device's tables, read or written past the kernel's own bookkeeping.
 *
 * For scripted steps that no driver of the model makes: a superpage at the interrupt window, an
 * entry taken out.
 */
#ifndef MODELS_LINUX_LX_POKE_H
#define MODELS_LINUX_LX_POKE_H

#include "models/linux/lx_kernel.h"

/* The domain id in the context entry of sid; 0 when there is none. */
uint16_t lx_poke_did(const struct guest_kernel *k, uint16_t sid);

/* Write the entry that translates iova in the table of `level` (1: 4 KiB, 2: 2 MiB, 3: 1 GiB): a
 * leaf to gpa with perm, or nothing for PERM_NONE. Missing tables above are made. False, and
 * nothing written, when the device has no tables, the level does not exist, or a larger page is in
 * the way. */
bool lx_poke_entry(struct guest_kernel *k, uint16_t sid, iova_t iova, unsigned level, gpa_t gpa,
		   enum perm perm);

#endif
