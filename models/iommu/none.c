/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * none - no vIOMMU: devices reach RAM one to one. The baseline.
 */
#include <stdlib.h>

#include "models/iommu/iommu.h"
#include "sim/xalloc.h"

struct none_as {
	struct aspace as; /* first: the handle is a cast */
	struct none_as *next;
};

struct iommu_none {
	const struct iommu_env *env;
	struct none_as *spaces;
};

static int none_add_notifier(struct aspace *as, struct notifier *n)
{
	(void)as;
	(void)n;
	return 0;
}

static void none_del_notifier(struct aspace *as, struct notifier *n)
{
	(void)as;
	(void)n;
}

static void none_replay(struct aspace *as, struct notifier *n, struct meter *m)
{
	(void)as;
	(void)n;
	(void)m;
}

static bool none_peek(struct aspace *as, iova_t at, struct xlat *out)
{
	(void)as;
	*out = (struct xlat){at & PAGE_MASK, at & PAGE_MASK, ~PAGE_MASK, PERM_RW};
	return true;
}

static bool none_translate(struct aspace *as, iova_t at, enum perm need, struct xlat *out,
			   struct meter *m)
{
	(void)need;
	(void)m;
	return none_peek(as, at, out);
}

static const struct aspace_ops none_ops = {
	.add_notifier = none_add_notifier,
	.del_notifier = none_del_notifier,
	.replay = none_replay,
	.translate = none_translate,
	.peek = none_peek,
};

static int none_init(void *self, const struct iommu_env *env, struct err *e)
{
	struct iommu_none *i = self;

	(void)e;
	i->env = env;
	return 0;
}

static void none_fini(void *self)
{
	struct iommu_none *i = self;

	for (struct none_as *as = i->spaces, *next; as; as = next) {
		next = as->next;
		free(as);
	}
}

static uint64_t none_read(void *self, uint32_t off, unsigned size, struct meter *m)
{
	(void)self;
	(void)off;
	(void)size;
	(void)m;
	return 0;
}

static void none_write(void *self, uint32_t off, unsigned size, uint64_t val, struct meter *m)
{
	(void)self;
	(void)off;
	(void)size;
	(void)val;
	(void)m;
}

static struct aspace *none_attach(void *self, uint16_t sid, struct entity *ent)
{
	struct iommu_none *i = self;
	struct none_as *as = xcalloc(1, sizeof *as);

	as->as = (struct aspace){.ops = &none_ops, .sid = sid, .ent = ent};
	as->next = i->spaces;
	i->spaces = as;
	return &as->as;
}

static void none_listen(void *self, struct aspace *as, struct meter *m)
{
	struct iommu_none *i = self;
	struct region r = {.kind = REGION_RAM};

	for (unsigned k = 0; as->listener && k < gmem_n_regions(i->env->mem); k++) {
		gmem_region(i->env->mem, k, &r.first, &r.last);
		as->listener->add(as->listener->self, &r, m);
	}
}

static void none_unlisten(void *self, struct aspace *as, struct meter *m)
{
	struct iommu_none *i = self;
	struct region r = {.kind = REGION_RAM};

	for (unsigned k = 0; as->listener && k < gmem_n_regions(i->env->mem); k++) {
		gmem_region(i->env->mem, k, &r.first, &r.last);
		as->listener->del(as->listener->self, &r, m);
	}
}

static void none_reset(void *self, struct meter *m)
{
	(void)self;
	(void)m;
}

static const struct opt none_opts[] = {OPT_END};

const struct iommu_type iommu_none = {
	.name = "none",
	.help = "no vIOMMU: devices reach guest memory one to one",
	.opts = none_opts,
	.size = sizeof(struct iommu_none),
	.init = none_init,
	.fini = none_fini,
	.read = none_read,
	.write = none_write,
	.attach = none_attach,
	.listen = none_listen,
	.unlisten = none_unlisten,
	.reset = none_reset,
};
