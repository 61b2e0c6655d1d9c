/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_versions - an assigned device through 40 steps: events, walks, ioctls and the host's refusals, by version.
 *
 * The steps and their events were observed with a VFIO device under QEMU 6.2, 7.2.22, 8.0, 8.2 and 10.2
 * (docs/MODEL.md); 16 pages are mapped, from step 16 on 17.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/port.h"
#include "tests/consumer_rig.h"

extern const struct consumer_type consumer_vfio;

struct step {
	const char *name, *ops;
	unsigned n_unmap, n_map; /* events */
	unsigned replay_unmaps;  /* more of them up to 8.0: whole-unmaps of replay, 10 + 9 pieces */
	unsigned n_levels;       /* tables visited */
	unsigned unmaps, maps;   /* ioctls besides those of events: sections, RAM */
	unsigned unmaps_failed, maps_failed;
};

static const struct step steps[] = {
	{"TE on", "te 1", 0, 16, 19, 6, 1, 0, 0, 0},
	{"PSI, nothing changed", "psi 0x10000 0 7", 0, 0, 0, 3, 0, 0, 0, 0},
	{"DSI, nothing changed", "dsi 7", 0, 0, 0, 3, 0, 0, 0, 0},
	{"page gone", "pte 0x14 0; psi 0x14000 0 7", 1, 0, 0, 3, 0, 0, 0, 0},
	{"the same PSI", "psi 0x14000 0 7", 0, 0, 0, 3, 0, 0, 0, 0},
	{"page back", "pte 0x14 0x2004003; psi 0x14000 0 7", 0, 1, 0, 3, 0, 0, 0, 0},
	{"other address", "pte 0x15 0x2020003; psi 0x15000 0 7", 1, 1, 0, 3, 0, 0, 0, 0},
	{"read-only", "pte 0x16 0x2006001; psi 0x16000 0 7", 1, 1, 0, 3, 0, 0, 0, 0},
	{"gone, PSI of another", "pte 0x17 0; psi 0x16000 0 7", 0, 0, 0, 3, 0, 0, 0, 0},
	{"DSI finds it", "dsi 7", 1, 0, 0, 3, 0, 0, 0, 0},
	{"reserved bit", "pte 0x18 0x2008803; dsi 7", 0, 0, 0, 3, 0, 0, 0, 0},
	{"clean again", "pte 0x18 0x2008003; dsi 7", 0, 0, 0, 3, 0, 0, 0, 0},
	{"DSI of another domain", "pte 0x19 0; dsi 8", 0, 0, 0, 0, 0, 0, 0, 0},
	{"global", "gi", 1, 0, 0, 3, 0, 0, 0, 0},
	{"two back, one new, PSI of 16",
	 "pte 0x17 0x2007003; pte 0x19 0x2009003; pte 0x30 0x2030003; psi 0x10000 4 7", 0, 2, 0, 3,
	 0, 0, 0, 0},
	{"DSI maps the new one", "dsi 7", 0, 1, 0, 3, 0, 0, 0, 0},
	{"PSI unaligned", "pte 0x16 0x2006003; psi 0x13000 2 7", 1, 1, 0, 3, 0, 0, 0, 0},
	{"table gone, PSI of a page", "l2 0; psi 0x10000 0 7", 1, 0, 0, 2, 0, 0, 0, 0},
	{"table back, PSI of a page", "l2 0x1004003; psi 0x10000 0 7", 0, 1, 0, 3, 0, 0, 0, 0},
	{"DSI: the rest", "dsi 7", 0, 16, 0, 3, 0, 0, 0, 0},
	{"2 MiB page", "l2 0x1200083; dsi 7", 1, 1, 0, 2, 0, 0, 0, 0},
	/* UNMAP of 4 KiB cuts the 2 MiB mapping: EINVAL; it stays, so each MAP is EEXIST */
	{"table back", "l2 0x1004003; dsi 7", 1, 17, 0, 3, 0, 0, 1, 17},
	{"CC device, unchanged", "ccd 0x100 0", 0, 0, 0, 3, 0, 0, 0, 0},
	{"CC global", "ccg", 19, 17, 0, 3, 0, 0, 0, 0},
	{"CC domain", "ccdom 8", 19, 17, 0, 3, 0, 0, 0, 0},
	{"entry gone, DSI", "ce 0 7; dsi 7", 0, 0, 0, 0, 0, 0, 0, 0},
	{"entry gone, CC device", "ccd 0x100 0", 19, 0, 0, 0, 0, 0, 0, 0},
	{"entry back", "ce 0x1002001 7; ccd 0x100 0", 0, 17, 0, 3, 0, 0, 0, 0},
	{"reserved bit in the entry", "ce 0x1002011 7; ccd 0x100 0", 0, 0, 0, 0, 0, 0, 0, 0},
	{"clean again", "ce 0x1002001 7; ccd 0x100 0", 0, 0, 0, 3, 0, 0, 0, 0},
	{"pass-through", "ce 0x1002009 7; ccd 0x100 0", 0, 0, 0, 0, 2, 1, 0, 0},
	{"and back", "ce 0x1002001 7; ccd 0x100 0", 0, 17, 19, 9, 1, 0, 0, 0},
	{"SRTP", "srtp", 19, 0, 0, 0, 0, 0, 0, 0},
	{"DSI after it", "dsi 7", 0, 17, 0, 3, 0, 0, 0, 0},
	{"TE off", "te 0", 19, 0, 0, 0, 2, 1, 0, 0},
	{"TE on", "te 1", 0, 17, 19, 6, 1, 0, 0, 0},
	{"PSI over the window", "psi 0xc0000000 18 7", 0, 0, 0, 1, 0, 0, 0, 0},
	{"device-TLB page", "dev 0x100 0x10000", 0, 0, 0, 0, 0, 0, 0, 0},
	{"2 MiB page below the window",
	 "word 0x1002018 0x1005003; l2hole 502 0x1200083; psi 0xfec00000 0 7", 0, 1, 0, 2, 0, 0, 0,
	 0},
};

