/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_lx_iova - the allocator gives the IOVAs that Linux gave, and its caches behave as counted by
 * hand.
 *
 * tests/data/iova-*.txt: map and unmap sequences of captured guests, one CPU, one device each.
 * Replayed through the driver, every map must get the very frame of the capture, and every full
 * flush queue must show at the very unmap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "models/linux/lx_iova.h"
#include "sim/bits.h"
#include "sim/port.h"
#include "sim/xalloc.h"
#include "tests/lx_rig.h"

#define TOP UINT64_C(0x100000) /* frames below 4 GiB */

extern const struct guest_type guest_linux_dma;

struct live {
	struct dma_map d;
	struct live *next;
};

struct replay {
	struct rig *r;
	struct live *live[1024]; /* by frame */
	unsigned n_maps, n_unmaps, n_flushes;
};

static void replay_map(struct replay *p, unsigned n_pages, uint64_t pfn, const char *at)
{
	struct live *l = xcalloc(1, sizeof *l);

	assert_int_equal(rig_map(p->r, &l->d, 0x1000000, n_pages * PAGE_BYTES, 0), 0);
	if (l->d.first != pfn << PAGE_BITS)
		fail_msg("%s: map %u of %u pages: got 0x%llx, Linux gave 0x%llx", at, p->n_maps,
			 n_pages, (unsigned long long)l->d.first,
			 (unsigned long long)(pfn << PAGE_BITS));
	l->next = p->live[pfn % 1024];
	p->live[pfn % 1024] = l;
	p->n_maps++;
}

static void replay_unmap(struct replay *p, unsigned n_pages, uint64_t pfn, const char *at)
{
	struct live **l = &p->live[pfn % 1024];

	while (*l && (*l)->d.first != pfn << PAGE_BITS)
		l = &(*l)->next;
	if (!*l)
		fail_msg("%s: unmap %u of an unknown frame", at, p->n_unmaps);
	struct live *gone = *l;

	assert_int_equal(gone->d.last - gone->d.first + 1, n_pages * PAGE_BYTES);
	rig_unmap(p->r, &gone->d);
	*l = gone->next;
	free(gone);
	p->n_unmaps++;
}

/* "+N OFF": N pages mapped at frame 2^20 - OFF; "-N OFF": unmapped; "t": the flush queue's timer;
 * "f": a full flush queue (behind the unmap that found it full). */
static void replay_line(struct replay *p, const char *line, const char *at)
{
	unsigned n, off;

	if (line[0] == 't') {
		lx_kernel_flush_now(p->r->k, RIG_SID, &p->r->m);
		p->n_flushes++;
	} else if (line[0] == 'f') {
		p->n_flushes++;
	} else if (sscanf(line, "+%u %u", &n, &off) == 2) {
		replay_map(p, n, TOP - off, at);
	} else if (sscanf(line, "-%u %u", &n, &off) == 2) {
		replay_unmap(p, n, TOP - off, at);
	}
}

static void replay_file(const char *name, const struct rig_config *c)
{
	const char *top = getenv("top_srcdir");
	char *path = xasprintf("%s/tests/data/%s", top ? top : ".", name);
	FILE *f = fopen(path, "r");
	struct replay p = {0};
	char line[80];

	assert_non_null(f);
	p.r = rig_new(c, &guest_linux_dma, NULL);
	lx_kernel_external_flush(p.r->k, true);
	while (fgets(line, sizeof line, f)) {
		if (line[0] != 'f' && rig_count(p.r, CTR_GUEST_FLUSH) != p.n_flushes)
			fail_msg("%s: unmap %u: %llu flushes, the capture has %u", name, p.n_unmaps,
				 (unsigned long long)rig_count(p.r, CTR_GUEST_FLUSH), p.n_flushes);
		replay_line(&p, line, name);
	}
	fclose(f);
	free(path);
	assert_true(p.n_maps > 1000);
	for (unsigned i = 0; i < ARRAY_SIZE(p.live); i++)
		while (p.live[i]) {
			struct live *l = p.live[i];

			p.live[i] = l->next;
			free(l);
		}
	rig_free(p.r);
}

struct capture_row {
	const char *file;
	struct rig_config c;
};

