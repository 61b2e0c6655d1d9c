/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_dpdk - what DPDK in the guest costs at start and exit, and that it costs nothing in between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "sim/port.h"
#include "sim/xalloc.h"
#include "tests/lx_rig.h"

extern const struct guest_type guest_dpdk, guest_identity;

#define GIB (UINT64_C(1) << 30)

static void *dpdk_options(const char *memory, const char *page, const char *version,
			  const char *legacy, const char *contiguous)
{
	static const char *const name[] = {"memory", "hugepage", "version", "legacy-mem",
					   "contiguous"};
	const char *value[] = {memory, page, version, legacy, contiguous};
	void *o = xcalloc(1, guest_dpdk.size);
	struct err e = {0};

	opt_defaults(guest_dpdk.opts, o);
	for (unsigned i = 0; i < 5; i++)
		if (opt_set(opt_find(guest_dpdk.opts, name[i]), o, value[i], name[i],
			    (struct err_place){0}, &e))
			fail_msg("%s", e.text);
	return o;
}

/* Tail writes at start and stop. A.8: VFIO open 4 (2 + 2), from 5.19 to 6.1 8; probe 1 map + 2
 * unmaps = 3; then one PSI for each map (caching mode) or none. */
struct start_row {
	const char *kernel;
	uint64_t cap;
	const char *memory, *page, *version, *legacy, *contiguous;
	unsigned n_start, n_maps, n_stop;
	unsigned am; /* of the last map's PSI; 99: a DSI */
	const char *why;
};

static const struct start_row start_rows[] = {
	{"6.1", RIG_CAP_CM, "34MiB", "2MiB", "22.11", "off", "off", 8 + 3 + 17, 17, 8, 9,
	 "captured: 17 hugepages, 17 maps; 4 context-cache + 4 DSI"},
	{"6.1", RIG_CAP_CM, "384MiB", "2MiB", "22.11", "on", "off", 8 + 3 + 192, 192, 8, 9,
	 "captured: --legacy-mem, 192 hugepages, 192 maps"},
	{"5.10", RIG_CAP_CM, "34MiB", "2MiB", "20.11", "off", "off", 4 + 3 + 17, 17, 4, 9,
	 "open 7"},
	{"6.12", RIG_CAP_CM, "1GiB", "2MiB", "24.11", "off", "off", 4 + 3 + 512, 512, 4, 9,
	 "1 GiB of 2 MiB pages, one map each"},
	{"6.12", RIG_CAP_CM, "1GiB", "2MiB", "22.11", "on", "on", 4 + 3 + 1, 1, 4, 99,
	 "contiguous, one MAP_DMA: from 4 GiB + 2 MiB on no block of 2^18 pages holds it: 1 DSI"},
	{"6.12", RIG_CAP_CM, "4MiB", "2MiB", "22.11", "on", "on", 4 + 3 + 1, 1, 4, 11,
	 "4 MiB from 4 GiB + 2 MiB to + 6 MiB: the block of 8 MiB"},
	{"5.10", RIG_CAP_CM, "6MiB", "2MiB", "20.11", "on", "on", 4 + 3 + 2, 1, 4, 10,
	 "up to 5.11 VFIO maps by piece: 2 MiB at an odd multiple, then 4 MiB"},
	{"6.12", RIG_CAP_CM, "1GiB", "2MiB", "24.11", "on", "on", 4 + 3 + 512, 512, 4, 9,
	 "from 23.07 one MAP_DMA per page"},
	{"6.12", RIG_CAP_CM, "1GiB", "1GiB", "24.11", "off", "off", 4 + 3 + 1, 1, 4, 18,
	 "one 1 GiB page: AM 18 is still a PSI"},
	{"6.12", RIG_CAP_CM, "2GiB", "1GiB", "22.11", "on", "on", 4 + 3 + 1, 1, 4, 99,
	 "more than 1 GiB in one map: DSI"},
	{"6.12", RIG_CAP_NOCM, "34MiB", "2MiB", "22.11", "off", "off", 2 + 2, 17, 2, 0,
	 "no caching mode: detach 2, the probe's two unmaps"},
	{"6.12", RIG_CAP_CM, "1MiB", "4KiB", "24.11", "off", "off", 4 + 3 + 256, 256, 4, 0,
	 "--no-huge: one map for each page, downwards in memory"},
	{"6.12", RIG_CAP_CM, "1MiB", "4KiB", "22.11", "off", "on", 4 + 3 + 1, 1, 4, 9,
	 "--no-huge implies legacy memory: 19.08 to 23.03 one map; 256 pages from frame 0x100001: AM 9"},
	{"6.12", RIG_CAP_CM, "1MiB", "4KiB", "23.03", "off", "on", 4 + 3 + 1, 1, 4, 9,
	 "the same"},
	/* the probe's two pages are 8 KiB aligned, however many tables lie above them: one map PSI */
	{"5.10", RIG_CAP_48, "34MiB", "2MiB", "20.11", "off", "off", 4 + 3 + 17, 17, 4, 9,
	 "open 7, four levels"},
	{"5.11", RIG_CAP_48, "34MiB", "2MiB", "20.11", "off", "off", 4 + 3 + 17, 17, 4, 9,
	 "open 7, four levels"},
};

