/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_res - a FIFO resource: who gets it when, and what is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/port.h"
#include "sim/res.h"

/* An actor: asks at a time, holds for a while, releases. */
struct actor {
	struct res *res;
	struct res_waiter waiter;
	cycles_t hold;
	cycles_t got_at; /* what the test looks at */
	unsigned place;  /* the how-manieth to get it */
};

static unsigned n_got;

static void actor_release(void *self, uint64_t arg)
{
	struct actor *a = self;

	(void)arg;
	res_release(a->res);
}

static void actor_got(void *self)
{
	struct actor *a = self;

	a->got_at = evq_now(a->res->evq);
	a->place = n_got++;
	if (a->hold == 0)
		res_release(a->res);
	else
		evq_push(a->res->evq, a->got_at + a->hold, EV_RELEASE, actor_release, a, 0);
}

static void actor_ask(void *self, uint64_t arg)
{
	struct actor *a = self;

	(void)arg;
	if (res_acquire(a->res, &a->waiter))
		actor_got(a);
}

struct row {
	cycles_t asks, holds; /* input */
	cycles_t got_at;      /* wanted */
	unsigned place;
	const char *why;
};

static struct res run_rows(const struct row *row, size_t n, struct evq *q)
{
	struct actor actor[16];
	struct res r;

	assert_true(n <= ARRAY_SIZE(actor));
	res_init(&r, "lock", q);
	n_got = 0;
	for (size_t i = 0; i < n; i++) {
		actor[i] = (struct actor){.res = &r, .hold = row[i].holds};
		actor[i].waiter = (struct res_waiter){.granted = actor_got, .self = &actor[i]};
		evq_push(q, row[i].asks, EV_GUEST, actor_ask, &actor[i], 0);
	}
	evq_run(q, UINT64_MAX);
	for (size_t i = 0; i < n; i++)
		if (actor[i].got_at != row[i].got_at || actor[i].place != row[i].place)
			fail_msg("row %zu (%s): got at %llu, place %u", i, row[i].why,
				 (unsigned long long)actor[i].got_at, actor[i].place);
	assert_false(r.held);
	assert_null(r.first);
	return r;
}

static void test_fifo(void **state)
{
	static const struct row row[] = {
		{10, 5, 10, 0, "free: at once"},
		{12, 5, 15, 1, "waits for the first"},
		{13, 0, 20, 2, "holds for no time: asked second, granted second"},
		{14, 7, 20, 3, "granted in the same cycle as the one before"},
		{27, 1, 27, 4, "asks in the cycle of the release: free again"},
		{100, 1, 100, 5, "long idle"},
	};
	struct evq *q = evq_new();
	struct res r = run_rows(row, ARRAY_SIZE(row), q);

	(void)state;
	assert_int_equal(r.n_acquired, 6);
	assert_int_equal(r.n_waited, 3);            /* at 12, 13, 14 */
	assert_int_equal(r.wait_cycles, 3 + 7 + 6); /* 15-12, 20-13, 20-14 */
	assert_int_equal(r.max_wait_cycles, 7);
	assert_int_equal(r.busy_cycles, 5 + 5 + 0 + 7 + 1 + 1);
	evq_free(q);
}

static void test_newcomer_does_not_overtake(void **state)
{
	/* The release of row 0 and the asking of row 2 fall on cycle 20; the release comes first,
	 * and its waiter has the resource before anybody can ask. */
	static const struct row row[] = {
		{10, 10, 10, 0, "holds until 20"},
		{15, 10, 20, 1, "first waiter"},
		{20, 10, 30, 2, "asks at the release"},
	};
	struct evq *q = evq_new();
	struct res r = run_rows(row, ARRAY_SIZE(row), q);

	(void)state;
	assert_int_equal(r.wait_cycles, 5 + 10);
	evq_free(q);
}

static void test_a_wait_of_no_cycle_is_no_wait(void **state)
{
	/* All at cycle 3, none holds for any time: the second finds it free again. */
	static const struct row row[] = {
		{3, 0, 3, 0, "first"},
		{3, 0, 3, 1, "second"},
	};
	struct evq *q = evq_new();
	struct res r = run_rows(row, ARRAY_SIZE(row), q);

	(void)state;
	assert_int_equal(r.n_acquired, 2);
	assert_int_equal(r.n_waited, 0);
	assert_int_equal(r.busy_cycles, 0);
	evq_free(q);
}

static void test_granted_in_the_cycle_of_asking(void **state)
{
	/* Asked while it is held, granted in the same cycle: it queued, but waited for no cycle. */
	struct evq *q = evq_new();
	struct res r;
	struct actor second = {.res = &r};
	struct res_waiter first = {.granted = NULL};

	(void)state;
	second.waiter = (struct res_waiter){.granted = actor_got, .self = &second};
	res_init(&r, "lock", q);
	assert_true(res_acquire(&r, &first));
	assert_false(res_acquire(&r, &second.waiter));
	res_release(&r);
	evq_run(q, UINT64_MAX);
	assert_int_equal(second.got_at, 0);
	assert_int_equal(r.n_acquired, 2);
	assert_int_equal(r.n_waited, 0);
	evq_free(q);
}

static void tick(void *self, uint64_t arg)
{
	(void)self;
	(void)arg;
}

static void test_reset_keeps_holder_and_waiters(void **state)
{
	struct evq *q = evq_new();
	struct res r;
	struct actor first = {.res = &r}, second = {.res = &r, .hold = 10};

	(void)state;
	first.waiter = (struct res_waiter){.granted = actor_got, .self = &first};
	second.waiter = (struct res_waiter){.granted = actor_got, .self = &second};
	res_init(&r, "lock", q);
	assert_true(res_acquire(&r, &first.waiter));
	assert_false(res_acquire(&r, &second.waiter));
	evq_push(q, 100, EV_END, tick, NULL, 0);
	evq_run(q, 100);
	res_reset_stats(&r);
	evq_push(q, 130, EV_RELEASE, actor_release, &first, 0);
	evq_run(q, UINT64_MAX);
	assert_int_equal(second.got_at, 130);
	assert_int_equal(r.n_acquired, 1);        /* only the grant after the reset */
	assert_int_equal(r.wait_cycles, 130);     /* the whole wait, from cycle 0 */
	assert_int_equal(r.busy_cycles, 30 + 10); /* 100..130 and 130..140 */
	evq_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fifo),
		cmocka_unit_test(test_newcomer_does_not_overtake),
		cmocka_unit_test(test_a_wait_of_no_cycle_is_no_wait),
		cmocka_unit_test(test_granted_in_the_cycle_of_asking),
		cmocka_unit_test(test_reset_keeps_holder_and_waiters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