static const struct capture_row capture_rows[] = {
	{"iova-vnet-cm-strict-k12.txt", {.version = "6.12", .cap = RIG_CAP_CM, .ecap = RIG_ECAP}},
	{"iova-vnet-nocm-lazy-icount.txt",
	 {.version = "6.1", .cap = RIG_CAP_NOCM, .ecap = RIG_ECAP}},
	{"iova-nvme-nocm-lazy.txt", {.version = "6.1", .cap = RIG_CAP_NOCM, .ecap = RIG_ECAP}},
};

static void test_captures(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(capture_rows); i++)
		replay_file(capture_rows[i].file, &capture_rows[i].c);
}

/* ---- the bitmap against a plain array */

#define WINDOW 9000u /* frames, over two chunks of 4,096 */

static uint64_t plain_find(const bool *taken, uint64_t low, uint64_t high, uint64_t n,
			   uint64_t align)
{
	for (uint64_t at = (high - n) / align * align; high >= n && at >= low; at -= align) {
		uint64_t k = 0;

		while (k < n && !taken[at + k])
			k++;
		if (k == n)
			return at;
		if (at < align)
			break;
	}
	return LX_SPACE_NONE;
}

static uint64_t plain_next(const bool *taken, uint64_t pfn)
{
	while (pfn < WINDOW && !taken[pfn])
		pfn++;
	return pfn < WINDOW ? pfn : LX_SPACE_NONE;
}

static void test_space_random(void **state)
{
	static bool taken[WINDOW];
	struct lx_space s;
	uint32_t seed = 7;

	(void)state;
	lx_space_init(&s, 27);
	for (unsigned step = 0; step < 60000; step++) {
		uint64_t first, n, align, high, low, got;

		seed = seed * 1664525 + 1013904223;
		n = 1 + (seed >> 20 & (step & 1 ? 7 : 300));
		first = (seed >> 4) % (WINDOW - n);
		if (seed & 0x100)
			lx_space_take(&s, first, first + n - 1);
		else
			lx_space_give(&s, first, first + n - 1);
		for (uint64_t k = 0; k < n; k++)
			taken[first + k] = (seed & 0x100) != 0;
		n = 1 + (seed >> 24 & (step & 2 ? 63 : 3));
		align = bits_pow2_ceil(n);
		high = 400 + (seed >> 3) % (WINDOW - 400);
		low = (seed >> 11) % 400;
		got = lx_space_find(&s, low, high, n, align);
		if (got != plain_find(taken, low, high, n, align))
			fail_msg("step %u: find %llu frames in %llu..%llu: %lld", step,
				 (unsigned long long)n, (unsigned long long)low,
				 (unsigned long long)high, (long long)got);
		assert_int_equal(lx_space_next_taken(&s, first), plain_next(taken, first));
		assert_int_equal(lx_space_is_taken(&s, first), taken[first]);
	}
	lx_space_fini(&s);
}

/* A window of 32 GiB costs pointers, and a hole cut into it one chunk. */
static void test_space_window(void **state)
{
	struct lx_space s;
	size_t before;

	(void)state;
	lx_space_init(&s, 27);
	lx_space_take(&s, TOP, TOP + 0x7fffff); /* 2^23 frames: 4 nodes of 4 KiB */
	before = lx_space_host_bytes(&s);
	assert_true(before < 32768);
	assert_int_equal(lx_space_find(&s, 1, TOP + 0x800000, 1, 1), TOP - 1);
	lx_space_give(&s, TOP + 5000, TOP + 5000);
	assert_int_equal(lx_space_host_bytes(&s) - before, 528);
	assert_int_equal(lx_space_find(&s, 1, TOP + 0x800000, 1, 1), TOP + 5000);
	lx_space_fini(&s);
}

/* ---- magazines */

struct cache_rig {
	unsigned era[LX_ERA_N];
	struct lx_iova v;
	struct meter m;
};

static void cache_rig_init(struct cache_rig *c, const char *version, unsigned n_cpus)
{
	struct err e = {0};
	struct lx_iova_config cfg = {
		.n_cpus = n_cpus, .pfn_bits = 27, .hz = 250, .clock_hz = 1000000000, .era = c->era};

	memset(c, 0, sizeof *c);
	assert_int_equal(lx_era_lookup(version, c->era, &e), 0);
	lx_iova_init(&c->v, &cfg);
}

