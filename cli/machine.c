/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * machine - one of each kind, built from a scenario and wired together.
 */
#include "cli/machine.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/params.h"
#include "cli/sections.h"
#include "models/counters.h"
#include "models/registry.h"
#include "models/vtd/vtd_behaviour.h"
#include "sim/xalloc.h"

/* RAM below 4 GiB, as QEMU's q35 places it. */
#define BELOW_4G_BYTES UINT64_C(0x80000000)
/* The first device's source id: 01:00.0, behind the first root port; the next ones on buses of their own. */
#define FIRST_SID 0x100u
#define DEVICE_NAME_MAX 32

static const struct opt *section_rows(const char *path)
{
	for (const struct opt_section *s = build_sections; s->path; s++)
		if (strcmp(s->path, path) == 0)
			return s->rows;
	assert(0 && "no such section");
	return NULL;
}

/* Fill obj from a section, and remember its values as parameters. */
static int bind(struct machine *m, const char *section, const struct opt *rows, void *obj)
{
	int ret = scn_bind(&m->scn, section, rows, obj, m->e);

	if (!ret)
		params_add(m, section, rows, obj);
	return ret;
}

/* The same for a plug-in's *self, new and all zero; one that is not ready for its fini() is not kept. */
static int bind_plugin(struct machine *m, const char *section, const struct opt *rows, size_t size,
		       void **self)
{
	int ret;

	*self = xcalloc(1, size);
	ret = bind(m, section, rows, *self);
	if (ret) {
		free(*self);
		*self = NULL;
	}
	return ret;
}

/* Which plug-in a section names, and where it was written. `kind` is the section of cli/sections.c. */
static int bind_model(struct machine *m, const char *section, const char *kind, const char **name,
		      struct err_place *at)
{
	struct model_options v;
	char path[256];
	const struct scn_item *item;
	int ret = bind(m, section, section_rows(kind), &v);

	if (ret)
		return ret;
	*name = v.model;
	snprintf(path, sizeof path, "%s.model", section);
	item = scn_find(&m->scn, path);
	*at = item ? item->at : (struct err_place){.file = m->scn.file};
	return 0;
}

/* ---- the run and the machine */

