/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_lx_dma - what map and unmap submit, by kernel version; page tables; the flush queue.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "models/linux/lx_domain.h"
#include "models/linux/lx_iova.h"
#include "models/linux/lx_priv.h"
#include "sim/bits.h"
#include "sim/port.h"
#include "sim/xalloc.h"
#include "tests/lx_rig.h"

extern const struct guest_type guest_linux_dma;

#define K4 UINT64_C(0x1000)
#define M2 UINT64_C(0x200000)
#define CM RIG_CAP_CM
#define NOCM RIG_CAP_NOCM
#define STRICT LX_FLUSH_STRICT
#define AUTO LX_FLUSH_AUTO

/* Submissions and requests of one map, one unmap, one flush of the queue (0: nothing is queued).
 * The PSIs' address masks, in order, as letters: 'a' = 0, 'b' = 1, ...; 'D' a DSI, 'T' a device TLB
 * request. */
struct count_row {
	const char *version;
	uint64_t cap;
	enum lx_flush flush;
	bool ats;
	gpa_t gpa;
	uint64_t n_bytes;
	unsigned n_map, n_unmap, n_flush;
	const char *reqs; /* of all three, in order */
	const char *why;
};

static const struct count_row count_rows[] = {
	/* one page */
	{"5.4", CM, STRICT, false, M2, K4, 1, 1, 0, "aa", "map 1, unmap 1"},
	{"5.4", CM, STRICT, true, M2, K4, 1, 2, 0, "aaT", "device TLB on its own, at unmap only"},
	{"5.4", CM, AUTO, false, M2, K4, 1, 0, 1, "aD", "the default of the time is lazy"},
	{"5.4", CM, AUTO, true, M2, K4, 1, 0, 1, "aD", "lazy under CM skips the device TLB"},
	{"5.4", NOCM, AUTO, false, M2, K4, 0, 0, 1, "D", "lazy: 1 DSI"},
	{"5.10", NOCM, AUTO, true, M2, K4, 0, 0, 2, "DT", "lazy: 1 + N_ats"},
	{"5.4", NOCM, STRICT, true, M2, K4, 0, 2, 0, "aT", "strict: 1 + N_ats"},
	{"5.11", CM, AUTO, false, M2, K4, 1, 1, 0, "aa", "CM forces strict"},
	{"5.11", NOCM, AUTO, true, M2, K4, 0, 0, 2, "DT", "CM=0 stays lazy"},
	{"5.15", CM, AUTO, true, M2, K4, 1, 2, 0, "aaT", "strict"},
	{"6.1", NOCM, STRICT, false, M2, K4, 0, 1, 0, "a", "strict"},
	{"6.1", NOCM, AUTO, true, M2, K4, 0, 0, 2, "DT", "lazy"},
	{"6.10", CM, AUTO, true, M2, K4, 1, 2, 0, "aaT", "cache tags, one by one"},
	{"6.11", NOCM, AUTO, true, M2, K4, 0, 0, 2, "DT", "cache tags, one by one"},
	{"6.12", CM, AUTO, true, M2, K4, 1, 1, 0, "aaT", "batched: one submission for both"},
	{"6.12", NOCM, AUTO, true, M2, K4, 0, 0, 1, "DT", "batched"},
	{"6.12", NOCM, STRICT, true, M2, K4, 0, 1, 0, "aT", "batched"},
	/* three pages at a multiple of four: AM 2; chunks 2 + 1 */
	{"5.4", CM, STRICT, false, M2, 3 * K4, 1, 1, 0, "cc", "p(3) = 4 pages"},
	{"5.11", CM, AUTO, false, M2, 3 * K4, 2, 2, 0, "baba", "k = 2: 8K + 4K; k' = 2"},
	{"5.11", CM, AUTO, true, M2, 3 * K4, 2, 4, 0, "babTaT", "k' + k' x N_ats"},
	{"5.11", CM, AUTO, false, M2 + K4, 3 * K4, 3, 2, 0, "aaaba",
	 "k of IOVA | PA: the PA is odd; k' of the IOVA"},
	{"5.12", CM, AUTO, false, M2, 3 * K4, 1, 2, 0, "cba", "map once, unmap k'"},
	{"5.14", CM, AUTO, true, M2, 3 * K4, 1, 4, 0, "cbTaT", "k' + k' x N_ats"},
	{"5.15", CM, AUTO, false, M2, 3 * K4, 1, 1, 0, "cc", "one driver call"},
	/* seven pages: 4 + 2 + 1 */
	{"5.12", CM, AUTO, false, M2, 7 * K4, 1, 3, 0, "dcba", "k' = 3"},
	/* a page offset: 4 KiB over a border are two pages */
	{"6.1", CM, AUTO, false, M2 + 0x800, K4, 1, 1, 0, "bb", "two pages"},
	/* 2 MiB + 64 KiB: 528 pages, p = 1024, AM 10; driver calls 2 MiB and 64 KiB */
	{"5.4", CM, STRICT, false, M2, M2 + 0x10000, 1, 1, 0, "kk", "one range"},
	{"6.1", CM, AUTO, false, M2, M2 + 0x10000, 1, 2, 0, "kje", "two sizes: AM 9, AM 4"},
	{"6.12", CM, AUTO, true, M2, M2 + 0x10000, 1, 2, 0, "kjTeT", "two flushes of two requests"},
	{"5.12", CM, AUTO, false, M2, M2 + 0x10000, 1, 2, 0, "kje", "powers of two: 2 MiB, 64 KiB"},
};

