/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_vtd_notify - what each invalidation tells notifiers, by version of QEMU.
 *
 * The tables were observed: a vhost-user backend (UNMAP and device-TLB notifiers) and a VFIO device (MAP and
 * UNMAP) under each version; docs/MODEL.md says how. Rows run one after the other on one unit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/port.h"
#include "tests/vtd_rig.h"

/* "H": the 19 pieces of both windows; "W": both windows whole; "-": nothing. */
struct unmap_row {
	const char *name, *ops;
	const char *v52, *v72, *v80, *v102; /* v80: 8.0 to 10.0; v102: 10.2 and 11.1 */
	const char *devtlb;                 /* a device-TLB notifier, 6.2 and later */
};

static const struct unmap_row unmap_rows[] = {
	{"PSI", "psi 0x10000 0 7", "U0x10000+0x1000", "U0x10000+0x1000", "U0x10000+0x1000",
	 "U0x10000+0x1000", "-"},
	{"PSI am 2", "psi 0x10000 2 7", "U0x10000+0x4000", "U0x10000+0x4000", "U0x10000+0x4000",
	 "U0x10000+0x4000", "-"},
	{"PSI unaligned is not rounded", "psi 0x13000 2 7", "U0x13000+0x4000", "U0x13000+0x4000",
	 "U0x13000+0x4000", "U0x13000+0x4000", "-"},
	{"PSI am 18: one message", "psi 0 18 7", "U0x0+0x40000000", "U0x0+0x40000000",
	 "U0x0+0x40000000", "U0x0+0x40000000", "-"},
	{"PSI in the hole", "psi 0xfee00000 0 7", "-", "-", "-", "-", "-"},
	{"PSI up to the hole", "psi 0xfed00000 8 7", "U0xfed00000+0x100000", "U0xfed00000+0x100000",
	 "U0xfed00000+0x100000", "U0xfed00000+0x100000", "-"},
	{"PSI into the hole", "psi 0xfed00000 9 7", "ABORT", "ABORT", "ABORT",
	 "U0xfed00000+0x100000", "-"},
	{"PSI over the hole", "psi 0xc0000000 18 7", "ABORT", "ABORT", "ABORT",
	 "U0xfef00000+0x1100000 U0xc0000000+0x3ee00000", "-"},
	{"PSI of another domain", "psi 0x10000 0 8", "-", "-", "-", "-", "-"},
	{"PSI above the width", "psi 0x10000000000 0 7", "U0x10000000000+0x1000",
	 "U0x10000000000+0x1000", "U0x10000000000+0x1000", "U0x10000000000+0x1000", "-"},
	{"DSI fills the tree", "dsi 7", "-", "-", "W", "W", "-"},
	{"DSI again", "dsi 7", "-", "-", "W", "W", "-"},
	{"DSI of another domain", "dsi 8", "-", "-", "-", "-", "-"},
	{"global", "gi", "-", "-", "W", "W", "-"},
	{"page gone, PSI", "pte 0x14 0; psi 0x14000 0 7", "U0x14000+0x1000", "U0x14000+0x1000",
	 "U0x14000+0x1000", "U0x14000+0x1000", "-"},
	{"DSI tells it again", "dsi 7", "U0x14000+0x1000", "U0x14000+0x1000", "W", "W", "-"},
	{"page gone, DSI", "pte 0x15 0; dsi 7", "U0x15000+0x1000", "U0x15000+0x1000", "W", "W", "-"},
	{"page gone, global", "pte 0x16 0; gi", "U0x16000+0x1000", "U0x16000+0x1000", "W", "W", "-"},
	{"other address", "pte 0x17 0x2020003; dsi 7", "U0x17000+0x1000", "U0x17000+0x1000", "W",
	 "W", "-"},
	{"read-only", "pte 0x18 0x2008001; dsi 7", "U0x18000+0x1000", "U0x18000+0x1000", "W", "W",
	 "-"},
	{"reserved bit: left alone", "pte 0x19 0x2009803; dsi 7", "-", "-", "W", "W", "-"},
	{"and then gone", "pte 0x19 0; dsi 7", "U0x19000+0x1000", "U0x19000+0x1000", "W", "W", "-"},
	{"pages back",
	 "pte 0x14 0x2004003; pte 0x15 0x2005003; pte 0x16 0x2006003; pte 0x17 0x2007003;"
	 "pte 0x18 0x2008003; pte 0x19 0x2009003; dsi 7",
	 "U0x17000+0x1000 U0x18000+0x1000", "U0x17000+0x1000 U0x18000+0x1000", "W", "W", "-"},
	{"table gone: one message", "l2 0; dsi 7", "U0x0+0x200000", "U0x0+0x200000", "W", "W", "-"},
	{"2 MiB page", "l2 0x1200083; dsi 7", "-", "-", "W", "W", "-"},
	{"table back", "l2 0x1004003; dsi 7", "U0x0+0x1000", "U0x0+0x1000", "W", "W", "-"},
	{"context device", "ccd 0x100 0", "-", "-", "W", "W", "-"},
	{"context device, function mask", "ccd 0x104 1", "-", "-", "W", "W", "-"},
	{"context device, another", "ccd 0x20 0", "-", "-", "-", "-", "-"},
	{"context global", "ccg", "H", "H", "H W", "H W", "-"},
	{"context domain is global", "ccdom 8", "H", "H", "H W", "H W", "-"},
	{"device-TLB page", "dev 0x100 0x10000", "U0x10000+0x1000", "-", "-", "-",
	 "U0x10000+0x1000"},
	{"device-TLB 8K", "dev 0x100 0x10001", "U0x10000+0x2000", "-", "-", "-",
	 "U0x10000+0x2000"},
	{"device-TLB 16K aligns", "dev 0x100 0x15001", "U0x14000+0x4000", "-", "-", "-",
	 "U0x14000+0x4000"},
	{"device-TLB 64K", "dev 0x100 0x17001", "U0x10000+0x10000", "-", "-", "-",
	 "U0x10000+0x10000"},
	{"device-TLB in the hole", "dev 0x100 0xfee00000", "-", "-", "-", "-", "-"},
	{"device-TLB of another device", "dev 0x20 0x10000", "-", "-", "-", "-", "-"},
	{"device-TLB over the hole", "dev 0x100 0xfedff001", "ABORT", "ABORT", "ABORT", "-",
	 "U0xfef00000+0x100000 U0xfec00000+0x200000"},
	{"device-TLB 2^63", "dev 0x100 0x3ffffffffffff001", "ABORT", "ABORT", "ABORT", "-",
	 "U0xfef00000+0x7fffffff01100000 U0x0+0xfee00000"},
	{"device-TLB all", "dev 0x100 0x7ffffffffffff001", "ABORT", "ABORT", "ABORT", "-", "W"},
	{"device-TLB all ones", "dev 0x100 0xfffffffffffff001", "ABORT", "ABORT", "ABORT", "-",
	 "W"},
	{"interrupt entries", "desc 4 0", "-", "-", "-", "-", "-"},
	{"SRTP", "srtp", "H", "H", "H", "H", "-"},
	{"TE off", "te 0", "H", "H", "H", "H", "-"},
	{"PSI, TE off", "psi 0x10000 0 7", "-", "-", "-", "-", "-"},
	{"TE on", "te 1", "-", "-", "-", "-", "-"},
	{"global, fills the tree", "gi", "-", "-", "W", "W", "-"},
	{"entry gone, context device", "ce 0 7; ccd 0x100 0", "H", "H", "W", "W", "-"},
	{"again", "ccd 0x100 0", "H", "H", "W", "W", "-"},
	{"entry gone, DSI", "dsi 7", "-", "-", "-", "-", "-"},
	{"entry gone, PSI", "psi 0x10000 0 7", "-", "-", "-", "-", "-"},
	{"entry gone, global", "gi", "H", "H", "W", "W", "-"},
	{"entry gone, context global", "ccg", "H H", "H H", "H W", "H W", "-"},
	{"entry back", "ce 0x1002001 7; ccd 0x100 0", "-", "-", "W", "W", "-"},
	{"other domain", "ce 0x1002001 9; ccd 0x100 0", "-", "-", "W", "W", "-"},
	{"PSI of the old one", "psi 0x10000 0 7", "-", "-", "-", "-", "-"},
	{"PSI of the new one", "psi 0x10000 0 9", "U0x10000+0x1000", "U0x10000+0x1000",
	 "U0x10000+0x1000", "U0x10000+0x1000", "-"},
	{"reserved bit, context device", "ce 0x1002011 7; ccd 0x100 0", "-", "-", "W", "W", "-"},
	{"reserved bit, PSI", "psi 0x10000 0 7", "-", "-", "-", "-", "-"},
	{"reserved bit, context global", "ccg", "H", "H", "H W", "H W", "-"},
	{"pass-through: no notifiers", "ce 0x1002009 7; ccd 0x100 0", "-", "-", "-", "-", "-"},
	{"pass-through, PSI", "psi 0x10000 0 7", "-", "-", "-", "-", "-"},
	{"entry back from pass-through", "ce 0x1002001 7; ccd 0x100 0", "-", "-", "W", "W", "-"},
	{"root gone, context device", "gi; root 0; ccd 0x100 0", "-", "-", "W W", "W W", "-"},
	{"root gone, context global", "ccg", "H", "H", "H W", "H W", "-"},
};

