/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * idle - no I/O at all: a neighbour that is only there (a VFIO device that forces caching mode).
 */
#include "models/host/dev.h"

struct idle {
	const struct workload_env *env;
};

static int idle_init(void *self, const struct workload_env *env, struct err *e)
{
	struct idle *w = self;

	(void)e;
	w->env = env;
	return 0;
}

static void idle_start(void *self)
{
	struct idle *w = self;

	w->env->finished(w->env->self);
}

static void idle_io_done(void *self, struct io *io, bool ok)
{
	(void)self;
	(void)io;
	(void)ok;
}

static const struct opt idle_opts[] = {OPT_END};

const struct workload_type workload_idle = {
	.name = "idle",
	.help = "no I/O at all: a neighbour that is only there",
	.opts = idle_opts,
	.size = sizeof(struct idle),
	.init = idle_init,
	.start = idle_start,
	.io_done = idle_io_done,
};
