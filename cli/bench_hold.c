/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench_hold - the hold model: the earliest event runs and pushes the next at now + Exp(mean).
 *
 * Everything that a model pays is in the figure: the call through a function pointer, the push from
 * the handler, the handle. Only random numbers are not: increments come from a table of 16,384.
 * Warm-up: two holds for every pending event and at least 100,000, until the order of pushing has
 * nothing to do with the order in memory any more.
 */
#include "cli/bench.h"

#include "sim/dist.h"
#include "sim/evq.h"
#include "sim/port.h"
#include "sim/rng.h"

#define HOLD_TABLE 16384u
#define HOLD_WARM_UP 100000u
#define HOLD_BATCH 50000u /* events between two looks at the clock */

struct hold {
	struct evq *q;
	ev_handle last; /* a model keeps the handle of its time-out */
	unsigned next;
	cycles_t increment[HOLD_TABLE];
};

static void hold_event(void *self, uint64_t arg)
{
	struct hold *h = self;
	cycles_t at = evq_now(h->q) + h->increment[h->next++ % HOLD_TABLE];

	h->last = evq_push(h->q, at, EV_GUEST, hold_event, h, arg);
}

/* Mean 10^6 cycles. */
static void hold_fill_table(struct hold *h)
{
	static const struct dist exponential = {.kind = DIST_EXPONENTIAL, .a = PS_PER_MS};
	struct dist_table *t = dist_compile(&exponential, 1000000000);
	struct rng_set *set = rng_set_new(1);

	for (size_t i = 0; i < ARRAY_SIZE(h->increment); i++)
		h->increment[i] = dist_draw(t, rng_stream(set, "hold"));
	rng_set_free(set);
	dist_table_free(t);
}

static void hold_run(struct hold *h, uint64_t n)
{
	while (n-- > 0)
		evq_step(h->q);
}

static double hold_rate(uint64_t n_pending, double seconds)
{
	static struct hold h;
	uint64_t n = 0;
	double begin, now;

	h.q = evq_new();
	h.next = 0;
	hold_fill_table(&h);
	for (uint64_t i = 0; i < n_pending; i++)
		evq_push(h.q, h.increment[h.next++ % HOLD_TABLE], EV_GUEST, hold_event, &h, i);
	hold_run(&h, n_pending > HOLD_WARM_UP / 2 ? 2 * n_pending : HOLD_WARM_UP);
	begin = now = bench_cpu_seconds();
	for (; now - begin < seconds; now = bench_cpu_seconds()) {
		hold_run(&h, HOLD_BATCH);
		n += HOLD_BATCH;
	}
	evq_free(h.q);
	return (double)n / (now - begin);
}

static double hold_100(double seconds)
{
	return hold_rate(100, seconds);
}

static double hold_10k(double seconds)
{
	return hold_rate(10000, seconds);
}

static double hold_1m(double seconds)
{
	return hold_rate(1000000, seconds);
}

const struct bench bench_hold[] = {
	{"hold-100", "events/s", "event queue, 100 pending", 20e6, 0, hold_100},
	{"hold-10k", "events/s", "event queue, 10,000 pending", 12e6, 0, hold_10k},
	{"hold-1m", "events/s", "event queue, 1,000,000 pending", 3e6, 0, hold_1m},
	BENCH_END,
};
