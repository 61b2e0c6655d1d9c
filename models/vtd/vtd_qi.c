/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_qi - the invalidation queue: fetch, execute, complete; all inside the write of the tail (VT-d 6.5.2).
 *
 * until head == tail: read a descriptor, execute, advance the head; an error stops with the head on it.
 * Memory is looked up once a page, again after a status write (it may have been into the queue).
 */
#include <inttypes.h>

#include "models/vtd/vtd.h"

#define DESC_WORDS_128 2u
#define DESC_WORDS_256 4u

/* The queue as read so far. */
struct qi_window {
	gpa_t at; /* page that words are of; 1: none */
	const uint64_t *words;
};

void vtd_qi_update_width(struct vtd *v)
{
	v->iq_dw = v->config.scalable_mode && FGET(VTD_IQA_DW, vtd_reg_get64(v, VTD_IQA));
}

static void qi_error(struct vtd *v)
{
	uint32_t fsts = vtd_reg_get32(v, VTD_FSTS);

	rec_count(v->ent, CTR_QI_ERROR, 1);
	vtd_reg_change(v, VTD_FSTS, 0, FMASK(VTD_FSTS_IQE));
	vtd_fault_event(v, fsts);
}

static bool qi_read(struct vtd *v, struct qi_window *q, struct vtd_desc *d)
{
	unsigned n_words = v->iq_dw ? DESC_WORDS_256 : DESC_WORDS_128;
	gpa_t at = v->iq + (gpa_t)v->iq_head * n_words * sizeof(uint64_t);
	const uint64_t *w;

	if (PORT_UNLIKELY((at & PAGE_MASK) != q->at)) {
		q->at = at & PAGE_MASK;
		q->words = gmem_page(v->mem, q->at);
	}
	if (PORT_UNLIKELY(!q->words))
		return false;
	w = q->words + (at & ~PAGE_MASK) / sizeof(uint64_t);
	*d = (struct vtd_desc){.lo = w[0], .hi = w[1]};
	if (v->iq_dw) {
		d->w2 = w[2];
		d->w3 = w[3];
	}
	return true;
}

/* A row of the log; what follows has it as its cause. */
static uint64_t qi_log(struct vtd *v, iova_t iova, uint64_t n_bytes, const struct meter *m)
{
	uint64_t before = v->env.rec->cause;

	if (PORT_UNLIKELY(v->env.rec->log_events))
		v->env.rec->cause = rec_event(v->env.rec, &(struct rec_event){
								  .at_cycles = meter_now(m),
								  .entity = v->ent->id,
								  .kind = EVENT_DESC,
								  .iova = iova,
								  .bytes = n_bytes,
								  .cause = before,
							  });
	return before;
}

static bool qi_cc(struct vtd *v, const struct vtd_desc *d, struct meter *m)
{
	switch ((enum vtd_granularity)FGET(VTD_DESC_CC_G, d->lo)) {
	case VTD_G_NONE:
		return false;
	case VTD_G_DOMAIN: /* Deviates: VT-d 6.5.2.1: done as global */
		VTD_TRACE(v, "vtd_inv_desc_cc_domain context invalidate domain 0x%x",
			  (unsigned)FGET(VTD_DESC_CC_DID, d->lo));
		vtd_inv_ctx_global(v, m);
		break;
	case VTD_G_GLOBAL:
		vtd_inv_ctx_global(v, m);
		break;
	case VTD_G_DEVICE:
		vtd_inv_ctx_device(v, (uint16_t)FGET(VTD_DESC_CC_SID, d->lo),
				   (unsigned)FGET(VTD_DESC_CC_FM, d->lo), m);
		break;
	}
	rec_count(v->ent, CTR_QI_CC, 1);
	return true;
}

static bool qi_iotlb(struct vtd *v, const struct vtd_desc *d, struct meter *m)
{
	uint16_t did = (uint16_t)FGET(VTD_DESC_IOTLB_DID, d->lo);
	unsigned am = (unsigned)FGET(VTD_DESC_IOTLB_AM, d->hi);

	switch ((enum vtd_granularity)FGET(VTD_DESC_IOTLB_G, d->lo)) {
	case VTD_G_NONE:
		return false;
	case VTD_G_GLOBAL:
		rec_count(v->ent, CTR_QI_GLOBAL, 1);
		vtd_inv_iotlb_global(v, m);
		break;
	case VTD_G_DOMAIN:
		rec_count(v->ent, CTR_QI_DSI, 1);
		vtd_inv_iotlb_domain(v, did, m);
		break;
	case VTD_G_PAGE:
		if (am > VTD_MAMV)
			return false;
		rec_count(v->ent, CTR_QI_PSI, 1);
		vtd_inv_iotlb_pages(v, did, d->hi & FMASK(VTD_DESC_IOTLB_ADDR), am, m);
		break;
	}
	return true;
}

