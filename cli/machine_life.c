/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * machine_life - the section `life:` of a scenario.
 *
 * The steps are played through once when the machine is built, so that a step that cannot be done
 * then (plug what is plugged) is the user's mistake and not a surprise of the run.
 */
#include "cli/machine_life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/machine.h"
#include "cli/params.h"
#include "sim/xalloc.h"

struct life_options {
	ps_t at;
	unsigned action, kind, perm;
	const char *device;
	uint64_t iova, am, did, level, gpa;
};

static const char *const action_words[LIFE_ACTION_N + 1] = {
	[LIFE_DETACH] = "detach",
	[LIFE_ATTACH] = "attach",
	[LIFE_DOMAIN_SWITCH] = "domain-switch",
	[LIFE_UNPLUG] = "unplug",
	[LIFE_PLUG] = "plug",
	[LIFE_DISABLE] = "disable",
	[LIFE_ENABLE] = "enable",
	[LIFE_REBOOT] = "reboot",
	[LIFE_SUBMIT] = "submit",
	[LIFE_WRITE_ENTRY] = "write-entry",
};

/* Words and kinds of descriptors, in the same order. */
static const char *const kind_words[] = {"psi",       "dsi",       "global", "device-tlb",
					 "cc-device", "cc-global", NULL};
static const enum inv_kind kinds[] = {INV_PSI,    INV_DSI,       INV_GLOBAL,
				      INV_DEVTLB, INV_CC_DEVICE, INV_CC_GLOBAL};
static const char *const perm_words[] = {"none", "read", "write", "read-write", NULL};

const struct opt machine_life_rows[] = {
	OPT_TIME(struct life_options, at, "at", NULL, 0, 1000 * PS_PER_S,
		 "when, from the start of the workloads"),
	OPT_ENUM(struct life_options, action, "action", NULL, action_words,
		 "what happens: docs/MODEL.md, Life cycle"),
	OPT_TEXT(struct life_options, device, "device", "",
		 "to which device; not for disable, enable, reboot"),
	OPT_ENUM(struct life_options, kind, "kind", "psi", kind_words,
		 "submit: which descriptor, its source that device"),
	OPT_U64(struct life_options, iova, "iova", "0", 0, UINT64_MAX, "address",
		"submit, write-entry: the address, a multiple of 4096"),
	OPT_U64(struct life_options, am, "am", "0", 0, 63, "",
		"submit: log2 of the number of 4 KiB pages; device-tlb: 52 is everything"),
	OPT_U64(struct life_options, did, "did", "0", 0, 65535, "domain id",
		"submit: 0 is the device's own domain"),
	OPT_U64(struct life_options, level, "level", "1", 1, 3, "",
		"write-entry: 1 a page of 4 KiB, 2 of 2 MiB, 3 of 1 GiB"),
	OPT_U64(struct life_options, gpa, "gpa", "0", 0, UINT64_MAX, "address",
		"write-entry: what the page maps to"),
	OPT_ENUM(struct life_options, perm, "perm", "none", perm_words,
		 "write-entry: what the page allows; none clears the entry"),
	OPT_END};

/* A step as read, with its place. */
struct life_item {
	struct life_options v;
	const char *name;
	struct err_place at, device_at;
	struct machine_device *md;
};

static bool life_has_device(enum life_action a)
{
	return a != LIFE_DISABLE && a != LIFE_ENABLE && a != LIFE_REBOOT;
}

static int life_find_device(struct machine *m, struct life_item *item)
{
	const char *names[MACHINE_DEVICES_MAX + 1] = {NULL};
	const char *near;

	if (!life_has_device(item->v.action)) {
		if (item->v.device[0] == '\0')
			return 0;
		return err_at(m->e, item->device_at,
			      "life.%s.device: %s is of the machine, not of a device", item->name,
			      action_words[item->v.action]);
	}
	for (unsigned i = 0; i < m->n_devices; i++) {
		names[i] = m->device[i]->name;
		if (strcmp(names[i], item->v.device) == 0)
			item->md = m->device[i];
	}
	if (item->md)
		return 0;
	near = err_nearest(item->v.device, names);
	return err_at(m->e, item->device_at,
		      "life.%s.device: got '%s', allowed the name of a device%s%s%s", item->name,
		      item->v.device, near ? "; did you mean " : "", near ? near : "",
		      near ? "?" : "");
}

