/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_lx_kernel - boot register by register, versions, attach and detach, the queue.
 *
 * The sequences are those of captured guests (Linux 6.1.192 and 6.12.117 on QEMU 7.2.22).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "models/linux/lx_domain.h"
#include "models/linux/lx_era.h"
#include "sim/port.h"
#include "tests/lx_rig.h"

extern const struct guest_type guest_linux_dma;

enum {
	VER = 0x00,
	CAP = 0x08,
	ECAP = 0x10,
	GCMD = 0x18,
	GSTS = 0x1c,
	RTADDR = 0x20,
	FSTS = 0x34,
	FECTL = 0x38,
	FEDATA = 0x3c,
	FEADDR = 0x40,
	FEUADDR = 0x44,
	IQH = 0x80,
	IQT = 0x88,
	IQA = 0x90,
	IRTA = 0xb8
};
#define ANY UINT64_MAX /* an address the kernel chose */

static void want_accesses(const struct rig *r, const struct rig_access *want, unsigned n,
			  const char *what)
{
	for (unsigned i = 0; i < n && i < r->n_accesses; i++) {
		const struct rig_access *g = &r->access[i], *w = &want[i];
		bool same = g->rw == w->rw && g->off == w->off && g->size == w->size &&
			    (g->rw == 'R' || w->val == ANY || g->val == w->val);

		if (!same)
			fail_msg("%s, access %u: got %c 0x%x/%u = 0x%llx, want %c 0x%x/%u = 0x%llx",
				 what, i, g->rw, g->off, g->size, (unsigned long long)g->val, w->rw,
				 w->off, w->size, (unsigned long long)w->val);
	}
	if (r->n_accesses != n)
		fail_msg("%s: got %u accesses, want %u", what, r->n_accesses, n);
}

/* Linux 6.1 with interrupt remapping, caching mode; IOAPIC entries (not modelled) left out. */
static const struct rig_access boot_6_1[] = {
	{'R', CAP, 8, 0},           {'R', ECAP, 8, 0},
	{'R', CAP, 8, 0},           {'R', ECAP, 8, 0},
	{'R', VER, 4, 0},           {'R', GSTS, 4, 0},
	{'R', FSTS, 4, 0},          {'R', GSTS, 4, 0},
	{'W', IQT, 4, 0},           {'W', IQA, 8, ANY},
	{'W', GCMD, 4, 0x4000000},  {'R', GSTS, 4, 0},
	{'R', GSTS, 4, 0},          {'W', IRTA, 8, ANY},
	{'W', GCMD, 4, 0x5000000},  {'R', GSTS, 4, 0},
	{'W', IQT, 4, 0x20},        {'W', GCMD, 4, 0x6000000},
	{'R', GSTS, 4, 0},          {'W', FEDATA, 4, 0x21},
	{'W', FEADDR, 4, ANY},      {'W', FEUADDR, 4, 0},
	{'W', FEDATA, 4, 0x21},     {'W', FEADDR, 4, ANY},
	{'W', FEUADDR, 4, 0},       {'W', FECTL, 4, 0},
	{'R', FECTL, 4, 0},         {'R', FSTS, 4, 0},
	{'R', FSTS, 4, 0},          {'W', FSTS, 4, 0},
	{'R', GSTS, 4, 0},          {'W', RTADDR, 8, ANY},
	{'W', GCMD, 4, 0x46000000}, {'R', GSTS, 4, 0},
	{'W', IQT, 4, 0x40},        {'W', IQT, 4, 0x60}, /* context cache, IOTLB: global */
	{'W', IQT, 4, 0x80},        {'W', IQT, 4, 0xa0}, /* the device: context cache, DSI */
	{'W', GCMD, 4, 0x86000000}, {'R', GSTS, 4, 0},
};

