/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd - the private state of one VT-d unit and the functions of its parts.
 *
 * Register access -> vtd_reg.c -> vtd_qi.c (queue) -> vtd_inv.c (what each granularity does) ->
 * vtd_iotlb.c, vtd_shadow.c (walk and diff) -> vtd_notify.c (deliver). A device's access -> vtd_xlat.c ->
 * vtd_iotlb.c, vtd_ctx.c, vtd_walk.c -> vtd_fault.c.
 */
#ifndef MODELS_VTD_VTD_H
#define MODELS_VTD_VTD_H

#include <string.h>

#include "models/counters.h"
#include "models/vtd/vtd_iotlb.h"
#include "models/vtd/vtd_shadowmap.h"
#include "models/vtd/vtd_spec.h"
#include "models/vtd/vtd_unit.h"
#include "sim/port.h"

#define VTD_NO_PASID UINT32_MAX
#define VTD_LEVELS_MAX 4u /* of page tables */

/* A context entry: 16 bytes in legacy mode (words 2, 3 are 0), 32 in scalable mode. */
struct vtd_ce {
	uint64_t w[4];
};

/* What a context entry (and its PASID entry) says about translation. */
struct vtd_domain {
	gpa_t table;       /* of the top level */
	uint8_t level;     /* of the top table */
	uint8_t agaw;      /* address width that the tables span, bits */
	uint16_t did;
	bool is_passthrough;
};

/* One device's address space. */
struct vtd_as {
	struct aspace as; /* first: the handle is a cast */
	struct vtd *v;
	struct vtd_ce ctx; /* context cache: one slot */
	uint32_t ctx_gen;  /* valid if equal to the unit's */
	bool is_translated; /* the listener sees REGION_IOMMU */
	unsigned notify_kinds; /* of all notifiers, or-ed */
	struct notifier *notifiers; /* newest first */
	struct vtd_as *next_listened; /* list of those with notifiers, newest first */
	struct vtd_shadowmap map; /* what walks have found: QEMU's IOVA tree */
};

struct vtd {
	struct iommu_env env;
	struct gmem *mem;
	struct entity *ent;
	struct vtd_config config;
	uint8_t behaviour[VTD_B_N];
	const struct vtd_trace_sink *trace; /* NULL: off */

	uint8_t aw; /* bits */
	uint64_t addr_mask; /* 2^aw - 1 */
	uint64_t pte_rsvd[VTD_LEVELS_MAX + 1][2]; /* [level][is a large leaf] */
	uint64_t desc_rsvd[VTD_S_N]; /* reserved bits by structure */
	/* the same of a descriptor by type: of its two words, and of words 2 and 3 when it has 256 bits */
	uint64_t type_rsvd[VTD_DESC_TYPES][3];

	bool dmar_enabled, root_scalable, qi_enabled, iq_dw, intr_enabled, ir_eime;
	const struct vtd_desc *running; /* the descriptor that runs now; NULL: none */
	bool desc_aborted; /* QEMU would have aborted inside the running register write */
	gpa_t root, iq, ir_table;
	uint32_t ir_size; /* entries of the interrupt remapping table */
	uint32_t iq_size, iq_head, iq_tail; /* descriptors */
	unsigned last_type;
	uint32_t ctx_gen;
	struct vtd_iotlb iotlb;

	struct vtd_as **space; /* sorted by sid */
	unsigned n_spaces;
	struct vtd_as *listened; /* newest first */

	/* the register page: values and masks */
	uint8_t csr[VTD_REGS_BYTES], wmask[VTD_REGS_BYTES], w1c[VTD_REGS_BYTES],
		hidden[VTD_REGS_BYTES];
};

static inline bool vtd_has(const struct vtd *v, enum vtd_behaviour b)
{
	return v->behaviour[b] != 0;
}

static inline unsigned vtd_bus(const struct vtd_as *as)
{
	return as->as.sid >> 8;
}

static inline unsigned vtd_devfn(const struct vtd_as *as)
{
	return as->as.sid & 0xffu;
}

/* The modelled QEMU would abort here. The running descriptor ends; what follows is undefined but safe. */
void vtd_abort(struct vtd *v, const char *fmt, ...) PORT_PRINTF(2, 3) PORT_COLD;

/* ---- vtd_trace.c. The arguments are evaluated only when somebody listens. */
void vtd_trace_line(const struct vtd *v, const char *fmt, ...) PORT_PRINTF(2, 3) PORT_COLD;
#define VTD_TRACE(v, ...)                                                                          \
	do {                                                                                       \
		if (PORT_UNLIKELY((v)->trace != NULL))                                             \
			vtd_trace_line(v, __VA_ARGS__);                                            \
	} while (0)
#define VTD_TRACE_ALL(v, ...)                                                                      \
	do {                                                                                       \
		if (PORT_UNLIKELY((v)->trace != NULL && (v)->trace->everything))                   \
			vtd_trace_line(v, __VA_ARGS__);                                            \
	} while (0)