static bool qi_devtlb(struct vtd *v, const struct vtd_desc *d, struct meter *m)
{
	iova_t first, last;

	vtd_desc_devtlb_range(d->hi, &first, &last);
	rec_count(v->ent, CTR_QI_DEVTLB, 1);
	vtd_inv_devtlb(v, (uint16_t)FGET(VTD_DESC_DEVTLB_SID, d->lo), first, last, m);
	return true;
}

static bool qi_status_write(struct vtd *v, const struct vtd_desc *d, struct qi_window *q)
{
	uint32_t data = (uint32_t)FGET(VTD_DESC_WAIT_DATA, d->lo);

	VTD_TRACE(v,
		  "vtd_inv_desc_wait_sw wait invalidate status write addr 0x%" PRIx64
		  " data 0x%" PRIx32,
		  d->hi, data);
	q->at = 1;
	if (gmem_write(v->mem, d->hi, &data, sizeof data))
		return true;
	VTD_TRACE(v,
		  "vtd_inv_desc_wait_write_fail write fail for wait desc hi 0x%" PRIx64
		  " lo 0x%" PRIx64,
		  d->hi, d->lo);
	return false;
}

static bool qi_wait(struct vtd *v, const struct vtd_desc *d, struct qi_window *q)
{
	bool sw = FGET(VTD_DESC_WAIT_SW, d->lo) != 0, irq = FGET(VTD_DESC_WAIT_IF, d->lo) != 0;
	bool done = true;

	if (sw && irq && !vtd_has(v, VTD_B_WAIT_SW_IF)) {
		vtd_abort(v, "a wait descriptor has SW and IF");
		return false;
	}
	if (!sw && !irq && !(vtd_has(v, VTD_B_WAIT_FN) && FGET(VTD_DESC_WAIT_FN, d->lo)))
		return false;
	if (sw)
		done = qi_status_write(v, d, q);
	if (irq)
		vtd_fault_completion(v);
	if (done)
		rec_count(v->ent, CTR_QI_WAIT, 1);
	return done;
}

static bool qi_iec(struct vtd *v, const struct vtd_desc *d)
{
	VTD_TRACE(v, "vtd_inv_desc_iec granularity 0x%x index 0x%x mask 0x%x",
		  (unsigned)FGET(VTD_DESC_IEC_G, d->lo), (unsigned)FGET(VTD_DESC_IEC_IIDX, d->lo),
		  (unsigned)FGET(VTD_DESC_IEC_IM, d->lo));
	rec_count(v->ent, CTR_QI_IEC, 1);
	return true;
}

static bool qi_piotlb(struct vtd *v, const struct vtd_desc *d, struct meter *m)
{
	uint16_t did = (uint16_t)FGET(VTD_DESC_PIOTLB_DID, d->lo);
	uint32_t pasid = (uint32_t)FGET(VTD_DESC_PIOTLB_PASID, d->lo);
	unsigned am = (unsigned)FGET(VTD_DESC_PIOTLB_AM, d->hi);

	switch (FGET(VTD_DESC_PIOTLB_G, d->lo)) {
	case VTD_PIOTLB_PASID:
		vtd_inv_piotlb(v, did, pasid, m);
		return true;
	case VTD_PIOTLB_PAGE:
		if (am > VTD_MAMV)
			return false;
		vtd_inv_piotlb_pages(v, did, pasid, d->hi & FMASK(VTD_DESC_PIOTLB_ADDR), am, m);
		return true;
	default:
		return false;
	}
}

/* What a PASID-cache descriptor says that it drops; nothing is kept there. */
static bool qi_pasid_cache(const struct vtd *v, const struct vtd_desc *d)
{
	unsigned did = (unsigned)FGET(VTD_DESC_PC_DID, d->lo);

	switch (FGET(VTD_DESC_PC_G, d->lo)) {
	case VTD_PC_DOMAIN:
		VTD_TRACE(v,
			  "vtd_inv_desc_pasid_cache_dsi Domain selective PC invalidation domain "
			  "0x%x",
			  did);
		return true;
	case VTD_PC_PASID:
		VTD_TRACE(v,
			  "vtd_inv_desc_pasid_cache_psi PASID selective PC invalidation domain "
			  "0x%x pasid 0x%x",
			  did, (unsigned)FGET(VTD_DESC_PC_PASID, d->lo));
		return true;
	case VTD_PC_GLOBAL:
		VTD_TRACE(v, "vtd_inv_desc_pasid_cache_gsi ");
		return true;
	default:
		return false;
	}
}

