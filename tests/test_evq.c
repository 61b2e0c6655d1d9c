/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_evq - order, handles and memory of the event queue, against a sorted list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "sim/evq.h"
#include "sim/port.h"
#include "sim/rng.h"
#include "sim/xalloc.h"

static uint64_t order[64];
static size_t n_order;

static void note(void *self, uint64_t arg)
{
	(void)self;
	assert_true(n_order < ARRAY_SIZE(order));
	order[n_order++] = arg;
}

/* ---- the contract, one small case each */

static void test_order_of_a_table(void **state)
{
	/* Pushed in this order; want is the place in which each must run. */
	static const struct {
		cycles_t at;
		enum ev_phase phase;
		unsigned want;
		const char *why;
	} row[] = {
		{5, EV_GUEST, 6, "later than all at 3"},
		{3, EV_END, 5, "last phase of its time"},
		{3, EV_GUEST, 2, "phase before EV_ARRIVAL"},
		{3, EV_ARRIVAL, 4, "phase before EV_END"},
		{3, EV_GUEST, 3, "same key as row 2, pushed later"},
		{3, EV_RELEASE, 1, "first phase of its time"},
		{0, EV_END, 0, "earliest time, however late the phase"},
		{UINT64_MAX, EV_RELEASE, 9, "the last representable time"},
		{UINT64_C(1) << 63, EV_GUEST, 8, "64 bits are used"},
		{(UINT64_C(1) << 63) - 1, EV_GUEST, 7, "one below"},
	};
	struct evq *q = evq_new();

	(void)state;
	n_order = 0;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		assert_true(evq_push(q, row[i].at, row[i].phase, note, NULL, i) != 0);
	assert_int_equal(evq_pending(q), ARRAY_SIZE(row));
	assert_int_equal(evq_run(q, UINT64_MAX), ARRAY_SIZE(row));
	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		if (order[row[i].want] != i)
			fail_msg("row %zu: %s", i, row[i].why);
	assert_true(evq_now(q) == UINT64_MAX);
	assert_false(evq_step(q));
	evq_free(q);
	evq_free(NULL);
}

static struct evq *nested_q;

static void push_three(void *self, uint64_t arg)
{
	(void)self;
	note(NULL, arg);
	evq_push(nested_q, evq_now(nested_q), EV_TIMER, note, NULL, arg + 1);
	evq_push(nested_q, evq_now(nested_q), EV_GRANT, note, NULL, arg + 2);
	evq_push(nested_q, evq_now(nested_q), EV_GUEST, note, NULL, arg + 3);
}

static void test_handler_pushes_at_its_own_cycle(void **state)
{
	/* 10 pushes TIMER 11, GRANT 12, GUEST 13 at its cycle, where GUEST 20 waits already:
	 * GRANT overtakes, 20 is before 13 by sequence, TIMER is last. */
	static const uint64_t want[] = {10, 12, 20, 13, 11};

	(void)state;
	for (unsigned n_before = 0; n_before < 2; n_before++) {
		struct evq *q = nested_q = evq_new();

		n_order = 0;
		for (unsigned i = 0; i < 100 * n_before; i++)
			evq_cancel(q, evq_push(q, 7, EV_GUEST, note, NULL, 99));
		evq_push(q, 7, EV_GUEST, push_three, NULL, 10);
		evq_push(q, 7, EV_GUEST, note, NULL, 20);
		assert_int_equal(evq_run(q, 7), 5);
		assert_memory_equal(order, want, sizeof want);
		assert_int_equal(evq_now(q), 7);
		evq_free(q);
	}
}

static void test_handles(void **state)
{
	struct evq *q = evq_new();
	ev_handle a = evq_push(q, 1, EV_GUEST, note, NULL, 1);
	ev_handle b = evq_push(q, 2, EV_GUEST, note, NULL, 2);

	(void)state;
	n_order = 0;
	assert_false(evq_cancel(q, 0));
	assert_true(evq_cancel(q, b));
	assert_false(evq_cancel(q, b));
	assert_int_equal(evq_pending(q), 1);
	assert_true(evq_step(q));
	assert_false(evq_cancel(q, a));
	assert_false(evq_step(q));

	/* The slots are used again; the old handles stay dead. */
	ev_handle c = evq_push(q, 2, EV_GUEST, note, NULL, 3);
	ev_handle d = evq_push(q, 2, EV_GUEST, note, NULL, 4);

	assert_true(c != a && c != b && d != a && d != b && c != d);
	assert_false(evq_cancel(q, a));
	assert_false(evq_cancel(q, b));
	assert_int_equal(evq_run(q, 10), 2);
	assert_int_equal(n_order, 3);
	assert_int_equal(evq_n_run(q), 3);
	evq_free(q);
}

