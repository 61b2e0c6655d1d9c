/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_vtd_xlat - translations: faults with their records, caches, what a PSI drops, by version of QEMU.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/port.h"
#include "tests/vtd_rig.h"

static bool translate(struct rig *r, iova_t at, enum perm need, struct xlat *x)
{
	return r->as->ops->translate(r->as, at, need, x, &r->meter);
}

/* Fault reasons in the order of the checks (VT-d 7.1.3). reason 0: translates. */
static const struct fault_row {
	const char *why, *props, *ops;
	iova_t at;
	enum perm need;
	unsigned reason;
} fault_rows[] = {
	{"present", "", "", 0x10123, PERM_R, 0},
	{"root not present", "", "root 0", 0x10000, PERM_R, 0x1},
	{"root reserved", "", "root 0x1001003", 0x10000, PERM_R, 0xa},
	{"root above the width", "", "root 0x8001001001", 0x10000, PERM_R, 0xa},
	{"context table unreadable", "", "root 0x40000001", 0x10000, PERM_R, 0x9},
	{"context not present", "", "ce 0x1002000 7", 0x10000, PERM_R, 0x2},
	{"context reserved", "", "ce 0x1002011 7", 0x10000, PERM_R, 0xb},
	{"TT 3", "", "ce 0x100200d 7", 0x10000, PERM_R, 0x3},
	{"TT 1 without device-iotlb", "", "ce 0x1002005 7", 0x10000, PERM_R, 0x3},
	{"TT 1 with", ",device-iotlb=on", "ce 0x1002005 7", 0x10000, PERM_R, 0},
	{"TT 2 with pt=off", ",pt=off", "ce 0x1002009 7", 0x10000, PERM_R, 0x3},
	{"beyond the width", "", "", UINT64_C(1) << 39, PERM_R, 0x4},
	{"not writable", "", "pte 0x10 0x2000001", 0x10000, PERM_W, 0x5},
	{"not readable", "", "pte 0x10 0x2000002", 0x10000, PERM_R, 0x6},
	{"write-only is possible", "", "pte 0x10 0x2000002", 0x10000, PERM_W, 0},
	{"absent", "", "pte 0x10 0", 0x10000, PERM_R, 0x6},
	{"permission before reserved", "", "pte 0x10 0x800", 0x10000, PERM_R, 0x6},
	{"reserved", "", "pte 0x10 0x2000803", 0x10000, PERM_R, 0xc},
	{"snoop bit with snoop-control", ",snoop-control=on", "pte 0x10 0x2000803", 0x10000, PERM_R,
	 0},
	{"address above the width", "", "pte 0x10 0x8002000003", 0x10000, PERM_R, 0xc},
	{"ignored bits", "", "pte 0x10 0xbff000000200077f", 0x10000, PERM_R, 0},
	{"bit 7 of a 4 KiB page", "", "pte 0x10 0x2000083", 0x10000, PERM_R, 0},
	{"bit 62", "", "pte 0x10 0x4000000002000003", 0x10000, PERM_R, 0xc},
	{"bit 62, device-iotlb", ",device-iotlb=on", "pte 0x10 0x4000000002000003", 0x10000, PERM_R,
	 0},
	{"bit 62, device-iotlb, 10.0", ",device-iotlb=on,qemu=10.0", "pte 0x10 0x4000000002000003",
	 0x10000, PERM_R, 0xc},
	{"all ones: unreadable", "", "pte 0x10 0xffffffffffffffff", 0x10000, PERM_R, 0x7},
	{"table unreadable", "", "l2 0x40000003", 0x10000, PERM_R, 0x7},
	{"top table unreadable", "", "ce 0x40000001 7", 0x10000, PERM_R, 0x3},
	{"2 MiB page", "", "l2 0x1200083", 0x10000, PERM_R, 0},
	{"2 MiB page, low address bits", "", "l2 0x1201083", 0x10000, PERM_R, 0xc},
	{"interrupt output", "", "pte 0x10 0xfee00003", 0x10000, PERM_R, 0xe},
	{"interrupt output, 2 MiB", "", "l2 0xfee00083", 0x10000, PERM_R, 0xe},
	{"interrupt output, 6.2", ",qemu=6.2", "pte 0x10 0xfee00003", 0x10000, PERM_R, 0},
	{"interrupt output, behaviour off", ",behaviour.fault-interrupt-output=off",
	 "pte 0x10 0xfee00003", 0x10000, PERM_R, 0},
	{"interrupt output, scalable", ",scalable-mode=on", "pte 0x10 0xfee00003", 0x10000, PERM_R,
	 0x87},
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fault_rows); i++) {
		const struct fault_row *f = &fault_rows[i];
		char props[100];
		struct xlat x;
		struct rig r;
		uint64_t hi;
		bool done;

		snprintf(props, sizeof props, "aw-bits=39%s", f->props);
		rig_init(&r, props, 0, false);
		rig_run(&r, f->ops);
		/* a context entry that is changed is looked at by the miss itself */
		done = translate(&r, f->at, f->need, &x);
		hi = rig_read(&r, VTD_FRCD_HI, 8);
		if (done != (f->reason == 0) || FGET(VTD_FRCD_FR, hi) != f->reason ||
		    (f->reason && (FGET(VTD_FRCD_SID, hi) != RIG_SID ||
				   FGET(VTD_FRCD_T, hi) != (f->need == PERM_R) ||
				   rig_read(&r, VTD_FRCD_LO, 8) != (f->at & PAGE_MASK))))
			fail_msg("%s: want reason 0x%x, got 0x%x, record 0x%" PRIx64, f->why,
				 f->reason, (unsigned)FGET(VTD_FRCD_FR, hi), hi);
		rig_fini(&r);
	}
}