static struct err_place life_place(const struct machine *m, const char *name, const char *key)
{
	char path[300];
	const struct scn_item *item;

	snprintf(path, sizeof path, "life.%s.%s", name, key);
	item = scn_find(&m->scn, path);
	return item ? item->at : (struct err_place){.file = m->scn.file};
}

static int life_read(struct machine *m, const char *name, struct life_item *item)
{
	char section[256];
	int ret;

	snprintf(section, sizeof section, "life.%s", name);
	item->name = name;
	ret = scn_bind(&m->scn, section, machine_life_rows, &item->v, m->e);
	if (ret)
		return ret;
	params_add(m, section, machine_life_rows, &item->v);
	item->at = life_place(m, name, "action");
	item->device_at = life_place(m, name, "device");
	if (item->v.iova % PAGE_BYTES != 0 || item->v.gpa % PAGE_BYTES != 0)
		return err_at(m->e, life_place(m, name, item->v.iova % PAGE_BYTES ? "iova" : "gpa"),
			      "%s: iova and gpa must be multiples of 4096", section);
	if (kinds[item->v.kind] == INV_DEVTLB && item->v.am > 52)
		return err_at(m->e, life_place(m, name, "am"), "%s.am: got %llu, allowed 0..52",
			      section, (unsigned long long)item->v.am);
	return life_find_device(m, item);
}

/* ---- can each step be done when its time comes? */

struct life_state {
	bool plugged[MACHINE_DEVICES_MAX], started[MACHINE_DEVICES_MAX];
	bool enabled;
};

/* What stands against it; NULL: nothing. */
static const char *life_refusal(const struct life_state *s, const struct life_item *item,
				unsigned dev)
{
	switch ((enum life_action)item->v.action) {
	case LIFE_DETACH:
	case LIFE_DOMAIN_SWITCH:
	case LIFE_SUBMIT:
	case LIFE_WRITE_ENTRY:
		return s->started[dev] ? NULL : "the device is not attached then";
	case LIFE_ATTACH:
		return !s->plugged[dev]  ? "the device is not plugged then"
		       : s->started[dev] ? "the device is attached then"
					 : NULL;
	case LIFE_UNPLUG:
		return s->plugged[dev] ? NULL : "the device is not plugged then";
	case LIFE_PLUG:
		return s->plugged[dev] ? "the device is plugged then" : NULL;
	case LIFE_DISABLE:
		return s->enabled ? NULL : "translation is off then";
	case LIFE_ENABLE:
		return s->enabled ? "translation is on then" : NULL;
	case LIFE_REBOOT:
	case LIFE_ACTION_N:
		return NULL;
	}
	return NULL;
}

static void life_apply(struct life_state *s, const struct life_item *item, unsigned dev,
		       unsigned n_devs)
{
	switch ((enum life_action)item->v.action) {
	case LIFE_DETACH:
		s->started[dev] = false;
		break;
	case LIFE_ATTACH:
		s->started[dev] = true;
		break;
	case LIFE_UNPLUG:
		s->plugged[dev] = s->started[dev] = false;
		break;
	case LIFE_PLUG:
		s->plugged[dev] = s->started[dev] = true;
		break;
	case LIFE_DISABLE:
		s->enabled = false;
		break;
	case LIFE_ENABLE:
		s->enabled = true;
		break;
	case LIFE_REBOOT:
		s->enabled = true;
		for (unsigned i = 0; i < n_devs; i++)
			s->started[i] = s->plugged[i];
		break;
	case LIFE_DOMAIN_SWITCH:
	case LIFE_SUBMIT:
	case LIFE_WRITE_ENTRY:
	case LIFE_ACTION_N:
		break;
	}
}

static unsigned life_device_index(const struct machine *m, const struct life_item *item)
{
	unsigned i = 0;

	while (item->md && m->device[i] != item->md)
		i++;
	return i;
}