static void test_start_stop(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(start_rows); i++) {
		const struct start_row *s = &start_rows[i];
		struct rig_config c = {.version = s->kernel,
				       .cap = s->cap,
				       .ecap = RIG_ECAP,
				       .ram_bytes = 8 * GIB};
		void *o = dpdk_options(s->memory, s->page, s->version, s->legacy, s->contiguous);
		struct rig *r = rig_new(&c, &guest_dpdk, o);
		unsigned n_start = r->n_tails;
		struct dma_map d = {0};
		const struct inv_req *last = &r->req[r->n_reqs - 1];

		if (n_start != s->n_start || rig_count(r, CTR_GUEST_MAP) != s->n_maps + 1)
			fail_msg("%s: %u tail writes, %llu maps", s->why, n_start,
				 (unsigned long long)rig_count(r, CTR_GUEST_MAP));
		if (s->cap == RIG_CAP_CM)
			assert_int_equal(last->kind == INV_DSI ? 99 : last->am, s->am);
		for (unsigned k = 0; k < 1000; k++) { /* packets */
			d = (struct dma_map){0};
			assert_int_equal(rig_map(r, &d, 0x1000000 + k * 0x800, 0x800, 0), 0);
			rig_unmap(r, &d);
		}
		assert_int_equal(r->n_tails, n_start);
		assert_int_equal(rig_count(r, CTR_GUEST_MAP), s->n_maps + 1);
		rig_forget(r);
		r->guest.type->stop(r->guest.self, &r->m);
		if (r->n_tails != s->n_stop)
			fail_msg("%s: stop %u", s->why, r->n_tails);
		rig_free(r);
		free(o);
	}
}

/* Buffers translate into the hugepages, the same buffer always to the same IOVA. */
static void test_buffers(void **state)
{
	struct rig_config c = {.version = "6.1", .cap = RIG_CAP_CM, .ecap = RIG_ECAP};
	void *o = dpdk_options("64MiB", "2MiB", "22.11", "off", "off");
	struct rig *r = rig_new(&c, &guest_dpdk, o);
	struct dma_map a = {0}, b = {0}, again = {0};
	unsigned level;

	(void)state;
	assert_int_equal(rig_map(r, &a, 0x1000123, 1500, 0), 0);
	assert_int_equal(rig_map(r, &b, 0x1200000, 4096, 0), 0);
	assert_int_equal(rig_map(r, &again, 0x1000123, 1500, 0), 0);
	assert_int_equal(a.iova, again.iova);
	assert_int_equal(a.iova & 0xfff, 0x123);
	assert_true(a.first >= UINT64_C(0x100200000));
	assert_int_equal(b.first - a.first, 0x200000);
	assert_int_not_equal(rig_walk(r, RIG_SID, a.iova, &level), 0);
	assert_int_equal(level, 2);
	/* neighbours in VA are not in memory: pages go down */
	assert_int_equal((rig_walk(r, RIG_SID, a.iova, &level) & PAGE_MASK) -
				 (rig_walk(r, RIG_SID, b.iova, &level) & PAGE_MASK),
			 0x200000);
	rig_free(r);
	free(o);
}

struct error_row {
	const char *memory, *page, *version;
	uint64_t cap;
	const char *want;
};

static const struct error_row error_rows[] = {
	{"64MiB", "2MiB", "17.11", RIG_CAP_CM, "18.11 or newer"},
	{"64MiB", "2MiB", "latest", RIG_CAP_CM, "like 22.11"},
	{"64MiB", "2MiB", "22.13", RIG_CAP_CM, "like 22.11"},
	{"1TiB", "1GiB", "22.11", RIG_CAP_CM, "reach of DMA"},
	{"64MiB", "2MiB", "22.11", 0, "there is none"},
};

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(error_rows); i++) {
		const struct error_row *w = &error_rows[i];
		struct rig_config c = {.version = "6.1", .cap = w->cap, .ecap = RIG_ECAP};
		struct rig *r = rig_new_kernel(&c);
		void *o = dpdk_options(w->memory, w->page, w->version, "off", "off");
		struct err e = {0};

		assert_true(guest_dpdk.init(o, &r->env, &e) < 0);
		if (!strstr(e.text, w->want))
			fail_msg("got '%s', want '%s'", e.text, w->want);
		guest_dpdk.fini(o);
		free(o);
		rig_free(r);
	}
}

/* More hugepages than RAM: start fails. */
static void test_too_little_ram(void **state)
{
	struct rig_config c = {.version = "6.1", .cap = RIG_CAP_CM, .ecap = RIG_ECAP};
	struct rig *r = rig_new_kernel(&c);
	void *o = dpdk_options("2GiB", "2MiB", "22.11", "off", "off");
	struct err e = {0};

	(void)state;
	lx_kernel_boot(r->k, &r->m);
	assert_int_equal(guest_dpdk.init(o, &r->env, &e), 0);
	assert_int_equal(guest_dpdk.attach(o, &r->m), 0);
	assert_true(guest_dpdk.start(o, &r->m) < 0);
	guest_dpdk.fini(o);
	free(o);
	rig_free(r);
}

static void test_identity(void **state)
{
	struct rig_config c = {.version = "6.1"};
	struct rig *r = rig_new(&c, &guest_identity, NULL);
	struct dma_map d = {0};

	(void)state;
	assert_int_equal(rig_map(r, &d, 0x1234567, 0x1000, 0), 0);
	assert_int_equal(d.iova, 0x1234567);
	assert_int_equal(d.first, 0x1234000);
	assert_int_equal(d.last, 0x1235fff);
	rig_unmap(r, &d);
	assert_int_equal(rig_count(r, CTR_GUEST_MAP), 1);
	assert_int_equal(rig_count(r, CTR_GUEST_UNMAP), 1);
	assert_int_equal(rig_count(r, CTR_VMEXITS), 0);
	rig_free(r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_stop), cmocka_unit_test(test_buffers),
		cmocka_unit_test(test_errors),     cmocka_unit_test(test_too_little_ram),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