/* splitmix64 over (seed, replicate); replicate 0 keeps the seed. */
static uint64_t replicate_seed(uint64_t seed, uint64_t replicate)
{
	uint64_t z = seed + replicate * UINT64_C(0x9e3779b97f4a7c15);

	if (replicate == 0)
		return seed;
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static int build_base(struct machine *m, const uint64_t *seed, uint64_t replicate)
{
	struct host *h = &m->host;
	int ret;

	ret = bind(m, "", section_rows(""), &m->run);
	if (!ret)
		ret = bind(m, "machine", section_rows("machine"), &m->options);
	if (!ret)
		ret = bind(m, "guest", section_rows("guest"), &m->guest);
	if (!ret)
		ret = bind(m, "costs", section_rows("costs"), &m->costs);
	if (ret)
		return ret;
	if (m->options.ram_bytes % PAGE_BYTES != 0)
		return err_user(m->e, "machine.ram: %llu bytes are not a multiple of 4KiB",
				(unsigned long long)m->options.ram_bytes);
	if (seed) {
		m->run.seed = *seed;
		params_seed(m);
	}
	h->evq = evq_new();
	h->rec = rec_new(&counters_names);
	h->rngs = rng_set_new(replicate_seed(m->run.seed, replicate));
	h->clock_hz = m->options.clock_hz;
	h->cost = cost_new(m->costs.d, h->clock_hz, h->rngs);
	h->mem = gmem_new(m->options.ram_bytes, BELOW_4G_BYTES);
	h->machine = rec_entity(h->rec, "machine");
	host_init(h, (unsigned)m->options.n_vcpus);
	return 0;
}

/* ---- IOMMU and guest kernel */

static int build_iommu(struct machine *m)
{
	struct host *h = &m->host;
	struct err_place at;
	const char *name;
	int ret = bind_model(m, "iommu", "iommu", &name, &at);

	if (ret)
		return ret;
	ret = registry_find(REGISTRY_IOMMU, name, "iommu.model", at, &h->iommu.type, m->e);
	if (ret)
		return ret;
	ret = bind_plugin(m, "iommu", h->iommu.type->opts, h->iommu.type->size, &h->iommu.self);
	if (ret)
		return ret;
	m->iommu_env = (struct iommu_env){.mem = h->mem, .rec = h->rec,
					  .ent = rec_entity(h->rec, "iommu"),
					  .aborted = host_abort, .self = h};
	ret = h->iommu.type->init(h->iommu.self, &m->iommu_env, m->e);
	if (ret) {
		free(h->iommu.self);
		h->iommu.self = NULL;
	}
	return ret;
}

static bool has_iommu(const struct machine *m)
{
	return strcmp(m->host.iommu.type->name, "none") != 0;
}

static int build_kernel(struct machine *m)
{
	struct lx_kernel_config c = {.version = m->guest.kernel, .flush = m->guest.flush,
				     .hz = (unsigned)m->options.guest_hz,
				     .n_cpus = (unsigned)m->options.n_vcpus,
				     .superpages = m->guest.superpages};

	struct iommu iommu = m->host.iommu;

	if (!has_iommu(m))
		iommu.type = NULL; /* the guest finds no unit */
	m->host.kernel = lx_kernel_new(&c, &iommu, m->host.mem, m->host.machine, m->e);
	return m->host.kernel ? 0 : -EINVAL;
}

/* ---- devices */

bool machine_is_done(const struct machine *m)
{
	return m->n_finished == m->n_devices && m->life.n_over == m->life.n_steps;
}

void machine_stop_if_done(struct machine *m)
{
	if (machine_is_done(m))
		evq_stop(m->host.evq);
}

static void device_finished(void *self)
{
	struct machine *m = self;

	m->n_finished++;
	machine_stop_if_done(m);
}

static int build_consumer(struct machine *m, struct machine_device *md, const char *section)
{
	struct consumer *c = &md->dev.consumer;
	struct err_place at;
	const char *name;
	char path[300], model[320];
	int ret;

	snprintf(path, sizeof path, "%s.consumer", section);
	ret = bind_model(m, path, "devices.NAME.consumer", &name, &at);
	snprintf(model, sizeof model, "%s.model", path);
	if (!ret)
		ret = registry_find(REGISTRY_CONSUMER, name, model, at, &c->type, m->e);
	if (ret)
		return ret;
	ret = bind_plugin(m, path, c->type->opts, c->type->size, &c->self);
	if (ret)
		return ret;
	md->consumer_env = (struct consumer_env){
		.as = md->dev.as, .mem = m->host.mem, .rec = m->host.rec, .ent = md->dev.ent,
		.qemu = params_value(m, "iommu.qemu", "7.2"),
		.caching_mode = strcmp(params_value(m, "iommu.caching-mode", "off"), "on") == 0,
		.device_iotlb = strcmp(params_value(m, "iommu.device-iotlb", "off"), "on") == 0,
		.n_queue_pairs = dev_n_pairs(md->options.driver, (unsigned)md->options.n_queues),
		.oracle = m->run.oracle,
		.rngs = m->host.rngs, .aborted = host_abort, .self = &m->host};
	ret = c->type->init(c->self, &md->consumer_env, m->e);
	if (ret) {
		free(c->self);
		c->self = NULL;
	}
	return ret;
}

/* Does the guest switch ATS on? Linux from 5.2 on - every one that is modelled - wants requests to be
 * page-aligned; an assigned device's capability is its own, not QEMU's. */
static bool device_uses_ats(const struct machine *m, const struct machine_device *md)
{
	if (!md->options.ats || !md->consumer_env.device_iotlb)
		return false;
	if (md->options.ats_aligned != ATS_ALIGNED_AUTO)
		return md->options.ats_aligned == ATS_ALIGNED_ON;
	return md->dev.consumer.type->thread == THREAD_HARDWARE ||
	       vtd_version_ats_aligned(params_value(m, "iommu.qemu", ""));
}

static int build_guest(struct machine *m, struct machine_device *md)
{
	struct guest *g = &md->dev.guest;
	const char *name = md->options.mapping == MAPPING_STATIC && has_iommu(m) ? "dpdk" : "linux";
	char section[256];
	int ret = registry_find(REGISTRY_GUEST, name, "guest", (struct err_place){0}, &g->type, m->e);

	if (ret)
		return ret;
	snprintf(section, sizeof section, "devices.%s.guest", md->name);
	ret = bind_plugin(m, section, g->type->opts, g->type->size, &g->self);
	if (ret)
		return ret;
	md->guest_env = (struct guest_env){
		.kernel = m->host.kernel, .mem = m->host.mem, .rec = m->host.rec, .ent = md->dev.ent,
		.evq = m->host.evq, .clock_hz = m->host.clock_hz,
		.n_cpus = (unsigned)m->options.n_vcpus, .sid = md->dev.as->sid,
		.ats = device_uses_ats(m, md), .dma_bits = 64,
		.submit = dev_submit, .run_on = dev_run_on, .self = &md->dev};
	md->dev.guest_env = &md->guest_env;
	md->dev.guest_blank = xcalloc(1, g->type->size);
	memcpy(md->dev.guest_blank, g->self, g->type->size);
	ret = g->type->init(g->self, &md->guest_env, m->e);
	if (ret) {
		free(g->self);
		g->self = NULL;
	}
	return ret;
}

static int find_workload(struct machine *m, struct machine_device *md, const char *section)
{
	struct err_place at;
	const char *name;
	char path[300], model[320];
	int ret;

	snprintf(path, sizeof path, "%s.workload", section);
	snprintf(model, sizeof model, "%s.model", path);
	ret = bind_model(m, path, "devices.NAME.workload", &name, &at);
	if (!ret)
		ret = registry_find(REGISTRY_WORKLOAD, name, model, at, &md->dev.workload.type, m->e);
	if (!ret && md->dev.workload.type->boots) {
		if (!has_iommu(m))
			return err_user(m->e, "%s: got %s, which needs an IOMMU", model, name);
		if (m->boots_itself)
			return err_user(m->e, "%s: got %s, allowed for one device alone", model, name);
		m->boots_itself = true;
	}
	return ret;
}

static int build_workload(struct machine *m, struct machine_device *md, const char *section)
{
	struct workload *w = &md->dev.workload;
	char path[300];
	int ret;

	snprintf(path, sizeof path, "%s.workload", section);
	ret = bind_plugin(m, path, w->type->opts, w->type->size, &w->self);
	if (ret)
		return ret;
	md->workload_env = (struct workload_env){
		.evq = m->host.evq, .clock_hz = m->host.clock_hz, .rngs = m->host.rngs, .dev = &md->dev,
		.dev_name = md->name, .folder = m->folder, .finished = device_finished, .self = m};
	ret = w->type->init(w->self, &md->workload_env, m->e);
	if (ret) {
		free(w->self);
		w->self = NULL;
	}
	return ret;
}

/* The largest payload that the workload asks for: its option `size`. */
static uint64_t device_io_bytes(const struct workload *w)
{
	const struct opt *row = opt_find(w->type->opts, "size");
	uint64_t n = PAGE_BYTES;

	if (row)
		memcpy(&n, (const char *)w->self + row->offset, sizeof n);
	return n;
}

static int build_device(struct machine *m, const char *name)
{
	struct machine_device *md = xcalloc(1, sizeof *md);
	struct dev *d = &md->dev;
	char section[256];
	int ret;

	m->device[m->n_devices] = md;
	md->name = xstrdup(name);
	d->host = &m->host;
	d->ent = rec_entity(m->host.rec, name);
	d->as = m->host.iommu.type->attach(m->host.iommu.self,
					   (uint16_t)(FIRST_SID * (m->n_devices + 1)), d->ent);
	m->n_devices++;
	snprintf(section, sizeof section, "devices.%s", name);
	ret = bind(m, section, section_rows("devices.NAME"), &md->options);
	if (!ret && md->options.vcpu >= m->options.n_vcpus)
		ret = err_user(m->e, "%s.vcpu: got %llu, allowed 0..%llu (machine.vcpus)", section,
			       (unsigned long long)md->options.vcpu,
			       (unsigned long long)m->options.n_vcpus - 1);
	if (!ret)
		ret = find_workload(m, md, section);
	if (!ret)
		ret = build_consumer(m, md, section);
	if (!ret && !d->workload.type->boots)
		ret = build_guest(m, md);
	d->config = (struct dev_config){.driver = md->options.driver,
					.vcpu = (unsigned)md->options.vcpu,
					.n_queues = (unsigned)md->options.n_queues,
					.ring = md->options.ring, .scatter = md->options.scatter, .n_premap = md->options.premap,
					.ats = device_uses_ats(m, md)};
	if (!ret)
		ret = build_workload(m, md, section);
	if (ret)
		return ret;
	d->plugged = md->options.plugged;
	d->listener = d->as->listener;
	if (!d->plugged)
		d->as->listener = NULL;
	d->config.io_bytes_max = device_io_bytes(&d->workload);
	return dev_init(d, m->e);
}

static int build_devices(struct machine *m)
{
	const char *name[MACHINE_DEVICES_MAX + 1];
	size_t n = scn_children(&m->scn, "devices", name, MACHINE_DEVICES_MAX + 1);

	if (n == 0)
		return err_user(m->e, "%s: devices: none, at least one is needed", m->scn.file);
	if (n > MACHINE_DEVICES_MAX)
		return err_user(m->e, "%s: devices: more than %d", m->scn.file, MACHINE_DEVICES_MAX);
	for (size_t i = 0; i < n; i++) {
		int ret;

		if (strlen(name[i]) > DEVICE_NAME_MAX)
			return err_user(m->e, "%s: devices.%s: a name has at most %d characters",
					m->scn.file, name[i], DEVICE_NAME_MAX);
		if (strcmp(name[i], "machine") == 0 || strcmp(name[i], "iommu") == 0)
			return err_user(m->e, "%s: devices.%s: this name is taken, choose another",
					m->scn.file, name[i]);
		ret = build_device(m, name[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/* What guest.flush comes to with this kernel and this IOMMU. */
static const char *flush_used(const struct machine *m)
{
	if (!has_iommu(m))
		return "none";
	if (m->guest.flush == LX_FLUSH_PASSTHROUGH)
		return "passthrough";
	return lx_kernel_is_strict(m->host.kernel) ? "strict" : "lazy";
}

static char *folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? xstrndup(file, (size_t)(slash - file) + 1) : xstrdup("");
}

/* A version that stands for another one says so in every table. */
static void add_version(struct machine *m)
{
	const char *version = params_value(m, "iommu.qemu", "");
	const char *modelled = vtd_version_modelled(version);

	if (strcmp(version, modelled) != 0)
		params_add_derived(m, "iommu.qemu-modelled", modelled);
}

/* Models name the path of what they refuse; its place is the scenario's to say. */
static void add_place(const struct scn *scn, struct err *e)
{
	struct err bare = *e;
	const char *colon = strchr(bare.text, ':');
	size_t n_file = strlen(scn->file);
	char *path;
	const struct scn_item *item;

	if (e->status != EXIT_USER || !colon || strncmp(bare.text, "--set:", 6) == 0 ||
	    (strncmp(bare.text, scn->file, n_file) == 0 && bare.text[n_file] == ':'))
		return;
	path = xasprintf("%.*s", (int)(colon - bare.text), bare.text);
	item = scn_find(scn, path);
	*e = (struct err){0};
	err_at(e, item ? item->at : (struct err_place){.file = scn->file}, "%s", bare.text);
	free(path);
}

int machine_build(struct machine *m, const struct scn *scn, const uint64_t *seed,
		  uint64_t replicate, struct err *e)
{
	int ret;

	memset(m, 0, sizeof *m);
	m->e = e;
	scn_copy(&m->scn, scn);
	m->folder = folder_of(scn->file);
	ret = build_base(m, seed, replicate);
	if (!ret)
		ret = build_iommu(m);
	if (!ret)
		ret = build_kernel(m);
	if (!ret)
		ret = build_devices(m);
	if (!ret)
		ret = machine_life_build(m);
	if (!ret)
		ret = scn_check_used(&m->scn, e);
	if (!ret) {
		params_add_derived(m, "guest.flush-used", flush_used(m));
		add_version(m);
		params_sort(m);
	} else {
		add_place(&m->scn, e);
	}
	return ret;
}

static void device_free(struct machine_device *md)
{
	struct dev *d = &md->dev;

	if (d->workload.self && d->workload.type->fini)
		d->workload.type->fini(d->workload.self);
	if (d->guest.self && d->guest.type->fini)
		d->guest.type->fini(d->guest.self);
	if (d->consumer.self && d->consumer.type->fini)
		d->consumer.type->fini(d->consumer.self);
	free(d->workload.self);
	free(d->guest.self);
	free(d->guest_blank);
	free(d->consumer.self);
	dev_fini(d);
	free(md->name);
	free(md);
}

void machine_free(struct machine *m)
{
	struct host *h = &m->host;

	for (unsigned i = 0; i < m->n_devices; i++)
		device_free(m->device[i]);
	machine_life_free(m);
	lx_kernel_free(h->kernel);
	if (h->iommu.self && h->iommu.type->fini)
		h->iommu.type->fini(h->iommu.self);
	free(h->iommu.self);
	host_fini(h);
	gmem_free(h->mem);
	cost_free(h->cost);
	rng_set_free(h->rngs);
	rec_free(h->rec);
	evq_free(h->evq);
	params_free(m);
	scn_free(&m->scn);
	free(m->folder);
}

/* ---- boot: everything at once, on one meter */

static struct meter boot_meter(struct machine *m, struct entity *ent, cycles_t start)
{
	return (struct meter){.cost = m->host.cost, .ent = ent, .start = start};
}

int machine_boot(struct machine *m, struct err *e)
{
	struct host *h = &m->host;
	struct meter boot = boot_meter(m, h->machine, 0);
	int ret = 0;

	h->boot_meter = &boot;
	for (unsigned i = 0; i < m->n_devices; i++)
		h->iommu.type->listen(h->iommu.self, m->device[i]->dev.as, &boot);
	if (!m->boots_itself)
		ret = life_boot(h, m->life.dev, m->n_devices, &boot, e);
	m->boot_cycles = m->boots_itself ? 0 : boot.cycles;
	h->boot_meter = NULL;
	if (ret)
		add_place(&m->scn, e);
	return ret;
}

static void machine_begin(void *self, uint64_t arg)
{
	struct dev *d = self;

	(void)arg;
	d->workload_started = true;
	d->workload.type->start(d->workload.self);
}

void machine_start(struct machine *m)
{
	for (unsigned i = 0; i < m->n_devices; i++)
		if (m->device[i]->dev.plugged)
			evq_push(m->host.evq, m->boot_cycles, EV_ARRIVAL, machine_begin,
				 &m->device[i]->dev, 0);
	machine_life_start(m, m->boot_cycles);
}
