/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rec - what a run has counted: entities with counters, costs, latencies; the event log; marks.
 *
 * The recorder knows names only through the tables it is given (models/counters.def and others), so
 * results/ can store a run without knowing any model.
 */
#ifndef SIM_REC_H
#define SIM_REC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/stat.h"
#include "sim/time.h"

struct rec_cost {
	uint64_t count;  /* units charged */
	cycles_t cycles; /* time they took */
};

struct rec_latency {
	const char *name; /* "io", "map", "unmap", "miss", "stale_window" */
	struct stat_hist *hist; /* cycles */
};

/* Something that counts: the machine, the IOMMU, a device. */
struct entity {
	const char *name;
	unsigned id; /* index in the recorder, order of creation */
	struct rec *rec;
	uint64_t *counter;     /* [n_counters] */
	struct rec_cost *cost; /* [n_prims] */
	struct rec_latency *latency;
	unsigned n_latencies;
};

/* Names of what is counted; all arrays are static. */
struct rec_names {
	const char *const *counter;
	unsigned n_counters;
	const char *const *prim;
	unsigned n_prims;
	const char *const *event; /* kinds of the event log */
	unsigned n_events;
};

/* One row of the event log. */
struct rec_event {
	uint64_t seq;       /* from 1; given by rec_event() */
	cycles_t at_cycles; /* simulated time */
	uint32_t entity;    /* entity.id */
	uint32_t kind;      /* index in rec_names.event */
	uint64_t iova, bytes;
	cycles_t cycles; /* what it took, 0 if it takes none of its own */
	uint64_t cause;  /* seq of the event that led to it, 0: none */
};

/* Where log rows go, in blocks; set by the store. Returns 0 or -errno (the run then fails). */
struct rec_sink {
	int (*events)(void *self, const struct rec_event *row, size_t n);
	void *self;
};

/* Counters as they stood at a moment with a name (a phase of a replayed trace begins). */
struct rec_mark {
	char *name;
	cycles_t at_cycles;
	uint64_t *counter; /* [n_entities at that time * n_counters] */
	unsigned n_entities;
};

struct rec {
	const struct rec_names *names;
	struct entity **entity;
	unsigned n_entities;
	struct rec_mark *mark;
	unsigned n_marks;
	bool log_events;
	uint64_t cause; /* seq of the event being handled; rec_event() stores it as cause */
	/* private to rec.c */
	struct rec_sink sink;
	struct rec_event *block;
	size_t n_block;
	uint64_t n_events;
	int failed; /* first -errno of the sink */
};

struct rec *rec_new(const struct rec_names *names);
void rec_free(struct rec *r);

/* A new entity; the name is copied. At most 4,096. */
struct entity *rec_entity(struct rec *r, const char *name);
/* The entity of that name, or NULL. */
struct entity *rec_find(const struct rec *r, const char *name);

/* The named latency of e, created at the first call. name must be static. */
struct stat_hist *rec_latency(struct entity *e, const char *name);

static inline void rec_count(struct entity *e, unsigned counter, uint64_t n)
{
	e->counter[counter] += n;
}

/* Turn the log on. */
void rec_log_to(struct rec *r, struct rec_sink sink);
/* Append a row (does nothing and returns 0 when the log is off). Returns its seq, to be put into
 * rec.cause while its consequences run. */
uint64_t rec_event_slow(struct rec *r, const struct rec_event *row);
static inline uint64_t rec_event(struct rec *r, const struct rec_event *row)
{
	return r->log_events ? rec_event_slow(r, row) : 0;
}
/* Hand the last block to the sink. 0, or the first error of the sink. */
int rec_flush(struct rec *r);

/* Remember all counters under a name. */
void rec_mark(struct rec *r, const char *name, cycles_t at);

/* Forget counters, costs and latencies (end of warm-up); entities, marks and log stay. */
void rec_reset(struct rec *r);

#endif
