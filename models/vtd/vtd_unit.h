/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_unit - one VT-d unit as QEMU emulates it: configuration, life, registers, address spaces.
 *
 * models/iommu/vtd.c offers it as a plug-in, qtest/ puts it on a small board.
 */
#ifndef MODELS_VTD_VTD_UNIT_H
#define MODELS_VTD_VTD_UNIT_H

#include "models/iommu/iommu.h"
#include "models/vtd/vtd_behaviour.h"

struct vtd_config {
	unsigned qemu;    /* index in vtd_version_words */
	unsigned aw_bits; /* 0: the version's default, 1: 39, 2: 48 */
	bool caching_mode, device_iotlb, pt, intremap, eim, snoop_control, dma_drain,
		dma_translation, scalable_mode, pasid_mode, flts, stale_tm, svm;
	uint64_t pasid_bits; /* 0: no PASIDs */
	unsigned behaviour[VTD_B_N]; /* 0: the version's, n: word n of the row */
};

/* Option rows over struct vtd_config; the last VTD_B_N are "behaviour.KEY". OPT_END closes them. */
#define VTD_N_OPTS (16 + VTD_B_N + 1)
extern const struct opt vtd_opts[VTD_N_OPTS];

struct vtd;

/* NULL and *e filled when the properties do not fit together or to the version. env and c outlive it. */
struct vtd *vtd_new(const struct vtd_config *c, const struct iommu_env *env, struct err *e);
void vtd_free(struct vtd *v);

uint64_t vtd_read(struct vtd *v, uint32_t off, unsigned size, struct meter *m);
void vtd_write(struct vtd *v, uint32_t off, unsigned size, uint64_t val, struct meter *m);
struct aspace *vtd_attach(struct vtd *v, uint16_t sid, struct entity *ent);
void vtd_listen(struct vtd *v, struct aspace *as, struct meter *m);
void vtd_unlisten(struct vtd *v, struct aspace *as, struct meter *m);
void vtd_reset(struct vtd *v, struct meter *m);

/* QEMU's trace events as text, without the newline; NULL ends it. `everything`: also register accesses
 * and holes skipped by walks. */
struct vtd_trace_sink {
	void (*line)(void *self, const char *text);
	void *self;
	bool everything;
};
void vtd_trace_to(struct vtd *v, const struct vtd_trace_sink *sink);

/* Does the device's view go through the unit now? A DMA keeps the view it began with: if it did then, its
 * later pieces translate here even when the device has been switched to pass-through meanwhile. As
 * aspace_ops.translate otherwise; not for the interrupt window. */
bool vtd_is_translated(const struct aspace *as);
bool vtd_translate(struct aspace *as, iova_t at, enum perm need, struct xlat *out, struct meter *m);

/* A device writes 4 bytes at addr in the interrupt window: a message. It is remapped if that is on, and leaves
 * the unit as a trace event; one that is refused may be recorded as a fault. */
void vtd_msi_write(struct vtd *v, uint64_t addr, uint32_t data);

/* Pages in the cache of translations. */
unsigned vtd_n_cached(const struct vtd *v);

#endif
