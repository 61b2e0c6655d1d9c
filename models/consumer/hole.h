/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hole - changes of a container that lie ahead of the simulated present.
 *
 * QEMU's handler runs at one event, but its ioctls take effect one after the other while the meter
 * runs; the device, which nothing stops, meanwhile accesses memory. An access at time t sees what
 * was removed later than t as still there and what was added later as not yet there. In between
 * lies the hole.
 *
 * Of a page that one handler removes and adds several times, the first removal and the last
 * addition count.
 */
#ifndef MODELS_CONSUMER_HOLE_H
#define MODELS_CONSUMER_HOLE_H

#include "models/consumer/type1.h"
#include "sim/port.h"
#include "sim/time.h"

struct hole;

struct hole *hole_new(void);
void hole_free(struct hole *h); /* NULL is allowed */

/* A mapping goes, or comes, at time `at`; `now` is when the handler began, not before the last
 * call's. True from hole_added(): some of it was removed at *since, in the same stretch of time. */
void hole_removed(struct hole *h, const struct type1_map *map, cycles_t at, cycles_t now);
bool hole_added(struct hole *h, iova_t first, iova_t last, cycles_t at, cycles_t now,
		cycles_t *since);

/* Up to when the container and the device's view of it differ. */
cycles_t hole_until(const struct hole *h);

enum hole_view {
	HOLE_SETTLED, /* as the container says */
	HOLE_BEFORE,  /* *map, though the container says otherwise */
	HOLE_NONE,    /* nothing there yet */
	HOLE_OPEN,    /* nothing there now, but there was and will be */
};
/* What a device sees at `at` when it looks at time t; is_mapped: the container maps it. */
enum hole_view hole_look(const struct hole *h, iova_t at, cycles_t t, bool is_mapped,
			 struct type1_map *map);

#endif
