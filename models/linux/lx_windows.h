/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_windows - address ranges that are never IOVAs: interrupts, and the PCI host bridge's memory
 * windows.
 */
#ifndef MODELS_LINUX_LX_WINDOWS_H
#define MODELS_LINUX_LX_WINDOWS_H

#include "models/linux/lx_iova.h"
#include "models/linux/lx_priv.h"

/* Take them out of a domain's space. The windows are those of QEMU's q35 board with the guest's
 * RAM. */
void lx_windows_reserve(struct lx_iova *v, const struct guest_kernel *k);

#endif