/* Linux 6.12: the fault interrupt comes after the root table. */
static const struct rig_access boot_6_12[] = {
	{'R', CAP, 8, 0},           {'R', ECAP, 8, 0},         {'R', CAP, 8, 0},
	{'R', ECAP, 8, 0},          {'R', VER, 4, 0},          {'R', GSTS, 4, 0},
	{'R', FSTS, 4, 0},          {'R', GSTS, 4, 0},         {'W', IQT, 4, 0},
	{'W', IQA, 8, ANY},         {'W', GCMD, 4, 0x4000000}, {'R', GSTS, 4, 0},
	{'R', GSTS, 4, 0},          {'W', IRTA, 8, ANY},       {'W', GCMD, 4, 0x5000000},
	{'R', GSTS, 4, 0},          {'W', IQT, 4, 0x20},       {'W', GCMD, 4, 0x6000000},
	{'R', GSTS, 4, 0},          {'R', GSTS, 4, 0},         {'W', RTADDR, 8, ANY},
	{'W', GCMD, 4, 0x46000000}, {'R', GSTS, 4, 0},         {'W', IQT, 4, 0x40},
	{'W', IQT, 4, 0x60},        {'W', FEDATA, 4, 0x21},    {'W', FEADDR, 4, ANY},
	{'W', FEUADDR, 4, 0},       {'W', FEDATA, 4, 0x21},    {'W', FEADDR, 4, ANY},
	{'W', FEUADDR, 4, 0},       {'W', FECTL, 4, 0},        {'R', FECTL, 4, 0},
	{'W', IQT, 4, 0x80},        {'W', IQT, 4, 0xa0},       {'W', GCMD, 4, 0x86000000},
	{'R', GSTS, 4, 0},
};

/* Without interrupt remapping and caching mode (A.9): nothing at the attach. */
static const struct rig_access boot_plain[] = {
	{'R', CAP, 8, 0},       {'R', ECAP, 8, 0},         {'R', CAP, 8, 0},
	{'R', ECAP, 8, 0},      {'R', VER, 4, 0},          {'R', GSTS, 4, 0},
	{'R', FSTS, 4, 0},      {'R', GSTS, 4, 0},         {'W', IQT, 4, 0},
	{'W', IQA, 8, ANY},     {'W', GCMD, 4, 0x4000000}, {'R', GSTS, 4, 0},
	{'R', GSTS, 4, 0},      {'W', RTADDR, 8, ANY},     {'W', GCMD, 4, 0x44000000},
	{'R', GSTS, 4, 0},      {'W', IQT, 4, 0x20},       {'W', IQT, 4, 0x40},
	{'W', FEDATA, 4, 0x21}, {'W', FEADDR, 4, ANY},     {'W', FEUADDR, 4, 0},
	{'W', FECTL, 4, 0},     {'R', FECTL, 4, 0},        {'W', GCMD, 4, 0x84000000},
	{'R', GSTS, 4, 0},
};

struct boot_row {
	struct rig_config c;
	const struct rig_access *want;
	unsigned n;
	const char *what;
};

static const struct boot_row boot_rows[] = {
	{{.version = "6.1.192", .cap = RIG_CAP_CM, .ecap = RIG_ECAP},
	 boot_6_1,
	 ARRAY_SIZE(boot_6_1),
	 "6.1, caching mode, remapping"},
	{{.version = "6.12", .cap = RIG_CAP_CM, .ecap = RIG_ECAP},
	 boot_6_12,
	 ARRAY_SIZE(boot_6_12),
	 "6.12, caching mode, remapping"},
	{{.version = "6.1", .cap = RIG_CAP_NOCM, .ecap = RIG_ECAP_NOIR},
	 boot_plain,
	 ARRAY_SIZE(boot_plain),
	 "6.1, no caching mode, no remapping"},
};