/* PASID field of the record: ones for walk faults in some versions, 0 for context faults. */
static void test_record_by_version(void **state)
{
	static const struct {
		const char *props, *ops;
		uint64_t hi;
	} rows[] = {
		{"qemu=6.2", "pte 0x10 0", 0xc000000600000100},
		{"qemu=7.2", "pte 0x10 0", 0xc0ffff0600000100},
		{"qemu=10.2,aw-bits=39", "pte 0x10 0", 0xc0ffff0600000100},
		{"qemu=11.1,aw-bits=39", "pte 0x10 0", 0xc000000600000100},
		{"qemu=7.2", "ce 0 7", 0xc000000200000100},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct xlat x;
		struct rig r;

		rig_init(&r, rows[i].props, 0, false);
		rig_run(&r, rows[i].ops);
		assert_false(translate(&r, 0x10000, PERM_R, &x));
		assert_true(rig_read(&r, VTD_FRCD_HI, 8) == rows[i].hi);
		rig_fini(&r);
	}
}

static void test_record_overflow(void **state)
{
	struct xlat x;
	struct rig r;
	struct aspace *other;

	(void)state;
	rig_init(&r, "qemu=7.2", 0, false);
	other = vtd_attach(r.unit, RIG_SID + 8, rec_entity(r.rec, "other"));
	assert_false(translate(&r, 0x1000, PERM_R, &x));
	assert_true(rig_read(&r, VTD_FSTS, 4) == 0x2);
	assert_false(translate(&r, 0x2000, PERM_R, &x)); /* same source: dropped */
	assert_true(rig_read(&r, VTD_FSTS, 4) == 0x2 && rig_read(&r, VTD_FRCD_LO, 8) == 0x1000);
	assert_false(other->ops->translate(other, 0x3000, PERM_R, &x, &r.meter));
	assert_true(rig_read(&r, VTD_FSTS, 4) == 0x3); /* overflow */
	assert_int_equal(rig_counter(&r, CTR_FAULT_RECORDED), 1);
	assert_int_equal(rig_counter(&r, CTR_FAULT_DROPPED), 2);
	rig_write(&r, VTD_FRCD_HI, 8, UINT64_C(1) << 63); /* F clear: PPF follows, the rest stays */
	assert_true(rig_read(&r, VTD_FSTS, 4) == 0x1 && rig_read(&r, VTD_FRCD_LO, 8) == 0x1000);
	rig_fini(&r);
}