/* "BB:DD.F" of a device, as in most events. */
#define VTD_BDF "%02x:%02x.%u"
#define VTD_BDF_ARGS(as) vtd_bus(as), vtd_devfn(as) >> 3, vtd_devfn(as) & 7u

/* ---- vtd_reg.c: raw accesses of the unit itself */
static inline uint32_t vtd_reg_get32(const struct vtd *v, uint32_t off)
{
	uint32_t val;

	memcpy(&val, v->csr + off, sizeof val);
	return val;
}

static inline uint64_t vtd_reg_get64(const struct vtd *v, uint32_t off)
{
	uint64_t val;

	memcpy(&val, v->csr + off, sizeof val);
	return val;
}

static inline void vtd_reg_set32(struct vtd *v, uint32_t off, uint32_t val)
{
	memcpy(v->csr + off, &val, sizeof val);
}

static inline void vtd_reg_set64(struct vtd *v, uint32_t off, uint64_t val)
{
	memcpy(v->csr + off, &val, sizeof val);
}

/* Clear then set bits of a 32-bit register. */
void vtd_reg_change(struct vtd *v, uint32_t off, uint64_t clear, uint64_t set);
/* Values of reset; CAP and ECAP from the configuration. */
void vtd_reg_reset(struct vtd *v);

/* ---- vtd_gcmd.c */
void vtd_gcmd_write(struct vtd *v, struct meter *m);
/* Drop both caches of translations, look at every device again. */
void vtd_gcmd_forget(struct vtd *v, struct meter *m);

/* ---- vtd_qi.c */
void vtd_qi_update_width(struct vtd *v);
void vtd_qi_enable(struct vtd *v, bool on, struct meter *m);
void vtd_qi_tail_write(struct vtd *v, struct meter *m);
/* What QEMU calls the type of v->running. */
const char *vtd_qi_running(const struct vtd *v);

/* ---- vtd_desc.c: a descriptor, decoded */
struct vtd_desc {
	uint64_t lo, hi, w2, w3;
};
/* Masks for the version, from desc_rsvd. */
void vtd_desc_init(struct vtd *v);
/* True if bits of no field are set in the words of this type. */
static inline bool vtd_desc_is_bad(const struct vtd *v, enum vtd_desc_type type,
				   const struct vtd_desc *d)
{
	const uint64_t *rsvd = v->type_rsvd[type];

	if (v->iq_dw && ((d->w2 | d->w3) & rsvd[2]) != 0)
		return true;
	return ((d->lo & rsvd[0]) | (d->hi & rsvd[1])) != 0;
}
/* Type as this version reads it. */
static inline unsigned vtd_desc_type(const struct vtd *v, const struct vtd_desc *d)
{
	unsigned type = (unsigned)FGET(VTD_DESC_TYPE, d->lo);

	return vtd_has(v, VTD_B_TYPE_7BIT) ? type | (unsigned)FGET(VTD_DESC_TYPE_HI, d->lo) << 4
					   : type;
}
/* Range of a device-TLB descriptor, inclusive. */
void vtd_desc_devtlb_range(uint64_t hi, iova_t *first, iova_t *last);

/* ---- vtd_inv.c: what each invalidation does */
void vtd_inv_ctx_global(struct vtd *v, struct meter *m);
void vtd_inv_ctx_device(struct vtd *v, uint16_t sid, unsigned fm, struct meter *m);
void vtd_inv_iotlb_global(struct vtd *v, struct meter *m);
void vtd_inv_iotlb_domain(struct vtd *v, uint16_t did, struct meter *m);
void vtd_inv_iotlb_pages(struct vtd *v, uint16_t did, iova_t addr, unsigned am, struct meter *m);
/* The same for requests with that PASID; those without one have RID_PASID. */
void vtd_inv_piotlb(struct vtd *v, uint16_t did, uint32_t pasid, struct meter *m);
void vtd_inv_piotlb_pages(struct vtd *v, uint16_t did, uint32_t pasid, iova_t addr, unsigned am,
			  struct meter *m);
void vtd_inv_devtlb(struct vtd *v, uint16_t sid, iova_t first, iova_t last, struct meter *m);
/* The registers' way to the same. */
void vtd_inv_ccmd_write(struct vtd *v, struct meter *m);
void vtd_inv_iotlb_write(struct vtd *v, struct meter *m);

/* ---- vtd_ctx.c */
/* Root and context entry of sid from memory, checked. *ce holds what was read, also on a fault; words not
 * read are 0. Pure: no trace, no time. */
enum vtd_fault vtd_ctx_read(const struct vtd *v, uint16_t sid, struct vtd_ce *ce);
/* The same with trace, count and time. */
enum vtd_fault vtd_ctx_fetch(struct vtd *v, uint16_t sid, struct vtd_ce *ce, struct meter *m);
/* What a checked entry means. May fault in scalable mode: then *d is what the rejected PASID entry says, level 0
 * if there was none to read. */