static void test_run_stops_at_last(void **state)
{
	struct evq *q = evq_new();

	(void)state;
	n_order = 0;
	evq_push(q, 700, EV_GUEST, note, NULL, 1);
	evq_push(q, 100000, EV_GUEST, note, NULL, 2);
	assert_int_equal(evq_run(q, 600), 0);
	assert_int_equal(evq_now(q), 600);
	/* Between now and the earliest, where the queue has already looked. */
	evq_push(q, 600, EV_GUEST, note, NULL, 3);
	evq_push(q, 699, EV_GUEST, note, NULL, 4);
	assert_int_equal(evq_run(q, 99999), 3);
	assert_int_equal(evq_now(q), 99999);
	assert_int_equal(evq_run(q, 200000), 1);
	assert_int_equal(evq_now(q), 100000); /* none left: the time of the last event */
	assert_int_equal(order[0], 3);
	assert_int_equal(order[1], 4);
	assert_int_equal(order[2], 1);
	evq_free(q);
}

static void stop(void *self, uint64_t arg)
{
	note(NULL, arg);
	evq_stop(self);
}

static void test_stop(void **state)
{
	struct evq *q = evq_new();

	(void)state;
	n_order = 0;
	evq_push(q, 1, EV_GUEST, stop, q, 1);
	evq_push(q, 1, EV_GUEST, note, NULL, 2);
	assert_int_equal(evq_run(q, 50), 1);
	assert_int_equal(evq_now(q), 1);
	assert_int_equal(evq_run(q, 50), 1);
	evq_free(q);
}

static void test_cancelled_do_not_move_time(void **state)
{
	struct evq *q = evq_new();

	(void)state;
	n_order = 0;
	assert_true(evq_cancel(q, evq_push(q, 1000000, EV_GUEST, note, NULL, 9)));
	assert_false(evq_step(q));
	assert_int_equal(evq_run(q, 2000000), 0);
	assert_int_equal(evq_now(q), 0);
	evq_push(q, 1000001, EV_GUEST, note, NULL, 2);
	evq_push(q, 5, EV_GUEST, note, NULL, 1);
	assert_int_equal(evq_run(q, UINT64_MAX), 2);
	assert_int_equal(order[0], 1);
	evq_free(q);
}

/* ---- random operations against the naive queue */

struct ref_event {
	cycles_t at;
	enum ev_phase phase;
	uint64_t id;
	ev_handle handle;
};

struct ref {
	struct ref_event *event; /* sorted; equal keys in order of pushing */
	size_t n, room;
	struct evq *q;
	struct rng *rng;
	uint64_t n_ids, n_checked;
	uint64_t budget; /* events until evq_stop() */
	cycles_t (*increment)(struct rng *r);
	size_t target;
};

static cycles_t inc_small(struct rng *r)
{
	return rng_below(r, 4);
}

static cycles_t inc_uniform(struct rng *r)
{
	return rng_below(r, 2000000);
}

static cycles_t inc_bimodal(struct rng *r)
{
	return rng_below(r, 10) ? 500 + rng_below(r, 500) : rng_below(r, 4000000);
}

static cycles_t inc_five(struct rng *r)
{
	static const cycles_t constant[] = {500, 1000, 10000, 100000, 1000000};

	return constant[rng_below(r, 5)];
}

static cycles_t inc_zero(struct rng *r)
{
	return rng_below(r, 1000) == 0;
}

/* All magnitudes: 2^0 .. 2^48. */
static cycles_t inc_log(struct rng *r)
{
	unsigned shift = (unsigned)rng_below(r, 32);

	return ((cycles_t)rng_u32(r) << 16) >> shift;
}

static void ref_push(struct ref *f);

static bool ref_is_later(const struct ref_event *a, const struct ref_event *b)
{
	return a->at > b->at || (a->at == b->at && a->phase > b->phase);
}

