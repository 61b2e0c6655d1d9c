/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_rig - see lx_rig.h. Layouts are written out here once more on purpose: a second reading of the
 * specification.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/xalloc.h"
#include "tests/lx_rig.h"

enum { GCMD = 0x18, GSTS = 0x1c, RTADDR = 0x20, FSTS = 0x34, IQH = 0x80, IQT = 0x88, IQA = 0x90 };

static void rig_log(struct rig *r, char rw, uint32_t off, unsigned size, uint64_t val)
{
	if (r->n_accesses < RIG_LOG)
		r->access[r->n_accesses++] = (struct rig_access){rw, off, size, val};
}

static uint64_t unit_read(void *self, uint32_t off, unsigned size, struct meter *m)
{
	struct rig *r = self;
	uint64_t val = 0;

	if (off == 0x08)
		val = r->cap;
	else if (off == 0x10)
		val = r->ecap;
	else if (off == GSTS)
		val = r->gsts;
	else if (off == FSTS)
		val = r->fsts;
	else if (off == IQH)
		val = (uint64_t)r->head << 4;
	if (m->cost || m->ent)
		rig_log(r, 'R', off, size, val);
	return val;
}

static unsigned devtlb_am(uint64_t hi)
{
	unsigned ones = 0;

	if (!(hi & 1))
		return 0;
	while (ones < 51 && hi >> (12 + ones) & 1)
		ones++;
	return ones + 1;
}

/* False: not executed. */
static bool unit_execute(struct rig *r, uint64_t lo, uint64_t hi)
{
	struct inv_req q = {.did = (uint16_t)(lo >> 16), .sid = (uint16_t)(lo >> 32)};
	uint32_t status = (uint32_t)(lo >> 32);

	switch (lo & 0xf) {
	case 1:
		q.kind = (lo >> 4 & 3) == 3 ? INV_CC_DEVICE : INV_CC_GLOBAL;
		break;
	case 2:
		q.kind = (lo >> 4 & 3) == 3 ? INV_PSI : (lo >> 4 & 3) == 2 ? INV_DSI : INV_GLOBAL;
		q.sid = 0;
		q.am = hi & 0x3f;
		q.ih = hi >> 6 & 1;
		q.iova = hi & ~UINT64_C(0xfff);
		break;
	case 3:
		if (r->refuses_devtlb)
			return false;
		q.kind = INV_DEVTLB;
		q.did = 0;
		q.am = (uint8_t)devtlb_am(hi);
		q.iova = hi & ~UINT64_C(0xfff) & ~((UINT64_C(1) << (q.am + 11)) - 1);
		if (q.am == 0)
			q.iova = hi & ~UINT64_C(0xfff);
		break;
	case 4:
		q.kind = INV_IEC;
		q.did = 0;
		break;
	case 5:
		assert_true(lo & 0x20);
		gmem_write(r->mem, hi, &status, 4);
		r->n_waits++;
		return true;
	default:
		fail_msg("descriptor %llx", (unsigned long long)lo);
	}
	if (r->n_reqs < RIG_LOG)
		r->req[r->n_reqs] = q;
	r->n_reqs++;
	return true;
}

static void unit_run(struct rig *r, unsigned tail)
{
	while (r->head != tail && !(r->fsts & 0x10)) {
		uint64_t d[2];

		assert_true(gmem_read(r->mem, r->iqa + r->head * 16, d, 16));
		if (!unit_execute(r, d[0], d[1]))
			r->fsts |= 0x10;
		else
			r->head = (r->head + 1) % 256;
	}
}

static void unit_write(void *self, uint32_t off, unsigned size, uint64_t val, struct meter *m)
{
	struct rig *r = self;

	(void)m;
	rig_log(r, 'W', off, size, val);
	if (off == IQA) {
		r->iqa = val;
	} else if (off == RTADDR) {
		r->rtaddr = val;
	} else if (off == GCMD) {
		r->gsts = (uint32_t)val;
	} else if (off == FSTS) {
		r->fsts &= ~(uint32_t)val;
	} else if (off == IQT) {
		r->n_tails++;
		if (r->gsts & 1u << 26)
			unit_run(r, (unsigned)(val >> 4));
		else
			r->head = 0;
	}
}

static const struct iommu_type unit_type = {.name = "rig", .read = unit_read, .write = unit_write};

static void rig_submit(void *self, const struct submission *s)
{
	struct rig *r = self;

	lx_qi_prepare(r->k, s, &r->m);
	lx_qi_run(r->k, &r->m);
}

static void rig_run_on(void *self, unsigned cpu, void (*work)(void *guest, struct meter *m),
		       void *guest)
{
	struct rig *r = self;

	(void)cpu;
	r->m.start = evq_now(r->evq);
	r->m.cycles = 0;
	work(guest, &r->m);
}

