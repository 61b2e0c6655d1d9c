/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stream - I/Os at a rate (open), or always `depth` under way (closed, rate 0).
 *
 * Open: arrivals hang on the arrival distribution alone, so a slow device meets a full queue; what
 * arrives when `depth` I/Os are under way is dropped and counted, as a network card would.
 */
#include <stdio.h>

#include "models/counters.h"
#include "models/host/dev.h"

enum stream_arrival { ARRIVAL_CONSTANT, ARRIVAL_POISSON };

struct stream {
	uint64_t size_bytes, n_ios, rate, depth;
	double touch;
	unsigned direction, arrival;
	const struct workload_env *env;
	struct dist_table *gap_table;
	struct rng *rng, *touch_rng;
	uint64_t n_begun, n_under_way;
	bool ended;
};

#define TOUCH_ONE 1000000u /* of a million draws */

static const char *const stream_directions[] = {"out", "in", NULL};
static const char *const stream_arrivals[] = {"constant", "poisson", NULL};

static const struct opt stream_opts[] = {
	OPT_SIZE(struct stream, size_bytes, "size", "1500", 1, 16 << 20, "payload of one I/O"),
	OPT_U64(struct stream, n_ios, "ios", "0", 0, UINT32_MAX, "I/Os",
		"stop after so many arrivals; 0: when the run's duration ends"),
	OPT_RATE(struct stream, rate, "rate", "0", 0, 1000000000,
		 "arrivals per second; 0: as many as possible, `depth` always under way"),
	OPT_U64(struct stream, depth, "depth", "64", 1, 65536, "I/Os", "most I/Os under way"),
	OPT_ENUM(struct stream, arrival, "arrival", "constant", stream_arrivals,
		 "gaps between arrivals: all equal, or exponentially distributed"),
	OPT_ENUM(struct stream, direction, "direction", "out", stream_directions,
		 "out: the device reads the payload (send, write to disk); in: it writes it"),
	OPT_REAL(struct stream, touch, "touch", "1", 0, 1000000, "share",
		 "share of I/Os whose buffers the device accesses before they are unmapped"),
	OPT_END};

static int stream_init(void *self, const struct workload_env *env, struct err *e)
{
	struct stream *w = self;
	struct dist gap = {.kind = w->arrival == ARRIVAL_POISSON ? DIST_EXPONENTIAL : DIST_CONST};
	char name[128];

	w->env = env;
	if (w->depth > env->dev->config.ring)
		return err_user(e, "devices.%s.workload.depth: got %llu, allowed 1..%llu (the ring of the device)",
				env->dev_name, (unsigned long long)w->depth,
				(unsigned long long)env->dev->config.ring);
	if (w->rate > env->clock_hz)
		return err_user(e, "devices.%s.workload.rate: got %llu, allowed 0..%llu (machine.clock: a gap is a cycle at least)",
				env->dev_name, (unsigned long long)w->rate,
				(unsigned long long)env->clock_hz);
	if (w->rate == 0 && w->n_ios == 0 && cost_is_free(env->dev->host->cost))
		return err_user(e, "devices.%s.workload.ios: got 0, allowed 1..%u (rate and all costs are 0: time would not pass)",
				env->dev_name, UINT32_MAX);
	if (w->rate != 0) {
		gap.a = (PS_PER_S + w->rate / 2) / w->rate;
		w->gap_table = dist_compile(&gap, env->clock_hz);
	}
	snprintf(name, sizeof name, "%s.arrival", env->dev_name);
	w->rng = rng_stream(env->rngs, name);
	snprintf(name, sizeof name, "%s.touch", env->dev_name);
	w->touch_rng = rng_stream(env->rngs, name);
	return 0;
}

static void stream_fini(void *self)
{
	struct stream *w = self;

	dist_table_free(w->gap_table);
}

static void stream_begin(struct stream *w)
{
	w->n_under_way++;
	dev_io(w->env->dev, w->size_bytes, w->direction == 0 ? PERM_R : PERM_W,
	       w->touch >= 1 || rng_below(w->touch_rng, TOUCH_ONE) < (uint64_t)(w->touch * TOUCH_ONE));
}

static void stream_finish(struct stream *w)
{
	if (w->ended || w->n_ios == 0 || w->n_begun < w->n_ios || w->n_under_way != 0)
		return;
	w->ended = true;
	w->env->finished(w->env->self);
}

static void stream_arrive(void *self, uint64_t arg)
{
	struct stream *w = self;

	(void)arg;
	w->n_begun++;
	if (w->n_under_way < w->depth)
		stream_begin(w);
	else
		rec_count(w->env->dev->ent, CTR_DROPPED, 1);
	if (w->n_ios == 0 || w->n_begun < w->n_ios)
		evq_push(w->env->evq, evq_now(w->env->evq) + dist_draw(w->gap_table, w->rng),
			 EV_ARRIVAL, stream_arrive, w, 0);
	stream_finish(w);
}

/* Closed: fill up to the depth. */
static void stream_fill(void *self, uint64_t arg)
{
	struct stream *w = self;

	(void)arg;
	while (w->n_under_way < w->depth && (w->n_ios == 0 || w->n_begun < w->n_ios)) {
		w->n_begun++;
		stream_begin(w);
	}
}

static void stream_start(void *self)
{
	struct stream *w = self;
	cycles_t now = evq_now(w->env->evq);

	if (w->rate == 0)
		evq_push(w->env->evq, now, EV_ARRIVAL, stream_fill, w, 0);
	else
		evq_push(w->env->evq, now + dist_draw(w->gap_table, w->rng), EV_ARRIVAL,
			 stream_arrive, w, 0);
}

static void stream_io_done(void *self, struct io *io, bool ok)
{
	struct stream *w = self;

	(void)io;
	(void)ok;
	w->n_under_way--;
	if (w->rate == 0)
		stream_fill(w, 0);
	stream_finish(w);
}

const struct workload_type workload_stream = {
	.name = "stream",
	.help = "I/Os at a rate, or as many as a queue depth allows",
	.opts = stream_opts,
	.size = sizeof(struct stream),
	.init = stream_init,
	.fini = stream_fini,
	.start = stream_start,
	.io_done = stream_io_done,
};