/* Types 6..9: accepted or not, without effect but for type 6 where it is checked. */
static bool qi_other(struct vtd *v, unsigned type, const struct vtd_desc *d, struct meter *m)
{
	bool wide = vtd_has(v, VTD_B_TYPE_7BIT), is_good = false;

	switch (type) {
	case VTD_DESC_PASID_IOTLB:
		is_good = !wide || (v->iq_dw && qi_piotlb(v, d, m));
		break;
	case VTD_DESC_PASID_CACHE:
		if (vtd_has(v, VTD_B_PASID_CACHE))
			is_good = v->iq_dw && qi_pasid_cache(v, d);
		else
			is_good = !wide || v->config.scalable_mode;
		break;
	case VTD_DESC_PASID_DEVTLB:
		is_good = wide && v->iq_dw;
		break;
	case VTD_DESC_PAGE_GROUP:
		is_good = vtd_has(v, VTD_B_PAGE_GROUP) && FGET(VTD_DESC_PGRP_PP, d->lo);
		break;
	default:
		break;
	}
	if (is_good)
		rec_count(v->ent, CTR_QI_OTHER, 1);
	return is_good;
}

/* The word that QEMU prints for a type, NULL: it prints nothing. */
static const char *qi_name(const struct vtd *v, unsigned type)
{
	static const char *const name[] = {
		[VTD_DESC_CC] = "context-cache", [VTD_DESC_IOTLB] = "iotlb",
		[VTD_DESC_DEVTLB] = "device",    [VTD_DESC_IEC] = "iec",
		[VTD_DESC_WAIT] = "wait",
	};

	if (type < ARRAY_SIZE(name))
		return name[type];
	switch (type) {
	case VTD_DESC_PASID_IOTLB:
		return vtd_has(v, VTD_B_TYPE_7BIT) ? "p-iotlb" : NULL;
	case VTD_DESC_PASID_CACHE:
		return vtd_has(v, VTD_B_PASID_CACHE) ? "pasid-cache" : NULL;
	case VTD_DESC_PASID_DEVTLB:
		return vtd_has(v, VTD_B_TYPE_7BIT) ? "device-piotlb" : NULL;
	case VTD_DESC_PAGE_GROUP:
		return vtd_has(v, VTD_B_PAGE_GROUP) ? "page group response" : NULL;
	default:
		return NULL;
	}
}

const char *vtd_qi_running(const struct vtd *v)
{
	const char *name = v->running ? qi_name(v, v->last_type) : NULL;

	return name ? name : "unnamed";
}

static void qi_trace(const struct vtd *v, unsigned type, const struct vtd_desc *d)
{
	const char *name = qi_name(v, type);

	if (name)
		vtd_trace_line(
			v, "vtd_inv_desc invalidate desc type %s high 0x%" PRIx64 " low 0x%" PRIx64,
			name, d->hi, d->lo);
}

/* What a descriptor covers, for the log. */
static uint64_t qi_log_desc(struct vtd *v, unsigned type, const struct vtd_desc *d,
			    const struct meter *m)
{
	iova_t first = 0, last = 0;

	if (type == VTD_DESC_DEVTLB) {
		vtd_desc_devtlb_range(d->hi, &first, &last);
		return qi_log(v, first, last - first == UINT64_MAX ? UINT64_MAX : last - first + 1,
			      m);
	}
	if (type == VTD_DESC_IOTLB && FGET(VTD_DESC_IOTLB_G, d->lo) == VTD_G_PAGE)
		return qi_log(v, d->hi & FMASK(VTD_DESC_IOTLB_ADDR),
			      PAGE_BYTES << FGET(VTD_DESC_IOTLB_AM, d->hi), m);
	return qi_log(v, 0, 0, m);
}

static bool qi_execute(struct vtd *v, unsigned type, const struct vtd_desc *d, struct qi_window *q,
		       struct meter *m)
{
	if (type > VTD_DESC_PAGE_GROUP || vtd_desc_is_bad(v, type, d))
		return false;
	switch (type) {
	case VTD_DESC_CC:
		return qi_cc(v, d, m);
	case VTD_DESC_IOTLB:
		return qi_iotlb(v, d, m);
	case VTD_DESC_DEVTLB:
		return qi_devtlb(v, d, m);
	case VTD_DESC_IEC:
		return qi_iec(v, d);
	case VTD_DESC_WAIT:
		return qi_wait(v, d, q);
	default:
		return qi_other(v, type, d, m);
	}
}