static char req_letter(const struct inv_req *q)
{
	switch (q->kind) {
	case INV_PSI:
		return (char)('a' + q->am);
	case INV_DSI:
		return 'D';
	case INV_DEVTLB:
		return 'T';
	case INV_GLOBAL:
	case INV_CC_DEVICE:
	case INV_CC_GLOBAL:
	case INV_IEC:
		break;
	}
	return '?';
}

static void test_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(count_rows); i++) {
		const struct count_row *c = &count_rows[i];
		struct rig_config rc = {.version = c->version,
					.cap = c->cap,
					.flush = c->flush,
					.ecap = c->ats ? RIG_ECAP_DT : RIG_ECAP,
					.ats = c->ats};
		struct rig *r = rig_new(&rc, &guest_linux_dma, NULL);
		struct dma_map d = {0};
		unsigned n_map, n_unmap;
		char got[16] = "";

		lx_kernel_external_flush(r->k, true);
		assert_int_equal(rig_map(r, &d, c->gpa, c->n_bytes, 0), 0);
		n_map = r->n_tails;
		rig_unmap(r, &d);
		n_unmap = r->n_tails - n_map;
		if (c->n_flush)
			lx_kernel_flush_now(r->k, RIG_SID, &r->m);
		for (unsigned q = 0; q < r->n_reqs && q < 15; q++)
			got[q] = req_letter(&r->req[q]);
		if (n_map != c->n_map || n_unmap != c->n_unmap ||
		    r->n_tails - n_map - n_unmap != c->n_flush || strcmp(got, c->reqs) != 0)
			fail_msg("%s (%s): got %u + %u + %u %s, want %u + %u + %u %s", c->version,
				 c->why, n_map, n_unmap, r->n_tails - n_map - n_unmap, got,
				 c->n_map, c->n_unmap, c->n_flush, c->reqs);
		assert_int_equal(r->n_waits, r->n_tails);
		assert_int_equal(rig_count(r, CTR_EXIT_QI_TAIL), r->n_tails);
		assert_int_equal(rig_count(r, CTR_GUEST_MAP), 1);
		assert_int_equal(rig_count(r, CTR_GUEST_UNMAP), 1);
		rig_free(r);
	}
}

/* A scatter list of 4 KiB + 8 KiB + 4 KiB: one range; chunks only in 5.11 (4K, 8K cut by its IOVA,
 * 4K). */
