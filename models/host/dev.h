/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dev - the life of an I/O on one device: map, kick, the device's accesses, interrupt, unmap.
 *
 *   vCPU     dev_io(): driver's work, guest.map() of each element, each followed by its submissions; kick
 *   thread   who does the I/O (consumer_type.thread): ring accesses, then every element's accesses
 *              vhost worker: a miss stops the queue; main loop: fill(); the worker tries again
 *              main loop:    QEMU's own device, holding the BQL
 *              hardware:     an assigned device, nobody's CPU
 *              vCPU:         TCG, on the vCPU that maps
 *   vCPU     interrupt, guest.unmap() of each element, each followed by its submissions
 */
#ifndef MODELS_HOST_DEV_H
#define MODELS_HOST_DEV_H

#include "models/consumer/consumer.h"
#include "models/host/host.h"
#include "models/workload/workload.h"

enum dev_kick { KICK_LIGHT, KICK_EXIT, KICK_NONE };

#define DEV_RINGS 3     /* of a queue: descriptors, available, used */
#define DEV_RING_MAPS 2 /* allocations of a queue, at most */

enum dev_driver {
#define D(symbol, name, header, trailer, table, sg, pairs, kick, pages, more, desc, avail, used, accesses, help) symbol,
#include "models/host/drivers.def"
#undef D
	DRIVER_N
};

struct dev_driver_row {
	const char *name;
	unsigned header_bytes, trailer_bytes;
	bool has_table, sg, has_pairs;
	enum dev_kick kick;
	unsigned n_ring_pages[DEV_RING_MAPS], ring_at[DEV_RINGS], n_ring_accesses;
	const char *help;
};
extern const struct dev_driver_row dev_drivers[DRIVER_N];
extern const char *const dev_driver_words[DRIVER_N + 1];

#define DEV_QUEUES_MAX 64
#define DEV_PAIR_QUEUES 2
#define DEV_PAIRS_MAX ((DEV_QUEUES_MAX + DEV_PAIR_QUEUES - 1) / DEV_PAIR_QUEUES)

/* One I/O; fields before `job` are readable by the workload. */
struct io {
	struct dev *dev;
	uint64_t number;  /* 1, 2, ... of the device */
	uint64_t n_bytes; /* payload */
	enum perm perm;   /* what the device does with the payload */
	cycles_t begun_at;
	struct job job;
	/* private to models/host */
	struct io *next;
	struct dma_map *map;
	unsigned n_maps, max_maps, i_map;
	iova_t at;       /* where the accesses of map[i_map] go on */
	unsigned i_ring; /* ring accesses done */
	bool failed, paid;
	bool touched;    /* the device accesses the buffers */
	bool is_touch;   /* dev_touch(): neither mapped nor unmapped by the device's driver */
	uint64_t slot;   /* which buffer */
	uint64_t cause;  /* log row of io_start */
};

/* I/Os of one virtqueue that wait for the device, and its miss under way. */
struct dev_queue {
	struct dev *dev;
	struct io *first, **tail;
	struct dev_worker *worker;
	bool stalled; /* waits for a miss to be answered */
	iova_t miss_at;
	enum perm miss_need;
	cycles_t miss_begun_at;
	struct meter m; /* of the main loop on behalf of this queue */
	struct res_waiter waiter;
};

/* The host thread of a queue pair, or of all queues (THREAD_WORKER). */
struct dev_worker {
	struct dev_queue *queue; /* [n_queues] */
	unsigned n_queues, next; /* next: whose turn it is */
	bool busy;               /* runs or is being woken */
	struct meter m;
};

struct dev_config {
	enum dev_driver driver;
	unsigned vcpu;          /* on which it maps and takes interrupts */
	unsigned n_queues;      /* virtqueues, 1..DEV_QUEUES_MAX */
	uint64_t ring;          /* I/Os that can be under way */
	uint64_t io_bytes_max;  /* largest payload */
	uint64_t n_premap;      /* pages mapped one by one at start-up, and kept */
	bool scatter;           /* buffers are separate pages */
	bool ats;               /* the guest switches ATS on before the driver starts */
};