static void ref_drop(struct ref *f, size_t i)
{
	memmove(f->event + i, f->event + i + 1, (f->n - i - 1) * sizeof *f->event);
	f->n--;
}

static void ref_handler(void *self, uint64_t id)
{
	struct ref *f = self;

	assert_int_equal(f->event[0].id, id);
	assert_true(f->event[0].at == evq_now(f->q));
	ref_drop(f, 0);
	f->n_checked++;
	if (--f->budget == 0)
		evq_stop(f->q);
	/* 0, 1 or 2 new ones: the number pending wanders around the target. */
	for (uint64_t k = rng_below(f->rng, 3) + (f->n < f->target); k > 1; k--)
		ref_push(f);
	if (f->n < f->target)
		ref_push(f);
}

static void ref_push(struct ref *f)
{
	struct ref_event e = {
		.at = evq_now(f->q) + f->increment(f->rng),
		.phase = (enum ev_phase)rng_below(f->rng, EV_PHASE_N),
		.id = f->n_ids++,
	};

	e.handle = evq_push(f->q, e.at, e.phase, ref_handler, f, e.id);
	if (f->n == f->room)
		f->event =
			xrealloc(f->event, f->room = f->room ? 2 * f->room : 64, sizeof *f->event);

	size_t i = f->n++;

	for (; i > 0 && ref_is_later(&f->event[i - 1], &e); i--)
		f->event[i] = f->event[i - 1];
	f->event[i] = e;
}

static void ref_cancel(struct ref *f)
{
	size_t i = rng_below(f->rng, f->n);

	assert_true(evq_cancel(f->q, f->event[i].handle));
	assert_false(evq_cancel(f->q, f->event[i].handle));
	ref_drop(f, i);
}

static void ref_compare(cycles_t (*increment)(struct rng *r), size_t target, cycles_t from,
			uint64_t n_operations)
{
	struct rng_set *set = rng_set_new(target);
	struct ref f = {.q = evq_new(),
			.rng = rng_stream(set, "evq"),
			.increment = increment,
			.target = target};

	/* Let time begin at `from`. */
	evq_push(f.q, from, EV_RELEASE, note, NULL, 0);
	n_order = 0;
	assert_true(evq_step(f.q));
	for (uint64_t k = 0; k < n_operations; k++) {
		if (f.n < target)
			ref_push(&f);
		if (f.n != 0 && rng_below(f.rng, 4) == 0)
			ref_cancel(&f);
		f.budget = 1 + rng_below(f.rng, 20);
		if (rng_below(f.rng, 10) == 0)
			evq_run(f.q, evq_now(f.q) + increment(f.rng));
		else
			evq_step(f.q);
		assert_int_equal(evq_pending(f.q), f.n);
	}
	while (f.n > 0)
		ref_cancel(&f);
	assert_false(evq_step(f.q));
	assert_true(f.n_checked > n_operations / 2);
	evq_free(f.q);
	free(f.event);
	rng_set_free(set);
}

