/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rr - request-response: one I/O under way, the next one after a think time.
 */
#include <stdio.h>

#include "models/host/dev.h"

struct rr {
	uint64_t size_bytes, n_ios;
	double touch;
	unsigned direction;
	struct dist think;
	const struct workload_env *env;
	struct dist_table *think_table;
	struct rng *rng, *touch_rng;
	uint64_t n_begun;
};

#define TOUCH_ONE 1000000u /* of a million draws */

static const char *const rr_directions[] = {"out", "in", NULL};

static const struct opt rr_opts[] = {
	OPT_SIZE(struct rr, size_bytes, "size", "1500", 1, 16 << 20, "payload of one I/O"),
	OPT_U64(struct rr, n_ios, "ios", "0", 0, UINT32_MAX, "I/Os",
		"stop after so many I/Os; 0: when the run's duration ends"),
	OPT_ENUM(struct rr, direction, "direction", "out", rr_directions,
		 "out: the device reads the payload (send, write to disk); in: it writes it"),
	OPT_REAL(struct rr, touch, "touch", "1", 0, 1000000, "share",
		 "share of I/Os whose buffers the device accesses before they are unmapped"),
	OPT_DIST(struct rr, think, "think", "0ns", 0, PS_PER_S, "from a completion to the next I/O"),
	OPT_END};

static int rr_init(void *self, const struct workload_env *env, struct err *e)
{
	struct rr *w = self;
	char name[128];

	w->env = env;
	if (w->n_ios == 0 && w->think.kind == DIST_CONST && w->think.a == 0 && cost_is_free(env->dev->host->cost))
		return err_user(e, "devices.%s.workload.ios: got 0, allowed 1..%u (think and all costs are 0: time would not pass)",
				env->dev_name, UINT32_MAX);
	w->think_table = dist_compile(&w->think, env->clock_hz);
	snprintf(name, sizeof name, "%s.think", env->dev_name);
	w->rng = rng_stream(env->rngs, name);
	snprintf(name, sizeof name, "%s.touch", env->dev_name);
	w->touch_rng = rng_stream(env->rngs, name);
	return 0;
}

static void rr_fini(void *self)
{
	struct rr *w = self;

	dist_table_free(w->think_table);
}

static void rr_next(void *self, uint64_t arg)
{
	struct rr *w = self;

	(void)arg;
	w->n_begun++;
	dev_io(w->env->dev, w->size_bytes, w->direction == 0 ? PERM_R : PERM_W,
	       w->touch >= 1 || rng_below(w->touch_rng, TOUCH_ONE) < (uint64_t)(w->touch * TOUCH_ONE));
}

static void rr_start(void *self)
{
	struct rr *w = self;

	evq_push(w->env->evq, evq_now(w->env->evq), EV_ARRIVAL, rr_next, w, 0);
}

static void rr_io_done(void *self, struct io *io, bool ok)
{
	struct rr *w = self;

	(void)io;
	(void)ok;
	if (w->n_ios != 0 && w->n_begun == w->n_ios) {
		w->env->finished(w->env->self);
		return;
	}
	evq_push(w->env->evq, evq_now(w->env->evq) + dist_draw(w->think_table, w->rng), EV_ARRIVAL,
		 rr_next, w, 0);
}

const struct workload_type workload_rr = {
	.name = "rr",
	.help = "request-response: one I/O under way",
	.opts = rr_opts,
	.size = sizeof(struct rr),
	.init = rr_init,
	.fini = rr_fini,
	.start = rr_start,
	.io_done = rr_io_done,
};