static void test_scatter(void **state)
{
	static const struct {
		const char *version;
		unsigned n_map;
	} rows[] = {{"5.4", 1}, {"5.11", 4}, {"5.12", 1}, {"6.1", 1}, {"6.12", 1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig_config c = {
			.version = rows[i].version, .cap = CM, .ecap = RIG_ECAP, .flush = STRICT};
		struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
		struct dma_seg seg[] = {{0x5000000, K4}, {0x7000000, 2 * K4}, {0x3000200, 0x100}};
		struct dma_map d = {
			.seg = seg, .n_segs = 3, .n_bytes = 3 * K4 + 0x100, .perm = PERM_W};
		unsigned level;

		assert_int_equal(r->guest.type->map(r->guest.self, &d, &r->m), 0);
		assert_int_equal(r->n_tails, rows[i].n_map);
		assert_int_equal(d.last - d.first + 1, 4 * K4);
		for (unsigned p = 0; p < 4; p++) {
			static const uint64_t want[] = {0x5000000, 0x7000000, 0x7001000, 0x3000000};
			uint64_t pte = rig_walk(r, RIG_SID, d.first + p * K4, &level);

			/* write only; the driver of up to 5.10 adds read, because the unit has no
			 * ZLR */
			assert_int_equal(pte, want[p] | (i == 0 ? 3 : 2));
			assert_int_equal(level, 1);
		}
		rig_free(r);
	}
}

/* Three pages from frame 0x17f: p = 4 does not hold them; 0x17f and 0x181 agree from bit 8 on. */
static void test_misaligned(void **state)
{
	static const struct {
		const char *version;
		unsigned am;
		iova_t iova;
	} rows[] = {{"5.10", 2, 0x17f000}, {"5.15", 8, 0x17f000}, {"5.16", 2, 0x17f000},
		    {"5.17", 2, 0x17f000}, {"5.18", 8, 0x17f000}, {"6.1", 8, 0x17f000},
		    {"6.10", 8, 0x100000}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig_config c = {
			.version = rows[i].version, .cap = CM, .ecap = RIG_ECAP, .flush = STRICT};
		struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
		struct dma_map d = {.with_iova = true, .iova = 0x17f000};

		assert_int_equal(rig_map(r, &d, M2, 3 * K4, 0), 0);
		assert_int_equal(r->n_reqs, 1);
		assert_int_equal(r->req[0].am, rows[i].am);
		assert_int_equal(r->req[0].iova, rows[i].iova);
		rig_free(r);
	}
}

/* Letters of the requests that a flush makes, in order. */
struct letters {
	char text[32];
	unsigned n;
};

static void letters_submit(void *self, const struct submission *s)
{
	struct letters *l = self;

	for (unsigned i = 0; i < s->n_reqs; i++) {
		assert_true(l->n + 1 < sizeof l->text);
		l->text[l->n++] = req_letter(&s->req[i]);
	}
}

/* VFIO's unmap of the three pages from frame 0x17f: pieces of 1 and 2 pages, up to 5.10 a flush in each call;
 * then gathered: 5.12 runs of equal pieces, 6.1 one call of 3 pages, which 2^8 pages hold. */
static void test_vfio_unmap_by_piece(void **state)
{
	static const struct {
		const char *version, *want;
	} rows[] = {{"5.4", "ab"}, {"5.10", "ab"}, {"5.12", "ab"}, {"6.1", "i"}};
	static const struct {
		const char *version, *want;
	} equal[] = {{"5.10", "bb"}, {"5.12", "c"}}; /* frames 0x102 to 0x105: two pieces of 2, gathered */

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows) + ARRAY_SIZE(equal); i++) {
		bool is_equal = i >= ARRAY_SIZE(rows);
		const char *version = is_equal ? equal[i - ARRAY_SIZE(rows)].version : rows[i].version;
		const char *want = is_equal ? equal[i - ARRAY_SIZE(rows)].want : rows[i].want;
		struct rig_config c = {.version = version, .cap = CM, .ecap = RIG_ECAP};
		struct rig *r = rig_new_kernel(&c);
		struct letters l = {{0}, 0};
		struct lx_sink to = {.submit = letters_submit, .self = &l};
		struct lx_unmapped u = {0x17f000, 0x181fff, false, false};
		struct lx_domain d;

		lx_kernel_boot(r->k, &r->m);
		if (is_equal)
			u = (struct lx_unmapped){0x102000, 0x105fff, false, false};
		u.per_chunk = r->k->era[LX_ERA_VFIO_UNMAP_PER_CHUNK] != 0;
		lx_domain_init(&d, r->k, LX_DOMAIN_DMA, RIG_SID, false);
		lx_domain_flush_unmap(&d, &u, &to);
		if (strcmp(l.text, want) != 0)
			fail_msg("%s: got %s, want %s", version, l.text, want);
		lx_domain_fini(&d);
		rig_free(r);
	}
}

