/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_vhost - vhost's IOTLB, its messages, and which notifier it registers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "models/consumer/vhost_iotlb.h"
#include "tests/fake_aspace.h"

extern const struct consumer_type consumer_vhost;

#define M2 UINT64_C(0x200000)

/* ---- the table of versions, as observed */

struct kind_row {
	const char *qemu;
	bool device_iotlb, ats;
	unsigned want;         /* 0: QEMU exits */
	unsigned after_toggle; /* the guest then switches ATS over */
};

#define U NOTIFY_UNMAP
#define D NOTIFY_DEVTLB_UNMAP
static const struct kind_row kind_rows[] = {
	/* ATS off, device-iotlb off */
	{"5.2.0", false, false, U, U},
	{"6.2.0", false, false, D, D},
	{"7.2.0", false, false, D, D}, /* before the backport of 7.2.5 */
	{"7.2.4", false, false, D, D},
	{"7.2.5", false, false, U, 0},
	{"7.2.22", false, false, U, 0},
	{"7.2", false, false, U, 0}, /* the last of the series */
	{"8.0.0", false, false, U, U},
	{"8.1.0", false, false, U, 0},
	{"8.2.0", false, false, U, 0},
	{"10.0.13", false, false, U, 0},
	{"11.1.3", false, false, U, 0},
	/* ATS off, device-iotlb on */
	{"5.2.0", true, false, U, U},
	{"6.2.0", true, false, D, D},
	{"7.2.22", true, false, U, D},
	{"8.0.0", true, false, D, D},
	{"8.2.0", true, false, U, D},
	{"10.2.0", true, false, U, D},
	/* ATS on, device-iotlb on */
	{"5.2.0", true, true, U, U},
	{"6.2.0", true, true, D, D},
	{"7.2.22", true, true, D, U},
	{"8.0.0", true, true, D, D},
	{"8.2.0", true, true, D, U},
	{"11.1.3", true, true, D, U},
	/* ATS on, device-iotlb off */
	{"5.2.0", false, true, U, U},
	{"6.2.0", false, true, D, D},
	{"7.2.22", false, true, 0, U},
	{"8.0.0", false, true, U, U},
	{"8.2.0", false, true, 0, U},
	{"10.2.0", false, true, 0, U},
};

static unsigned registered(const struct fake *f)
{
	unsigned wants = 0;

	for (const struct notifier *n = f->head; n; n = n->next)
		wants |= n->wants;
	return wants;
}

static void test_kind_by_version(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kind_rows); i++) {
		const struct kind_row *r = &kind_rows[i];
		struct fake *f = fake_new(&consumer_vhost);

		f->env.qemu = r->qemu;
		f->env.device_iotlb = r->device_iotlb;
		fake_init(f, true);
		assert_null(f->head); /* nothing before the driver starts */
		f->type->ats(f->self, r->ats, &f->m);
		f->type->start(f->self, NULL, 0, &f->m);
		if (registered(f) != r->want || (f->n_aborted != 0) != (r->want == 0))
			fail_msg("%s device-iotlb %d ats %d: got %u, want %u", r->qemu,
				 r->device_iotlb, r->ats, registered(f), r->want);
		f->n_aborted = 0;
		f->type->ats(f->self, !r->ats, &f->m);
		if (registered(f) != r->after_toggle ||
		    (f->n_aborted != 0) != (r->after_toggle == 0))
			fail_msg("%s device-iotlb %d ats %d toggled: got %u, want %u", r->qemu,
				 r->device_iotlb, r->ats, registered(f), r->after_toggle);
		fake_free(f);
	}
}

static void test_bad_versions(void **state)
{
	static const char *const bad[] = {"",    "7",      "7.",       "7.2.", "7.2x",   "2.8",
					  "0.1", "latest", "7.2.22.1", "-7.2", "7.99999"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct fake *f = fake_new(&consumer_vhost);
		struct err e = {0};

		f->env.qemu = bad[i];
		if (f->type->init(f->self, &f->env, &e) != -EINVAL || e.status != EXIT_USER)
			fail_msg("'%s' was taken", bad[i]);
		fake_free(f);
	}
}

/* After a toggle the lower section hears first; before, the upper one (LIFO of the listener's
 * order). */
static void test_order_after_toggle(void **state)
{
	struct fake *f = fake_new(&consumer_vhost);

	(void)state;
	f->env.device_iotlb = true;
	fake_init(f, true);
	f->type->start(f->self, NULL, 0, &f->m);
	assert_int_equal(f->head->first, HIGH_FIRST);
	f->type->ats(f->self, true, &f->m);
	assert_int_equal(f->head->first, 0);
	fake_region(f, &fake_low, false);
	fake_region(f, &fake_high, false);
	assert_null(f->head);
	fake_free(f);
}