struct rig *rig_new_kernel(const struct rig_config *c)
{
	struct rig *r = xcalloc(1, sizeof *r);
	struct err e = {0};
	struct lx_kernel_config k = {.version = c->version,
				     .flush = c->flush,
				     .hz = 250,
				     .n_cpus = c->n_cpus ? c->n_cpus : 1,
				     .superpages = !c->sp_off};

	r->cap = c->cap;
	r->ecap = c->ecap;
	r->mem = gmem_new(c->ram_bytes ? c->ram_bytes : UINT64_C(1) << 30, UINT64_C(2) << 30);
	r->rec = rec_new(&counters_names);
	r->machine = rec_entity(r->rec, "machine");
	r->dev = rec_entity(r->rec, "dev");
	r->evq = evq_new();
	r->m.ent = r->dev;
	if (c->cap)
		r->iommu = (struct iommu){.type = &unit_type, .self = r};
	r->k = lx_kernel_new(&k, &r->iommu, r->mem, r->machine, &e);
	if (!r->k)
		fail_msg("%s", e.text);
	r->env = (struct guest_env){.kernel = r->k,
				    .mem = r->mem,
				    .rec = r->rec,
				    .ent = r->dev,
				    .evq = r->evq,
				    .clock_hz = 1000000000,
				    .n_cpus = k.n_cpus,
				    .sid = RIG_SID,
				    .ats = c->ats,
				    .dma_bits = c->dma_bits ? c->dma_bits : 64,
				    .submit = rig_submit,
				    .run_on = rig_run_on,
				    .self = r};
	return r;
}

void rig_forget(struct rig *r)
{
	r->n_accesses = r->n_reqs = r->n_waits = r->n_tails = 0;
	rec_reset(r->rec);
}

struct rig *rig_new(const struct rig_config *c, const struct guest_type *type, const void *opts)
{
	struct rig *r = rig_new_kernel(c);
	struct err e = {0};

	r->guest.type = type;
	r->guest.self = xcalloc(1, type->size);
	if (opts)
		__builtin_memcpy(r->guest.self, opts, type->size);
	else
		opt_defaults(type->opts, r->guest.self);
	assert_int_equal(type->init(r->guest.self, &r->env, &e), 0);
	lx_kernel_boot(r->k, &r->m);
	if (type->attach)
		assert_int_equal(type->attach(r->guest.self, &r->m), 0);
	lx_kernel_enable(r->k, &r->m);
	rig_forget(r);
	if (type->start)
		assert_int_equal(type->start(r->guest.self, &r->m), 0);
	return r;
}

void rig_free(struct rig *r)
{
	if (r->guest.type)
		r->guest.type->fini(r->guest.self);
	free(r->guest.self);
	lx_kernel_free(r->k);
	evq_free(r->evq);
	rec_free(r->rec);
	gmem_free(r->mem);
	free(r);
}

uint64_t rig_count(const struct rig *r, enum counter c)
{
	return r->dev->counter[c];
}

int rig_map(struct rig *r, struct dma_map *d, gpa_t gpa, uint64_t n_bytes, unsigned cpu)
{
	struct dma_seg seg = {.gpa = gpa, .n_bytes = n_bytes};
	int ret;

	d->seg = &seg;
	d->n_segs = 1;
	d->n_bytes = n_bytes;
	d->cpu = cpu;
	if (d->perm == PERM_NONE)
		d->perm = PERM_RW;
	ret = r->guest.type->map(r->guest.self, d, &r->m);
	d->seg = NULL;
	return ret;
}

void rig_unmap(struct rig *r, struct dma_map *d)
{
	r->guest.type->unmap(r->guest.self, d, &r->m);
	if (r->guest.type->unmapped)
		r->guest.type->unmapped(r->guest.self, d, &r->m);
}

static uint64_t word(const struct rig *r, uint64_t at)
{
	uint64_t v = 0;

	assert_true(gmem_read(r->mem, at, &v, 8));
	return v;
}

uint64_t rig_walk(const struct rig *r, uint16_t sid, uint64_t iova, unsigned *level)
{
	uint64_t root = word(r, r->rtaddr + (sid >> 8) * 16u);
	uint64_t lo, hi, table;

	*level = 0;
	if (!(root & 1))
		return 0;
	lo = word(r, (root & ~UINT64_C(0xfff)) + (sid & 0xffu) * 16);
	hi = word(r, (root & ~UINT64_C(0xfff)) + (sid & 0xffu) * 16 + 8);
	if (!(lo & 1))
		return 0;
	table = lo & ~UINT64_C(0xfff);
	for (unsigned l = 2 + (hi & 7); l >= 1; l--) {
		uint64_t pte = word(r, table + (iova >> (12 + 9 * (l - 1)) & 511) * 8);

		if (!(pte & 3))
			return 0;
		*level = l;
		if (l == 1 || pte & 0x80)
			return pte;
		table = pte & UINT64_C(0x000ffffffffff000);
	}
	return 0;
}
