/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench_vtd - queued invalidation: pairs of a page-selective and a wait descriptor a second.
 *
 * Each round of the loop does what a guest does: writes 127 pairs into the queue in guest memory,
 * then the tail register once (a queue of 256 takes 255 descriptors). Pages are invalidated that
 * are not in the unit's cache, so that a cache of 1,000 translations stays one. Nobody listens:
 * what notifiers and walks cost is in the whole paths' figures.
 */
#include <assert.h>
#include <math.h>

#include "cli/bench.h"
#include "models/counters.h"
#include "models/vtd/vtd_spec.h"
#include "models/vtd/vtd_unit.h"

#define RAM_BYTES (UINT64_C(64) << 20)
#define ROOT UINT64_C(0x100000)
#define CONTEXT UINT64_C(0x101000)
#define LEVEL_3 UINT64_C(0x102000)
#define LEVEL_2 UINT64_C(0x103000)
#define LEVEL_1 UINT64_C(0x104000) /* four pages: 2,048 leaves, IOVA 0..8 MiB - 1 */
#define N_LEAVES 2048u
#define STATUS UINT64_C(0x110000)
#define QUEUE UINT64_C(0x200000)
#define PAGES UINT64_C(0x1000000)
#define FAR_PAGES UINT64_C(0x80000000) /* IOVA that nothing maps */
#define SID 0x100u
#define DID 7u
#define READ_WRITE 3u
#define N_PAIRS 127u
#define STATUS_DONE 1u

struct queue_bench {
	struct gmem *mem;
	struct rec *rec;
	struct iommu_env env;
	struct vtd_config config;
	struct vtd *unit;
	struct aspace *as;
	struct meter meter;
	unsigned n_slots, tail;
	uint64_t n_pairs;
};

static void queue_aborted(void *self, const char *why)
{
	(void)self;
	(void)why;
	assert(0 && "nobody listens, so nothing can be asserted");
}

static void queue_word(struct queue_bench *b, gpa_t at, uint64_t val)
{
	gmem_write64(b->mem, at, val);
}

/* Device 01:00.0, three levels, 2,048 pages. */
static void queue_tables(struct queue_bench *b)
{
	queue_word(b, ROOT + (SID >> 8) * 16, CONTEXT | FPUT(VTD_ROOT_P, 1));
	queue_word(b, CONTEXT + (SID & 0xff) * 16, LEVEL_3 | FPUT(VTD_CTX_P, 1));
	queue_word(b, CONTEXT + (SID & 0xff) * 16 + 8,
		   FPUT(VTD_CTX_AW, 1) | FPUT(VTD_CTX_DID, DID));
	queue_word(b, LEVEL_3, LEVEL_2 | READ_WRITE);
	for (unsigned i = 0; i < N_LEAVES / 512; i++)
		queue_word(b, LEVEL_2 + i * 8, (LEVEL_1 + i * PAGE_BYTES) | READ_WRITE);
	for (unsigned i = 0; i < N_LEAVES; i++)
		queue_word(b, LEVEL_1 + i * 8, (PAGES + i * PAGE_BYTES) | READ_WRITE);
}

static void queue_register(struct queue_bench *b, uint32_t off, unsigned size, uint64_t val)
{
	vtd_write(b->unit, off, size, val, &b->meter);
}

/* size: 2^(8 + size) descriptors. */
static void queue_init(struct queue_bench *b, unsigned size)
{
	struct err e = {0};

	b->mem = gmem_new(RAM_BYTES, 0);
	b->rec = rec_new(&counters_names);
	b->env = (struct iommu_env){b->mem, b->rec, rec_entity(b->rec, "iommu"), queue_aborted, b};
	opt_defaults(vtd_opts, &b->config);
	b->unit = vtd_new(&b->config, &b->env, &e);
	assert(b->unit);
	b->as = vtd_attach(b->unit, SID, rec_entity(b->rec, "dev"));
	b->n_slots = 256u << size;
	queue_tables(b);
	queue_register(b, VTD_RTADDR, 8, ROOT);
	queue_register(b, VTD_GCMD, 4, FPUT(VTD_GCMD_SRTP, 1));
	queue_register(b, VTD_IQA, 8, QUEUE | FPUT(VTD_IQA_QS, size));
	queue_register(b, VTD_GCMD, 4, FPUT(VTD_GCMD_QIE, 1));
	queue_register(b, VTD_GCMD, 4, FPUT(VTD_GCMD_QIE, 1) | FPUT(VTD_GCMD_TE, 1));
}