static void run_unmap_row(struct rig *r, const struct unmap_row *row, const char *want,
			  const char *version)
{
	char text[RIG_LOG_BYTES];

	rig_clear(r);
	rig_run(r, row->ops);
	if (strcmp(rig_expand(want, text, sizeof text), r->log) != 0)
		fail_msg("%s, %s: want \"%s\", got \"%s\"", version, row->name, text, r->log);
}

static void test_unmap_by_version(void **state)
{
	static const struct {
		const char *props;
		size_t column;
	} versions[] = {
		{"qemu=5.2,caching-mode=on", offsetof(struct unmap_row, v52)},
		{"qemu=7.2,caching-mode=on", offsetof(struct unmap_row, v72)},
		{"qemu=7.2,caching-mode=off", offsetof(struct unmap_row, v72)},
		{"qemu=8.0,caching-mode=on", offsetof(struct unmap_row, v80)},
		{"qemu=8.2,caching-mode=on", offsetof(struct unmap_row, v80)},
		{"qemu=10.0,aw-bits=39", offsetof(struct unmap_row, v80)},
		{"qemu=10.2,aw-bits=39", offsetof(struct unmap_row, v102)},
		{"qemu=11.1,aw-bits=39", offsetof(struct unmap_row, v102)},
		/* one behaviour alone turns 7.2's sync into that of 8.0 */
		{"qemu=7.2,behaviour.sync=window", offsetof(struct unmap_row, v80)},
	};

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		struct rig r;

		rig_init(&r, versions[v].props, NOTIFY_UNMAP, false);
		for (size_t i = 0; i < ARRAY_SIZE(unmap_rows); i++)
			run_unmap_row(&r, &unmap_rows[i],
				      *(const char *const *)((const char *)&unmap_rows[i] +
							     versions[v].column),
				      versions[v].props);
		rig_fini(&r);
	}
}