struct dev {
	struct host *host;
	struct entity *ent;
	struct dev_config config;
	struct aspace *as;
	struct guest guest;
	struct consumer consumer;
	struct workload workload;
	struct vcpu *cpu;
	/* models/host/life.h; the caller fills them, too */
	bool plugged;                     /* the machine has it */
	struct listener *listener;        /* the consumer's, also while the address space has none */
	const struct guest_env *guest_env;
	void *guest_blank;                /* the guest driver's instance before init(): its options */
	bool workload_started;
	/* private to models/host */
	struct stat_hist *latency_io, *latency_miss;
	struct io *pool, *free, **free_tail; /* free slots, oldest first */
	uint64_t n_ios;
	struct dma_map ring_map[DEV_QUEUES_MAX * DEV_RING_MAPS]; /* of queue 0, 0, 1, 1, ... */
	iova_t ring[DEV_QUEUES_MAX * DEV_RINGS]; /* of queue 0, queue 1, ... */
	gpa_t buffers;          /* of slot 0 */
	uint64_t slot_pages;
	gpa_t ring_pages[DEV_QUEUES_MAX * DEV_RING_MAPS]; /* their memory, as ring_map; 0: not taken yet */
	gpa_t premap_pages;             /* the same */
	iova_t *premap;                 /* [config.n_premap], of these n_premapped are mapped */
	uint64_t n_premapped;
	bool started;                   /* dev_start() and not yet dev_stop() */
	bool paused;                    /* I/Os handed over wait in `parked` */
	uint64_t n_under_way;           /* I/Os begun and not yet ended */
	void (*quiet)(void *self);      /* dev_pause(): called when there is none left */
	void *quiet_self;
	struct io *parked, **parked_tail;
	struct dev_queue queue[DEV_QUEUES_MAX];
	struct dev_worker worker[DEV_PAIRS_MAX];
	bool polled;            /* its worker is never woken: consumer_type.polls */
	bool busy;              /* its thread, if no worker, runs or is being woken */
	struct meter m;         /* of that thread */
	struct dev_work *work;  /* dev_run_on() under way */
};

/* Vhost devices of n_queues virtqueues: one a queue pair if the driver's queues come in pairs, else one. */
unsigned dev_n_pairs(enum dev_driver driver, unsigned n_queues);

/* Names of the guest_env.submit and run_on of a device; self is the dev. */
void dev_submit(void *self, const struct submission *s);
void dev_run_on(void *self, unsigned cpu, void (*work)(void *guest, struct meter *m), void *guest);

/* What the run's end left of dev_run_on(); from dev_fini(). */
void dev_work_fini(struct dev *d);

/* models/host/dev_rings.c: rings taken, mapped (d->ring filled), unmapped; from dev_start() and dev_stop(). */
int dev_rings_take(struct dev *d, struct err *e);
int dev_rings_map(struct dev *d, struct meter *m, struct err *e);
void dev_rings_unmap(struct dev *d, struct meter *m);
/* models/host/dev.c: both halves of an unmap at once; submissions run where they are made (host.boot_meter). */
void dev_unmap_now(struct dev *d, struct dma_map *map, struct meter *m);

/* The caller fills host, ent, config, as, guest, consumer, workload. 0, or -ENOMEM when guest RAM is too
 * small for the buffers. */
int dev_init(struct dev *d, struct err *e);
void dev_fini(struct dev *d);

/* Translation is on, on the boot meter: driver's start-up, rings mapped, consumer started. */
int dev_start(struct dev *d, struct meter *m, struct err *e);

/* Undo dev_start(), I/Os none under way: the consumer stops, rings and premapped pages are unmapped, the
 * driver lets go. */
void dev_stop(struct dev *d, struct meter *m);

/* The device stops: I/Os handed over from now on wait, those queued at the device are given up, the one of
 * each queue that it works on ends. quiet(self) is called when none is under way, now or later. */
void dev_pause(struct dev *d, void (*quiet)(void *self), void *self);
/* I/Os that waited begin. */
void dev_resume(struct dev *d);

/* Hand an I/O over, now. The device accesses its buffers only if touched; else it completes the I/O without
 * (a receive buffer that is taken down unused, a request that is cancelled). NULL when all of the ring's
 * slots are under way (the caller counts a drop). */
struct io *dev_io(struct dev *d, uint64_t n_bytes, enum perm perm, bool touched);

/* The device accesses [iova, iova + n_bytes), now, without rings: an I/O without map and unmap. At most
 * one at a time. */
void dev_touch(struct dev *d, iova_t iova, uint64_t n_bytes, enum perm perm);

/* models/host/thread.c: the device's side. */
void dev_workers_init(struct dev *d); /* from dev_init() */
void dev_kicked(struct io *io);
/* All accesses of an I/O at once, misses answered on the spot (THREAD_VCPU). */
void dev_access_here(struct io *io, struct meter *m);
/* models/host/dev.c: the thread is done with it. */
void dev_completed(struct io *io);

#endif
