/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * none - no translation at all, at no cost: the floor that everything else is measured from.
 */
#include "models/consumer/consumer.h"

struct none {
	struct listener listener;
};

static void none_region(void *self, const struct region *r, struct meter *m)
{
	(void)self;
	(void)r;
	(void)m;
}

static int none_init(void *self, const struct consumer_env *env, struct err *e)
{
	struct none *n = self;

	(void)e;
	n->listener = (struct listener){.add = none_region, .del = none_region, .self = n};
	env->as->listener = &n->listener;
	return 0;
}

static void none_fini(void *self)
{
	(void)self;
}

static enum access_result none_access(void *self, iova_t at, uint64_t n_bytes, enum perm need,
				      iova_t *where, struct meter *m)
{
	(void)self;
	(void)at;
	(void)n_bytes;
	(void)need;
	(void)where;
	(void)m;
	return ACCESS_OK;
}

static const struct opt none_opts[] = {OPT_END};

const struct consumer_type consumer_none = {
	.name = "none",
	.help = "addresses are used as they are, at no cost: the floor",
	.opts = none_opts,
	.size = sizeof(struct none),
	.thread = THREAD_WORKER,
	.init = none_init,
	.fini = none_fini,
	.access = none_access,
};
