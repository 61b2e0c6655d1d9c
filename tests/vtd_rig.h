/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_rig - a VT-d unit with one device, tables, a queue and recording notifiers, driven by short texts.
 *
 * Device 01:00.0, domain 7, three levels; 16 pages at IOVA 0x10000 map to RIG_PAGES on.
 */
#ifndef TESTS_VTD_RIG_H
#define TESTS_VTD_RIG_H

#include "models/counters.h"
#include "models/vtd/vtd_spec.h"
#include "models/vtd/vtd_unit.h"

#define RIG_SID 0x100u
#define RIG_ROOT UINT64_C(0x1000000)
#define RIG_CTX UINT64_C(0x1001000)
#define RIG_L3 UINT64_C(0x1002000)
#define RIG_L2 UINT64_C(0x1003000)
#define RIG_L1 UINT64_C(0x1004000)
#define RIG_L2_HOLE UINT64_C(0x1005000) /* table of 0xc0000000..0xffffffff */
#define RIG_QUEUE UINT64_C(0x1080000)
#define RIG_STATUS UINT64_C(0x1090000)
#define RIG_PAGES UINT64_C(0x2000000)
#define RIG_LOG_BYTES 8192u

struct rig {
	struct gmem *mem;
	struct rec *rec;
	struct iommu_env env;
	struct vtd_config config;
	struct vtd *unit;
	struct aspace *as;
	struct meter meter;
	unsigned tail;
	/* what the device's listener does: register for these kinds (0: nothing), replay */
	unsigned kinds;
	bool replays;
	struct listener listener;
	struct notifier notifier[2];
	unsigned n_notifiers;
	/* what happened since rig_clear */
	char log[RIG_LOG_BYTES]; /* "U0x10000+0x1000 M0x20000+0x1000 ABORT" */
	unsigned n_map, n_unmap;
	char why[400];
};

/* props: "qemu=7.2,caching-mode=on"; aborts the test when they do not fit. Translation is on. */
void rig_init(struct rig *r, const char *props, unsigned kinds, bool replays);
/* The same with translation still off, tables written. */
void rig_init_off(struct rig *r, const char *props, unsigned kinds, bool replays);
void rig_fini(struct rig *r);

uint64_t rig_read(struct rig *r, uint32_t off, unsigned size);
void rig_write(struct rig *r, uint32_t off, unsigned size, uint64_t val);
void rig_word(struct rig *r, gpa_t at, uint64_t val);
/* Run one descriptor; true if the queue goes on. */
bool rig_desc(struct rig *r, uint64_t lo, uint64_t hi);

/* Run a text of operations, separated by ';':
 *   psi ADDR AM DID | dsi DID | gi | ccg | ccdom DID | ccd SID FM | dev SID HI | desc LO HI
 *   pte PAGE VALUE (of RIG_L1) | l2 VALUE (slot 0) | l2hole SLOT VALUE | root VALUE | ce LO DID | srtp | te 0|1
 *   word ADDRESS VALUE (memory) | mmio OFFSET VALUE (8 bytes) */
void rig_run(struct rig *r, const char *ops);
void rig_clear(struct rig *r);

/* `want` with "H" (all pieces of both windows, width 39) and "W" (both windows) written out. */
const char *rig_expand(const char *want, char *buf, size_t n);

/* Counter of the unit. */
uint64_t rig_counter(const struct rig *r, enum counter c);

#endif
