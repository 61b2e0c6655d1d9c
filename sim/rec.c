/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rec - what a run has counted: entities with counters, costs, latencies; the event log; marks.
 *
 * Log rows gather in one block, allocated when the log is turned on; a full block goes to the sink.
 * After the sink's first error rows are numbered but no longer handed on: the run has failed already,
 * and rec_flush() says why.
 */
#include "sim/rec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/xalloc.h"

enum {
	REC_ENTITIES_MAX = 4096,
	REC_BLOCK = 8192, /* rows of 64 bytes: 512 KiB, which a second-level cache holds */
};

struct rec *rec_new(const struct rec_names *names)
{
	struct rec *r = xcalloc(1, sizeof *r);

	r->names = names;
	return r;
}

static void rec_entity_free(struct entity *e)
{
	for (unsigned i = 0; i < e->n_latencies; i++)
		stat_hist_free(e->latency[i].hist);
	free(e->latency);
	free(e->counter);
	free(e->cost);
	free((char *)(uintptr_t)e->name);
	free(e);
}

void rec_free(struct rec *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->n_entities; i++)
		rec_entity_free(r->entity[i]);
	free(r->entity);
	for (unsigned i = 0; i < r->n_marks; i++) {
		free(r->mark[i].name);
		free(r->mark[i].counter);
	}
	free(r->mark);
	free(r->block);
	free(r);
}

struct entity *rec_entity(struct rec *r, const char *name)
{
	struct entity *e = xcalloc(1, sizeof *e);

	assert(r->n_entities < REC_ENTITIES_MAX);
	assert(!rec_find(r, name));
	e->name = xstrdup(name);
	e->id = r->n_entities;
	e->rec = r;
	e->counter = xcalloc(r->names->n_counters, sizeof *e->counter);
	e->cost = xcalloc(r->names->n_prims, sizeof *e->cost);
	r->entity = xrealloc(r->entity, r->n_entities + 1, sizeof(struct entity *));
	r->entity[r->n_entities++] = e;
	return e;
}

struct entity *rec_find(const struct rec *r, const char *name)
{
	for (unsigned i = 0; i < r->n_entities; i++)
		if (strcmp(r->entity[i]->name, name) == 0)
			return r->entity[i];
	return NULL;
}

struct stat_hist *rec_latency(struct entity *e, const char *name)
{
	for (unsigned i = 0; i < e->n_latencies; i++)
		if (strcmp(e->latency[i].name, name) == 0)
			return e->latency[i].hist;
	e->latency = xrealloc(e->latency, e->n_latencies + 1, sizeof *e->latency);
	e->latency[e->n_latencies] = (struct rec_latency){.name = name, .hist = stat_hist_new()};
	return e->latency[e->n_latencies++].hist;
}

void rec_log_to(struct rec *r, struct rec_sink sink)
{
	assert(!r->log_events);
	r->sink = sink;
	r->block = xcalloc(REC_BLOCK, sizeof *r->block);
	r->log_events = true;
}

int rec_flush(struct rec *r)
{
	if (r->n_block != 0 && r->failed == 0)
		r->failed = r->sink.events(r->sink.self, r->block, r->n_block);
	r->n_block = 0;
	return r->failed;
}

uint64_t rec_event_slow(struct rec *r, const struct rec_event *row)
{
	struct rec_event *to = &r->block[r->n_block++];

	assert(row->kind < r->names->n_events && row->entity < r->n_entities);
	*to = *row;
	to->seq = ++r->n_events;
	to->cause = r->cause;
	if (r->n_block == REC_BLOCK)
		rec_flush(r);
	return r->n_events;
}

void rec_mark(struct rec *r, const char *name, cycles_t at)
{
	unsigned n = r->names->n_counters;
	struct rec_mark *m;

	r->mark = xrealloc(r->mark, r->n_marks + 1, sizeof *r->mark);
	m = &r->mark[r->n_marks++];
	*m = (struct rec_mark){.name = xstrdup(name), .at_cycles = at, .n_entities = r->n_entities};
	m->counter = xcalloc((size_t)r->n_entities * n, sizeof *m->counter);
	for (unsigned i = 0; i < r->n_entities; i++)
		memcpy(m->counter + (size_t)i * n, r->entity[i]->counter, n * sizeof *m->counter);
}

void rec_reset(struct rec *r)
{
	for (unsigned i = 0; i < r->n_entities; i++) {
		struct entity *e = r->entity[i];

		memset(e->counter, 0, r->names->n_counters * sizeof *e->counter);
		memset(e->cost, 0, r->names->n_prims * sizeof *e->cost);
		for (unsigned k = 0; k < e->n_latencies; k++)
			stat_hist_reset(e->latency[k].hist);
	}
}
