/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * notify - what an IOMMU tells those who listen: a range was mapped or unmapped.
 *
 * Kinds and rules are QEMU's (reference: IOMMUNotifier). A notifier asks for kinds in a window; the
 * IOMMU delivers in LIFO order of registration, so the newest hears first.
 */
#ifndef MODELS_NOTIFY_H
#define MODELS_NOTIFY_H

#include "models/addr.h"

struct meter;

enum notify_kind {
	NOTIFY_UNMAP = 1,
	NOTIFY_MAP = 2,
	NOTIFY_DEVTLB_UNMAP = 4, /* from a device-TLB descriptor */
};

struct notify {
	enum notify_kind kind;
	iova_t first, last; /* inclusive; [0, 2^64-1] is legal */
	gpa_t gpa;          /* NOTIFY_MAP: where `first` maps to */
	enum perm perm;     /* NOTIFY_MAP: what is allowed */
};

struct notifier {
	unsigned wants;     /* notify_kind, or-ed */
	iova_t first, last; /* window, inclusive */
	/* Runs on the meter of who caused the event: the guest waits for it. */
	void (*fn)(struct notifier *n, const struct notify *what, struct meter *m);
	void *self;
	struct notifier *next; /* private to the IOMMU */
};

#endif