/* FPD hides qualified reasons only. */
static void test_fpd(void **state)
{
	static const struct {
		const char *ops;
		bool hidden;
	} rows[] = {
		{"ce 0x1002003 7; pte 0x10 0", true}, /* 6 */
		{"ce 0x1002002 7", true},	      /* 2: read from the absent entry */
		{"ce 0x1002013 7", false},	      /* 0xb is not qualified */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct xlat x;
		struct rig r;

		rig_init(&r, "qemu=7.2", 0, false);
		rig_run(&r, rows[i].ops);
		assert_false(translate(&r, 0x10000, PERM_R, &x));
		assert_int_equal(rig_read(&r, VTD_FSTS, 4) == 0, rows[i].hidden);
		rig_fini(&r);
	}
}

static void test_stale_hit(void **state)
{
	struct xlat x;
	struct rig r;

	(void)state;
	rig_init(&r, "qemu=7.2", 0, false);
	assert_true(translate(&r, 0x10234, PERM_R, &x));
	assert_true(x.iova == 0x10000 && x.gpa == RIG_PAGES && x.mask == 0xfff && x.perm == PERM_RW);
	/* table and context entry gone: the hit needs neither; peek sees the tables */
	rig_run(&r, "pte 0x10 0; ce 0 7");
	assert_true(translate(&r, 0x10000, PERM_W, &x) && x.gpa == RIG_PAGES);
	assert_false(r.as->ops->peek(r.as, 0x10000, &x));
	/* a read-only page: no fault on a hit, the answer lacks the permission */
	rig_run(&r, "ce 0x1002001 7; pte 0x11 0x2001001");
	assert_true(translate(&r, 0x11000, PERM_R, &x));
	assert_true(translate(&r, 0x11000, PERM_W, &x) && x.perm == PERM_R);
	assert_true(rig_read(&r, VTD_FSTS, 4) == 0);
	rig_run(&r, "psi 0x10000 0 7");
	assert_false(translate(&r, 0x10000, PERM_W, &x));
	rig_fini(&r);
}

/* From 10.1 on a read's answer has no write permission. */
static void test_read_only_answer(void **state)
{
	struct xlat x;
	struct rig r;

	(void)state;
	rig_init(&r, "qemu=10.0", 0, false);
	rig_fini(&r);
	rig_init(&r, "qemu=10.2,aw-bits=39", 0, false);
	assert_true(translate(&r, 0x10000, PERM_R, &x) && x.perm == PERM_R);
	assert_true(translate(&r, 0x10000, PERM_W, &x) && x.perm == PERM_RW);
	rig_fini(&r);
}

/* The page compare of PSI: 8 bits up to 9.0. Pages 0x10 and 0x110 agree in them. */
static void test_psi_mask(void **state)
{
	static const struct {
		const char *props, *psi;
		unsigned left; /* of pages 0x10, 0x11, 0x110 */
	} rows[] = {
		{"qemu=7.2", "psi 0x10000 0 7", 1},
		{"qemu=10.0,aw-bits=39", "psi 0x10000 0 7", 2},
		{"qemu=7.2", "psi 0x10000 1 7", 0},
		{"qemu=10.0,aw-bits=39", "psi 0x10000 1 7", 1},
		{"qemu=7.2", "psi 0x40000000 8 7", 0}, /* mask 0: the whole domain */
		{"qemu=10.0,aw-bits=39", "psi 0x40000000 8 7", 3},
		{"qemu=7.2", "psi 0x10000 0 8", 3},
		{"qemu=7.2", "dsi 7", 0},
		{"qemu=7.2", "ccg", 3}, /* context invalidations leave them */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct xlat x;
		struct rig r;

		rig_init(&r, rows[i].props, 0, false);
		rig_run(&r, "pte 0x110 0x2110003");
		assert_true(translate(&r, 0x10000, PERM_R, &x));
		assert_true(translate(&r, 0x11000, PERM_R, &x));
		assert_true(translate(&r, 0x110000, PERM_R, &x));
		rig_run(&r, rows[i].psi);
		assert_int_equal(vtd_n_cached(r.unit), rows[i].left);
		rig_fini(&r);
	}
}