static void test_boot(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(boot_rows); i++) {
		const struct boot_row *b = &boot_rows[i];
		struct rig *r = rig_new_kernel(&b->c);
		struct lx_domain d;
		uint64_t n_tails = 0;

		/* twice: a reboot does the same, but for the order given by the new start */
		for (unsigned boot = 0; boot < 2; boot++) {
			rig_forget(r);
			r->gsts = 0;
			lx_kernel_boot(r->k, &r->m);
			lx_domain_init(&d, r->k, LX_DOMAIN_DMA, RIG_SID, false);
			lx_domain_attach(&d, &r->m);
			lx_kernel_enable(r->k, &r->m);
			want_accesses(r, b->want, b->n, b->what);
			for (unsigned a = 0; a < b->n; a++)
				n_tails += b->want[a].rw == 'W' && b->want[a].off == IQT;
			/* every access is one exit, of the device and of the machine */
			assert_int_equal(rig_count(r, CTR_VMEXITS), b->n);
			assert_int_equal(r->machine->counter[CTR_VMEXITS], b->n);
			assert_int_equal(rig_count(r, CTR_EXIT_QI_TAIL), n_tails);
			assert_int_equal(rig_count(r, CTR_EXIT_MMIO), b->n - n_tails);
			assert_int_equal(r->dev->cost[PRIM_VMEXIT_MMIO].count, b->n);
			/* each tail write but the zeroing one carries one request and one wait */
			assert_int_equal(r->n_waits, n_tails - 1);
			assert_int_equal(r->n_reqs, n_tails - 1);
			n_tails = 0;
			rig_forget(r);
			lx_kernel_shutdown(r->k, &r->m);
			/* observed at power-off: GCMD without TE, one read */
			assert_int_equal(r->n_accesses, 2);
			assert_int_equal(r->access[0].val, b->c.ecap & 8 ? 0x6000000 : 0x4000000);
			lx_domain_fini(&d);
		}
		rig_free(r);
	}
}

struct version_row {
	const char *version;
	bool ok;
	unsigned strict_under_cm, batch, magazine, depot;
};

static const struct version_row version_rows[] = {
	{"5.4", true, 0, 0, 128, 32},     {"5.10.13", true, 0, 0, 128, 32},
	{"5.11", true, 1, 0, 128, 32},    {"5.15", true, 1, 0, 128, 32},
	{"6.1-rc7", true, 1, 0, 127, 32}, {"6.7", true, 1, 0, 127, 0},
	{"6.11", true, 1, 0, 127, 0},     {"6.12.43", true, 1, 1, 127, 0},
	{"7.0", false, 0, 0, 0, 0},       {"5.3", false, 0, 0, 0, 0},
	{"6.13", false, 0, 0, 0, 0},      {"6", false, 0, 0, 0, 0},
	{"six", false, 0, 0, 0, 0},       {"6.1x", false, 0, 0, 0, 0},
};

static void test_versions(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(version_rows); i++) {
		const struct version_row *v = &version_rows[i];
		unsigned era[LX_ERA_N];
		struct err e = {0};
		int ret = lx_era_lookup(v->version, era, &e);

		if ((ret == 0) != v->ok)
			fail_msg("%s: got %d '%s'", v->version, ret, e.text);
		if (!v->ok)
			continue;
		assert_int_equal(era[LX_ERA_CM_FORCES_STRICT], v->strict_under_cm);
		assert_int_equal(era[LX_ERA_BATCH], v->batch);
		assert_int_equal(era[LX_ERA_MAGAZINE], v->magazine);
		assert_int_equal(era[LX_ERA_DEPOT], v->depot);
	}
	for (unsigned row = 0; row < LX_ERA_N; row++)
		assert_non_null(lx_era_help((enum lx_era)row));
}

/* A.3: what is asked for, and what the kernel does about it. */
struct strict_row {
	const char *version;
	uint64_t cap;
	enum lx_flush ask;
	bool strict;
};