static void test_devtlb_by_version(void **state)
{
	static const char *const versions[] = {
		"qemu=6.2", "qemu=7.2,device-iotlb=on", "qemu=8.0,device-iotlb=on",
		"qemu=10.0,device-iotlb=on,aw-bits=39", "qemu=11.1,device-iotlb=on,aw-bits=39",
	};

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		struct rig r;

		rig_init(&r, versions[v], NOTIFY_DEVTLB_UNMAP, false);
		for (size_t i = 0; i < ARRAY_SIZE(unmap_rows); i++)
			run_unmap_row(&r, &unmap_rows[i], unmap_rows[i].devtlb, versions[v]);
		rig_fini(&r);
	}
}

/* MAP and UNMAP. Counts of events, tables visited; replays differ before 8.1 (U19) and after. */
struct map_row {
	const char *name, *ops;
	unsigned n_unmap, n_map, n_tables;
	const char *log; /* NULL: not compared */
	unsigned new_n_unmap; /* 8.2 and later */
};

static const struct map_row map_rows[] = {
	{"TE on: replay", "te 0; te 1", 38, 16, 6, NULL, 19},
	{"PSI, nothing changed", "psi 0x10000 0 7", 0, 0, 3, "", 0},
	{"DSI, nothing changed", "dsi 7", 0, 0, 4, "", 0},
	{"page gone", "pte 0x14 0; psi 0x14000 0 7", 1, 0, 3, "U0x14000+0x1000", 1},
	{"the same PSI", "psi 0x14000 0 7", 0, 0, 3, "", 0},
	{"page back", "pte 0x14 0x2004003; psi 0x14000 0 7", 0, 1, 3, "M0x14000+0x1000", 0},
	{"other address", "pte 0x15 0x2020003; psi 0x15000 0 7", 1, 1, 3,
	 "U0x15000+0x1000 M0x15000+0x1000", 1},
	{"read-only", "pte 0x16 0x2006001; psi 0x16000 0 7", 1, 1, 3,
	 "U0x16000+0x1000 M0x16000+0x1000", 1},
	{"page gone, PSI of another", "pte 0x17 0; psi 0x16000 0 7", 0, 0, 3, "", 0},
	{"DSI finds it", "dsi 7", 1, 0, 4, "U0x17000+0x1000", 1},
	{"reserved bit", "pte 0x18 0x2008803; dsi 7", 0, 0, 4, "", 0},
	{"clean again", "pte 0x18 0x2008003; dsi 7", 0, 0, 4, "", 0},
	{"DSI of another domain", "pte 0x19 0; dsi 8", 0, 0, 0, "", 0},
	{"global", "gi", 1, 0, 4, "U0x19000+0x1000", 1},
	{"pages back, PSI of 16", "pte 0x17 0x2007003; pte 0x19 0x2009003; pte 0x30 0x2030003; psi 0x10000 4 7",
	 0, 2, 3, "M0x17000+0x1000 M0x19000+0x1000", 0},
	{"DSI maps the rest", "dsi 7", 0, 1, 4, "M0x30000+0x1000", 0},
	{"PSI unaligned", "pte 0x16 0x2006003; psi 0x13000 2 7", 1, 1, 3,
	 "U0x16000+0x1000 M0x16000+0x1000", 1},
	{"table gone, PSI of a page", "l2 0; psi 0x10000 0 7", 1, 0, 2, "U0x0+0x200000", 1},
	{"table back, PSI of a page", "l2 0x1004003; psi 0x10000 0 7", 0, 1, 3, "M0x10000+0x1000",
	 0},
	{"DSI: rest comes back", "dsi 7", 0, 16, 4, NULL, 0},
	{"2 MiB page", "l2 0x1200083; dsi 7", 1, 1, 3, "U0x0+0x200000 M0x0+0x200000", 1},
	{"table back, DSI", "l2 0x1004003; dsi 7", 1, 17, 4, NULL, 1},
	{"context device, unchanged", "ccd 0x100 0", 0, 0, 4, "", 0},
	{"context global", "ccg", 19, 17, 4, NULL, 19},
	{"context domain", "ccdom 8", 19, 17, 4, NULL, 19},
	{"entry gone, DSI", "ce 0 7; dsi 7", 0, 0, 0, "", 0},
	{"entry gone, context device", "ccd 0x100 0", 19, 0, 0, NULL, 19},
	{"entry back", "ce 0x1002001 7; ccd 0x100 0", 0, 17, 4, NULL, 0},
	{"reserved bit in the entry", "ce 0x1002011 7; ccd 0x100 0", 0, 0, 0, "", 0},
	{"clean again", "ce 0x1002001 7; ccd 0x100 0", 0, 0, 4, "", 0},
	{"pass-through", "ce 0x1002009 7; ccd 0x100 0", 0, 0, 0, "", 0},
	{"back: replay, then walk", "ce 0x1002001 7; ccd 0x100 0", 19, 17, 12, NULL, 0},
	{"SRTP", "srtp", 19, 0, 0, NULL, 19},
	{"DSI after SRTP", "dsi 7", 0, 17, 4, NULL, 0},
	{"TE off", "te 0", 19, 0, 0, NULL, 19},
	{"TE on", "te 1", 19, 17, 8, NULL, 0},
	{"PSI over the hole", "psi 0xc0000000 18 7", 0, 0, 2, "", 0},
	{"device-TLB page", "dev 0x100 0x10000", 0, 0, 0, "", 0},
};

