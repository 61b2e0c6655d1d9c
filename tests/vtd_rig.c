/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_rig - a VT-d unit with one device, tables, a queue and recording notifiers.
 */
#include "tests/vtd_rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/port.h"

#define RAM_BYTES (UINT64_C(512) << 20)
#define N_PAGES 16u
#define FIRST_PAGE 0x10u
#define RIG_WINDOWS "U0xfef00000+0xffffffff01100000 U0x0+0xfee00000"

static void rig_log(struct rig *r, const char *text)
{
	size_t n = strlen(r->log);

	snprintf(r->log + n, sizeof r->log - n, "%s%s", n ? " " : "", text);
}

static void rig_on_notify(struct notifier *n, const struct notify *what, struct meter *m)
{
	struct rig *r = n->self;
	char text[64];

	(void)m;
	snprintf(text, sizeof text, "%c0x%" PRIx64 "+0x%" PRIx64,
		 what->kind == NOTIFY_MAP ? 'M' : 'U', what->first, what->last - what->first + 1);
	rig_log(r, text);
	r->n_map += what->kind == NOTIFY_MAP;
	r->n_unmap += what->kind != NOTIFY_MAP;
}

static void rig_add(void *self, const struct region *region, struct meter *m)
{
	struct rig *r = self;
	struct notifier *n = &r->notifier[r->n_notifiers];

	if (region->kind != REGION_IOMMU || r->kinds == 0)
		return;
	*n = (struct notifier){.wants = r->kinds,
			       .first = region->first,
			       .last = region->last,
			       .fn = rig_on_notify,
			       .self = r};
	if (r->as->ops->add_notifier(r->as, n)) {
		rig_log(r, "REFUSED");
		return;
	}
	r->n_notifiers++;
	if (r->replays)
		r->as->ops->replay(r->as, n, m);
}

static void rig_del(void *self, const struct region *region, struct meter *m)
{
	struct rig *r = self;

	(void)m;
	if (region->kind != REGION_IOMMU)
		return;
	while (r->n_notifiers != 0)
		r->as->ops->del_notifier(r->as, &r->notifier[--r->n_notifiers]);
}

static void rig_on_abort(void *self, const char *why)
{
	struct rig *r = self;

	snprintf(r->why, sizeof r->why, "%s", why);
	if (!strstr(r->log, "ABORT"))
		rig_log(r, "ABORT");
}