/* n single pages allocated on CPU 0, then freed there. */
static void cache_cycle(struct cache_rig *c, unsigned n)
{
	uint64_t *pfn = xcalloc(n, sizeof *pfn);

	for (unsigned i = 0; i < n; i++)
		pfn[i] = lx_iova_alloc(&c->v, 1, UINT64_MAX, 0, &c->m);
	for (unsigned i = 0; i < n; i++)
		lx_iova_free(&c->v, pfn[i], 1, 0, &c->m);
	free(pfn);
}

/* Frees fill loaded and prev; every further magazine of frees moves a full one to the depot. */
struct magazine_row {
	const char *version;
	unsigned n;       /* pages freed */
	unsigned n_depot; /* magazines */
	unsigned n_tree;  /* pages that went back to the tree */
};

static const struct magazine_row magazine_rows[] = {
	{"6.1", 127, 0, 0}, /* loaded is full */
	{"6.1", 254, 0, 0}, /* prev, too */
	{"6.1", 255, 1, 0},
	{"6.1", 127 * 34, 32, 0},       /* 2 + 32 magazines */
	{"6.1", 127 * 34 + 1, 32, 127}, /* the depot is full: one magazine to the tree */
	{"5.15", 256, 0, 0},            /* 128 each */
	{"5.15", 257, 1, 0},
	{"5.15", 128 * 34 + 1, 32, 128},
	{"6.7", 127 * 34 + 1, 33, 0}, /* any number */
};

static void test_magazines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(magazine_rows); i++) {
		const struct magazine_row *w = &magazine_rows[i];
		struct cache_rig c;
		unsigned n_free = 0;

		cache_rig_init(&c, w->version, 1);
		cache_cycle(&c, w->n);
		for (uint64_t pfn = TOP - w->n; pfn < TOP; pfn++)
			n_free += !lx_space_is_taken(&c.v.space, pfn);
		if (c.v.cache[0].n_depot != w->n_depot || n_free != w->n_tree)
			fail_msg("%s, %u pages: depot %u, tree %u", w->version, w->n,
				 c.v.cache[0].n_depot, n_free);
		lx_iova_fini(&c.v);
	}
}

/* 6.7: one magazine per 100 ms goes back while there are more than CPUs (2). 40 magazines of frees:
 * 38 in the depot; the first run at 26 ticks of 4 ms = 104 ms, then each 104 ms (the running tick
 * counts). */
static void test_depot_worker(void **state)
{
	struct cache_rig c;

	(void)state;
	cache_rig_init(&c, "6.7", 2);
	cache_cycle(&c, 127 * 40);
	assert_int_equal(c.v.cache[0].n_depot, 38);
	c.m.start = 103999999;
	cache_cycle(&c, 1);
	assert_int_equal(c.v.cache[0].n_depot, 38);
	c.m.start = 104000000;
	cache_cycle(&c, 1);
	assert_int_equal(c.v.cache[0].n_depot, 37);
	c.m.start = UINT64_C(60000000000);
	cache_cycle(&c, 1);
	assert_int_equal(c.v.cache[0].n_depot, 2);
	assert_int_equal(c.v.cache[0].worker_at, 0);
	lx_iova_fini(&c.v);
}

/* Last freed, first given out, on the same CPU and of the same size; other CPUs go to the tree. */
static void test_lifo(void **state)
{
	struct cache_rig c;
	uint64_t a, b, d;

	(void)state;
	cache_rig_init(&c, "6.1", 2);
	a = lx_iova_alloc(&c.v, 1, UINT64_MAX, 0, &c.m);
	b = lx_iova_alloc(&c.v, 3, UINT64_MAX, 0, &c.m);
	assert_int_equal(a, TOP - 1);
	assert_int_equal(b, TOP - 8); /* 4 frames at a multiple of 4 below TOP - 1 */
	d = lx_iova_alloc(&c.v, 33, UINT64_MAX, 0, &c.m);
	assert_int_equal(d, TOP - 64); /* 33 frames at a multiple of 64, below TOP - 8 */
	lx_iova_free(&c.v, a, 1, 0, &c.m);
	lx_iova_free(&c.v, b, 3, 0, &c.m);
	assert_int_equal(lx_iova_alloc(&c.v, 1, UINT64_MAX, 1, &c.m), TOP - 65);
	assert_int_equal(lx_iova_alloc(&c.v, 4, UINT64_MAX, 0, &c.m), b);
	assert_int_equal(lx_iova_alloc(&c.v, 1, UINT64_MAX, 0, &c.m), a);
	lx_iova_fini(&c.v);
}

