/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * backend - registers its notifiers as QEMU's vhost of that version does, and keeps what it is told.
 *
 *   DRIVER_OK   register, one notifier a section; an UPDATE of each used ring, always read-write
 *   reset       unregister
 *   ATS bit     by version: register again with the other kind
 *
 * Omitted: misses; all of virtio but the status and the address of the used ring.
 */
#include "qtest/backend.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/bits.h"
#include "sim/port.h"
#include "sim/xalloc.h"

#define COMMON_BYTES UINT64_C(0x38)
enum { COMMON_STATUS = 0x14, COMMON_QUEUE = 0x16, COMMON_USED = 0x30 };
#define STATUS_DRIVER_OK BIT(2)

#define ATS_CAP UINT64_C(0x100) /* extended capability 15 */
#define ATS_HEADER UINT32_C(0x0001000f)
#define ATS_CONTROL (ATS_CAP + 6)
#define ATS_ENABLE BIT(15)

static void backend_keep(struct backend *b, bool is_update, iova_t first, uint64_t n_bytes)
{
	if (!b->keeps_messages)
		return;
	b->message = xrealloc(b->message, b->n_messages + 1, sizeof *b->message);
	b->message[b->n_messages++] = (struct backend_message){is_update, first, n_bytes};
}

static void backend_notified(struct notifier *n, const struct notify *what, struct meter *m)
{
	(void)m;
	backend_keep(n->self, false, what->first, what->last - what->first + 1);
}

/* ---- registration */

static void backend_register(struct backend *b, struct section *s)
{
	unsigned wants = vhost_rule_wants(b->rule, b->device_iotlb, b->ats);
	int ret = wants == 0 ? -EINVAL : section_register(s, b->as, wants);

	/* 6.0 .. 8.0 take UNMAP when the unit refuses device-TLB events. */
	if (ret && b->rule != VHOST_RULE_ATS)
		ret = section_register(s, b->as, NOTIFY_UNMAP);
	if (ret)
		b->aborted(b->self, "it exits: a vhost device with ATS on needs device-iotlb=on");
}

static void backend_region_add(void *self, const struct region *r, struct meter *m)
{
	struct backend *b = self;
	struct section *s;

	(void)m;
	if (r->kind != REGION_IOMMU)
		return;
	s = sections_add(&b->sections, r);
	s->notifier.fn = backend_notified;
	s->notifier.self = b;
	if (b->is_running)
		backend_register(b, s);
}

static void backend_region_del(void *self, const struct region *r, struct meter *m)
{
	struct backend *b = self;
	struct section *s;

	(void)m;
	if (r->kind != REGION_IOMMU)
		return;
	s = sections_find(&b->sections, r);
	section_unregister(s, b->as);
	sections_del(&b->sections, s);
}

static void backend_unregister(struct backend *b)
{
	for (unsigned i = 0; i < SECTIONS_MAX; i++)
		if (b->sections.s[i].used)
			section_unregister(&b->sections.s[i], b->as);
}

/* ---- what the driver does */

static void backend_start(struct backend *b, struct meter *m)
{
	b->is_running = true;
	for (unsigned i = 0; i < SECTIONS_MAX; i++)
		if (b->sections.s[i].used)
			backend_register(b, &b->sections.s[i]);
	for (unsigned q = 0; q < BACKEND_QUEUES; q++) {
		struct xlat x = {b->used[q] & PAGE_MASK, 0, ~PAGE_MASK, PERM_RW};

		if (b->used[q] == 0 || (b->sections.n != 0 &&
					(!b->as->ops->translate(b->as, b->used[q], PERM_W, &x, m) ||
					 !(x.perm & PERM_W))))
			continue;
		backend_keep(b, true, b->used[q] & ~x.mask, x.mask + 1);
	}
}

static void backend_status(struct backend *b, uint64_t status, struct meter *m)
{
	bool starts = (status & STATUS_DRIVER_OK) != 0;

	if (starts == b->is_running)
		return;
	if (starts) {
		backend_start(b, m);
		return;
	}
	backend_unregister(b);
	b->is_running = false;
}

/* QEMU goes through its own list of sections, newest first. */
static void backend_ats(struct backend *b, bool on)
{
	if (b->ats == on)
		return;
	b->ats = on;
	if (!b->is_running || b->rule != VHOST_RULE_ATS)
		return;
	for (unsigned i = SECTIONS_MAX; i-- != 0;) {
		if (!b->sections.s[i].used)
			continue;
		section_unregister(&b->sections.s[i], b->as);
		backend_register(b, &b->sections.s[i]);
	}
}

/* ---- its windows */

static uint64_t backend_ecam(const struct backend *b)
{
	return BACKEND_ECAM + ((uint64_t)b->config.sid << 12);
}

uint64_t backend_has(const struct backend *b, uint64_t at, uint64_t n)
{
	uint64_t rest = 0;

	if (b->config.has_driver && at >= BACKEND_BAR && at - BACKEND_BAR < COMMON_BYTES)
		rest = BACKEND_BAR + COMMON_BYTES - at;
	else if (b->config.has_ats && at >= backend_ecam(b) && at - backend_ecam(b) < PAGE_BYTES)
		rest = backend_ecam(b) + PAGE_BYTES - at;
	return n < rest ? n : rest;
}

uint64_t backend_read(const struct backend *b, uint64_t at, unsigned size)
{
	if (at == BACKEND_BAR + COMMON_STATUS)
		return b->is_running ? 15 : 0;
	if (at == backend_ecam(b) + ATS_CAP && size == 4)
		return ATS_HEADER;
	if (at == backend_ecam(b) + ATS_CONTROL)
		return b->ats ? ATS_ENABLE : 0;
	return 0;
}

void backend_write(struct backend *b, uint64_t at, unsigned size, uint64_t val, struct meter *m)
{
	if (at == BACKEND_BAR + COMMON_STATUS)
		backend_status(b, val, m);
	else if (at == BACKEND_BAR + COMMON_QUEUE)
		b->queue = (unsigned)val % BACKEND_QUEUES;
	else if (at == BACKEND_BAR + COMMON_USED)
		b->used[b->queue] = val;
	else if (at == backend_ecam(b) + ATS_CONTROL && size == 2)
		backend_ats(b, (val & ATS_ENABLE) != 0);
}

/* ---- birth, death, messages */

void backend_init(struct backend *b, struct vtd *unit, struct aspace *as, struct meter *m)
{
	b->as = as;
	b->is_running = !b->config.has_driver;
	b->listener = (struct listener){backend_region_add, backend_region_del, b};
	as->listener = &b->listener;
	vtd_listen(unit, as, m);
}

void backend_fini(struct backend *b)
{
	free(b->message);
}

void backend_flush(struct backend *b, const struct vtd_trace_sink *trace)
{
	char line[96];

	for (size_t i = 0; i < b->n_messages; i++) {
		const struct backend_message *msg = &b->message[i];

		snprintf(line, sizeof line, "iotlb_msg %s iova 0x%" PRIx64 " size 0x%" PRIx64 "%s",
			 msg->is_update ? "UPDATE" : "INVALIDATE", msg->first, msg->n_bytes,
			 msg->is_update ? " perm 3" : "");
		trace->line(trace->self, line);
	}
	b->n_messages = 0;
}