static void test_forced_kinds(void **state)
{
	static const struct {
		const char *option;
		unsigned refused, want;
	} rows[] = {
		{"unmap", 0, U},
		{"devtlb", 0, D},
		{"map-unmap", 0, U | NOTIFY_MAP},
		{"map-unmap", NOTIFY_MAP, 0}, /* no caching mode: refused */
		{"auto", D, U},               /* 6.2 falls back on an IOMMU without such events */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fake *f = fake_new(&consumer_vhost);

		f->env.qemu = "6.2";
		f->refused = rows[i].refused;
		fake_opt(f, "notifier", rows[i].option);
		fake_init(f, true);
		f->type->start(f->self, NULL, 0, &f->m);
		assert_int_equal(registered(f), rows[i].want);
		assert_int_equal(f->n_aborted != 0, rows[i].want == 0);
		fake_free(f);
	}
}

/* ---- accesses and messages */

static struct fake *started(const char *option, const char *value)
{
	struct fake *f = fake_new(&consumer_vhost);

	if (option)
		fake_opt(f, option, value);
	fake_init(f, true);
	f->type->start(f->self, NULL, 0, &f->m);
	return f;
}

/* A buffer over 3 pages misses 3 times in sequence, then hits. */
static void test_one_miss_a_page(void **state)
{
	struct fake *f = started(NULL, NULL);
	unsigned n;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		fake_map(f, 0x10000 + i * 0x1000, 0x50000 - i * 0x2000, 0x1000, PERM_RW);
	assert_int_equal(fake_io(f, 0x10ff0, 0x1020, PERM_W, &n), 'o');
	assert_int_equal(n, 3); /* 0x10ff0..0x1200f */
	assert_int_equal(fake_counter(f, CTR_CONSUMER_MISS), 3);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_UPDATE), 3);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_HIT), 0); /* repetitions are no hits */
	assert_int_equal(fake_cost(f, PRIM_VHOST_MISS), 3);
	assert_int_equal(fake_cost(f, PRIM_VHOST_MSG), 3);
	assert_int_equal(fake_io(f, 0x10ff0, 0x1020, PERM_R, &n), 'o');
	assert_int_equal(n, 0);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_HIT), 1);
	assert_int_equal(f->n_translated, 3);
	/* Beyond: a fault, one more miss. */
	assert_int_equal(fake_io(f, 0x12ff0, 0x20, PERM_R, &n), 'f');
	assert_int_equal(n, 1);
	assert_int_equal(fake_counter(f, CTR_DMA_FAULT), 1);
	fake_free(f);
}

struct answer_row {
	struct xlat page;
	iova_t at;
	enum perm need;
	char want;
	iova_t first, last; /* of the UPDATE */
	const char *why;
};

static const struct answer_row answer_rows[] = {
	{{0x10000, 0x50000, 0xfff, PERM_RW}, 0x10800, PERM_R, 'o', 0x10000, 0x10fff, "4 KiB leaf"},
	{{M2, M2, M2 - 1, PERM_RW}, M2 + 0x5000, PERM_W, 'o', M2, 2 * M2 - 1, "2 MiB leaf"},
	{{0x10000, 0x50000, 0xfff, PERM_R}, 0x10800, PERM_R, 'o', 0x10000, 0x10fff, "read-only"},
	{{0x10000, 0x50000, 0xfff, PERM_R},
	 0x10800,
	 PERM_W,
	 'f',
	 0,
	 0,
	 "write to a read-only page"},
	{{0x10000, 0x50000, 0xfff, PERM_W},
	 0x10800,
	 PERM_R,
	 'f',
	 0,
	 0,
	 "read of a write-only page"},
	{{0x10000, 0x50000, 0xfff, PERM_RW}, 0x11000, PERM_R, 'f', 0, 0, "not mapped"},
	{{0x10000, UINT64_C(0x4000000), 0xfff, PERM_RW}, 0x10000, PERM_R, 'f', 0, 0, "not RAM"},
	{{0, 0, UINT64_C(0x3fffffff), PERM_RW},
	 0x1000,
	 PERM_R,
	 'o',
	 0,
	 0x3ffffff,
	 "1 GiB leaf over 64 MiB of RAM: clipped to it"},
	{{0, 0, UINT64_C(0x3fffffff), PERM_RW}, 0x4000000, PERM_R, 'f', 0, 0, "behind the RAM"},
	{{0, 0, UINT64_C(0x3fffffff), PERM_RW},
	 MSI_FIRST,
	 PERM_R,
	 'f',
	 0,
	 0,
	 "interrupt window: fails, the IOMMU is not asked"},
};

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answer_rows); i++) {
		const struct answer_row *r = &answer_rows[i];
		struct fake *f = started(NULL, NULL);
		iova_t where;
		unsigned n;
		char got;

		fake_map(f, r->page.iova, r->page.gpa, r->page.mask + 1, r->page.perm);
		got = fake_io(f, r->at, 1, r->need, &n);
		if (got != r->want)
			fail_msg("%s: got %c", r->why, got);
		if (r->want == 'o') {
			/* Edges of what was entered, with the permission RW whatever the page says.
			 */
			assert_int_equal(
				f->type->access(f->self, r->first, 1, PERM_RW, &where, &f->m),
				ACCESS_OK);
			assert_int_equal(
				f->type->access(f->self, r->last, 2, PERM_RW, &where, &f->m),
				ACCESS_MISS);
			assert_int_equal(where, r->last + 1);
		}
		fake_free(f);
	}
}

