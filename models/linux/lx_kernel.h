/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_kernel - the guest kernel's side of VT-d: boot, domains, the invalidation queue.
 *
 * One per machine, shared by the guest drivers of all devices. What differs between kernel versions
 * is a row per behaviour in lx_era.def.
 */
#ifndef MODELS_LINUX_LX_KERNEL_H
#define MODELS_LINUX_LX_KERNEL_H

#include "models/guest/guest.h"
#include "models/iommu/iommu.h"

enum lx_flush { LX_FLUSH_AUTO, LX_FLUSH_STRICT, LX_FLUSH_LAZY, LX_FLUSH_PASSTHROUGH };

struct lx_kernel_config {
	const char *version; /* "5.4" to "6.12", as "major.minor"; the newest era row not above
				it holds */
	enum lx_flush flush; /* what the command line asks for; auto: the kernel's default */
	unsigned hz;         /* timer ticks per second: 100, 250, 300, 1000 */
	unsigned n_cpus;
	bool superpages; /* false: intel_iommu=sp_off */
};

struct guest_kernel;

/* iommu NULL, or of type "none", is allowed: then nothing is mapped or invalidated. machine: exits
 * are counted there besides the meter's entity; its recorder takes the event log; may be NULL.
 * NULL with *e filled for an unknown version, or passthrough on a unit without it. */
struct guest_kernel *lx_kernel_new(const struct lx_kernel_config *c, const struct iommu *iommu,
				   struct gmem *mem, struct entity *machine, struct err *e);
void lx_kernel_free(struct guest_kernel *k);

/* The register accesses of boot in the order of Linux: queue set-up, root table, translation on.
 * Devices are attached by their drivers between lx_kernel_boot() and lx_kernel_enable(). */
void lx_kernel_boot(struct guest_kernel *k, struct meter *m);
void lx_kernel_enable(struct guest_kernel *k, struct meter *m);

/* The guest goes down: translation off (what is observed at a power-off). A later lx_kernel_boot()
 * starts from nothing; guest drivers of the old boot are finished before, new ones are made after
 * it. */
void lx_kernel_shutdown(struct guest_kernel *k, struct meter *m);

/* Replays: the 10 ms timers of the flush queues do not run; a captured flush of that device's
 * domain is made with lx_kernel_flush_now(). Set before the first unmap. */
void lx_kernel_external_flush(struct guest_kernel *k, bool external);
void lx_kernel_flush_now(struct guest_kernel *k, uint16_t sid, struct meter *m);

/* Does the kernel flush at each unmap (after its own rules about caching mode)? */
bool lx_kernel_is_strict(const struct guest_kernel *k);

/* A submission in two steps, both with the queue lock held. prepare: the stores of its descriptors
 * and its wait descriptor into queue memory (PRIM_GUEST_DESC). run: the write of the tail register,
 * one exit, with the BQL held; QEMU executes the queue inside it. */
void lx_qi_prepare(struct guest_kernel *k, const struct submission *s, struct meter *m);
void lx_qi_run(struct guest_kernel *k, struct meter *m);

#endif