static void test_map_by_version(void **state)
{
	static const struct {
		const char *props;
		bool is_new;
	} versions[] = {
		{"qemu=6.2,caching-mode=on", false}, {"qemu=7.2,caching-mode=on", false},
		{"qemu=8.0,caching-mode=on", false}, {"qemu=8.2,caching-mode=on", true},
		{"qemu=10.2,caching-mode=on,aw-bits=39", true},
		{"qemu=7.2,caching-mode=on,behaviour.replay=clear-walk,behaviour.replay-own-kind=on",
		 true},
	};

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		struct rig r;

		rig_init(&r, versions[v].props, NOTIFY_MAP | NOTIFY_UNMAP, true);
		for (size_t i = 0; i < ARRAY_SIZE(map_rows); i++) {
			const struct map_row *row = &map_rows[i];
			unsigned n_unmap = versions[v].is_new ? row->new_n_unmap : row->n_unmap;
			uint64_t tables = rig_counter(&r, CTR_WALK_LEVELS);

			/* the first row has a TE off before it: 8 tables of the first replays stay */
			rig_clear(&r);
			rig_run(&r, row->ops);
			tables = rig_counter(&r, CTR_WALK_LEVELS) - tables;
			if (i == 0)
				tables -= 2; /* two walks visit the empty table of the hole, too */
			if (r.n_unmap != n_unmap || r.n_map != row->n_map ||
			    tables != row->n_tables || (row->log && strcmp(row->log, r.log) != 0))
				fail_msg("%s, %s: want U%u M%u tables %u \"%s\", got U%u M%u tables "
					 "%u \"%s\"",
					 versions[v].props, row->name, n_unmap, row->n_map,
					 row->n_tables, row->log ? row->log : "?", r.n_unmap,
					 r.n_map, (unsigned)tables, r.log);
		}
		rig_fini(&r);
	}
}

