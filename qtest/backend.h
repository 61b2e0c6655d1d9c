/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * backend - a virtio device with a vhost back end on the board: which messages of its IOTLB reach the back end.
 *
 * On request it has two small windows: the status and ring addresses of virtio's common configuration, so that
 * a script is the driver, and the ATS control word in its configuration space.
 */
#ifndef QTEST_BACKEND_H
#define QTEST_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/consumer/sections.h"
#include "models/consumer/vhost_rule.h"
#include "models/vtd/vtd_unit.h"

#define BACKEND_BAR UINT64_C(0xd0000000)  /* common configuration, with "driver" */
#define BACKEND_ECAM UINT64_C(0xb0000000) /* + source id << 12: configuration space, with "ats" */
#define BACKEND_QUEUES 2u

struct backend_config {
	bool is_there;
	uint16_t sid;
	bool has_ats;    /* the capability is there; off when the script begins */
	bool has_driver; /* a driver starts it; else it runs from the beginning */
};

struct backend_message {
	bool is_update; /* else INVALIDATE */
	iova_t first;
	uint64_t n_bytes; /* 0: 2^64 */
};

struct backend {
	struct backend_config config;
	struct aspace *as;
	struct listener listener;
	struct sections sections;
	enum vhost_rule rule;
	bool device_iotlb, is_running, ats;
	unsigned queue;
	iova_t used[BACKEND_QUEUES];
	/* QEMU exits: the unit refuses the notifier */
	void (*aborted)(void *self, const char *why);
	void *self;
	bool keeps_messages;
	struct backend_message *message;
	size_t n_messages;
};

/* `as` is the device's; config, rule, aborted, keeps_messages are set. */
void backend_init(struct backend *b, struct vtd *unit, struct aspace *as, struct meter *m);
void backend_fini(struct backend *b);

/* Bytes of [at, at + n) that one of its windows takes; 0: none. */
uint64_t backend_has(const struct backend *b, uint64_t at, uint64_t n);
/* Accesses of 1, 2, 4 or 8 bytes at an address that backend_has(). */
uint64_t backend_read(const struct backend *b, uint64_t at, unsigned size);
void backend_write(struct backend *b, uint64_t at, unsigned size, uint64_t val, struct meter *m);

/* Print and forget the messages: "iotlb_msg INVALIDATE iova X size Y", "iotlb_msg UPDATE ... perm 3". */
void backend_flush(struct backend *b, const struct vtd_trace_sink *trace);

#endif