static const struct strict_row strict_rows[] = {
	{"5.10", RIG_CAP_CM, LX_FLUSH_AUTO, false},   {"5.10", RIG_CAP_CM, LX_FLUSH_STRICT, true},
	{"5.11", RIG_CAP_CM, LX_FLUSH_AUTO, true},    {"6.1", RIG_CAP_CM, LX_FLUSH_LAZY, true},
	{"6.12", RIG_CAP_CM, LX_FLUSH_LAZY, true},    {"6.1", RIG_CAP_NOCM, LX_FLUSH_AUTO, false},
	{"6.1", RIG_CAP_NOCM, LX_FLUSH_STRICT, true}, {"6.1", RIG_CAP_NOCM, LX_FLUSH_LAZY, false},
};

static void test_strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strict_rows); i++) {
		const struct strict_row *s = &strict_rows[i];
		struct rig_config c = {
			.version = s->version, .cap = s->cap, .ecap = RIG_ECAP, .flush = s->ask};
		struct rig *r = rig_new_kernel(&c);

		if (lx_kernel_is_strict(r->k) != s->strict)
			fail_msg("row %zu: %s", i, s->version);
		rig_free(r);
	}
}

static void test_passthrough_needs_pt(void **state)
{
	struct rig_config c = {.version = "6.1", .cap = RIG_CAP_CM, .ecap = RIG_ECAP};
	struct rig *r = rig_new_kernel(&c);
	struct lx_kernel_config k = {
		.version = "6.1", .flush = LX_FLUSH_PASSTHROUGH, .hz = 250, .n_cpus = 1};
	struct err e = {0};
	struct guest_kernel *none;

	(void)state;
	r->ecap &= ~UINT64_C(0x40); /* pt=off */
	none = lx_kernel_new(&k, &r->iommu, r->mem, r->machine, &e);
	assert_null(none);
	assert_non_null(strstr(e.text, "passthrough"));
	rig_free(r);
}

/* Table 0.2: attach 2 under caching mode, else 0; detach 2 always. ATS: one configuration access
 * each. */
struct attach_row {
	const char *version;
	uint64_t cap, ecap;
	bool ats;
	unsigned n_attach, n_config, did;
	uint64_t context_lo, context_hi; /* but for addresses */
};

static const struct attach_row attach_rows[] = {
	{"5.4", RIG_CAP_CM, RIG_ECAP, false, 2, 0, 1, 0x1, 0x101},
	{"6.1", RIG_CAP_CM, RIG_ECAP, false, 2, 0, 2, 0x1, 0x201},
	{"6.12", RIG_CAP_48, RIG_ECAP, false, 2, 0, 2, 0x1, 0x202}, /* 4 levels: AW 2 */
	{"6.1", RIG_CAP_NOCM, RIG_ECAP, false, 0, 0, 2, 0x1, 0x201},
	{"6.1", RIG_CAP_CM, RIG_ECAP_DT, true, 2, 1, 2, 0x5, 0x201}, /* TT 1 */
	{"6.1", RIG_CAP_CM, RIG_ECAP, true, 2, 0, 2, 0x1, 0x201},    /* the unit has no DT */
};

static void test_attach(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(attach_rows); i++) {
		const struct attach_row *a = &attach_rows[i];
		struct rig_config c = {.version = a->version, .cap = a->cap, .ecap = a->ecap};
		struct rig *r = rig_new_kernel(&c);
		struct lx_domain d;
		uint64_t root, lo = 0, hi = 0;

		lx_kernel_boot(r->k, &r->m);
		lx_domain_init(&d, r->k, LX_DOMAIN_DMA, RIG_SID, a->ats);
		rig_forget(r);
		lx_domain_attach(&d, &r->m);
		assert_int_equal(r->n_tails, a->n_attach);
		assert_int_equal(rig_count(r, CTR_EXIT_CONFIG), a->n_config);
		if (a->n_attach) {
			/* context cache with domain 0, then the domain's own id */
			assert_int_equal(r->req[0].kind, INV_CC_DEVICE);
			assert_int_equal(r->req[0].did, 0);
			assert_int_equal(r->req[0].sid, RIG_SID);
			assert_int_equal(r->req[1].kind, INV_DSI);
			assert_int_equal(r->req[1].did, a->did);
		}
		gmem_read64(r->mem, r->rtaddr + (RIG_SID >> 8) * 16, &root);
		gmem_read64(r->mem, root & PAGE_MASK, &lo);
		gmem_read64(r->mem, (root & PAGE_MASK) + 8, &hi);
		assert_int_equal(lo & ~PAGE_MASK, a->context_lo);
		assert_int_equal(hi, a->context_hi);
		rig_forget(r);
		lx_domain_detach(&d, &r->m);
		assert_int_equal(r->n_tails, 2);
		assert_int_equal(r->req[0].did, a->did);
		assert_int_equal(r->req[1].did, a->did);
		assert_int_equal(rig_count(r, CTR_EXIT_CONFIG), a->n_config);
		gmem_read64(r->mem, root & PAGE_MASK, &lo);
		assert_int_equal(lo, 0);
		lx_domain_fini(&d);
		rig_free(r);
	}
}

