/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_workload - what a workload's `direction` asks the guest to map.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cli/machine.h"
#include "sim/port.h"

static const struct guest_type *guest_below; /* the guest that is asked */
static enum perm perm_seen;

static int seen_map(void *self, struct dma_map *map, struct meter *m)
{
	perm_seen = map->perm;
	return guest_below->map(self, map, m);
}

/* The permissions of one I/O's only map. */
static enum perm perm_of(const char *model, const char *direction)
{
	struct machine m;
	struct scn scn;
	struct err e = {0};
	struct guest_type seen;
	char text[300];

	snprintf(text, sizeof text,
		 "duration: 10ms\niommu: {model: none}\ndevices:\n  d: {consumer: {model: none}, "
		 "workload: {model: %s, ios: 1, direction: %s}}\n", model, direction);
	if (scn_parse(&scn, "test", text, strlen(text), &e) || machine_build(&m, &scn, NULL, 0, &e) ||
	    machine_boot(&m, &e))
		fail_msg("%s", e.text);
	guest_below = m.device[0]->dev.guest.type;
	seen = *guest_below;
	seen.map = seen_map;
	m.device[0]->dev.guest.type = &seen;
	perm_seen = PERM_NONE;
	machine_start(&m);
	evq_run(m.host.evq, 10000000);
	assert_true(machine_is_done(&m));
	m.device[0]->dev.guest.type = guest_below;
	machine_free(&m);
	scn_free(&scn);
	return perm_seen;
}

static void test_direction(void **state)
{
	static const struct {
		const char *model, *direction;
		enum perm want;
		const char *why;
	} rows[] = {
		{"rr", "out", PERM_R, "sent: the device reads"},
		{"rr", "in", PERM_W, "received: the device writes"},
		{"stream", "out", PERM_R, "sent: the device reads"},
		{"stream", "in", PERM_W, "received: the device writes"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum perm got = perm_of(rows[i].model, rows[i].direction);

		if (got != rows[i].want)
			fail_msg("%s, %s (%s): got %u, want %u", rows[i].model, rows[i].direction,
				 rows[i].why, (unsigned)got, (unsigned)rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_direction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