/* One INVALIDATE a section for a flush of everything; whole entries go. */
static void test_invalidate(void **state)
{
	struct fake *f = started(NULL, NULL);
	unsigned n;

	(void)state;
	fake_map(f, M2, M2, M2, PERM_RW);
	fake_map(f, UINT64_C(0xfffff000), 0x1000, 0x1000, PERM_RW);
	fake_io(f, M2, 1, PERM_R, &n);
	fake_io(f, UINT64_C(0xfffff000), 1, PERM_R, &n);
	/* 4 KiB inside the 2 MiB entry take all of it. */
	assert_int_equal(fake_unmap_event(f, M2 + 0x3000, M2 + 0x3fff), 1);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_INVALIDATE), 1);
	fake_io(f, M2, 1, PERM_R, &n);
	assert_int_equal(n, 1);
	assert_int_equal(fake_counter(f, CTR_NOTIFY_UNMAP_NEEDLESS), 0);
	assert_int_equal(fake_unmap_event(f, 0x1000, 0x1fff), 1);
	assert_int_equal(fake_counter(f, CTR_NOTIFY_UNMAP_NEEDLESS), 1);
	assert_int_equal(fake_unmap_event(f, 0, UINT64_MAX), 2);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_INVALIDATE), 4);
	fake_io(f, M2, 1, PERM_R, &n);
	assert_int_equal(n, 1);
	fake_io(f, UINT64_C(0xfffff000), 1, PERM_R, &n);
	assert_int_equal(n, 1);
	fake_free(f);
}

/* The proposal: MAP writes an UPDATE, nothing misses afterwards. */
static void test_map_notifier(void **state)
{
	struct fake *f = started("notifier", "map-unmap");
	unsigned n;

	(void)state;
	fake_map(f, 0x10000, 0x50000, 0x1000, PERM_RW);
	assert_int_equal(fake_map_event(f, 0x10000, 0x50000, 0x1000), 1);
	assert_int_equal(fake_cost(f, PRIM_VHOST_MSG), 1);
	assert_int_equal(fake_io(f, 0x10000, 0x1000, PERM_W, &n), 'o');
	assert_int_equal(n, 0);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_HIT), 1);
	fake_map_event(f, 0x10000, 0x50000, 0x1000);
	assert_int_equal(fake_counter(f, CTR_NOTIFY_MAP_DUPLICATE), 1);
	fake_map_event(f, 0x20000, UINT64_C(0x80000000), 0x1000); /* not RAM: no UPDATE */
	assert_int_equal(fake_counter(f, CTR_CONSUMER_UPDATE), 2);
	fake_unmap_event(f, 0x10000, 0x10fff); /* both nodes go */
	fake_unmap(f, 0x10000);
	assert_int_equal(fake_io(f, 0x10000, 1, PERM_R, &n), 'f');
	fake_free(f);
}

static unsigned fake_notifiers(const struct fake *f)
{
	unsigned n = 0;

	for (const struct notifier *at = f->head; at; at = at->next)
		n++;
	return n;
}