static void rig_set(struct rig *r, const char *props)
{
	char *text = strdup(props), *save = NULL;
	struct err e = {0};

	opt_defaults(vtd_opts, &r->config);
	for (char *w = strtok_r(text, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		char *value = strchr(w, '=');
		const struct opt *row;

		*value = '\0';
		row = opt_find(vtd_opts, w);
		if (!row || opt_set(row, &r->config, value + 1, w, (struct err_place){0}, &e)) {
			fprintf(stderr, "rig: %s: %s\n", w, row ? e.text : "no such row");
			abort();
		}
	}
	free(text);
}

void rig_word(struct rig *r, gpa_t at, uint64_t val)
{
	if (!gmem_write64(r->mem, at, val))
		abort();
}

static void rig_tables(struct rig *r)
{
	rig_word(r, RIG_ROOT + (RIG_SID >> 8) * 16, RIG_CTX | 1);
	rig_word(r, RIG_CTX + (RIG_SID & 0xffu) * 16, RIG_L3 | 1);
	rig_word(r, RIG_CTX + (RIG_SID & 0xffu) * 16 + 8, 0x701); /* did 7, three levels */
	rig_word(r, RIG_L3, RIG_L2 | 3);
	rig_word(r, RIG_L3 + 3 * 8, RIG_L2_HOLE | 3);
	rig_word(r, RIG_L2, RIG_L1 | 3);
	for (unsigned i = 0; i < N_PAGES; i++)
		rig_word(r, RIG_L1 + (FIRST_PAGE + i) * 8, (RIG_PAGES + i * PAGE_BYTES) | 3);
}

void rig_init_off(struct rig *r, const char *props, unsigned kinds, bool replays)
{
	struct err e = {0};

	memset(r, 0, sizeof *r);
	r->mem = gmem_new(RAM_BYTES, 0);
	r->rec = rec_new(&counters_names);
	r->env = (struct iommu_env){r->mem, r->rec, rec_entity(r->rec, "iommu"), rig_on_abort, r};
	rig_set(r, props);
	r->unit = vtd_new(&r->config, &r->env, &e);
	if (!r->unit) {
		fprintf(stderr, "rig: %s\n", e.text);
		abort();
	}
	r->kinds = kinds;
	r->replays = replays;
	r->listener = (struct listener){rig_add, rig_del, r};
	r->as = vtd_attach(r->unit, RIG_SID, rec_entity(r->rec, "dev"));
	r->as->listener = &r->listener;
	vtd_listen(r->unit, r->as, &r->meter);
	rig_tables(r);
	rig_write(r, VTD_RTADDR, 8, RIG_ROOT);
	rig_write(r, VTD_GCMD, 4, FPUT(VTD_GCMD_SRTP, 1));
	rig_write(r, VTD_IQA, 8, RIG_QUEUE);
	rig_write(r, VTD_GCMD, 4, FPUT(VTD_GCMD_QIE, 1));
}

void rig_init(struct rig *r, const char *props, unsigned kinds, bool replays)
{
	rig_init_off(r, props, kinds, replays);
	rig_run(r, "te 1");
}

void rig_fini(struct rig *r)
{
	vtd_free(r->unit);
	rec_free(r->rec);
	gmem_free(r->mem);
}

uint64_t rig_read(struct rig *r, uint32_t off, unsigned size)
{
	return vtd_read(r->unit, off, size, &r->meter);
}

void rig_write(struct rig *r, uint32_t off, unsigned size, uint64_t val)
{
	vtd_write(r->unit, off, size, val, &r->meter);
}

bool rig_desc(struct rig *r, uint64_t lo, uint64_t hi)
{
	unsigned next = (r->tail + 1) % 256;

	rig_word(r, RIG_QUEUE + r->tail * 16, lo);
	rig_word(r, RIG_QUEUE + r->tail * 16 + 8, hi);
	rig_write(r, VTD_IQT, 8, next * 16);
	if (rig_read(r, VTD_IQH, 8) == next * 16) {
		r->tail = next;
		return true;
	}
	/* step back so that the next descriptor stands at the head again */
	rig_write(r, VTD_FSTS, 4, FPUT(VTD_FSTS_IQE, 1));
	return false;
}

static void rig_gcmd(struct rig *r, uint64_t one_shot, bool te)
{
	rig_write(r, VTD_GCMD, 4, one_shot | FPUT(VTD_GCMD_QIE, 1) | FPUT(VTD_GCMD_TE, te));
}

static bool rig_is_on(struct rig *r)
{
	return FGET(VTD_GCMD_TE, rig_read(r, VTD_GSTS, 4)) != 0;
}

static void rig_op(struct rig *r, char *op)
{
	char word[16] = "";
	uint64_t a[3] = {0};
	gpa_t ce = RIG_CTX + (RIG_SID & 0xffu) * 16;
	int n = 0;
	char *rest;

	sscanf(op, "%15s%n", word, &n);
	rest = op + n;
	for (unsigned i = 0; i < ARRAY_SIZE(a); i++)
		a[i] = strtoull(rest, &rest, 0);
	if (strcmp(word, "psi") == 0)
		rig_desc(r, FPUT(VTD_DESC_IOTLB_DID, a[2]) | 0x32, a[0] | a[1]);
	else if (strcmp(word, "dsi") == 0)
		rig_desc(r, FPUT(VTD_DESC_IOTLB_DID, a[0]) | 0x22, 0);
	else if (strcmp(word, "gi") == 0)
		rig_desc(r, 0x12, 0);
	else if (strcmp(word, "ccg") == 0)
		rig_desc(r, 0x11, 0);
	else if (strcmp(word, "ccdom") == 0)
		rig_desc(r, FPUT(VTD_DESC_CC_DID, a[0]) | 0x21, 0);
	else if (strcmp(word, "ccd") == 0)
		rig_desc(r, FPUT(VTD_DESC_CC_SID, a[0]) | FPUT(VTD_DESC_CC_FM, a[1]) | 0x31, 0);
	else if (strcmp(word, "dev") == 0)
		rig_desc(r, FPUT(VTD_DESC_DEVTLB_SID, a[0]) | 3, a[1]);
	else if (strcmp(word, "desc") == 0)
		rig_desc(r, a[0], a[1]);
	else if (strcmp(word, "pte") == 0)
		rig_word(r, RIG_L1 + a[0] * 8, a[1]);
	else if (strcmp(word, "l2") == 0)
		rig_word(r, RIG_L2, a[0]);
	else if (strcmp(word, "l2hole") == 0)
		rig_word(r, RIG_L2_HOLE + a[0] * 8, a[1]);
	else if (strcmp(word, "word") == 0)
		rig_word(r, a[0], a[1]);
	else if (strcmp(word, "mmio") == 0)
		rig_write(r, (uint32_t)a[0], 8, a[1]);
	else if (strcmp(word, "root") == 0)
		rig_word(r, RIG_ROOT + (RIG_SID >> 8) * 16, a[0]);
	else if (strcmp(word, "ce") == 0) {
		rig_word(r, ce, a[0]);
		rig_word(r, ce + 8, FPUT(VTD_CTX_DID, a[1]) | 1);
	} else if (strcmp(word, "srtp") == 0)
		rig_gcmd(r, FPUT(VTD_GCMD_SRTP, 1), rig_is_on(r));
	else if (strcmp(word, "te") == 0)
		rig_gcmd(r, 0, a[0] != 0);
	else
		abort();
}

void rig_run(struct rig *r, const char *ops)
{
	char *text = strdup(ops), *save = NULL;

	for (char *op = strtok_r(text, ";", &save); op; op = strtok_r(NULL, ";", &save))
		rig_op(r, op);
	free(text);
}

void rig_clear(struct rig *r)
{
	r->log[0] = '\0';
	r->n_map = r->n_unmap = 0;
}

/* Pieces of [first, last] in naturally aligned powers of two. */
static void rig_pieces(uint64_t first, uint64_t last, char *buf, size_t n)
{
	while (first <= last) {
		uint64_t size = first ? first & -first : UINT64_C(1) << 63;

		while (size - 1 > last - first)
			size /= 2;
		snprintf(buf + strlen(buf), n - strlen(buf), "%sU0x%" PRIx64 "+0x%" PRIx64,
			 *buf ? " " : "", first, size);
		first += size;
	}
}

const char *rig_expand(const char *want, char *buf, size_t n)
{
	char *text = strdup(want), *save = NULL;

	*buf = '\0';
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (strcmp(w, "H") == 0) {
			rig_pieces(MSI_LAST + 1, bits_low(39), buf, n);
			rig_pieces(0, MSI_FIRST - 1, buf, n);
			continue;
		}
		if (strcmp(w, "-") != 0)
			snprintf(buf + strlen(buf), n - strlen(buf), "%s%s", *buf ? " " : "",
				 strcmp(w, "W") == 0 ? RIG_WINDOWS : w);
	}
	free(text);
	return buf;
}

uint64_t rig_counter(const struct rig *r, enum counter c)
{
	return r->env.ent->counter[c];
}