/* A 2 MiB page over the hole, MAP notifiers: QEMU before 10.2 aborts, after crops. */
static void test_large_page_over_hole(void **state)
{
	static const struct {
		const char *props, *ops, *want;
	} rows[] = {
		{"qemu=7.2,caching-mode=on", "l2hole 503 0xfee00083; psi 0xfef00000 0 7", "ABORT"},
		{"qemu=10.2,caching-mode=on,aw-bits=39", "l2hole 503 0xfee00083; psi 0xfef00000 0 7",
		 "M0xfef00000+0x100000"},
		{"qemu=10.2,caching-mode=on,aw-bits=39",
		 "l2hole 503 0xfee00083; psi 0xfef00000 0 7; l2hole 503 0; psi 0xfef00000 0 7",
		 "M0xfef00000+0x100000 U0xfef00000+0x100000"},
		{"qemu=10.2,caching-mode=on,aw-bits=39", "dev 0x100 0x7ffffffffffff001", ""},
		{"qemu=8.2,caching-mode=on", "dev 0x100 0x7ffffffffffff001", "ABORT"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig r;

		rig_init(&r, rows[i].props, NOTIFY_MAP | NOTIFY_UNMAP, false);
		rig_clear(&r);
		rig_run(&r, rows[i].ops);
		assert_string_equal(r.log, rows[i].want);
		rig_fini(&r);
	}
}

/* The ablations of replay after a pass-through excursion: what reaches a MAP notifier. */
static void test_replay_ablations(void **state)
{
	static const struct {
		const char *mode;
		unsigned n_unmap, n_map;
	} rows[] = {
		{"unmap-walk", 19, 16}, /* both windows in pieces, each page once */
		{"clear-walk", 0, 16},  /* each page once */
		{"walk", 0, 0},         /* the tree still knows all pages: nothing is told */
		{"generic", 0, 32},     /* no range check: each page to both notifiers */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char props[120];
		struct rig r;

		snprintf(props, sizeof props, "qemu=8.2,caching-mode=on,behaviour.replay=%s",
			 rows[i].mode);
		rig_init(&r, props, NOTIFY_MAP | NOTIFY_UNMAP, true);
		rig_run(&r, "dsi 7; ce 0x1002009 7; ccd 0x100 0");
		rig_clear(&r);
		/* the switch back replays, then the same descriptor walks: nothing new */
		rig_run(&r, "ce 0x1002001 7; ccd 0x100 0");
		assert_int_equal(r.n_unmap, rows[i].n_unmap);
		assert_int_equal(r.n_map, rows[i].n_map);
		rig_fini(&r);
	}
}

static void test_psi_walk(void **state)
{
	static const struct {
		const char *mode, *want;
		unsigned n_tables;
	} rows[] = {
		{"map", "U0x14000+0x1000", 0},
		{"all", "", 3},    /* never told before: the tree does not know the page */
		{"as-dsi", "", 4}, /* all tables, and the empty one of the hole */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char props[120];
		uint64_t before;
		struct rig r;

		snprintf(props, sizeof props, "behaviour.psi-walk=%s", rows[i].mode);
		rig_init(&r, props, NOTIFY_UNMAP, false);
		rig_clear(&r);
		before = rig_counter(&r, CTR_WALK_LEVELS);
		rig_run(&r, "pte 0x14 0; psi 0x14000 0 7");
		assert_string_equal(r.log, rows[i].want);
		assert_int_equal(rig_counter(&r, CTR_WALK_LEVELS) - before, rows[i].n_tables);
		rig_fini(&r);
	}
}

static void test_registration(void **state)
{
	static const struct {
		const char *props;
		unsigned kinds;
		bool refused;
	} rows[] = {
		{"caching-mode=off", NOTIFY_MAP, true},
		{"caching-mode=off", NOTIFY_UNMAP, false},
		{"caching-mode=on", NOTIFY_MAP | NOTIFY_UNMAP, false},
		{"caching-mode=on,snoop-control=on", NOTIFY_UNMAP, true},
		{"device-iotlb=off", NOTIFY_DEVTLB_UNMAP, true},
		{"device-iotlb=on", NOTIFY_DEVTLB_UNMAP, false},
		{"qemu=6.2,device-iotlb=off", NOTIFY_DEVTLB_UNMAP, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig r;

		rig_init(&r, rows[i].props, rows[i].kinds, false);
		assert_int_equal(strstr(r.log, "REFUSED") != NULL, rows[i].refused);
		rig_fini(&r);
	}
}

/* Rows of the event log: what led to what. */
struct log_rows {
	struct rec_event row[16];
	size_t n;
};

static int keep_rows(void *self, const struct rec_event *row, size_t n)
{
	struct log_rows *l = self;

	for (size_t i = 0; i < n && l->n < ARRAY_SIZE(l->row); i++)
		l->row[l->n++] = row[i];
	return 0;
}

static void test_event_log(void **state)
{
	/* one PSI of a page that has moved: descriptor, UNMAP, MAP, and the walk of 3 entries */
	static const struct {
		enum event_kind kind;
		uint64_t iova, bytes, cause;
	} want[] = {
		{EVENT_DESC, 0x15000, 0x1000, 0},
		{EVENT_NOTIFY_UNMAP, 0x15000, 0x1000, 1},
		{EVENT_NOTIFY_MAP, 0x15000, 0x1000, 1},
		{EVENT_WALK, 0x15000, 3, 1},
	};
	struct log_rows rows = {.n = 0};
	struct rig r;

	(void)state;
	rig_init(&r, "caching-mode=on", NOTIFY_MAP | NOTIFY_UNMAP, true);
	rec_log_to(r.rec, (struct rec_sink){keep_rows, &rows});
	rig_run(&r, "pte 0x15 0x2020003; psi 0x15000 0 7");
	assert_int_equal(rec_flush(r.rec), 0);
	assert_int_equal(rows.n, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(rows.row[i].kind, want[i].kind);
		assert_true(rows.row[i].iova == want[i].iova && rows.row[i].bytes == want[i].bytes);
		assert_int_equal(rows.row[i].cause, want[i].cause);
	}
	assert_int_equal(r.rec->cause, 0);
	assert_int_equal(r.as->ent->counter[CTR_NOTIFY_MAP], 17); /* 16 by the replay, 1 */
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unmap_by_version),
		cmocka_unit_test(test_devtlb_by_version),
		cmocka_unit_test(test_map_by_version),
		cmocka_unit_test(test_large_page_over_hole),
		cmocka_unit_test(test_replay_ablations),
		cmocka_unit_test(test_psi_walk),
		cmocka_unit_test(test_registration),
		cmocka_unit_test(test_event_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
