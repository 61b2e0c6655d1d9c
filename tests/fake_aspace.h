/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fake_aspace - an address space whose translations are a table in the test, and a consumer on it.
 *
 * Rules of the real one that matter here: LIFO delivery, cropping to the notifier's window, refusal
 * of kinds, two sections around the interrupt window.
 */
#ifndef TESTS_FAKE_ASPACE_H
#define TESTS_FAKE_ASPACE_H

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "models/consumer/consumer.h"
#include "models/counters.h"
#include "sim/port.h"
#include "sim/xalloc.h"

#define FAKE_PAGES_MAX 128
#define LOW_LAST (MSI_FIRST - 1)
#define HIGH_FIRST (MSI_LAST + 1)

struct fake {
	struct aspace as;
	struct gmem *mem;
	struct rec *rec;
	struct entity *ent;
	struct consumer_env env;
	struct meter m;
	struct xlat page[FAKE_PAGES_MAX];
	unsigned n_pages;
	struct notifier *head;
	unsigned refused; /* kinds that add_notifier() refuses */
	unsigned n_translated, n_replayed, n_aborted;
	char why[200];
	const struct consumer_type *type;
	void *self;
};

static const struct region fake_low = {REGION_IOMMU, 0, LOW_LAST};
static const struct region fake_high = {REGION_IOMMU, HIGH_FIRST, UINT64_MAX};

static inline struct fake *fake_of(struct aspace *as)
{
	return (struct fake *)as; /* first member */
}

static inline int fake_add_notifier(struct aspace *as, struct notifier *n)
{
	struct fake *f = fake_of(as);

	if (n->wants & f->refused)
		return -EINVAL;
	n->next = f->head;
	f->head = n;
	return 0;
}

static inline void fake_del_notifier(struct aspace *as, struct notifier *n)
{
	struct notifier **at = &fake_of(as)->head;

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
}

static inline bool fake_peek(struct aspace *as, iova_t at, struct xlat *out)
{
	struct fake *f = fake_of(as);

	for (unsigned i = 0; i < f->n_pages; i++)
		if ((at & ~f->page[i].mask) == f->page[i].iova) {
			*out = f->page[i];
			return true;
		}
	*out = (struct xlat){.perm = PERM_NONE};
	return false;
}

static inline bool fake_translate(struct aspace *as, iova_t at, enum perm need, struct xlat *out,
				  struct meter *m)
{
	(void)need;
	(void)m;
	fake_of(as)->n_translated++;
	assert(at < MSI_FIRST || at > MSI_LAST);
	return fake_peek(as, at, out);
}

static inline void fake_replay(struct aspace *as, struct notifier *n, struct meter *m)
{
	struct fake *f = fake_of(as);

	f->n_replayed++;
	for (unsigned i = 0; i < f->n_pages; i++) {
		const struct xlat *x = &f->page[i];

		if (x->iova >= n->first && x->iova <= n->last)
			n->fn(n,
			      &(struct notify){NOTIFY_MAP, x->iova, x->iova | x->mask, x->gpa,
					       x->perm},
			      m);
	}
}

static const struct aspace_ops fake_ops = {
	.add_notifier = fake_add_notifier,
	.del_notifier = fake_del_notifier,
	.replay = fake_replay,
	.translate = fake_translate,
	.peek = fake_peek,
};

static inline void fake_aborted(void *self, const char *why)
{
	struct fake *f = self;

	f->n_aborted++;
	strncpy(f->why, why, sizeof f->why - 1);
}

/* An address space over 64 MiB of RAM; env may still be changed before fake_start(). */
static inline struct fake *fake_new(const struct consumer_type *type)
{
	struct fake *f = xcalloc(1, sizeof *f);

	f->mem = gmem_new(UINT64_C(64) << 20, 0);
	f->rec = rec_new(&counters_names);
	f->ent = rec_entity(f->rec, "net0");
	f->as = (struct aspace){.ops = &fake_ops, .ent = f->ent};
	f->m.ent = f->ent;
	f->env = (struct consumer_env){
		.as = &f->as,
		.mem = f->mem,
		.rec = f->rec,
		.ent = f->ent,
		.qemu = "7.2",
		.caching_mode = true,
		.n_queue_pairs = 1,
		.aborted = fake_aborted,
		.self = f,
	};
	f->type = type;
	f->self = xcalloc(1, type->size);
	opt_defaults(type->opts, f->self);
	return f;
}