static uint64_t ioctls(const struct consumer_rig *c, enum counter which)
{
	return c->env.ent->counter[which];
}

static void run_step(struct consumer_rig *c, const struct step *s, const char *props, bool is_new)
{
	unsigned n_unmap = s->n_unmap + (is_new ? 0 : s->replay_unmaps);
	uint64_t unmaps = ioctls(c, CTR_CONSUMER_UNMAP), maps = ioctls(c, CTR_CONSUMER_MAP);
	uint64_t unmaps_failed = ioctls(c, CTR_CONSUMER_UNMAP_FAILED);
	uint64_t maps_failed = ioctls(c, CTR_CONSUMER_MAP_FAILED);

	consumer_rig_step(c, s->ops);
	unmaps = ioctls(c, CTR_CONSUMER_UNMAP) - unmaps;
	maps = ioctls(c, CTR_CONSUMER_MAP) - maps;
	unmaps_failed = ioctls(c, CTR_CONSUMER_UNMAP_FAILED) - unmaps_failed;
	maps_failed = ioctls(c, CTR_CONSUMER_MAP_FAILED) - maps_failed;
	if (c->died || c->n_unmap != n_unmap || c->n_map != s->n_map ||
	    c->n_levels != s->n_levels || unmaps != n_unmap + s->unmaps ||
	    maps != s->n_map + s->maps || unmaps_failed != s->unmaps_failed ||
	    maps_failed != s->maps_failed)
		fail_msg("%s, %s: got U%u M%u levels %u ioctls %u (%u failed) %u (%u failed): %s",
			 props, s->name, c->n_unmap, c->n_map, c->n_levels, (unsigned)unmaps,
			 (unsigned)unmaps_failed, (unsigned)maps, (unsigned)maps_failed, c->log);
}

static void test_steps(void **state)
{
	static const struct {
		const char *props;
		bool is_new, aborts;
	} versions[] = {
		{"qemu=6.2,caching-mode=on", false, true},
		{"qemu=7.2,caching-mode=on", false, true},
		{"qemu=8.0,caching-mode=on", false, true},
		{"qemu=8.2,caching-mode=on", true, true},
		{"qemu=10.2,caching-mode=on,aw-bits=39", true, false},
	};

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		static struct consumer_rig c;

		consumer_rig_init(&c, &consumer_vfio, versions[v].props);
		for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
			run_step(&c, &steps[i], versions[v].props, versions[v].is_new);
		consumer_rig_step(&c, "dev 0x100 0x7ffffffffffff001"); /* step 40: all of it */
		assert_int_equal(c.died, versions[v].aborts);
		consumer_rig_fini(&c);
	}
}

/* A 2 MiB leaf at 0xfee00000, half of it in the window, from 10.2 on: what VFIO maps of it. */
static void test_superpage_over_window(void **state)
{
	static const struct {
		const char *ops, *want;
	} rows[] = {
		{"word 0x1002018 0x1005003; l2hole 503 0x1200083; psi 0xfef00000 0 7",
		 "M 0xfef00000+0x100000"},
		{"l2hole 503 0; psi 0xfef00000 0 7", "U 0xfef00000+0x100000"},
		{"l2hole 503 0x1006003; word 0x1006800 0x2010003; psi 0xfef00000 0 7",
		 "M 0xfef00000+0x1000"},
		{"l2hole 503 0; psi 0xfef00000 0 7", "U 0xfef00000+0x100000"},
		{"dev 0x100 0x7ffffffffffff001", ""},
	};
	static struct consumer_rig c;

	(void)state;
	consumer_rig_init(&c, &consumer_vfio, "qemu=10.2,caching-mode=on,aw-bits=39");
	consumer_rig_step(&c, "te 1");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		consumer_rig_step(&c, rows[i].ops);
		assert_string_equal(c.log, rows[i].want);
	}
	assert_int_equal(ioctls(&c, CTR_CONSUMER_UNMAP_FAILED), 0);
	assert_int_equal(ioctls(&c, CTR_CONSUMER_MAP_FAILED), 0);
	consumer_rig_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_superpage_over_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