/* 1,024 pages fit; one more empties the cache first. What QEMU would scan is charged. */
static void test_limit(void **state)
{
	struct entity *ent;
	struct xlat x;
	struct rig r;

	(void)state;
	rig_init(&r, "qemu=7.2", 0, false);
	for (unsigned t = 0; t < 3; t++) /* three tables of 512 pages */
		rig_word(&r, RIG_L2 + t * 8, (UINT64_C(0x1100000) + t * PAGE_BYTES) | 3);
	for (unsigned p = 0; p < 3 * 512; p++)
		rig_word(&r, UINT64_C(0x1100000) + p * 8, (RIG_PAGES + p * PAGE_BYTES) | 3);
	for (unsigned p = 0; p < 1024; p++)
		assert_true(translate(&r, p * PAGE_BYTES, PERM_R, &x));
	assert_int_equal(vtd_n_cached(r.unit), 1024);
	ent = rec_entity(r.rec, "cpu");
	r.meter.ent = ent;
	rig_run(&r, "psi 0x40000000000 0 8");
	assert_int_equal(ent->cost[PRIM_IOTLB_SCAN].count, 1024);
	assert_int_equal(ent->cost[PRIM_QI_DESC].count, 1);
	assert_true(translate(&r, 1024 * PAGE_BYTES, PERM_R, &x));
	assert_int_equal(vtd_n_cached(r.unit), 1);
	assert_int_equal(rig_counter(&r, CTR_IOTLB_RESET), 1);
	/* 3 tables: one context entry cached, three entries read */
	assert_int_equal(ent->cost[PRIM_WALK_PTE].count, 3);
	assert_int_equal(ent->cost[PRIM_CTX_FETCH].count, 0);
	rig_fini(&r);
}

static void test_passthrough(void **state)
{
	struct xlat x;
	struct rig r;

	(void)state;
	rig_init(&r, "qemu=7.2", NOTIFY_UNMAP, false);
	assert_int_equal(r.n_notifiers, 2);
	rig_run(&r, "ce 0x1002009 7"); /* not invalidated: noticed at the next miss */
	assert_int_equal(r.n_notifiers, 2);
	assert_true(translate(&r, 0x10000, PERM_R, &x) && x.gpa == 0x10000);
	assert_int_equal(r.n_notifiers, 0); /* switched to RAM */
	assert_true(translate(&r, UINT64_C(1) << 50, PERM_W, &x));
	rig_fini(&r);
}

static void test_window(void **state)
{
	struct xlat x;
	struct rig r;

	(void)state;
	rig_init(&r, "qemu=7.2", 0, false);
	assert_false(translate(&r, MSI_FIRST, PERM_W, &x));
	assert_false(translate(&r, MSI_LAST, PERM_W, &x));
	assert_true(rig_read(&r, VTD_FSTS, 4) == 0);
	rig_fini(&r);
}

