/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * import_qemu - QEMU's log of a VT-d unit: `qemu -trace 'vtd_*'`, with or without PID@SECONDS: in front.
 *
 * Read are register writes (queue set-up, tail, global command), descriptors as fetched, page updates of
 * QEMU's IOTLB, page walks and, for phases, fw_cfg_select of the keys 0x7fNN that a guest's marker writes.
 * A write of the tail that makes QEMU fetch nothing (the zero of the queue's set-up) is no submission.
 *
 * What belongs to boot is not repeated as an event: the first global interrupt entry invalidation, the
 * global context-cache and the global IOTLB invalidation follow from UNIT_BOOT.
 */
#include "cli/import.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/vtd/vtd_spec.h"
#include "sim/xalloc.h"