static int life_check(struct machine *m, const struct life_item *item, size_t n)
{
	bool has_iommu = strcmp(m->host.iommu.type->name, "none") != 0;
	struct life_state s = {.enabled = true};

	for (unsigned i = 0; i < m->n_devices; i++)
		s.plugged[i] = s.started[i] = m->device[i]->dev.plugged;
	for (size_t i = 0; i < n; i++, item++) {
		unsigned dev = life_device_index(m, item);
		const char *why = life_refusal(&s, item, dev);

		if (!has_iommu && item->v.action >= LIFE_DISABLE && item->v.action != LIFE_REBOOT)
			why = "there is no IOMMU";
		if (why)
			return err_at(m->e, item->at, "life.%s.action: got %s, but %s", item->name,
				      action_words[item->v.action], why);
		life_apply(&s, item, dev, m->n_devices);
	}
	return 0;
}

/* ---- building */

/* By time; steps of one time in the order of the file. */
static void life_sort(struct life_item *item, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct life_item x = item[i];
		size_t k = i;

		for (; k > 0 && item[k - 1].v.at > x.v.at; k--)
			item[k] = item[k - 1];
		item[k] = x;
	}
}

static void life_over(void *self)
{
	struct machine *m = self;

	m->life.n_over++;
	machine_stop_if_done(m);
}

static void life_fill(struct machine *m, const struct life_item *item, size_t n)
{
	struct machine_life *l = &m->life;

	l->step = xcalloc(n + 1, sizeof *l->step);
	l->at = xcalloc(n + 1, sizeof *l->at);
	l->dev = xcalloc(m->n_devices, sizeof(struct dev *));
	for (unsigned i = 0; i < m->n_devices; i++)
		l->dev[i] = &m->device[i]->dev;
	for (size_t i = 0; i < n; i++, item++) {
		l->at[i] = time_cycles(item->v.at, m->options.clock_hz);
		l->step[i] = (struct life_step){.action = (enum life_action)item->v.action,
						.dev = item->md ? &item->md->dev : NULL,
						.req = {.kind = kinds[item->v.kind],
							.did = (uint16_t)item->v.did,
							.am = (uint8_t)item->v.am,
							.iova = item->v.iova},
						.level = (unsigned)item->v.level,
						.iova = item->v.iova,
						.gpa = item->v.gpa,
						.perm = (enum perm)item->v.perm,
						.number = i + 1};
	}
	l->n_steps = (unsigned)n;
	l->life = (struct life){.host = &m->host,
				.dev = l->dev,
				.n_devs = m->n_devices,
				.done = life_over,
				.self = m};
	life_init(&l->life);
}

int machine_life_build(struct machine *m)
{
	const char *name[MACHINE_LIFE_MAX + 1];
	size_t n = scn_children(&m->scn, "life", name, MACHINE_LIFE_MAX + 1);
	struct life_item *item;
	int ret = 0;

	if (n > MACHINE_LIFE_MAX)
		return err_user(m->e, "%s: life: more than %d steps", m->scn.file,
				MACHINE_LIFE_MAX);
	if (n != 0 && m->boots_itself)
		return err_user(m->e, "%s: life: not with a workload that boots the guest (replay)",
				m->scn.file);
	item = xcalloc(n + 1, sizeof *item);
	for (size_t i = 0; i < n && !ret; i++)
		ret = life_read(m, name[i], &item[i]);
	life_sort(item, ret ? 0 : n);
	if (!ret)
		ret = life_check(m, item, n);
	if (!ret)
		life_fill(m, item, n);
	free(item);
	return ret;
}

void machine_life_free(struct machine *m)
{
	free(m->life.step);
	free(m->life.at);
	free(m->life.dev);
}

static void life_event(void *self, uint64_t arg)
{
	struct machine_life *l = self;

	life_begin(&l->life, &l->step[arg]);
}

void machine_life_start(struct machine *m, cycles_t from)
{
	for (unsigned i = 0; i < m->life.n_steps; i++)
		evq_push(m->host.evq, from + m->life.at[i], EV_ARRIVAL, life_event, &m->life, i);
}