static void test_random_against_naive(void **state)
{
	static const struct {
		cycles_t (*increment)(struct rng *r);
		size_t target;
		cycles_t from;
	} row[] = {
		{inc_small, 1, 0},
		{inc_small, 2, 0},
		{inc_small, 5, 0},
		{inc_uniform, 2, 0},
		{inc_small, 700, 0},
		{inc_uniform, 3, 0},
		{inc_uniform, 100, 0},
		{inc_uniform, 1500, 0},
		{inc_bimodal, 100, 0},
		{inc_bimodal, 1000, 0},
		{inc_five, 50, 0},
		{inc_five, 1000, 0},
		{inc_zero, 600, 0},
		{inc_log, 40, 0},
		{inc_log, 600, 0},
		/* Times that pass 2^63 while the test runs. */
		{inc_uniform, 200, (UINT64_C(1) << 63) - 5000000},
		{inc_log, 200, (UINT64_C(1) << 63) - 5000000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		ref_compare(row[i].increment, row[i].target, row[i].from, 10000);
}

/* ---- many events */

static struct evq *big_q;
static cycles_t big_time;
static uint64_t big_id, big_n;

static void big_handler(void *self, uint64_t id)
{
	(void)self;
	/* Equal times in the order of pushing. */
	assert_true(evq_now(big_q) > big_time || (evq_now(big_q) == big_time && id > big_id));
	big_time = evq_now(big_q);
	big_id = id;
	big_n++;
}

static void test_many_with_ties(void **state)
{
	/* 300,000 events over widths from 1 cycle (all equal) to 2^40. */
	struct rng_set *set = rng_set_new(1);

	(void)state;
	for (unsigned width = 0; width <= 40; width += 8) {
		big_q = evq_new();
		big_time = big_id = big_n = 0;
		for (uint64_t i = 1; i <= 300000; i++) {
			uint64_t wide = (uint64_t)rng_u32(rng_stream(set, "wide")) << 16;

			evq_push(big_q, wide >> (48 - width), EV_GUEST, big_handler, NULL, i);
		}
		assert_int_equal(evq_run(big_q, UINT64_MAX), 300000);
		assert_int_equal(big_n, 300000);
		evq_free(big_q);
	}
	rng_set_free(set);
}

static void again_and_again(void *self, uint64_t left)
{
	(void)self;
	if (left > 0)
		evq_push(big_q, evq_now(big_q), left % EV_PHASE_N, again_and_again, NULL, left - 1);
	big_n++;
}

static void test_many_at_one_cycle_is_linear(void **state)
{
	/* 1,000 chains of 300 events each at one cycle, phases going round. A queue that moves all
	 * pending events at each push would need 10^8 moves. */
	(void)state;
	big_q = evq_new();
	big_n = 0;
	for (unsigned i = 0; i < 1000; i++)
		evq_push(big_q, 12345, i % EV_PHASE_N, again_and_again, NULL, 299);
	assert_int_equal(evq_run(big_q, 12345), 300000);
	assert_int_equal(big_n, 300000);
	evq_free(big_q);
}

static void test_sweep_in_the_middle_of_a_cycle(void **state)
{
	/* 3,000 events at one cycle; 20 have run when 2,400 are cancelled, which makes the queue
	 * drop the dead: 580 of the others are left, in the order of pushing. */
	enum { N = 3000, N_RUN = 20, N_CANCELLED = 2400 };
	static ev_handle handle[N + 1];

	(void)state;
	big_q = evq_new();
	big_time = big_id = big_n = 0;
	for (unsigned i = 1; i <= N; i++)
		handle[i] = evq_push(big_q, 77, EV_GUEST, big_handler, NULL, i);
	for (unsigned i = 0; i < N_RUN; i++)
		assert_true(evq_step(big_q));
	for (unsigned i = 1; i <= N_RUN + N_CANCELLED; i++)
		assert_true(evq_cancel(big_q, handle[i]) == (i > N_RUN));
	assert_int_equal(evq_run(big_q, 77), N - N_RUN - N_CANCELLED);
	assert_int_equal(big_n, N - N_CANCELLED);
	evq_free(big_q);
}

/* Peak resident memory of this process. */
static long peak_kib(void)
{
	struct rusage u;

	assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
	return u.ru_maxrss;
}

static void test_push_and_cancel_is_bounded(void **state)
{
	/* A time-out that never fires: 10^7 pairs with 1,000 events pending. Without dropping the
	 * dead, 16 bytes each, that would be 160 MB; the bound leaves room for sanitizers. */
	struct evq *q = evq_new();
	struct rng_set *set = rng_set_new(1);
	struct rng *r = rng_stream(set, "at");
	long before;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		evq_push(q, rng_below(r, 1000000), EV_TIMER, note, NULL, 0);
	before = peak_kib();
	for (unsigned i = 0; i < 10000000; i++)
		if (!evq_cancel(q, evq_push(q, rng_u32(r), EV_TIMER, note, NULL, 0)))
			fail();
	assert_true(peak_kib() - before < 16 * 1024);
	assert_int_equal(evq_pending(q), 1000);
	evq_free(q);
	rng_set_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_of_a_table),
		cmocka_unit_test(test_handler_pushes_at_its_own_cycle),
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_run_stops_at_last),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_cancelled_do_not_move_time),
		cmocka_unit_test(test_random_against_naive),
		cmocka_unit_test(test_many_with_ties),
		cmocka_unit_test(test_many_at_one_cycle_is_linear),
		cmocka_unit_test(test_sweep_in_the_middle_of_a_cycle),
		cmocka_unit_test(test_push_and_cancel_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
