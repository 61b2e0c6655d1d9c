/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * consumer_rig - the rig of a VT-d unit with a real consumer behind it, and what reached it.
 */
#ifndef TESTS_CONSUMER_RIG_H
#define TESTS_CONSUMER_RIG_H

#include "models/consumer/consumer.h"
#include "tests/vtd_rig.h"

struct consumer_rig {
	struct rig r;
	const struct consumer_type *type;
	void *self;
	struct consumer_env env;
	struct vtd_trace_sink trace;
	uint64_t n_errors; /* of the queue, before the present step */
	/* since the last step began */
	char log[RIG_LOG_BYTES *
		 2]; /* "U 0x10000+0x1000 ; M 0x20000+0x1000", vhost: "INVALIDATE ..", "UPDATE .. p3" */
	unsigned n_map, n_unmap, n_levels, n_one, n_skip_map, n_whole;
	bool died;
};

/* type: &consumer_vhost or &consumer_vfio with default options; props as rig_init(). Tables are written (the
 * one of the interrupt window's gigabyte is taken out), translation is off. */
void consumer_rig_init(struct consumer_rig *c, const struct consumer_type *type, const char *props);
void consumer_rig_fini(struct consumer_rig *c);

/* A step: operations of rig_run() and, for consumers, `start` (rings of two virtqueues at 0x10000 and
 * 0x14000), `stop`, `ats 0|1`. What it did is in c. */
void consumer_rig_step(struct consumer_rig *c, const char *ops);

#endif
