/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_unit - one VT-d unit: what its properties must fit, birth, reset, death.
 */
#include "models/vtd/vtd_unit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/vtd/vtd.h"
#include "sim/xalloc.h"

void vtd_abort(struct vtd *v, const char *fmt, ...)
{
	char why[420];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	n = strlen(why);
	if (v->running)
		snprintf(why + n, sizeof why - n,
			 "; descriptor %s, high 0x%" PRIx64 " low 0x%" PRIx64, vtd_qi_running(v),
			 v->running->hi, v->running->lo);
	v->desc_aborted = true;
	v->env.aborted(v->env.self, why);
}

/* What QEMU refuses at start-up, and what the version does not have. */
static const char *unit_refusal(const struct vtd *v)
{
	const struct vtd_config *c = &v->config;
	bool has_old = vtd_has(v, VTD_B_OLD_PROPERTIES), has_new = vtd_has(v, VTD_B_NEW_PROPERTIES);

	if (!has_old && (!c->pt || !c->dma_drain || c->pasid_mode))
		return "pt and dma-drain cannot be switched off, pasid-mode is pasid-bits";
	if (has_old && (c->pasid_bits != 0 || c->svm))
		return "there is no pasid-bits or svm";
	if (!vtd_has(v, VTD_B_FIRST_STAGE) && (c->flts || c->stale_tm))
		return "there is no flts or stale-tm";
	if (!has_new && (c->snoop_control || !c->dma_translation || c->pasid_mode))
		return "there is no snoop-control, dma-translation or pasid-mode";
	if (c->scalable_mode && !c->dma_drain)
		return "scalable-mode needs dma-drain";
	if ((c->pasid_mode || c->pasid_bits != 0 || c->flts) && !c->scalable_mode)
		return "PASIDs and flts need scalable-mode";
	if (c->flts && v->aw != 48)
		return "flts needs aw-bits=48";
	if (c->svm && (!c->flts || c->pasid_bits == 0 || !c->device_iotlb))
		return "svm needs flts, pasid-bits and device-iotlb";
	if (c->pasid_mode && c->device_iotlb)
		return "pasid-mode and device-iotlb exclude each other";
	if (c->eim && !c->intremap)
		return "eim needs intremap";
	if (c->eim && !vtd_has(v, VTD_B_EIM))
		return "eim needs KVM";
	return NULL;
}

struct vtd *vtd_new(const struct vtd_config *c, const struct iommu_env *env, struct err *e)
{
	struct vtd *v = xcalloc(1, sizeof *v);
	const char *refusal;
	struct meter unbooked = {0};

	v->env = *env;
	v->mem = env->mem;
	v->ent = env->ent;
	v->config = *c;
	for (unsigned b = 0; b < VTD_B_N; b++)
		v->behaviour[b] = vtd_behaviour_value(b, c->qemu, c->behaviour[b]);
	v->aw = (c->aw_bits ? c->aw_bits - 1 : v->behaviour[VTD_B_AW_BITS]) == AW_48 ? 48 : 39;
	refusal = unit_refusal(v);
	if (refusal) {
		err_user(e, "iommu vtd: %s in QEMU %s", refusal, vtd_version_words[c->qemu]);
		free(v);
		return NULL;
	}
	v->addr_mask = bits_low(v->aw);
	vtd_walk_init(v);
	for (unsigned s = 0; s < VTD_S_N; s++)
		v->desc_rsvd[s] = vtd_spec_reserved(s);
	vtd_desc_init(v);
	vtd_iotlb_init(&v->iotlb);
	vtd_reset(v, &unbooked);
	return v;
}

void vtd_free(struct vtd *v)
{
	if (!v)
		return;
	for (unsigned i = 0; i < v->n_spaces; i++) {
		vtd_shadowmap_clear(&v->space[i]->map);
		free(v->space[i]);
	}
	free(v->space);
	free(v);
}

void vtd_reset(struct vtd *v, struct meter *m)
{
	v->root = v->iq = v->ir_table = 0;
	v->ir_size = 0;
	v->ir_eime = false;
	v->dmar_enabled = v->root_scalable = v->qi_enabled = v->iq_dw = v->intr_enabled = false;
	v->iq_size = v->iq_head = v->iq_tail = 0;
	v->last_type = VTD_DESC_NONE;
	vtd_reg_reset(v);
	vtd_gcmd_forget(v, m);
}

unsigned vtd_n_cached(const struct vtd *v)
{
	return v->iotlb.n;
}