static void queue_fini(struct queue_bench *b)
{
	vtd_free(b->unit);
	rec_free(b->rec);
	gmem_free(b->mem);
}

static void queue_descriptor(struct queue_bench *b, uint64_t lo, uint64_t hi)
{
	gpa_t at = QUEUE + b->tail * 16;

	queue_word(b, at, lo);
	queue_word(b, at + 8, hi);
	b->tail = (b->tail + 1) % b->n_slots;
}

static void queue_batch(struct queue_bench *b)
{
	const uint64_t psi = FPUT(VTD_DESC_TYPE, VTD_DESC_IOTLB) |
			     FPUT(VTD_DESC_IOTLB_G, VTD_G_PAGE) | FPUT(VTD_DESC_IOTLB_DID, DID);
	const uint64_t wait = FPUT(VTD_DESC_TYPE, VTD_DESC_WAIT) | FPUT(VTD_DESC_WAIT_SW, 1) |
			      FPUT(VTD_DESC_WAIT_DATA, STATUS_DONE);

	for (unsigned i = 0; i < N_PAIRS; i++) {
		queue_descriptor(b, psi, FAR_PAGES + i * PAGE_BYTES);
		queue_descriptor(b, wait, STATUS);
	}
	queue_register(b, VTD_IQT, 8, FPUT(VTD_IQT_QT, b->tail));
	b->n_pairs += N_PAIRS;
}

/* All descriptors were carried out, and the cache holds what it did. */
static bool queue_is_done(struct queue_bench *b, unsigned n_cached)
{
	return vtd_read(b->unit, VTD_IQH, 8, &b->meter) == FPUT(VTD_IQH_QH, b->tail) &&
	       b->env.ent->counter[CTR_QI_PSI] == b->n_pairs &&
	       b->env.ent->counter[CTR_QI_WAIT] == b->n_pairs && vtd_n_cached(b->unit) == n_cached;
}

/* n pages into the cache, all with bit 7 of the page number, which invalidated ones have not: of
 * page numbers many versions of QEMU compare the low 8 bits only. */
static void queue_fill_cache(struct queue_bench *b, unsigned n)
{
	for (unsigned page = 0; n > 0 && page < N_LEAVES; page++) {
		struct xlat x;

		if (!bits_is_set(page, 7))
			continue;
		b->as->ops->translate(b->as, page * PAGE_BYTES, PERM_RW, &x, &b->meter);
		n--;
	}
}

static double queue_rate(unsigned size, unsigned n_cached, double seconds)
{
	struct queue_bench b = {0};
	double began, used;
	uint64_t first;

	queue_init(&b, size);
	queue_fill_cache(&b, n_cached);
	for (unsigned i = 0; i < 1000; i++)
		queue_batch(&b);
	first = b.n_pairs;
	began = bench_cpu_seconds();
	do {
		for (unsigned i = 0; i < 100; i++)
			queue_batch(&b);
		used = bench_cpu_seconds() - began;
	} while (used < seconds);

	double rate =
		queue_is_done(&b, n_cached) ? 2 * (double)(b.n_pairs - first) / used : (double)NAN;

	queue_fini(&b);
	return rate;
}

static double queue_256_empty(double seconds)
{
	return queue_rate(0, 0, seconds);
}

static double queue_256_cached(double seconds)
{
	return queue_rate(0, 1000, seconds);
}

static double queue_32k_empty(double seconds)
{
	return queue_rate(7, 0, seconds);
}

static double queue_32k_cached(double seconds)
{
	return queue_rate(7, 1000, seconds);
}

const struct bench bench_vtd[] = {
	{"desc-empty", "descriptors/s", "PSI and wait, queue of 256, nothing cached", 8e6, 0,
	 queue_256_empty},
	{"desc-1000", "descriptors/s", "the same, 1,000 translations cached", 8e6, 0,
	 queue_256_cached},
	{"desc-32k-empty", "descriptors/s", "PSI and wait, queue of 32,768, nothing cached", 8e6, 0,
	 queue_32k_empty},
	{"desc-32k-1000", "descriptors/s", "the same, 1,000 translations cached", 8e6, 0,
	 queue_32k_cached},
	BENCH_END,
};