enum vtd_fault vtd_ctx_domain(const struct vtd *v, const struct vtd_ce *ce, struct vtd_domain *d);
/* Fault processing disabled, by the PASID tables of a scalable entry. */
enum vtd_fault vtd_ctx_pasid_fpd(const struct vtd *v, const struct vtd_ce *ce, bool *fpd);
uint32_t vtd_ctx_rid_pasid(const struct vtd *v, const struct vtd_ce *ce);
/* Pass-through as a translation sees it (older versions look elsewhere in scalable mode). */
bool vtd_ctx_is_passthrough(const struct vtd *v, const struct vtd_ce *ce,
			    const struct vtd_domain *d);
void vtd_ctx_reset(struct vtd *v);

/* ---- vtd_walk.c */
struct vtd_walk {
	uint64_t pte; /* of the leaf, as read */
	uint8_t level; /* of the leaf */
	uint8_t perm;  /* all levels, and-ed */
	uint8_t n_reads; /* entries read */
};
/* Masks of reserved bits for the configuration. */
void vtd_walk_init(struct vtd *v);
/* Second-stage walk for one access. Pure. */
enum vtd_fault vtd_walk(const struct vtd *v, const struct vtd_domain *d, iova_t iova,
			bool is_write, struct vtd_walk *w);
/* Reserved bits of an entry at a level, 0: fine. */
static inline uint64_t vtd_walk_rsvd(const struct vtd *v, uint64_t pte, unsigned level)
{
	return pte & v->pte_rsvd[level][(level == 2 || level == 3) && FGET(VTD_PTE_PS, pte)];
}
/* 2^this bytes are mapped by an entry of the level. */
static inline unsigned vtd_level_bits(unsigned level)
{
	return PAGE_BITS + 9 * (level - 1);
}

/* ---- vtd_xlat.c */
/* Through the unit, whatever the device's view is. */
bool vtd_xlat_region(struct vtd_as *as, iova_t at, enum perm need, struct xlat *out,
		     struct meter *m);
/* By the device's view. */
bool vtd_xlat(struct vtd_as *as, iova_t at, enum perm need, struct xlat *out, struct meter *m);
bool vtd_xlat_peek(struct vtd_as *as, iova_t at, struct xlat *out);

/* ---- vtd_fault.c */
struct vtd_fault_info {
	uint16_t sid;
	iova_t iova;
	enum vtd_fault reason;
	bool is_write, fpd, pp; /* pp: pasid is valid */
	uint32_t pasid;
};
void vtd_fault_report(struct vtd *v, const struct vtd_fault_info *f);
/* Of a message, that named entry index. */
void vtd_fault_record_ir(struct vtd *v, uint16_t sid, enum vtd_fault reason, uint16_t index);
/* Raise the fault event unless one of PFO, PPF, IQE was set before. */
void vtd_fault_event(struct vtd *v, uint32_t fsts_before);
void vtd_fault_update_ppf(struct vtd *v);
void vtd_fault_fsts_write(struct vtd *v);
void vtd_fault_fectl_write(struct vtd *v);
/* The invalidation event: wait descriptor done, and its registers. */
void vtd_fault_completion(struct vtd *v);
void vtd_fault_ics_write(struct vtd *v);
void vtd_fault_iectl_write(struct vtd *v);

/* ---- vtd_ir.c */
/* GCMD.SIRTP: use the table that IRTA names. */
void vtd_ir_set_table(struct vtd *v);

/* ---- vtd_notify.c */
int vtd_notify_add(struct vtd_as *as, struct notifier *n);
void vtd_notify_del(struct vtd_as *as, struct notifier *n);
/* To one notifier, or to all of the address space, newest first. */
void vtd_notify_one(struct vtd_as *as, struct notifier *n, const struct notify *what,
		    struct meter *m);
void vtd_notify_all(struct vtd_as *as, const struct notify *what, struct meter *m);
/* Unmap a notifier's window in naturally aligned powers of two, and forget it. */
void vtd_notify_unmap_whole(struct vtd_as *as, struct notifier *n, struct meter *m);
/* The same for all notifiers of all address spaces. */
void vtd_notify_unmap_every(struct vtd *v, struct meter *m);

/* ---- vtd_aspace.c */
extern const struct aspace_ops vtd_aspace_ops;
/* Look at the context entry: does the device translate? Tells the listener what changes. */
void vtd_aspace_switch(struct vtd_as *as, struct meter *m);
void vtd_aspace_switch_all(struct vtd *v, struct meter *m);
struct vtd_as *vtd_aspace_find(const struct vtd *v, uint16_t sid);

/* ---- vtd_shadow.c */
/* Bring the notifiers of as up to date after a PSI. */
void vtd_shadow_pages(struct vtd_as *as, const struct vtd_domain *d, iova_t addr, uint64_t n_bytes,
		      struct meter *m);
/* ... after anything wider. */
void vtd_shadow_sync(struct vtd_as *as, struct meter *m);
void vtd_shadow_sync_listened(struct vtd *v, struct meter *m);
void vtd_shadow_replay(struct vtd_as *as, struct notifier *n, struct meter *m);

#endif
