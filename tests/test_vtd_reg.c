/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_vtd_reg - tables of fields and registers; the register page and the queue, by version of QEMU.
 *
 * Expected values were read from QEMU (docs/MODEL.md); the derivation of a mask is its row in regs.def.
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

static void test_field_table(void **state)
{
	(void)state;
	for (unsigned i = 0; i < vtd_n_field_rows; i++) {
		const struct vtd_field_row *f = &vtd_field_rows[i];
		uint64_t max = bits_low(f->hi - f->lo + 1u);

		assert_true(f->hi <= 63 && f->hi >= f->lo);
		assert_true(bits_get(bits_put(max, f->hi, f->lo), f->hi, f->lo) == max);
		for (unsigned k = i + 1; k < vtd_n_field_rows; k++) {
			const struct vtd_field_row *g = &vtd_field_rows[k];

			if (f->structure == g->structure && !(f->hi < g->lo || g->hi < f->lo))
				fail_msg("%s and %s overlap", f->name, g->name);
		}
	}
}

static void test_reg_table(void **state)
{
	(void)state;
	for (unsigned i = 0; i < vtd_n_reg_rows; i++) {
		const struct vtd_reg_row *r = &vtd_reg_rows[i];

		assert_true(r->offset % r->n_bytes == 0 &&
			    r->offset + r->n_bytes <= VTD_REGS_BYTES);
		assert_true((r->writable & r->w1c) == 0);
		assert_true(i == 0 || vtd_reg_rows[i - 1].offset + vtd_reg_rows[i - 1].n_bytes <=
					      r->offset);
	}
}

/* Reserved masks as QEMU writes them, derived here from the rows. */
static void test_reserved(void **state)
{
	static const struct {
		enum vtd_structure structure;
		uint64_t mask;
	} rows[] = {
		{VTD_S_ROOT, 0xffe},
		{VTD_S_CTX_LO, 0xff0},
		{VTD_S_CTX_HI, 0xffffffffff000080},
		{VTD_S_SCTX_0, 0x1e0},
		{VTD_S_SCTX_1, 0xffffffffffe00000},
		{VTD_S_SCTX_2, UINT64_MAX},
		{VTD_S_DESC_CC, 0xfffc00000000f1c0},
		{VTD_S_DESC_IOTLB_LO, 0xffffffff0000f100},
		{VTD_S_DESC_IOTLB_HI, 0xf80},
		{VTD_S_DESC_DEVTLB_LO, 0xffff0000ffe0f1f0},
		{VTD_S_DESC_DEVTLB_HI, 0xffe},
		{VTD_S_DESC_IEC, 0xffff000007fff1e0},
		{VTD_S_DESC_WAIT_LO, 0xfffff180},
		{VTD_S_DESC_WAIT_HI, 0x3},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_true(vtd_spec_reserved(rows[i].structure) == rows[i].mask);
}

static void test_capabilities(void **state)
{
	static const struct {
		const char *props;
		uint64_t cap, ecap;
	} rows[] = {
		{"caching-mode=on", 0x00d2008c22260286, 0xf00f4a},
		{"caching-mode=off", 0x00d2008c22260206, 0xf00f4a},
		{"aw-bits=48", 0x00d2008c222f0606, 0xf00f4a},
		{"dma-drain=off", 0x0012008c22260206, 0xf00f4a},
		{"intremap=off", 0x00d2008c22260206, 0xf42},
		{"pt=off", 0x00d2008c22260206, 0xf00f0a},
		{"device-iotlb=on", 0x00d2008c22260206, 0xf00f4e},
		{"snoop-control=on", 0x00d2008c22260206, 0xf00fca},
		{"dma-translation=off", 0x00d2008c22260006, 0xf00f4a},
		{"scalable-mode=on,aw-bits=48", 0x00d2008c222f0606, 0x480080f00f4a},
		{"scalable-mode=on,pasid-mode=on", 0x00d2008c22260206, 0x490080f00f4a},
		{"qemu=10.0", 0x00d2008c222f0606, 0xf00f4a}, /* width 48 by default */
		{"qemu=10.0,intremap=on,eim=on", 0x00d2008c222f0606, 0xf00f5a},
		{"qemu=10.2,aw-bits=39", 0x80d2008c22260206, 0xf00f4a},
		{"qemu=10.2,scalable-mode=on,pasid-mode=on", 0x80d2008c222f0606, 0x493880f00f4a},
		{"qemu=11.1,scalable-mode=on,pasid-bits=20", 0x80d2008c222f0606, 0x499880f00f4a},
		{"qemu=7.2,behaviour.cap-esrtps=on", 0x80d2008c22260206, 0xf00f4a},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig r;

		rig_init_off(&r, rows[i].props, 0, false);
		if (rig_read(&r, VTD_CAP, 8) != rows[i].cap ||
		    rig_read(&r, VTD_ECAP, 8) != rows[i].ecap)
			fail_msg("%s: CAP 0x%llx ECAP 0x%llx", rows[i].props,
				 (unsigned long long)rig_read(&r, VTD_CAP, 8),
				 (unsigned long long)rig_read(&r, VTD_ECAP, 8));
		rig_fini(&r);
	}
}

static void test_refusals(void **state)
{
	static const struct vtd_config_row {
		const char *key, *value, *key2, *value2, *version;
		bool refused;
	} rows[] = {
		{"scalable-mode", "on", "dma-drain", "off", "7.2", true},
		{"pasid-mode", "on", "pt", "on", "7.2", true},
		{"eim", "on", "intremap", "on", "7.2", true},
		{"eim", "on", "intremap", "on", "10.0", false},
		{"snoop-control", "on", "pt", "on", "6.2", true},
		{"snoop-control", "on", "pt", "on", "7.2", false},
		{"pt", "off", "dma-drain", "on", "11.1", true},
		{"pt", "off", "dma-drain", "on", "10.2", false},
	};
	struct rec *rec = rec_new(&counters_names);
	struct gmem *mem = gmem_new(1 << 20, 0);
	struct iommu_env env = {.mem = mem, .rec = rec, .ent = rec_entity(rec, "iommu")};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct vtd_config_row *w = &rows[i];
		const char *pair[][2] = {{w->key, w->value}, {w->key2, w->value2}, {"qemu", w->version}};
		struct vtd_config c;
		struct err e = {0};
		struct vtd *v;

		opt_defaults(vtd_opts, &c);
		for (size_t k = 0; k < ARRAY_SIZE(pair); k++)
			assert_int_equal(opt_set(opt_find(vtd_opts, pair[k][0]), &c, pair[k][1], "",
						 (struct err_place){0}, &e),
					 0);
		v = vtd_new(&c, &env, &e);
		assert_int_equal(v == NULL, w->refused);
		assert_int_equal(e.text[0] != '\0', w->refused);
		vtd_free(v);
	}
	rec_free(rec);
	gmem_free(mem);
}