/* A search goes down from the last range; a free above it moves the start up to the range above. */
static void test_search_start(void **state)
{
	struct cache_rig c;
	uint64_t at[3];

	(void)state;
	cache_rig_init(&c, "6.1", 1);
	for (unsigned i = 0; i < 3; i++) {
		at[i] = lx_iova_alloc(&c.v, 64, UINT64_MAX, 0, &c.m);
		assert_int_equal(at[i], TOP - 64 * (i + 1));
	}
	for (unsigned i = 0; i < 3; i++) { /* highest, middle, lowest: each is found again */
		lx_iova_free(&c.v, at[i], 64, 0, &c.m);
		assert_int_equal(lx_iova_alloc(&c.v, 64, UINT64_MAX, 0, &c.m), at[i]);
	}
	lx_iova_fini(&c.v);
}

/* 33 pages at a multiple of 64 leave 31 free above; the search that starts below them sees those
 * only when it tries once more from the limit, from 5.11 on. */
static void test_search_retry(void **state)
{
	static const struct {
		const char *version;
		uint64_t want;
	} rows[] = {{"5.10", (1u << 27) - 1}, {"5.11", TOP - 1}, {"6.12", TOP - 1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cache_rig c;

		cache_rig_init(&c, rows[i].version, 1);
		c.era[LX_ERA_OWN_DMA_OPS] = 0; /* lengths as from 5.11, to see the search alone */
		lx_iova_reserve(&c.v, 1, TOP - 65);
		assert_int_equal(lx_iova_alloc(&c.v, 33, UINT64_MAX, 0, &c.m), TOP - 64);
		assert_int_equal(lx_iova_alloc(&c.v, 1, UINT64_MAX, 0, &c.m), rows[i].want);
		lx_iova_fini(&c.v);
	}
}

/* Above 4 GiB only when nothing fits below; from 6.5 on for good. */
static void test_above_4g(void **state)
{
	static const struct {
		const char *version;
		uint64_t want; /* of a page after a failure and a free below 4 GiB */
	} rows[] = {{"6.1", TOP - 1}, {"6.12", (1u << 27) - 4097}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cache_rig c;
		uint64_t big;

		cache_rig_init(&c, rows[i].version, 1);
		lx_iova_reserve(&c.v, 1, TOP - 4097); /* 4,096 frames are left */
		big = lx_iova_alloc(&c.v, 4096, UINT64_MAX, 0, &c.m);
		assert_int_equal(big, TOP - 4096);
		assert_int_equal(lx_iova_alloc(&c.v, 4096, UINT64_MAX, 0, &c.m), (1u << 27) - 4096);
		lx_iova_free(&c.v, big, 4096, 0, &c.m);
		/* the first frame of the hole or, from above, the next one below the first range */
		assert_int_equal(lx_iova_alloc(&c.v, 1, UINT64_MAX, 0, &c.m), rows[i].want);
		lx_iova_fini(&c.v);
	}
}

/* A million live single pages: at most 8 bytes each. */
static void test_compact(void **state)
{
	struct cache_rig c;
	unsigned n = 1000000;

	(void)state;
	cache_rig_init(&c, "6.1", 4);
	for (unsigned i = 0; i < n; i++)
		assert_int_not_equal(lx_iova_alloc(&c.v, 1, UINT64_MAX, i % 4, &c.m), LX_IOVA_FAIL);
	assert_true(lx_iova_host_bytes(&c.v) < 8 * (size_t)n / 32);
	lx_iova_fini(&c.v);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),     cmocka_unit_test(test_space_random),
		cmocka_unit_test(test_space_window), cmocka_unit_test(test_magazines),
		cmocka_unit_test(test_depot_worker), cmocka_unit_test(test_lifo),
		cmocka_unit_test(test_search_start), cmocka_unit_test(test_search_retry),
		cmocka_unit_test(test_above_4g),     cmocka_unit_test(test_compact),
	};

	if (argc > 3) { /* FILE VERSION cm|nocm|nocms: a capture from elsewhere */
		struct rig_config c = {.version = argv[2],
				       .ecap = RIG_ECAP,
				       .cap = strcmp(argv[3], "cm") ? RIG_CAP_NOCM : RIG_CAP_CM,
				       .flush = strcmp(argv[3], "nocms") ? LX_FLUSH_AUTO
									 : LX_FLUSH_STRICT};

		replay_file(argv[1], &c);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
