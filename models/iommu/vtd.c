/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd - Intel VT-d as QEMU emulates it, in any of the versions that differ; the parts are in models/vtd/.
 */
#include <errno.h>

#include "models/iommu/iommu.h"
#include "models/vtd/vtd_unit.h"

struct iommu_vtd {
	struct vtd_config config; /* first: the option rows are over it */
	struct vtd *unit;
};

static int vtd_plugin_init(void *self, const struct iommu_env *env, struct err *e)
{
	struct iommu_vtd *i = self;

	i->unit = vtd_new(&i->config, env, e);
	return i->unit ? 0 : -EINVAL;
}

static void vtd_plugin_fini(void *self)
{
	struct iommu_vtd *i = self;

	vtd_free(i->unit);
}

static uint64_t vtd_plugin_read(void *self, uint32_t off, unsigned size, struct meter *m)
{
	struct iommu_vtd *i = self;

	return vtd_read(i->unit, off, size, m);
}

static void vtd_plugin_write(void *self, uint32_t off, unsigned size, uint64_t val,
			     struct meter *m)
{
	struct iommu_vtd *i = self;

	vtd_write(i->unit, off, size, val, m);
}

static struct aspace *vtd_plugin_attach(void *self, uint16_t sid, struct entity *ent)
{
	struct iommu_vtd *i = self;

	return vtd_attach(i->unit, sid, ent);
}

static void vtd_plugin_listen(void *self, struct aspace *as, struct meter *m)
{
	struct iommu_vtd *i = self;

	vtd_listen(i->unit, as, m);
}

static void vtd_plugin_unlisten(void *self, struct aspace *as, struct meter *m)
{
	struct iommu_vtd *i = self;

	vtd_unlisten(i->unit, as, m);
}

static void vtd_plugin_reset(void *self, struct meter *m)
{
	struct iommu_vtd *i = self;

	vtd_reset(i->unit, m);
}

const struct iommu_type iommu_vtd = {
	.name = "vtd",
	.help = "Intel VT-d of QEMU, with the differences between its versions",
	.opts = vtd_opts,
	.size = sizeof(struct iommu_vtd),
	.init = vtd_plugin_init,
	.fini = vtd_plugin_fini,
	.read = vtd_plugin_read,
	.write = vtd_plugin_write,
	.attach = vtd_plugin_attach,
	.listen = vtd_plugin_listen,
	.unlisten = vtd_plugin_unlisten,
	.reset = vtd_plugin_reset,
};
