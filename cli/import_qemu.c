/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * import_qemu - QEMU's log of a VT-d unit: `qemu -trace 'vtd_*'`, with or without PID@SECONDS: in
 * front.
 *
 * Read are register writes (queue set-up, tail, global command), descriptors as fetched, page
 * updates of QEMU's IOTLB, page walks and, for phases, fw_cfg_select of the keys 0x7fNN that a
 * guest's marker writes. A write of the tail that makes QEMU fetch nothing (the zero of the queue's
 * set-up) is no submission.
 *
 * What belongs to boot is not repeated as an event: the first global interrupt entry invalidation,
 * the global context-cache and the global IOTLB invalidation follow from UNIT_BOOT.
 */
#include "cli/import.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/vtd/vtd_spec.h"
#include "sim/xalloc.h"

/* Keys of fw_cfg that a marker uses: 0x7f00 + number of the phase. */
#define QEMU_MARK_FIRST 0x7f00u
#define QEMU_MARK_LAST 0x7fffu

struct qemu {
	struct import_text text;
	struct unit_log *u;
	bool with_accesses;
	uint64_t at_ns;
	bool armed;                          /* the tail was written, nothing fetched yet */
	bool translating;                    /* GCMD.TE */
	bool boot_iec, boot_cc, boot_global; /* still to come, part of UNIT_BOOT */
	unsigned pending; /* attach or detach that the next whole-domain flush belongs to */
	unsigned n_used;  /* lines that meant something */
};

static struct unit_event *qemu_event(struct qemu *q, enum unit_kind kind)
{
	struct unit_log *u = q->u;

	if (u->n_events == u->n_event_room) {
		u->n_event_room = u->n_event_room ? 2 * u->n_event_room : 1024;
		u->event = xrealloc(u->event, u->n_event_room, sizeof *u->event);
	}
	u->event[u->n_events] =
		(struct unit_event){.kind = kind, .at_ns = q->at_ns, .sub = (unsigned)u->n_subs};
	return &u->event[u->n_events++];
}

static struct unit_sub *qemu_sub(struct qemu *q)
{
	struct unit_log *u = q->u;

	if (u->n_subs == u->n_sub_room) {
		u->n_sub_room = u->n_sub_room ? 2 * u->n_sub_room : 1024;
		u->sub = xrealloc(u->sub, u->n_sub_room, sizeof *u->sub);
	}
	u->sub[u->n_subs] = (struct unit_sub){.at_ns = q->at_ns};
	return &u->sub[u->n_subs++];
}

void unit_log_free(struct unit_log *u)
{
	free(u->event);
	free(u->sub);
	*u = (struct unit_log){0};
}

/* ---- fields: "key 0x1f" or "key 31" anywhere behind the event's name */

static bool qemu_field(const char *args, const char *key, uint64_t *v)
{
	const char *p = args;
	size_t n = strlen(key);
	char *tail;

	while ((p = strstr(p, key)) != NULL) {
		if ((p == args || p[-1] == ' ') && p[n] == ' ') {
			*v = strtoull(p + n + 1, &tail, 0);
			return tail != p + n + 1;
		}
		p += n;
	}
	return false;
}

static int qemu_bad(struct qemu *q, const char *form, struct err *e)
{
	return err_at(e, import_text_place(&q->text), "got '%.80s', allowed '%s'", q->text.line,
		      form);
}

/* ---- descriptors */

static void qemu_cc(struct qemu *q, uint64_t lo)
{
	struct unit_event *ev;

	if (FGET(VTD_DESC_CC_G, lo) != VTD_G_DEVICE) {
		q->boot_cc = false;
		return;
	}
	ev = qemu_event(q, FGET(VTD_DESC_CC_DID, lo) == 0 ? UNIT_ATTACH : UNIT_DETACH);
	ev->sub = (unsigned)q->u->n_subs - 1;
	ev->sid = (uint16_t)FGET(VTD_DESC_CC_SID, lo);
	ev->did = (uint16_t)FGET(VTD_DESC_CC_DID, lo);
	q->pending = (unsigned)q->u->n_events - 1;
}