/* One access, then a read. */
static void test_masks(void **state)
{
	static const struct {
		const char *why;
		uint32_t off;
		unsigned size;
		uint64_t val, want;
	} rows[] = {
		{"VER is read only", VTD_VER, 4, UINT64_MAX, 0x10},
		{"GCMD reads 0", VTD_GCMD, 4, 0x20000000, 0},
		{"RTADDR keeps ~0x3ff", VTD_RTADDR, 8, UINT64_MAX, ~UINT64_C(0x3ff)},
		{"CCMD: bits 33:16 read 0; ICC stays, the queue is on", VTD_CCMD, 8, UINT64_MAX,
		 0xe00000000000ffff},
		{"FECTL keeps IM", VTD_FECTL, 4, UINT64_MAX, 0x80000000},
		{"FEDATA 16 bits", VTD_FEDATA, 4, UINT64_MAX, 0xffff},
		{"IEDATA 32 bits", VTD_IEDATA, 4, UINT64_MAX, 0xffffffff},
		{"FEADDR", VTD_FEADDR, 8, UINT64_MAX, 0xfffffffc},
		{"IQH is read only", VTD_IQH, 8, UINT64_MAX, 0},
		{"IQA reads the base in use", VTD_IQA, 8, UINT64_C(0x5000006), RIG_QUEUE | 6},
		{"IRTA", VTD_IRTA, 8, UINT64_MAX, 0xfffffffffffff80f},
		{"IVA reads 0", VTD_IVA, 8, UINT64_MAX, 0},
		{"IOTLB: IVT stays, the queue is on", VTD_IOTLB, 8, UINT64_MAX, 0xb003ffff00000000},
		{"2 bytes do nothing", VTD_FEDATA, 2, 0x1234, 0},
		{"no register", 0xc0, 8, UINT64_MAX, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig r;

		rig_init_off(&r, "qemu=7.2", 0, false);
		rig_write(&r, rows[i].off, rows[i].size, rows[i].val);
		if (rig_read(&r, rows[i].off, rows[i].size) != rows[i].want)
			fail_msg("%s: got 0x%llx", rows[i].why,
				 (unsigned long long)rig_read(&r, rows[i].off, rows[i].size));
		rig_fini(&r);
	}
}

static void test_iqa_dw(void **state)
{
	struct rig r;

	(void)state;
	rig_init_off(&r, "qemu=8.2", 0, false);
	rig_write(&r, VTD_IQA, 8, RIG_QUEUE | 0x800);
	assert_true(rig_read(&r, VTD_IQA, 8) == RIG_QUEUE);
	rig_fini(&r);
	rig_init_off(&r, "qemu=10.0", 0, false);
	rig_write(&r, VTD_IQA, 8, RIG_QUEUE | 0x800);
	assert_true(rig_read(&r, VTD_IQA, 8) == (RIG_QUEUE | 0x800));
	rig_fini(&r);
}

static void test_wide_writes(void **state)
{
	static const struct {
		const char *props;
		uint32_t off;
		bool aborts;
	} rows[] = {
		{"qemu=5.2", VTD_FECTL, true},	{"qemu=10.2", VTD_IECTL, true},
		{"qemu=10.2", VTD_IEADDR, true}, {"qemu=11.1", VTD_FECTL, false},
		{"qemu=11.1", VTD_IEADDR, false}, {"qemu=10.0", VTD_PECTL, false},
		{"qemu=10.2", VTD_PECTL, true},	{"qemu=11.1", VTD_PECTL, false},
		{"qemu=7.2", VTD_FEADDR, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig r;

		rig_init_off(&r, rows[i].props, 0, false);
		rig_write(&r, rows[i].off, 8, 0);
		assert_int_equal(strcmp(r.log, "ABORT") == 0, rows[i].aborts);
		rig_fini(&r);
	}
}

static void test_ire_without_intremap(void **state)
{
	static const struct {
		const char *props;
		uint64_t status;
	} rows[] = {
		{"qemu=6.2,intremap=off", UINT64_C(1) << 25},
		{"qemu=7.2,intremap=off", 0},
		{"qemu=7.2,intremap=on", UINT64_C(1) << 25},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig r;

		rig_init_off(&r, rows[i].props, 0, false);
		rig_write(&r, VTD_GCMD, 4, FPUT(VTD_GCMD_IRE, 1) | FPUT(VTD_GCMD_QIE, 1));
		assert_true((rig_read(&r, VTD_GSTS, 4) & FMASK(VTD_GCMD_IRE)) == rows[i].status);
		rig_fini(&r);
	}
}

/* Which descriptors stop the queue, by version: 'y' accepted, 'n' queue error, 'a' QEMU aborts. */
static const struct desc_row {
	const char *why;
	uint64_t lo, hi;
	const char *verdict; /* 5.2 6.2 7.2 8.0 8.2 10.0 10.2 11.1 */
} desc_rows[] = {
	{"type 0", 0, 0, "nnnnnnnn"},
	{"context, granularity 0", 0x01, 0, "nnnnnnnn"},
	{"context global", 0x11, 0, "yyyyyyyy"},
	{"context, bit 6", 0x51, 0, "nnnnnnnn"},
	{"context, bit 9 is type or reserved", 0x211, 0, "nnnnnnnn"},
	{"context, bit 12", 0x1011, 0, "nnnnnnnn"},
	{"context, high word", 0x11, 1, "nnnnnnnn"},
	{"IOTLB, granularity 0", 0x02, 0, "nnnnnnnn"},
	{"IOTLB, drain bits", 0xd2, 0, "yyyyyyyy"},
	{"IOTLB, bit 8", 0x112, 0, "nnnnnnnn"},
	{"IOTLB, hint", 0x70032, 0x40, "yyyyyyyy"},
	{"IOTLB, high bit 7", 0x70032, 0x80, "nnnnnnnn"},
	{"6.5.2.3 am=18", 0x70032, 18, "yyyyyyyy"},
	{"6.5.2.3 am=19", 0x70032, 19, "nnnnnnnn"},
	{"am is not looked at for a domain", 0x70022, 19, "yyyyyyyy"},
	{"device-TLB", 0x10000000003, 0x1000, "yyyyyyyy"},
	{"device-TLB, bit 4", 0x13, 0, "nnnnnnnn"},
	{"device-TLB, high bit 1", 0x3, 2, "nnnnnnnn"},
	{"interrupt entries, high word", 0x4, 1, "yyyyynnn"},
	{"interrupt entries, bit 5", 0x24, 0, "yyyyynnn"},
	{"wait, write", 0xabcd00000025, RIG_STATUS, "yyyyyyyy"},
	{"wait, unaligned", 0xabcd00000025, RIG_STATUS + 1, "nnnnnnnn"},
	{"wait, nowhere", 0xabcd00000025, 0x10000000000, "nnnnnnnn"},
	{"wait, interrupt", 0x15, 0, "yyyyyyyy"},
	{"wait, both", 0xabcd00000035, RIG_STATUS, "aaaaayyy"},
	{"wait, both, nowhere", 0xabcd00000035, 0x10000000000, "aaaaannn"},
	{"wait, fence", 0x45, 0, "nnnnnnyy"},
	{"wait, nothing", 0x05, 0, "nnnnnnnn"},
	{"wait, page request drain", 0xabcd000000a5, RIG_STATUS, "nnnnnnnn"},
	{"wait, bit 9", 0xabcd00000225, RIG_STATUS, "nnnnnnnn"},
	{"type 6, 128 bits", 0x26, 0, "yyyyynnn"},
	{"type 7, 128 bits", 0x17, 0, "yyyyynnn"},
	{"type 8, 128 bits", 0x08, 0, "nnnnnnnn"},
	{"type 9 with PASID", 0x19, 0, "nnnnnnyy"},
	{"type 9 without", 0x09, 0, "nnnnnnnn"},
	{"type 9, high bit 0", 0x19, 1, "nnnnnnnn"},
	{"type 9, high bit 2", 0x19, 4, "nnnnnnyy"},
	{"type 9, high bit 12", 0x19, 0x1000, "nnnnnnnn"},
	{"type 9, bit 5", 0x39, 0, "nnnnnnnn"},
	{"type 9, bit 12", 0x1019, 0, "nnnnnnyy"},
	{"type 9, source and PASID", 0x2000190019, 0, "nnnnnnyy"},
	{"type 10", 0x0a, 0, "nnnnnnnn"},
};

static void test_descriptors(void **state)
{
	static const char *const versions[] = {"5.2", "6.2",  "7.2",  "8.0",
					       "8.2", "10.0", "10.2", "11.1"};

	(void)state;
	for (unsigned v = 0; v < ARRAY_SIZE(versions); v++) {
		char props[40];
		struct rig r;

		snprintf(props, sizeof props, "aw-bits=39,qemu=%s", versions[v]);
		rig_init(&r, props, 0, false);
		for (size_t i = 0; i < ARRAY_SIZE(desc_rows); i++) {
			const struct desc_row *d = &desc_rows[i];
			char got;

			rig_clear(&r);
			rig_write(&r, VTD_ICS, 4, 1);
			got = rig_desc(&r, d->lo, d->hi) ? 'y' : r.log[0] ? 'a' : 'n';
			if (got != d->verdict[v])
				fail_msg("%s, %s: want %c, got %c", props, d->why, d->verdict[v],
					 got);
		}
		rig_fini(&r);
	}
}

/* 256-bit descriptors under a legacy root. */
static void test_wide_descriptors(void **state)
{
	static const struct {
		const char *why;
		uint64_t lo, w2;
		const char *verdict; /* 7.2, 10.0, 10.2 */
	} rows[] = {
		{"IOTLB global", 0x12, 0, "yyy"}, {"upper half", 0x12, 1, "ynn"},
		{"type 6", 0x26, 0, "yyy"},	  {"type 7", 0x17, 0, "yyy"},
		{"type 8", 0x08, 0, "nyy"},	  {"type 9", 0x19, 0, "nny"},
	};
	static const char *const props[] = {"qemu=7.2,scalable-mode=on", "qemu=10.0,scalable-mode=on",
					    "qemu=10.2,scalable-mode=on"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t v = 0; v < ARRAY_SIZE(props); v++) {
			struct rig r;

			rig_init_off(&r, props[v], 0, false);
			rig_run(&r, "desc 0x15 0"); /* a wait, so that the queue can be disabled */
			rig_write(&r, VTD_GCMD, 4, 0);
			rig_write(&r, VTD_IQT, 8, 0);
			rig_write(&r, VTD_IQA, 8, (RIG_QUEUE + PAGE_BYTES) | 0x800);
			rig_word(&r, RIG_QUEUE + PAGE_BYTES, rows[i].lo);
			rig_word(&r, RIG_QUEUE + PAGE_BYTES + 16, rows[i].w2);
			rig_write(&r, VTD_GCMD, 4, FPUT(VTD_GCMD_QIE, 1));
			rig_write(&r, VTD_IQT, 8, 0x20);
			if ((rig_read(&r, VTD_IQH, 8) == 0x20) != (rows[i].verdict[v] == 'y'))
				fail_msg("%s, %s", props[v], rows[i].why);
			/* a tail inside a descriptor: ignored, from 10.0 an error */
			rig_write(&r, VTD_FSTS, 4, 0x10);
			rig_write(&r, VTD_IQT, 8, 0x30);
			assert_int_equal(rig_read(&r, VTD_FSTS, 4) & 0x10, v == 0 ? 0 : 0x10);
			rig_fini(&r);
		}
}

/* VT-d 6.5.2 as QEMU does it: disable is refused unless idle behind a wait; the tail is kept. */
static void test_queue_disable(void **state)
{
	struct rig r;

	(void)state;
	rig_init_off(&r, "qemu=7.2", 0, false);
	rig_write(&r, VTD_GCMD, 4, 0);
	assert_true(FGET(VTD_GCMD_QIE, rig_read(&r, VTD_GSTS, 4)) == 1);
	rig_run(&r, "gi");
	rig_write(&r, VTD_GCMD, 4, 0);
	assert_true(FGET(VTD_GCMD_QIE, rig_read(&r, VTD_GSTS, 4)) == 1);
	rig_run(&r, "desc 0xabcd00000025 0x1090000");
	rig_write(&r, VTD_GCMD, 4, 0);
	assert_true(FGET(VTD_GCMD_QIE, rig_read(&r, VTD_GSTS, 4)) == 0);
	assert_true(rig_read(&r, VTD_IQH, 8) == 0 && rig_read(&r, VTD_IQT, 8) == 0x20);
	/* enabling runs 0..tail again: a second global invalidation is counted */
	rig_write(&r, VTD_GCMD, 4, FPUT(VTD_GCMD_QIE, 1));
	assert_int_equal(rig_counter(&r, CTR_QI_GLOBAL), 2);
	assert_true(rig_read(&r, VTD_IQH, 8) == 0x20);
	rig_fini(&r);
}

/* An error stays at the head until cleared and the tail is written again. */
static void test_queue_error(void **state)
{
	struct rig r;

	(void)state;
	rig_init_off(&r, "qemu=7.2", 0, false);
	rig_word(&r, RIG_QUEUE, 0x12);
	rig_word(&r, RIG_QUEUE + 16, 0); /* type 0 */
	rig_word(&r, RIG_QUEUE + 32, 0x12);
	rig_write(&r, VTD_IQT, 8, 0x30);
	assert_true(rig_read(&r, VTD_IQH, 8) == 0x10);
	assert_true(rig_read(&r, VTD_FSTS, 4) == 0x10);
	assert_true(rig_read(&r, VTD_FECTL, 4) == 0xc0000000); /* masked and pending */
	rig_word(&r, RIG_QUEUE + 16, 0x12);
	rig_write(&r, VTD_IQT, 8, 0x30);
	assert_true(rig_read(&r, VTD_IQH, 8) == 0x10);
	rig_write(&r, VTD_FSTS, 4, 0x10);
	assert_true(rig_read(&r, VTD_IQH, 8) == 0x10 && rig_read(&r, VTD_FECTL, 4) == 0x80000000);
	rig_write(&r, VTD_IQT, 8, 0x30);
	assert_true(rig_read(&r, VTD_IQH, 8) == 0x30);
	rig_write(&r, VTD_IQT, 8, 256 * 16); /* the queue has 256 */
	assert_true(rig_read(&r, VTD_FSTS, 4) == 0x10);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_field_table),	cmocka_unit_test(test_reg_table),
		cmocka_unit_test(test_reserved),	cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_refusals),	cmocka_unit_test(test_masks),
		cmocka_unit_test(test_iqa_dw),		cmocka_unit_test(test_wide_writes),
		cmocka_unit_test(test_ire_without_intremap),
		cmocka_unit_test(test_descriptors),	cmocka_unit_test(test_wide_descriptors),
		cmocka_unit_test(test_queue_disable),	cmocka_unit_test(test_queue_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