static void test_domain_ids(void **state)
{
	struct rig_config c = {.version = "6.1", .cap = RIG_CAP_CM, .ecap = RIG_ECAP};
	struct rig *r = rig_new_kernel(&c);
	struct lx_domain d[3];

	(void)state;
	lx_kernel_boot(r->k, &r->m);
	for (unsigned i = 0; i < 3; i++) {
		lx_domain_init(&d[i], r->k, LX_DOMAIN_DMA, (uint16_t)(RIG_SID + i), false);
		lx_domain_attach(&d[i], &r->m);
		assert_int_equal(d[i].did, 2 + i);
	}
	lx_domain_detach(&d[1], &r->m);
	lx_domain_attach(&d[1], &r->m);
	assert_int_equal(d[1].did, 3); /* the lowest free one */
	for (unsigned i = 0; i < 3; i++)
		lx_domain_fini(&d[i]);
	rig_free(r);
}

/* 256 slots wrap: 300 submissions of 1 + 1 descriptors end at slot 600 - 2 x 256 = 88 (boot used
 * none). */
static void test_queue_wraps(void **state)
{
	struct rig_config c = {.version = "6.1", .cap = RIG_CAP_CM, .ecap = RIG_ECAP_NOIR};
	struct rig *r = rig_new_kernel(&c);
	struct submission s = {.n_reqs = 1, .req = {{.kind = INV_PSI, .did = 7, .am = 3}}};

	(void)state;
	lx_kernel_boot(r->k, &r->m); /* two global submissions: 4 slots */
	rig_forget(r);
	for (unsigned i = 0; i < 300; i++) {
		s.req[0].iova = i * PAGE_BYTES;
		lx_qi_prepare(r->k, &s, &r->m);
		assert_int_equal(r->n_tails, i);
		lx_qi_run(r->k, &r->m);
	}
	assert_int_equal(r->n_reqs, 300);
	assert_int_equal(r->n_waits, 300);
	assert_int_equal(r->head, (4 + 600) % 256);
	for (unsigned i = 0; i < 300; i++)
		assert_int_equal(r->req[i].iova, i * PAGE_BYTES);
	assert_int_equal(rig_count(r, CTR_GUEST_SUBMIT), 300);
	assert_int_equal(r->dev->cost[PRIM_GUEST_DESC].count, 600);
	rig_free(r);
}

