/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_rec - the recorder: entities, latencies, the event log's blocks, marks, reset.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sim/port.h"
#include "sim/rec.h"

static const char *const counter_name[] = {"ios", "vmexits"};
static const char *const prim_name_[] = {"vmexit"};
static const char *const event_name[] = {"io", "exit"};
static const struct rec_names names = {
	.counter = counter_name, .n_counters = 2, .prim = prim_name_, .n_prims = 1,
	.event = event_name, .n_events = 2,
};

static void test_entities(void **state)
{
	struct rec *r = rec_new(&names);
	char buf[16] = "net0";
	struct entity *a = rec_entity(r, buf), *b = rec_entity(r, "iommu");

	(void)state;
	buf[0] = 'X'; /* the name must be a copy */
	assert_string_equal(a->name, "net0");
	assert_int_equal(a->id, 0);
	assert_int_equal(b->id, 1);
	assert_ptr_equal(rec_find(r, "net0"), a);
	assert_ptr_equal(rec_find(r, "iommu"), b);
	assert_null(rec_find(r, "net"));
	rec_count(a, 1, 5);
	rec_count(a, 1, UINT64_C(1) << 63);
	assert_true(a->counter[1] == (UINT64_C(1) << 63) + 5);
	assert_int_equal(b->counter[1], 0);
	for (int i = 0; i < 4094; i++) { /* 4,096 in all; pointers stay good while the table grows */
		snprintf(buf, sizeof buf, "%04d", i);
		rec_entity(r, buf);
	}
	assert_ptr_equal(rec_find(r, "net0"), a);
	assert_int_equal(rec_find(r, "4093")->id, 4095);
	rec_free(r);
	rec_free(NULL);
}

static void test_latency(void **state)
{
	struct rec *r = rec_new(&names);
	struct entity *e = rec_entity(r, "net0");
	struct stat_hist *io = rec_latency(e, "io"), *miss = rec_latency(e, "miss");

	(void)state;
	assert_ptr_equal(rec_latency(e, "io"), io);
	assert_ptr_not_equal(io, miss);
	assert_int_equal(e->n_latencies, 2);
	stat_hist_add(io, 100);
	assert_int_equal(stat_hist_n(e->latency[0].hist), 1);
	rec_reset(r);
	assert_int_equal(stat_hist_n(io), 0);
	assert_int_equal(e->n_latencies, 2);
	rec_free(r);
}

struct sink {
	size_t n_calls, n_rows;
	uint64_t next_seq;
	size_t fail_at_call; /* from 1; 0: never */
	uint64_t last_iova, last_cause;
};

static int sink_events(void *self, const struct rec_event *row, size_t n)
{
	struct sink *s = self;

	if (++s->n_calls == s->fail_at_call)
		return -ENOSPC;
	for (size_t i = 0; i < n; i++)
		assert_true(row[i].seq == ++s->next_seq);
	s->n_rows += n;
	s->last_iova = row[n - 1].iova;
	s->last_cause = row[n - 1].cause;
	return 0;
}

static void test_log(void **state)
{
	static const struct {
		uint64_t n_rows;
		size_t fail_at_call, want_calls, want_rows;
		int want;
		const char *why;
	} row[] = {
		{0, 0, 0, 0, 0, "nothing logged: the sink is not called"},
		{1, 0, 1, 1, 0, "a part of a block waits for the flush"},
		{8192, 0, 1, 8192, 0, "a full block goes by itself, once"},
		{8193, 0, 2, 8193, 0, "8,192 + 1"},
		{20000, 0, 3, 20000, 0, "8,192 + 8,192 + 3,616"},
		{20000, 2, 2, 8192, -ENOSPC, "after the first error nothing more is handed on"},
		{1, 1, 1, 0, -ENOSPC, "the error of the last block is returned"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct rec *r = rec_new(&names);
		struct sink s = {.fail_at_call = row[i].fail_at_call};

		rec_entity(r, "net0");
		assert_int_equal(rec_event(r, &(struct rec_event){.kind = 1}), 0); /* log is off */
		rec_log_to(r, (struct rec_sink){sink_events, &s});
		for (uint64_t k = 1; k <= row[i].n_rows; k++) {
			r->cause = k - 1;
			assert_true(rec_event(r, &(struct rec_event){.kind = 1, .iova = ~k}) == k);
		}
		if (rec_flush(r) != row[i].want || s.n_calls != row[i].want_calls ||
		    s.n_rows != row[i].want_rows)
			fail_msg("%s: %zu calls, %zu rows", row[i].why, s.n_calls, s.n_rows);
		if (row[i].want == 0 && row[i].n_rows != 0) {
			assert_true(s.last_iova == ~row[i].n_rows);
			assert_true(s.last_cause == row[i].n_rows - 1);
		}
		rec_free(r);
	}
}

static void test_marks_and_reset(void **state)
{
	struct rec *r = rec_new(&names);
	struct entity *a = rec_entity(r, "net0");

	(void)state;
	rec_count(a, 0, 3);
	rec_mark(r, "boot", 10);
	rec_entity(r, "net1");
	rec_count(a, 0, 4);
	a->cost[0] = (struct rec_cost){.count = 2, .cycles = 9};
	rec_mark(r, "steady", 20);
	rec_reset(r);
	assert_int_equal(a->counter[0], 0);
	assert_int_equal(a->cost[0].count, 0);
	assert_int_equal(a->cost[0].cycles, 0);
	assert_int_equal(r->n_entities, 2);
	assert_int_equal(r->n_marks, 2);
	assert_string_equal(r->mark[0].name, "boot");
	assert_int_equal(r->mark[0].n_entities, 1);
	assert_int_equal(r->mark[0].counter[0], 3);
	assert_int_equal(r->mark[1].at_cycles, 20);
	assert_int_equal(r->mark[1].n_entities, 2);
	assert_int_equal(r->mark[1].counter[0], 7); /* 3 + 4 */
	assert_int_equal(r->mark[1].counter[2], 0); /* net1's first */
	rec_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entities),
		cmocka_unit_test(test_latency),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_marks_and_reset),
	};

	return cmocka_run_group_tests_name("rec", tests, NULL, NULL);
}