/* One descriptor; false stops the queue. */
static bool qi_one(struct vtd *v, struct qi_window *q, struct meter *m)
{
	struct vtd_desc d;
	uint64_t cause;
	unsigned type;
	bool done;

	VTD_TRACE(v, "vtd_inv_qi_head read head %" PRIu32, v->iq_head);
	if (!qi_read(v, q, &d)) {
		v->last_type = VTD_DESC_NONE;
		return false;
	}
	meter_charge(m, PRIM_QI_DESC, 1);
	type = v->last_type = vtd_desc_type(v, &d);
	v->running = &d;
	if (PORT_UNLIKELY(v->trace != NULL))
		qi_trace(v, type, &d);
	if (PORT_LIKELY(!v->env.rec->log_events)) {
		done = qi_execute(v, type, &d, q, m);
	} else {
		cause = qi_log_desc(v, type, &d, m);
		done = qi_execute(v, type, &d, q, m);
		v->env.rec->cause = cause;
	}
	v->running = NULL;
	return done;
}

static void qi_fetch(struct vtd *v, struct meter *m)
{
	struct qi_window q = {.at = 1};
	unsigned shift = v->iq_dw ? VTD_IQT_QT_256_LO : VTD_IQT_QT_LO;

	VTD_TRACE(v, "vtd_inv_qi_fetch");
	if (v->iq_tail >= v->iq_size) {
		qi_error(v);
		return;
	}
	while (v->iq_head != v->iq_tail) {
		if (PORT_UNLIKELY(!qi_one(v, &q, m))) {
			if (!v->desc_aborted)
				qi_error(v);
			return;
		}
		if (PORT_UNLIKELY(v->desc_aborted))
			return;
		if (++v->iq_head == v->iq_size)
			v->iq_head = 0;
		vtd_reg_set64(v, VTD_IQH, (uint64_t)v->iq_head << shift & FMASK(VTD_IQH_QH));
	}
}

void vtd_qi_tail_write(struct vtd *v, struct meter *m)
{
	uint64_t val = vtd_reg_get64(v, VTD_IQT);

	rec_count(v->ent, CTR_IQT_WRITES, 1);
	if (v->iq_dw && bits_is_set(val, VTD_IQT_QT_LO)) {
		if (vtd_has(v, VTD_B_IQT_BIT4))
			qi_error(v);
		return;
	}
	v->iq_tail = (uint32_t)(v->iq_dw ? FGET(VTD_IQT_QT_256, val) : FGET(VTD_IQT_QT, val));
	VTD_TRACE(v, "vtd_inv_qi_tail write tail %" PRIu32, v->iq_tail);
	if (v->qi_enabled && !FGET(VTD_FSTS_IQE, vtd_reg_get32(v, VTD_FSTS)))
		qi_fetch(v, m);
}

static void qi_on(struct vtd *v, struct meter *m)
{
	uint64_t iqa = vtd_reg_get64(v, VTD_IQA);

	v->iq = iqa & FMASK(VTD_IQA_BASE) & v->addr_mask;
	v->iq_size = 1u << (FGET(VTD_IQA_QS, iqa) + 8 - (v->iq_dw ? 1 : 0));
	v->qi_enabled = true;
	VTD_TRACE(v, "vtd_inv_qi_setup addr 0x%" PRIx64 " size %" PRIu32, v->iq, v->iq_size);
	vtd_reg_change(v, VTD_GSTS, 0, FMASK(VTD_GCMD_QIE));
	if (v->iq_tail == 0)
		return;
	/* Deviates: VT-d 6.5.2: what lies between 0 and an old tail runs at once */
	VTD_TRACE(v, "vtd_warn_invalid_qi_tail tail 0x%" PRIx32, v->iq_tail);
	if (!FGET(VTD_FSTS_IQE, vtd_reg_get32(v, VTD_FSTS)))
		qi_fetch(v, m);
}

void vtd_qi_enable(struct vtd *v, bool on, struct meter *m)
{
	VTD_TRACE(v, "vtd_inv_qi_enable enabled %d", on);
	if (on) {
		qi_on(v, m);
		return;
	}
	/* only when idle behind a wait descriptor, else refused; the tail is kept */
	if (!v->qi_enabled || v->iq_tail != v->iq_head || v->last_type != VTD_DESC_WAIT)
		return;
	vtd_reg_set64(v, VTD_IQH, 0);
	v->iq_head = 0;
	v->qi_enabled = false;
	vtd_reg_change(v, VTD_GSTS, FMASK(VTD_GCMD_QIE), 0);
}
