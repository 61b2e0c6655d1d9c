/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vhost_rule - which notifier QEMU's vhost registers, by version.
 */
#ifndef MODELS_CONSUMER_VHOST_RULE_H
#define MODELS_CONSUMER_VHOST_RULE_H

#include <stdbool.h>

#include "sim/err.h"

enum vhost_rule {
	VHOST_RULE_UNMAP,  /* .. 5.2: UNMAP */
	VHOST_RULE_DEVTLB, /* 6.0 .. 7.2.4: DEVTLB_UNMAP, taken even without device-iotlb */
	VHOST_RULE_OFFER,  /* 8.0: DEVTLB_UNMAP if the IOMMU has device-iotlb, else UNMAP */
	VHOST_RULE_ATS,    /* 7.2.5 .. 7.2.22, 8.1 ..: DEVTLB_UNMAP while the guest has ATS on */
};

/* The rule of a version "MAJOR.MINOR" or "MAJOR.MINOR.PATCH"; without PATCH the last one of that
 * series is meant. 0, or -EINVAL with *e filled. */
int vhost_rule_of(const char *qemu, enum vhost_rule *rule, struct err *e);

/* What that rule registers: a notify_kind, or 0 when QEMU exits (ATS without device-iotlb). */
unsigned vhost_rule_wants(enum vhost_rule rule, bool device_iotlb, bool ats);

#endif