static void qemu_iotlb(struct qemu *q, struct unit_sub *s, uint64_t hi, uint64_t lo)
{
	uint16_t did = (uint16_t)FGET(VTD_DESC_IOTLB_DID, lo);
	struct unit_event *ev;

	switch ((enum vtd_granularity)FGET(VTD_DESC_IOTLB_G, lo)) {
	case VTD_G_PAGE:
		if (FGET(VTD_DESC_IOTLB_AM, hi) > VTD_MAMV)
			return; /* an invalid descriptor: QEMU stops the queue */
		ev = qemu_event(q, UNIT_PSI);
		ev->iova = hi & FMASK(VTD_DESC_IOTLB_ADDR);
		ev->am = (unsigned)FGET(VTD_DESC_IOTLB_AM, hi);
		if (bits_is_set(hi, VTD_DESC_IOTLB_IH_LO))
			q->u->has_ih = true;
		if (s->n_descs == 0) {
			s->has_iova = true;
			s->iova = ev->iova;
			s->am = ev->am;
		}
		break;
	case VTD_G_DOMAIN:
		if (q->pending != IMPORT_NONE) {
			q->u->event[q->pending].did = did;
			q->pending = IMPORT_NONE;
			return;
		}
		ev = qemu_event(q, UNIT_FLUSH);
		q->u->has_flushes |= q->translating;
		break;
	case VTD_G_NONE:
	case VTD_G_GLOBAL:
	default:
		q->boot_global = false;
		return;
	}
	ev->sub = (unsigned)q->u->n_subs - 1;
	ev->did = s->did = did;
}

static void qemu_iec(struct qemu *q, uint64_t lo)
{
	bool global = FGET(VTD_DESC_IEC_G, lo) == 0;
	struct unit_event *ev;

	if (global && q->boot_iec) {
		q->boot_iec = false;
		return;
	}
	ev = qemu_event(q, UNIT_IEC);
	ev->sub = (unsigned)q->u->n_subs - 1;
	ev->global = global;
	ev->index = (unsigned)FGET(VTD_DESC_IEC_IIDX, lo);
	ev->am = (unsigned)FGET(VTD_DESC_IEC_IM, lo);
}

static int qemu_desc(struct qemu *q, const char *args, struct err *e)
{
	static const enum sub_kind kinds[] = {
		[VTD_DESC_CC] = SUB_CONTEXT,
		[VTD_DESC_IOTLB] = SUB_IOTLB,
		[VTD_DESC_DEVTLB] = SUB_DEVTLB,
		[VTD_DESC_IEC] = SUB_IEC,
	};
	uint64_t hi, lo, type;
	struct unit_sub *s;

	if (!qemu_field(args, "high", &hi) || !qemu_field(args, "low", &lo))
		return qemu_bad(q, "vtd_inv_desc invalidate desc type T high 0x.. low 0x..", e);
	if (q->armed || q->u->n_subs == 0) {
		q->armed = false;
		qemu_sub(q);
	}
	s = &q->u->sub[q->u->n_subs - 1];
	type = FGET(VTD_DESC_TYPE, lo);
	if (s->n_descs == 0 && type < sizeof kinds / sizeof kinds[0])
		s->kind = kinds[type];
	if (type == VTD_DESC_CC)
		qemu_cc(q, lo);
	else if (type == VTD_DESC_IOTLB)
		qemu_iotlb(q, s, hi, lo);
	else if (type == VTD_DESC_IEC)
		qemu_iec(q, lo);
	else if (type == VTD_DESC_DEVTLB)
		q->u->ats[FGET(VTD_DESC_DEVTLB_SID, lo)] = true;
	s->n_descs++;
	return 0;
}

/* ---- the other events */

static int qemu_reg_write(struct qemu *q, const char *args, struct err *e)
{
	uint64_t addr, value;
	bool te;

	if (!qemu_field(args, "addr", &addr) || !qemu_field(args, "value", &value))
		return qemu_bad(q, "vtd_reg_write addr 0x.. size 0x.. value 0x..", e);
	switch (addr) {
	case VTD_IQT:
		q->armed = true;
		break;
	case VTD_IQA:
		qemu_event(q, UNIT_BOOT);
		q->boot_cc = q->boot_global = true;
		break;
	case VTD_IRTA:
		q->boot_iec = q->u->has_intremap = true;
		break;
	case VTD_GCMD:
		te = bits_is_set(value, VTD_GCMD_TE_LO);
		if (te != q->translating)
			qemu_event(q, te ? UNIT_ENABLE : UNIT_DISABLE);
		q->translating = te;
		break;
	default:
		break;
	}
	return 0;
}

static int qemu_fw_cfg(struct qemu *q, const char *args, struct err *e)
{
	uint64_t key;

	if (!qemu_field(args, "key", &key))
		return qemu_bad(q, "fw_cfg_select .. key 0x..", e);
	if (key >= QEMU_MARK_FIRST && key <= QEMU_MARK_LAST)
		qemu_event(q, UNIT_PHASE)->number = (unsigned)key - QEMU_MARK_FIRST;
	return 0;
}