/* Three queue pairs, two virtqueues each: three caches, two notifiers each, three messages a PSI. */
static void test_queue_pairs(void **state)
{
	struct fake *f = fake_new(&consumer_vhost);
	unsigned n;

	(void)state;
	f->env.n_queue_pairs = 3;
	fake_init(f, true);
	f->type->start(f->self, NULL, 0, &f->m);
	fake_map(f, 0x10000, 0x50000, 0x1000, PERM_RW);
	for (unsigned q = 0; q < 6; q++) {
		f->type->select(f->self, q);
		fake_io(f, 0x10000, 1, PERM_R, &n);
		assert_int_equal(n, q % 2 == 0); /* 1, 3, 5 share the caches of 0, 2, 4 */
	}
	assert_int_equal(fake_notifiers(f), 3 * 2); /* a section below and one above the window */
	fake_unmap_event(f, 0x10000, 0x10fff);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_INVALIDATE), 3);
	fake_io(f, 0x10000, 1, PERM_R, &n);
	assert_int_equal(n, 1);
	fake_unmap_event(f, 0x10000, 0x10fff); /* one of three held it: two events are needless */
	assert_int_equal(fake_counter(f, CTR_NOTIFY_UNMAP_NEEDLESS), 2);
	fake_free(f);
}

/* Start: one UPDATE a virtqueue, for the used ring. Then the metadata cache serves until a message.
 */
static void test_rings(void **state)
{
	static const iova_t ring[] = {0x10000, 0x11000, 0x12000, 0x14000, 0x15000, 0x16000};
	struct fake *f = fake_new(&consumer_vhost);
	unsigned n;

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		fake_map(f, 0x10000 + i * 0x1000, 0x50000 + i * 0x1000, 0x1000, PERM_RW);
	fake_init(f, true);
	f->type->start(f->self, ring, ARRAY_SIZE(ring), &f->m);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_UPDATE), 2); /* 0x12000, 0x16000: observed */
	assert_int_equal(fake_counter(f, CTR_CONSUMER_MISS), 0);
	assert_int_equal(fake_cost(f, PRIM_VHOST_MISS), 0);
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i < 3; i++) {
			fake_io(f, ring[i], 8, i == 2 ? PERM_W : PERM_R, &n);
			assert_int_equal(n, round == 0 && i != 2);
		}
	}
	/* Round 0: 3 look-ups (the two answers clear the cache each time: used is valid last, desc
	 * and avail are looked up again in round 1). Look-ups: 3 + 1 (desc) = 4; rounds 1 (no: desc
	 * is not valid), 2, 3 pay PRIM_VHOST_META once each for all three areas. */
	assert_int_equal(fake_cost(f, PRIM_VHOST_HIT), 4);
	assert_int_equal(fake_cost(f, PRIM_VHOST_META), 2);
	fake_unmap_event(f, 0x1f000, 0x1ffff); /* elsewhere, yet the metadata cache is lost */
	for (unsigned i = 0; i < 3; i++)
		fake_io(f, ring[i], 8, PERM_R, &n);
	assert_int_equal(fake_cost(f, PRIM_VHOST_HIT), 7);
	assert_int_equal(fake_cost(f, PRIM_VHOST_META), 2);
	fake_free(f);
}

/* Translation off, and a device that bypasses it. */
static void test_not_translated(void **state)
{
	struct fake *f = fake_new(&consumer_vhost);
	unsigned n;

	(void)state;
	fake_init(f, false);
	f->type->start(f->self, NULL, 0, &f->m);
	assert_int_equal(fake_io(f, 0x5ff0, 0x20, PERM_W, &n), 'o');
	assert_int_equal(n, 2); /* one to one, but 4 KiB a miss: observed */
	assert_int_equal(f->n_translated, 0);
	assert_int_equal(fake_io(f, UINT64_C(0x4000000), 1, PERM_W, &n), 'f');
	fake_free(f);

	f = fake_new(&consumer_vhost);
	fake_opt(f, "iommu-platform", "off");
	fake_init(f, true);
	f->type->start(f->self, NULL, 0, &f->m);
	assert_null(f->head);
	assert_int_equal(fake_io(f, 0x5ff0, 0x20, PERM_W, &n), 'o');
	assert_int_equal(n, 0);
	assert_int_equal(fake_io(f, UINT64_C(0x4000000), 1, PERM_W, &n), 'f');
	fake_free(f);
}