static inline void fake_opt(struct fake *f, const char *name, const char *text)
{
	struct err e = {0};
	int ret = opt_set(opt_find(f->type->opts, name), f->self, text, name, (struct err_place){0},
			  &e);

	assert(ret == 0);
	(void)ret;
}

static inline void fake_region(struct fake *f, const struct region *r, bool add)
{
	struct listener *l = f->as.listener;

	(add ? l->add : l->del)(l->self, r, &f->m);
}

/* init, and translation on if wanted; the driver has not started. */
static inline void fake_init(struct fake *f, bool translated)
{
	struct err e = {0};
	int ret = f->type->init(f->self, &f->env, &e);

	assert(ret == 0);
	(void)ret;
	if (!translated)
		return;
	fake_region(f, &fake_low, true);
	fake_region(f, &fake_high, true);
}

static inline void fake_free(struct fake *f)
{
	f->type->fini(f->self);
	free(f->self);
	rec_free(f->rec);
	gmem_free(f->mem);
	free(f);
}

/* The guest's tables: page_bytes is 4 KiB, 2 MiB or 1 GiB. */
static inline void fake_map(struct fake *f, iova_t iova, gpa_t gpa, uint64_t page_bytes,
			    enum perm perm)
{
	assert(f->n_pages < FAKE_PAGES_MAX);
	f->page[f->n_pages++] = (struct xlat){iova, gpa, page_bytes - 1, perm};
}

static inline void fake_unmap(struct fake *f, iova_t iova)
{
	for (unsigned i = 0; i < f->n_pages; i++)
		if (f->page[i].iova == iova) {
			f->page[i] = f->page[--f->n_pages];
			return;
		}
}

/* Deliver to all that want the kind, newest first, cropped. Returns how many heard. */
static inline unsigned fake_notify(struct fake *f, struct notify what)
{
	unsigned n = 0;

	for (struct notifier *at = f->head; at; at = at->next) {
		struct notify cut = what;

		if (!(at->wants & what.kind) || what.last < at->first || what.first > at->last)
			continue;
		if (cut.first < at->first)
			cut.first = at->first;
		if (cut.last > at->last)
			cut.last = at->last;
		at->fn(at, &cut, &f->m);
		n++;
	}
	return n;
}

static inline unsigned fake_unmap_event(struct fake *f, iova_t first, iova_t last)
{
	return fake_notify(f, (struct notify){.kind = NOTIFY_UNMAP, .first = first, .last = last});
}

static inline unsigned fake_map_event(struct fake *f, iova_t iova, gpa_t gpa, uint64_t n_bytes)
{
	return fake_notify(f, (struct notify){NOTIFY_MAP, iova, iova + n_bytes - 1, gpa, PERM_RW});
}

/* An access, misses filled as the engine does: 'o'k, 'f'ault; *n_fills counts. */
static inline char fake_io(struct fake *f, iova_t at, uint64_t n_bytes, enum perm need,
			   unsigned *n_fills)
{
	iova_t last = at + n_bytes - 1, where;

	*n_fills = 0;
	for (;;) {
		switch (f->type->access(f->self, at, last - at + 1, need, &where, &f->m)) {
		case ACCESS_OK:
			return 'o';
		case ACCESS_FAULT:
			return 'f';
		case ACCESS_MISS:
			++*n_fills;
			if (!f->type->fill(f->self, where, need, &f->m))
				return 'f';
			at = where;
		}
	}
}

static inline uint64_t fake_counter(const struct fake *f, enum counter c)
{
	return f->ent->counter[c];
}

static inline uint64_t fake_cost(const struct fake *f, enum prim p)
{
	return f->ent->cost[p].count;
}

#endif