/* Register-based invalidation, the queue off (VT-d 11.4.6, 11.4.8). */
static void test_register_invalidation(void **state)
{
	static const struct {
		uint32_t off;
		uint64_t val, want;
		unsigned left; /* of one cached page */
	} rows[] = {
		{VTD_IOTLB, 0x9000000000000000, 0x1200000000000000, 0}, /* global */
		{VTD_IOTLB, 0xa000000700000000, 0x2400000700000000, 0}, /* domain 7 */
		{VTD_IOTLB, 0xa000000800000000, 0x2400000800000000, 1},
		{VTD_IOTLB, 0xb000000700000000, 0x3600000700000000, 0}, /* page 0x10000 */
		{VTD_IOTLB, 0x8000000000000000, 0x0000000000000000, 1}, /* nothing */
		{VTD_CCMD, 0xa000000000000000, 0x2800000000000000, 1},	/* global */
		{VTD_CCMD, 0xc000000000000007, 0x4800000000000007, 1},	/* domain: as global */
		{VTD_CCMD, 0xe000000001000007, 0x7800000000000007, 1},	/* device */
		{VTD_CCMD, 0x8000000000000000, 0x0000000000000000, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct xlat x;
		struct rig r;

		rig_init(&r, "qemu=7.2", 0, false);
		assert_true(translate(&r, 0x10000, PERM_R, &x));
		rig_run(&r, "desc 0x15 0");
		rig_write(&r, VTD_GCMD, 4, FPUT(VTD_GCMD_TE, 1));
		rig_write(&r, VTD_IVA, 8, 0x10000);
		rig_write(&r, rows[i].off, 8, rows[i].val);
		assert_true(rig_read(&r, rows[i].off, 8) == rows[i].want);
		assert_int_equal(vtd_n_cached(r.unit), rows[i].left);
		rig_fini(&r);
	}
}

/* Scalable mode: root halves, PASID directory and table of RID_PASID 5. */
static void test_scalable(void **state)
{
	static const struct {
		const char *why, *version;
		uint64_t dir, pasid;
		unsigned reason;
	} rows[] = {
		{"second stage", "7.2", 0x1021001, 0x1002085, 0},
		{"directory absent", "7.2", 0x1021000, 0x1002085, 0x58},
		{"entry absent", "7.2", 0x1021001, 0x1002084, 0x58},
		{"first stage is walked as second", "7.2", 0x1021001, 0x1002045, 0},
		{"type 5", "7.2", 0x1021001, 0x1002145, 0x58},
		{"pass-through", "7.2", 0x1021001, 0x1002105, 0},
		{"directory absent", "10.0", 0x1021000, 0x1002085, 0x51},
		{"entry absent", "10.0", 0x1021001, 0x1002084, 0x59},
		{"first stage is refused", "10.0", 0x1021001, 0x1002045, 0x5b},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char props[80];
		struct xlat x;
		struct rig r;
		bool done;

		snprintf(props, sizeof props, "aw-bits=39,scalable-mode=on,qemu=%s",
			 rows[i].version);
		rig_init_off(&r, props, 0, false);
		/* devfn 0: lower half, 32-byte entries */
		rig_word(&r, RIG_CTX, 0x1020001);
		rig_word(&r, RIG_CTX + 8, 5);
		rig_word(&r, 0x1020000, rows[i].dir);
		rig_word(&r, 0x1021000 + 5 * 64, rows[i].pasid);
		rig_word(&r, 0x1021000 + 5 * 64 + 8, 7);
		rig_write(&r, VTD_RTADDR, 8, RIG_ROOT | FMASK(VTD_RTADDR_SMT));
		rig_run(&r, "srtp; te 1");
		done = translate(&r, 0x10000, PERM_R, &x);
		if (done != (rows[i].reason == 0) ||
		    FGET(VTD_FRCD_FR, rig_read(&r, VTD_FRCD_HI, 8)) != rows[i].reason)
			fail_msg("%s, %s: got 0x%x", rows[i].version, rows[i].why,
				 (unsigned)FGET(VTD_FRCD_FR, rig_read(&r, VTD_FRCD_HI, 8)));
		if (done)
			assert_true(x.gpa == (FGET(VTD_PASID_PGTT, rows[i].pasid) == VTD_PGTT_PT
						      ? 0x10000
						      : RIG_PAGES));
		rig_fini(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_record_by_version),
		cmocka_unit_test(test_record_overflow),
		cmocka_unit_test(test_fpd),
		cmocka_unit_test(test_stale_hit),
		cmocka_unit_test(test_read_only_answer),
		cmocka_unit_test(test_psi_mask),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_passthrough),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_register_invalidation),
		cmocka_unit_test(test_scalable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