/* Full batch: 16 requests and a wait in one tail write. */
static void test_queue_batch(void **state)
{
	struct rig_config c = {.version = "6.12", .cap = RIG_CAP_CM, .ecap = RIG_ECAP_NOIR};
	struct rig *r = rig_new_kernel(&c);
	struct submission s = {.n_reqs = SUBMISSION_MAX};

	(void)state;
	lx_kernel_boot(r->k, &r->m);
	rig_forget(r);
	for (unsigned i = 0; i < SUBMISSION_MAX; i++)
		s.req[i] = (struct inv_req){.kind = i % 2 ? INV_DEVTLB : INV_PSI,
					    .did = 5,
					    .sid = 0x123,
					    .am = (uint8_t)i,
					    .ih = true};
	lx_qi_prepare(r->k, &s, &r->m);
	lx_qi_run(r->k, &r->m);
	assert_int_equal(r->n_tails, 1);
	assert_int_equal(r->n_reqs, 16);
	assert_int_equal(r->n_waits, 1);
	for (unsigned i = 0; i < SUBMISSION_MAX; i++) {
		assert_int_equal(r->req[i].kind, i % 2 ? INV_DEVTLB : INV_PSI);
		assert_int_equal(r->req[i].am, i);
		assert_int_equal(r->req[i].sid, i % 2 ? 0x123 : 0);
	}
	rig_free(r);
}

/* A refused descriptor: FSTS and IQH are read, the descriptor becomes a wait, IQE is cleared; the
 * next submission goes through. */
static void test_queue_error(void **state)
{
	struct rig_config c = {.version = "6.1", .cap = RIG_CAP_CM, .ecap = RIG_ECAP_NOIR};
	struct rig *r = rig_new_kernel(&c);
	struct submission bad = {.n_reqs = 1, .req = {{.kind = INV_DEVTLB, .sid = RIG_SID}}};
	struct submission good = {.n_reqs = 1, .req = {{.kind = INV_DSI, .did = 2}}};

	(void)state;
	lx_kernel_boot(r->k, &r->m);
	rig_forget(r);
	r->refuses_devtlb = true;
	lx_qi_prepare(r->k, &bad, &r->m);
	lx_qi_run(r->k, &r->m);
	static const struct rig_access want[] = {
		{'W', IQT, 4, ANY}, {'R', FSTS, 4, 0}, {'R', IQH, 8, 0}, {'W', FSTS, 4, 0x10}};
	want_accesses(r, want, ARRAY_SIZE(want), "queue error");
	lx_qi_prepare(r->k, &good, &r->m);
	lx_qi_run(r->k, &r->m);
	assert_int_equal(r->n_reqs, 1);
	assert_int_equal(r->req[0].kind, INV_DSI);
	assert_int_equal(r->fsts, 0);
	rig_free(r);
}

/* "Everything": S = 1 and all address bits but the last, as in the captures (0x7ffffffffffff001).
 */
static void test_devtlb_words(void **state)
{
	static const struct {
		uint8_t am;
		uint64_t iova, want;
	} rows[] = {{52, 0, 0x7ffffffffffff001}, {0, 0xfffff000, 0xfffff000},
		    {1, 0xffffe000, 0xffffe001}, {2, 0xffffc000, 0xffffd001},
		    {5, 0xfffe0000, 0xfffef001}, {9, 0x100200000, 0x1002ff001}};
	struct rig_config c = {.version = "6.1", .cap = RIG_CAP_CM, .ecap = RIG_ECAP_DT};
	struct rig *r = rig_new_kernel(&c);

	(void)state;
	lx_kernel_boot(r->k, &r->m);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct submission s = {.n_reqs = 1,
				       .req = {{.kind = INV_DEVTLB,
						.sid = RIG_SID,
						.iova = rows[i].iova,
						.am = rows[i].am}}};
		uint64_t hi = 0;

		gpa_t at = r->iqa + r->head * 16;
		lx_qi_prepare(r->k, &s, &r->m);
		gmem_read64(r->mem, at + 8, &hi);
		assert_int_equal(hi, rows[i].want);
		lx_qi_run(r->k, &r->m);
	}
	rig_free(r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boot),        cmocka_unit_test(test_versions),
		cmocka_unit_test(test_strict),      cmocka_unit_test(test_passthrough_needs_pt),
		cmocka_unit_test(test_attach),      cmocka_unit_test(test_domain_ids),
		cmocka_unit_test(test_queue_wraps), cmocka_unit_test(test_queue_batch),
		cmocka_unit_test(test_queue_error), cmocka_unit_test(test_devtlb_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