static int qemu_fill(struct qemu *q, const char *args, struct err *e)
{
	uint64_t sid, iova, pte, did;
	struct unit_event *ev;

	if (!qemu_field(args, "sid", &sid) || !qemu_field(args, "iova", &iova) ||
	    !qemu_field(args, "domain", &did) ||
	    (!qemu_field(args, "slpte", &pte) && !qemu_field(args, "pte", &pte)))
		return qemu_bad(
			q, "vtd_iotlb_page_update .. sid 0x.. iova 0x.. slpte 0x.. domain 0x..", e);
	ev = qemu_event(q, UNIT_FILL);
	ev->sid = (uint16_t)sid;
	ev->did = (uint16_t)did;
	ev->iova = iova & PAGE_MASK;
	ev->gpa = pte & BITS(51, 12);
	return 0;
}

/* "dev 01:00.00 iova 0x..": where a page is; how much was accessed is not in the log. */
static int qemu_access(struct qemu *q, const char *args, struct err *e)
{
	uint64_t iova;
	unsigned bus, dev, fn;
	struct unit_event *ev;

	if (sscanf(args, "dev %x:%x.%x", &bus, &dev, &fn) != 3 || !qemu_field(args, "iova", &iova))
		return qemu_bad(q, "vtd_dmar_translate dev BB:DD.F iova 0x..", e);
	if (!q->with_accesses)
		return 0;
	ev = qemu_event(q, UNIT_ACCESS);
	ev->sid = (uint16_t)(bus << 8 | (dev & 0x1fu) << 3 | (fn & 7u));
	ev->iova = iova;
	return 0;
}

static int qemu_walk(struct qemu *q, const char *args, struct err *e)
{
	(void)args;
	(void)e;
	q->u->has_walks = true;
	return 0;
}

static int qemu_virtio(struct qemu *q, const char *args, struct err *e)
{
	(void)args;
	(void)e;
	q->u->has_virtio_iommu = true;
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct qemu *q, const char *args, struct err *e);
} qemu_takes[] = {
	{"vtd_reg_write", qemu_reg_write},    {"vtd_inv_desc", qemu_desc},
	{"vtd_iotlb_page_update", qemu_fill}, {"vtd_dmar_translate", qemu_access},
	{"fw_cfg_select", qemu_fw_cfg},       {"vtd_page_walk_one", qemu_walk},
	{"virtio_iommu_map", qemu_virtio},    {"virtio_iommu_attach", qemu_virtio},
};

/* ---- lines */

/* "PID@SECONDS.MICROS:" in front; without it each line counts as a microsecond. Returns the event's
 * name. */
static const char *qemu_stamp(struct qemu *q, const char *line)
{
	uint64_t pid, seconds;
	unsigned micros;
	int n = 0;

	if (sscanf(line, "%" SCNu64 "@%" SCNu64 ".%6u:%n", &pid, &seconds, &micros, &n) == 3 &&
	    n > 0) {
		q->at_ns = seconds * 1000000000 + micros * UINT64_C(1000);
		return line + n;
	}
	q->at_ns += 1000;
	return line;
}

static int qemu_line(struct qemu *q, struct err *e)
{
	const char *name = qemu_stamp(q, q->text.line);
	size_t n = strcspn(name, " \t");

	for (size_t i = 0; i < sizeof qemu_takes / sizeof qemu_takes[0]; i++) {
		if (strlen(qemu_takes[i].name) != n || strncmp(qemu_takes[i].name, name, n) != 0)
			continue;
		if (!q->text.whole)
			return err_at(e, import_text_place(&q->text),
				      "the last line has no end: the file was cut short");
		q->n_used++;
		return qemu_takes[i].take(q, name + n + strspn(name + n, " \t"), e);
	}
	return 0;
}

static int qemu_check(const struct qemu *q, struct err *e)
{
	if (q->u->n_subs)
		return 0;
	if (q->u->has_virtio_iommu)
		return err_user(
			e,
			"%s: the log of a virtio-iommu; only logs of a VT-d unit can be replayed",
			q->text.path);
	return err_at(
		e, import_text_place(&q->text),
		"no vtd_reg_write with vtd_inv_desc up to here: not a log of qemu -trace 'vtd_*'?");
}

int import_qemu(const char *path, bool with_accesses, struct unit_log *u, struct err *e)
{
	struct qemu q = {.u = u, .with_accesses = with_accesses, .pending = IMPORT_NONE};
	int rc = import_text_open(&q.text, path, e);

	while (rc >= 0 && (rc = import_text_next(&q.text, e)) > 0)
		rc = qemu_line(&q, e);
	if (rc == 0)
		rc = qemu_check(&q, e);
	import_text_close(&q.text);
	return rc;
}