/* Two superpages over two emptied tables: up to 6.11 a PSI for each, 2 MiB (j); 6.12 from each to the end of the
 * superpages that are written: 4 MiB (k), then 2 MiB. */
static void test_replaced_rest(void **state)
{
	static const struct {
		const char *version, *want;
	} rows[] = {{"5.12", ""}, {"5.13", "jj"}, {"6.11", "jj"}, {"6.12", "kj"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig_config c = {.version = rows[i].version, .cap = CM, .ecap = RIG_ECAP};
		struct rig *r = rig_new_kernel(&c);
		struct letters l = {{0}, 0};
		struct lx_sink to = {.submit = letters_submit, .self = &l};
		struct lx_ranges replaced = {0};
		struct lx_pages gone = {0};
		struct lx_domain d;

		lx_kernel_boot(r->k, &r->m);
		lx_domain_init(&d, r->k, LX_DOMAIN_DMA, RIG_SID, false);
		for (iova_t at = 4 * M2; at < 6 * M2; at += M2) { /* one page each: its table stays */
			lx_pgtbl_map(&d.pgtbl, at, K4, 1, PERM_RW, &replaced, &r->m);
			lx_pgtbl_unmap(&d.pgtbl, at, at + K4 - 1, &gone, &r->m);
		}
		assert_int_equal(gone.n, 0);
		/* 4 MiB and a page: the page is no superpage */
		lx_pgtbl_map(&d.pgtbl, 4 * M2, 8 * M2, 2 * 512 + 1, PERM_RW, &replaced, &r->m);
		assert_int_equal(replaced.n, 2);
		lx_domain_flush_replaced(&d, &replaced, &to);
		if (strcmp(l.text, rows[i].want) != 0)
			fail_msg("%s: got %s, want %s", rows[i].version, l.text, rows[i].want);
		lx_ranges_fini(&replaced);
		lx_domain_fini(&d);
		rig_free(r);
	}
}

/* Translation off: from 6.12 no device-TLB request behind an unmap's PSI. */
static void test_devtlb_needs_te(void **state)
{
	static const struct {
		const char *version, *want;
	} rows[] = {{"6.1", "aaTaaT"}, {"6.11", "aaTaaT"}, {"6.12", "aaTaa"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig_config c = {
			.version = rows[i].version, .cap = CM, .ecap = RIG_ECAP_DT, .ats = true};
		struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
		char got[16] = "";

		for (unsigned round = 0; round < 2; round++) {
			struct dma_map d = {0};

			assert_int_equal(rig_map(r, &d, M2, K4, 0), 0);
			rig_unmap(r, &d);
			lx_kernel_shutdown(r->k, &r->m);
		}
		for (unsigned k = 0; k < r->n_reqs && k + 1 < sizeof got; k++)
			got[k] = req_letter(&r->req[k]);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: got %s, want %s", rows[i].version, got, rows[i].want);
		rig_free(r);
	}
}

/* A run begins at a multiple of its power of two, whatever was taken before (VFIO's superpage probe: 8 KiB). */
static void test_runs_are_aligned(void **state)
{
	struct rig_config c = {.version = "5.10", .cap = CM, .ecap = RIG_ECAP};
	struct rig *r = rig_new_kernel(&c);

	(void)state;
	lx_kernel_boot(r->k, &r->m);
	for (unsigned i = 0; i < 4; i++) {
		gpa_t page = lx_mem_alloc(r->k);
		gpa_t run = lx_mem_alloc_run(r->k, 1 + i);

		assert_int_equal(run & (bits_pow2_ceil(1 + i) * K4 - 1), 0);
		assert_true(run + i * K4 < page);
	}
	rig_free(r);
}

/* The timer runs on the CPU that armed it and gives back what all CPUs queued: IOVAs are free again. */
static void test_timer_releases_all_cpus(void **state)
{
	struct rig_config c = {.version = "6.1", .cap = NOCM, .ecap = RIG_ECAP, .n_cpus = 2};
	struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
	struct dma_map before[2] = {{0}, {0}};

	(void)state;
	for (unsigned cpu = 0; cpu < 2; cpu++)
		assert_int_equal(rig_map(r, &before[cpu], M2 + cpu * K4, K4, cpu), 0);
	for (unsigned cpu = 0; cpu < 2; cpu++)
		rig_unmap(r, &before[cpu]);
	evq_run(r->evq, 20000000); /* 20 ms at 1 GHz; the timer runs after 10 */
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		struct dma_map again = {0};

		assert_int_equal(rig_map(r, &again, M2, K4, cpu), 0);
		assert_int_equal(again.first, before[cpu].first);
	}
	rig_free(r);
}

static void test_leaf_hint(void **state)
{
	/* 6.12 sets IH in unmaps unless a page table went away; never in maps */
	struct rig_config c = {.version = "6.12", .cap = CM, .ecap = RIG_ECAP};
	struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
	struct dma_map small = {0}, big = {0};

	(void)state;
	assert_int_equal(rig_map(r, &small, M2, K4, 0), 0);
	rig_unmap(r, &small);
	assert_false(r->req[0].ih);
	assert_true(r->req[1].ih);
	/* 2 MiB of single pages (the PA is misaligned): the unmap covers a leaf table's span */
	assert_int_equal(rig_map(r, &big, M2 + K4, M2, 0), 0);
	rig_unmap(r, &big);
	assert_int_equal(r->n_reqs, 4);
	assert_int_equal(r->req[3].am, 9);
	assert_false(r->req[3].ih);
	assert_int_equal(r->k->n_mem_free, 1);
	rig_free(r);
}

static void test_superpages(void **state)
{
	static const struct {
		bool sp_off;
		uint64_t cap, gpa, n_bytes;
		unsigned level, n_pte;
		const char *why;
	} rows[] = {
		/* one leaf, and the one table above the leaf's (3 levels: root, 1 GiB, 2 MiB) */
		{false, CM, 4 * M2, M2, 2, 2, "2 MiB"},
		{false, RIG_CAP_48, 4 * M2, M2, 2, 3, "2 MiB, 4 levels"},
		{false, CM, 4 * M2 + K4, M2, 1, 512 + 2, "misaligned: 512 leaves, two tables"},
		{true, CM, 4 * M2, M2, 1, 512 + 2, "sp_off"},
		{false, CM, 0, UINT64_C(1) << 30, 3, 1, "1 GiB"},
		{false, CM, 4 * M2, M2 / 2, 1, 256 + 2, "too short"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig_config c = {.version = "6.1",
				       .cap = rows[i].cap,
				       .ecap = RIG_ECAP,
				       .sp_off = rows[i].sp_off,
				       .ram_bytes = UINT64_C(4) << 30};
		struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
		struct dma_map d = {0};
		unsigned level;
		uint64_t pte;

		assert_int_equal(rig_map(r, &d, rows[i].gpa, rows[i].n_bytes, 0), 0);
		pte = rig_walk(r, RIG_SID, d.first, &level);
		if (level != rows[i].level || (pte & PAGE_MASK) != rows[i].gpa)
			fail_msg("%s: level %u, entry %llx", rows[i].why, level,
				 (unsigned long long)pte);
		if (rig_count(r, CTR_GUEST_PTE) != rows[i].n_pte)
			fail_msg("%s: %llu entries", rows[i].why,
				 (unsigned long long)rig_count(r, CTR_GUEST_PTE));
		assert_int_equal(r->dev->cost[PRIM_GUEST_PTE].count, rows[i].n_pte);
		rig_unmap(r, &d);
		assert_int_equal(rig_walk(r, RIG_SID, d.first, &level), 0);
		rig_free(r);
	}
}

/* A superpage takes the place of an empty leaf table: one more PSI before the map's, from 5.13 on,
 * also without caching mode. */
static void test_superpage_replaces_table(void **state)
{
	static const struct {
		const char *version;
		uint64_t cap;
		const char *reqs;
	} rows[] = {{"5.12", CM, "j"}, {"6.1", CM, "jj"}, {"6.1", NOCM, "j"}, {"6.12", CM, "jj"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig_config c = {.version = rows[i].version,
				       .cap = rows[i].cap,
				       .ecap = RIG_ECAP,
				       .flush = STRICT};
		struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
		struct dma_map d = {.with_iova = true, .iova = 16 * M2};
		char got[8] = "";
		unsigned level;

		assert_int_equal(rig_map(r, &d, 0x1000000, K4, 0), 0);
		rig_unmap(r, &d); /* the leaf table stays */
		assert_int_equal(r->k->n_mem_free, 0);
		rig_forget(r);
		assert_int_equal(rig_map(r, &d, 8 * M2, M2, 0), 0);
		for (unsigned q = 0; q < r->n_reqs && q < 7; q++)
			got[q] = req_letter(&r->req[q]);
		assert_string_equal(got, rows[i].reqs);
		assert_int_equal(r->k->n_mem_free, 1);
		assert_int_equal(rig_walk(r, RIG_SID, 16 * M2 + 5 * K4, &level) & PAGE_MASK,
				 8 * M2);
		assert_int_equal(level, 2);
		rig_free(r);
	}
}

/* Random maps and unmaps; after each step the tables say what a plain list says. */
static void test_tables_random(void **state)
{
	enum { N = 64, STEPS = 20000 };
	struct rig_config c = {.version = "6.1", .cap = RIG_CAP_48, .ecap = RIG_ECAP};
	struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
	struct dma_map live[N] = {0};
	gpa_t gpa[N];
	bool on[N] = {false};
	uint32_t seed = 1;
	unsigned level;

	(void)state;
	for (unsigned s = 0; s < STEPS; s++) {
		unsigned i;

		seed = seed * 1664525 + 1013904223;
		i = seed >> 16 & (N - 1);
		if (on[i]) {
			rig_unmap(r, &live[i]);
			assert_int_equal(rig_walk(r, RIG_SID, live[i].first, &level), 0);
			assert_int_equal(rig_walk(r, RIG_SID, live[i].last, &level), 0);
			on[i] = false;
		} else {
			uint64_t n = 1 + (seed >> 8 & (seed & 1 ? 1023 : 7));

			gpa[i] = (seed >> 5 & 0xff) * (seed & 2 ? M2 : K4);
			live[i] = (struct dma_map){0};
			assert_int_equal(rig_map(r, &live[i], gpa[i], n * K4, 0), 0);
			on[i] = true;
		}
		i = seed >> 3 & (N - 1);
		if (on[i]) {
			uint64_t n = live[i].last - live[i].first + 1;
			uint64_t off = seed % n & PAGE_MASK;
			uint64_t pte = rig_walk(r, RIG_SID, live[i].first + off, &level);
			uint64_t in_leaf =
				(live[i].first + off) & (bits_low(3 + 9 * level) & PAGE_MASK);

			assert_int_equal((pte & UINT64_C(0xffffffffff000)) + in_leaf, gpa[i] + off);
		}
	}
	rig_free(r);
}

/* n ticks for 10 ms, rounded up, and the one that has begun (observed at 250 Hz: 12 to 16 ms). */
static void test_timer(void **state)
{
	static const struct {
		cycles_t now;
		unsigned ms, hz;
		cycles_t want; /* at 1 GHz */
	} rows[] = {
		{0, 10, 250, 16000000},       {1000, 10, 250, 16000000},
		{3999999, 10, 250, 16000000}, {4000000, 10, 250, 20000000},
		{0, 10, 1000, 11000000},      {999999, 10, 1000, 11000000},
		{0, 10, 100, 20000000},       {0, 10, 300, 13333334},
		{0, 100, 250, 104000000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(lx_timer_at(rows[i].now, rows[i].ms, rows[i].hz, 1000000000),
				 rows[i].want);
}

/* The timer is armed by the first unmap only, and again by the first one after it fired. */
static void test_flush_timer(void **state)
{
	struct rig_config c = {.version = "6.1", .cap = NOCM, .ecap = RIG_ECAP};
	struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
	static const struct {
		cycles_t unmap_at;
		unsigned n_flushes_before;
	} rows[] = {
		{1000000, 0},                 /* arms: tick 0 + 3 + 1 = 16 ms */
		{9000000, 0},                 /* does not */
		{15999999, 0},                /* 1 ns before */
		{17000000, 1},                /* fired; arms: tick 4 + 4 = 32 ms */
		{31000000, 1}, {50000000, 2}, /* arms: tick 12 + 4 = 64 ms */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct dma_map d = {0};

		evq_run(r->evq, rows[i].unmap_at);
		assert_int_equal(rig_count(r, CTR_GUEST_FLUSH), rows[i].n_flushes_before);
		r->m.start = rows[i].unmap_at;
		assert_int_equal(rig_map(r, &d, M2, K4, 0), 0);
		rig_unmap(r, &d);
		assert_int_equal(r->n_tails, rows[i].n_flushes_before);
	}
	evq_run(r->evq, 64000000);
	assert_int_equal(rig_count(r, CTR_GUEST_FLUSH), 3);
	assert_int_equal(evq_pending(r->evq), 0); /* idle: nothing is armed */
	rig_free(r);
}

/* 255 entries fit a CPU's ring; the 256th unmap on that CPU flushes first. */
static void test_flush_full(void **state)
{
	struct rig_config c = {.version = "6.1", .cap = NOCM, .ecap = RIG_ECAP, .n_cpus = 2};
	struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
	struct dma_map d[300];

	(void)state;
	lx_kernel_external_flush(r->k, true);
	for (unsigned i = 0; i < 300; i++) {
		d[i] = (struct dma_map){0};
		assert_int_equal(rig_map(r, &d[i], M2, K4, 0), 0);
	}
	for (unsigned i = 0; i < 255; i++)
		rig_unmap(r, &d[i]);
	assert_int_equal(r->n_tails, 0);
	d[299].cpu = 1; /* the other CPU's ring is empty */
	rig_unmap(r, &d[299]);
	assert_int_equal(r->n_tails, 0);
	rig_unmap(r, &d[255]);
	assert_int_equal(r->n_tails, 1);
	assert_int_equal(rig_count(r, CTR_GUEST_FLUSH), 1);
	for (unsigned i = 256; i < 299; i++)
		rig_unmap(r, &d[i]);
	assert_int_equal(r->n_tails, 1); /* room for 255 again */
	rig_free(r);
}

/* Lazy: an IOVA comes back only after a flush; strict: at once. */
static void test_reuse(void **state)
{
	static const struct {
		enum lx_flush flush;
		bool at_once;
	} rows[] = {{STRICT, true}, {AUTO, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig_config c = {
			.version = "6.1", .cap = NOCM, .ecap = RIG_ECAP, .flush = rows[i].flush};
		struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
		struct dma_map a = {0}, b = {0}, again = {0};

		lx_kernel_external_flush(r->k, true);
		assert_int_equal(rig_map(r, &a, M2, K4, 0), 0);
		rig_unmap(r, &a);
		assert_int_equal(rig_map(r, &b, M2, K4, 0), 0);
		assert_int_equal(a.first == b.first, rows[i].at_once);
		rig_unmap(r, &b);
		if (!rows[i].at_once)
			lx_kernel_flush_now(r->k, RIG_SID, &r->m);
		assert_int_equal(rig_map(r, &again, M2, K4, 0), 0);
		assert_int_equal(again.first, b.first); /* the newest one freed */
		rig_free(r);
	}
}

/* 16 MiB of space: frames 1..4095 but VGA's 32; then -ENOSPC, and room again after the unmaps. */
static void test_full(void **state)
{
	struct rig_config c = {
		.version = "6.1", .cap = NOCM, .ecap = RIG_ECAP, .flush = STRICT, .dma_bits = 24};
	struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
	static struct dma_map d[4096];
	unsigned n = 0;

	(void)state;
	while (n < 4096) {
		d[n] = (struct dma_map){0};
		if (rig_map(r, &d[n], M2, K4, 0))
			break;
		n++;
	}
	assert_int_equal(n, 4095 - 32);
	for (unsigned i = 0; i < n; i++)
		rig_unmap(r, &d[i]);
	/* caches are dropped: 8 MiB fit, aligned to themselves */
	assert_int_equal(rig_map(r, &d[0], M2, 4 * M2, 0), 0);
	assert_int_equal(d[0].first, 4 * M2);
	assert_int_equal(rig_map(r, &d[1], M2, 4 * M2, 0), -ENOSPC);
	rig_free(r);
}

static void test_one_to_one(void **state)
{
	static const struct {
		uint64_t cap;
		enum lx_flush flush;
		unsigned n_attach; /* tail writes up to the first map */
		const char *why;
	} rows[] = {{0, AUTO, 0, "no IOMMU"},
		    {CM, LX_FLUSH_PASSTHROUGH, 2, "iommu=pt under caching mode: the attach alone"},
		    {NOCM, LX_FLUSH_PASSTHROUGH, 0, "iommu=pt"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig_config c = {.version = "6.1",
				       .cap = rows[i].cap,
				       .ecap = RIG_ECAP,
				       .flush = rows[i].flush};
		struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
		struct dma_map d = {0};

		assert_int_equal(rig_map(r, &d, M2 + 0x123, K4, 0), 0);
		assert_int_equal(d.iova, M2 + 0x123);
		assert_int_equal(d.first, M2);
		assert_int_equal(d.last, M2 + 2 * K4 - 1);
		rig_unmap(r, &d);
		assert_int_equal(r->n_tails, 0);
		assert_int_equal(rig_count(r, CTR_GUEST_MAP), 1);
		rig_free(r);
	}
}

/* Replays place mappings themselves; afterwards the allocator avoids and then reuses the place. */
static void test_with_iova(void **state)
{
	struct rig_config c = {.version = "6.1", .cap = CM, .ecap = RIG_ECAP};
	struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
	struct dma_map fixed = {.with_iova = true, .iova = 0xfffff234}, free_one = {0}, last = {0};

	(void)state;
	assert_int_equal(rig_map(r, &fixed, M2 + 0x234, 0x100, 0), 0);
	assert_int_equal(fixed.first, 0xfffff000);
	assert_int_equal(r->req[0].iova, 0xfffff000);
	assert_int_equal(rig_map(r, &free_one, M2, K4, 0), 0);
	assert_int_equal(free_one.first, 0xffffe000);
	rig_unmap(r, &fixed);
	rig_unmap(r, &free_one);
	assert_int_equal(rig_map(r, &last, M2, K4, 0), 0);
	assert_int_equal(last.first, 0xffffe000);
	rig_free(r);
}

/* stop: the device leaves its domain. */
static void test_stop(void **state)
{
	struct rig_config c = {.version = "6.1", .cap = NOCM, .ecap = RIG_ECAP_DT, .ats = true};
	struct rig *r = rig_new(&c, &guest_linux_dma, NULL);
	unsigned level;
	struct dma_map d = {0};

	(void)state;
	assert_int_equal(rig_map(r, &d, M2, K4, 0), 0);
	assert_int_not_equal(rig_walk(r, RIG_SID, d.first, &level), 0);
	r->guest.type->detach(r->guest.self, &r->m);
	assert_int_equal(rig_walk(r, RIG_SID, d.first, &level), 0);
	assert_int_equal(r->n_tails, 2);
	assert_int_equal(rig_count(r, CTR_EXIT_CONFIG), 1);
	rig_free(r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_scatter),
		cmocka_unit_test(test_misaligned),
		cmocka_unit_test(test_vfio_unmap_by_piece),
		cmocka_unit_test(test_replaced_rest),
		cmocka_unit_test(test_devtlb_needs_te),
		cmocka_unit_test(test_runs_are_aligned),
		cmocka_unit_test(test_timer_releases_all_cpus),
		cmocka_unit_test(test_leaf_hint),
		cmocka_unit_test(test_superpages),
		cmocka_unit_test(test_superpage_replaces_table),
		cmocka_unit_test(test_tables_random),
		cmocka_unit_test(test_timer),
		cmocka_unit_test(test_flush_timer),
		cmocka_unit_test(test_flush_full),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_one_to_one),
		cmocka_unit_test(test_with_iova),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