static void test_limit(void **state)
{
	struct fake *f = started("max-entries", "4");
	unsigned n;

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		fake_map(f, 0x10000 + i * 0x1000, 0x50000, 0x1000, PERM_RW);
	for (unsigned i = 0; i < 5; i++)
		fake_io(f, 0x10000 + i * 0x1000, 1, PERM_R, &n);
	assert_int_equal(fake_counter(f, CTR_CONSUMER_EVICT), 1);
	fake_io(f, 0x11000, 1, PERM_R,
		&n); /* the second is still there; a hit does not make it young */
	assert_int_equal(n, 0);
	fake_io(f, 0x15000, 1, PERM_R, &n);
	fake_io(f, 0x11000, 1, PERM_R, &n);
	assert_int_equal(n, 1);
	fake_free(f);
}

/* DPDK 22.11: the upper section's flush, 0xfef00000 + 0xffffffff01100000, removes nothing. */
static void test_dpdk_wrap(void **state)
{
	static const struct {
		const char *backend, *wrap;
		unsigned want_misses;
	} rows[] = {{"kernel", "on", 1}, {"vhost-user", "on", 0}, {"vhost-user", "off", 1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fake *f = fake_new(&consumer_vhost);
		unsigned n;

		fake_opt(f, "backend", rows[i].backend);
		fake_opt(f, "dpdk-wrap", rows[i].wrap);
		fake_init(f, true);
		f->type->start(f->self, NULL, 0, &f->m);
		fake_map(f, UINT64_C(0xffffe000), 0x5000, 0x1000, PERM_RW);
		fake_map(f, 0x1000, 0x6000, 0x1000, PERM_RW);
		fake_io(f, UINT64_C(0xffffe000), 1, PERM_R, &n);
		fake_io(f, 0x1000, 1, PERM_R, &n);
		fake_unmap_event(f, 0, UINT64_MAX);
		fake_io(f, UINT64_C(0xffffe000), 1, PERM_R, &n);
		assert_int_equal(n, rows[i].want_misses);
		fake_io(f, 0x1000, 1, PERM_R, &n);
		assert_int_equal(n, 1);
		/* 2 + (1 or 2) updates, 2 invalidates; a vhost-user message counts twice: the
		 * reply. */
		assert_int_equal(fake_cost(f, PRIM_VHOST_MSG),
				 (5 + rows[i].want_misses) *
					 (strcmp(rows[i].backend, "kernel") ? 2 : 1));
		fake_free(f);
	}
}

/* ---- the oracle */

static void test_oracle(void **state)
{
	struct fake *f = fake_new(&consumer_vhost);
	struct stat_hist *window;
	unsigned n;

	(void)state;
	f->env.oracle = true;
	fake_init(f, true);
	f->type->start(f->self, NULL, 0, &f->m);
	fake_map(f, 0x10000, 0x50000, 0x1000, PERM_RW);
	fake_map(f, 0x11000, 0x51000, 0x1000, PERM_R);
	fake_io(f, 0x10000, 1, PERM_RW, &n);
	assert_int_equal(fake_counter(f, CTR_STALE_HIT), 0);
	/* Read-only for the guest, read-write in the cache: reading is right, writing is not. */
	fake_io(f, 0x11000, 1, PERM_R, &n);
	assert_int_equal(fake_counter(f, CTR_STALE_HIT), 0);
	fake_io(f, 0x11000, 1, PERM_W, &n);
	assert_int_equal(fake_counter(f, CTR_STALE_HIT), 1);
	/* Unmapped at 1000, hit at 1300, invalidated at 1700: one stale hit, a window of 700
	 * cycles. */
	fake_unmap(f, 0x10000);
	f->type->unmapped(f->self, 0x10000, 0x10fff, 1000);
	f->m.start = 1300;
	fake_io(f, 0x10000, 1, PERM_R, &n);
	assert_int_equal(fake_counter(f, CTR_STALE_HIT), 2);
	f->m.start = 1700;
	fake_unmap_event(f, 0x10000, 0x10fff);
	window = rec_latency(f->ent, "stale_window");
	assert_int_equal(stat_hist_n(window), 1);
	assert_int_equal(stat_hist_max(window), 700);
	/* Nothing held: no window. */
	f->type->unmapped(f->self, 0x20000, 0x20fff, 1800);
	fake_unmap_event(f, 0x20000, 0x20fff);
	assert_int_equal(stat_hist_n(window), 1);
	/* Mapped elsewhere without a word to vhost. */
	fake_map(f, 0x10000, 0x50000, 0x1000, PERM_RW);
	fake_io(f, 0x10000, 1, PERM_R, &n);
	fake_unmap(f, 0x10000);
	fake_map(f, 0x10000, 0x58000, 0x1000, PERM_RW);
	fake_io(f, 0x10000, 1, PERM_R, &n);
	assert_int_equal(fake_counter(f, CTR_STALE_HIT), 3);
	fake_free(f);
}

/* ---- the IOTLB against a list that is searched from end to end */

struct list {
	struct vhost_iotlb_entry e[64];
	unsigned n;
};

static int list_find(const struct list *l, iova_t at)
{
	int best = -1;

	for (unsigned i = 0; i < l->n; i++)
		if (at >= l->e[i].first && at <= l->e[i].last &&
		    (best < 0 || l->e[i].first < l->e[best].first))
			best = (int)i;
	return best;
}

static void list_del(struct list *l, unsigned i)
{
	l->n--;
	memmove(&l->e[i], &l->e[i + 1], (l->n - i) * sizeof l->e[0]);
}

static uint64_t random_state;
static uint64_t random_next(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return random_state >> 33;
}

static void random_entry(struct vhost_iotlb_entry *e, unsigned step)
{
	static const uint64_t sizes[] = {0x1000, 0x1000, 0x1000, M2, 0x3000};
	uint64_t size = sizes[random_next() % ARRAY_SIZE(sizes)];

	e->first = size == M2 ? random_next() % 3 * M2 : random_next() % 1536 * 0x1000;
	e->last = e->first + size - 1;
	e->gpa = step;
	e->perm = PERM_RW;
}

static void test_iotlb_against_list(void **state)
{
	static struct list list;
	struct vhost_iotlb *t = vhost_iotlb_new(VHOST_IOTLB_KERNEL, ARRAY_SIZE(list.e), NULL);
	struct vhost_iotlb_entry e, evicted;
	size_t n;

	(void)state;
	random_state = 3;
	for (unsigned step = 0; step < 40000; step++) {
		int want;

		random_entry(&e, step);
		if (random_next() % 3 != 0) {
			bool full = list.n == ARRAY_SIZE(list.e);

			assert_int_equal(vhost_iotlb_insert(t, &e, &evicted), full);
			if (full) {
				assert_int_equal(evicted.gpa, list.e[0].gpa); /* the oldest */
				list_del(&list, 0);
			}
			list.e[list.n++] = e;
		} else {
			const struct vhost_iotlb_entry *const *found =
				vhost_iotlb_overlaps(t, e.first, e.last, &n);
			size_t n_want = 0;

			for (unsigned i = list.n; i-- != 0;)
				if (list.e[i].first <= e.last && list.e[i].last >= e.first) {
					list_del(&list, i);
					n_want++;
				}
			assert_int_equal(n, n_want);
			for (size_t i = 0; i < n; i++)
				vhost_iotlb_remove(t, found[i]);
		}
		assert_int_equal(vhost_iotlb_n(t), list.n);
		random_entry(&e, step);
		want = list_find(&list, e.first);
		assert_int_equal(vhost_iotlb_find(t, e.first) != NULL, want >= 0);
		if (want >= 0)
			assert_int_equal(vhost_iotlb_find(t, e.first)->gpa, list.e[want].gpa);
	}
	vhost_iotlb_free(t);
}

static void test_iotlb_dpdk(void **state)
{
	struct vhost_iotlb *t = vhost_iotlb_new(VHOST_IOTLB_DPDK, 2, NULL);
	struct vhost_iotlb_entry a = {0x1000, 0x1fff, 1, PERM_RW}, evicted;

	(void)state;
	assert_false(vhost_iotlb_insert(t, &a, &evicted));
	a.gpa = 2;
	assert_false(vhost_iotlb_insert(t, &a, &evicted)); /* there already: dropped */
	assert_int_equal(vhost_iotlb_n(t), 1);
	assert_int_equal(vhost_iotlb_find(t, 0x1000)->gpa, 1);
	vhost_iotlb_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind_by_version),    cmocka_unit_test(test_bad_versions),
		cmocka_unit_test(test_order_after_toggle), cmocka_unit_test(test_forced_kinds),
		cmocka_unit_test(test_one_miss_a_page),    cmocka_unit_test(test_answers),
		cmocka_unit_test(test_invalidate),         cmocka_unit_test(test_map_notifier),
		cmocka_unit_test(test_queue_pairs),        cmocka_unit_test(test_rings),
		cmocka_unit_test(test_not_translated),     cmocka_unit_test(test_limit),
		cmocka_unit_test(test_dpdk_wrap),          cmocka_unit_test(test_oracle),
		cmocka_unit_test(test_iotlb_against_list), cmocka_unit_test(test_iotlb_dpdk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
