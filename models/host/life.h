/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * life - the life cycle of devices and of the guest: boot, attach, detach, plug, enable, reboot,
 * and scripted descriptors.
 *
 *   detach          the device stops (I/Os under way end or are given up), the driver unmaps what it
 *                   keeps and the device leaves its domain
 *   attach          it enters its domain again, the driver starts it, I/Os that waited begin
 *   domain-switch   while the device works: detached from its domain, attached to another one that
 *                   maps the same
 *   unplug, plug    detach, then the consumer's address space goes; the reverse
 *   disable         translation off (GCMD.TE), all else kept; devices go on with the addresses they have
 *   enable          translation on again
 *   reboot          every device stops, translation off, the IOMMU is reset, the guest boots as at the
 *                   start
 *   submit          one descriptor through the guest's queue
 *   write-entry     one entry of the device's page tables, with no invalidation
 *
 * A step is a job on the machine's last vCPU. It holds the queue lock and the BQL from its
 * first to its last exit; submit waits for them as any submission does. Steps run one after the
 * other. Omitted: the time that firmware, kernel and drivers take besides their exits;
 * configuration accesses and interrupts of hot plug; the guest's flush of a probed device with
 * reserved regions (5.8 to 6.4, one DSI).
 */
#ifndef MODELS_HOST_LIFE_H
#define MODELS_HOST_LIFE_H

#include "models/host/dev.h"

enum life_action {
	LIFE_DETACH,
	LIFE_ATTACH,
	LIFE_DOMAIN_SWITCH,
	LIFE_UNPLUG,
	LIFE_PLUG,
	LIFE_DISABLE,
	LIFE_ENABLE,
	LIFE_REBOOT,
	LIFE_SUBMIT,
	LIFE_WRITE_ENTRY,
	LIFE_ACTION_N
};

struct life;

struct life_step {
	enum life_action action;
	struct dev *dev;    /* NULL: of the machine (disable, enable, reboot) */
	struct inv_req req; /* submit; did 0: the device's domain; sid 0: the device's */
	unsigned level;     /* write-entry: 1 .. 3 */
	iova_t iova;        /* write-entry: what it translates */
	gpa_t gpa;          /* write-entry: to what */
	enum perm perm;     /* write-entry: PERM_NONE clears it */
	uint64_t number;    /* 1 .., for the log */
	/* private to life.c */
	struct life *life;
	struct job job;
	struct res_waiter waiter;
	unsigned n_waits; /* devices that are not quiet yet */
	bool failed;      /* the driver's start failed: the device stays down */
};

struct life {
	struct host *host;
	struct dev *const *dev; /* [n_devs] all of the machine */
	unsigned n_devs;
	struct res turn; /* steps run one at a time */
	/* A step is over. */
	void (*done)(void *self);
	void *self;
};

/* The guest boots: kernel, a domain for each device, translation on, drivers start; on m, which is
 * host.boot_meter, booked on each device for its part. 0, or -ENOMEM with *e. */
int life_boot(struct host *h, struct dev *const *dev, unsigned n_devs, struct meter *m,
	      struct err *e);

/* The caller fills host, dev, n_devs, done, self. */
void life_init(struct life *l);
/* Begin a step now; it belongs to the caller and lives until the end of the run. What it asks for
 * must be possible when its turn comes (attach what is detached). */
void life_begin(struct life *l, struct life_step *s);

#endif
