/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_store - runs into a file and back: round trips, refusals, rolling back, appending, merging.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "results/figures.h"
#include "results/merge.h"
#include "results/store.h"
#include "results/store_db.h"
#include "sim/port.h"

static const char *const counter_name[] = {"ios", "vmexits", "consumer.miss"};
static const char *const prim_names[] = {"vmexit-mmio", "guest-pte"};
static const char *const event_name[] = {"io", "exit"};
static const struct rec_names names = {
	.counter = counter_name, .n_counters = 3, .prim = prim_names, .n_prims = 2,
	.event = event_name, .n_events = 2,
};
static const struct store_param params[] = {
	{"costs.guest-pte", "180ns", "default", "derived"},
	{"costs.vmexit-mmio", "3us", "file", "estimate"},
	{"guest.kernel", "6.1", "command line", ""},
};
static char folder[] = "test_store.XXXXXX";
static char file[64];

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "test_store.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof file, "%s/a.db", folder);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const left[] = {"a.db", "b.db", "c.db", "out.db", "note.txt"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		char name[128];

		snprintf(name, sizeof name, "%s/%s", folder, left[i]);
		unlink(name);
	}
	return rmdir(folder); /* fails when a -wal, -shm or a part of a file was left */
}

/* A small run; value makes it differ. */
static struct rec *make_rec(uint64_t value)
{
	struct rec *r = rec_new(&names);
	struct entity *machine = rec_entity(r, "machine"), *net = rec_entity(r, "net0");

	rec_count(machine, 1, 7);
	rec_count(net, 0, 2);
	rec_count(net, 1, 5);
	rec_count(net, 2, value);
	net->cost[0] = (struct rec_cost){.count = 5, .cycles = 45000};
	stat_hist_add(rec_latency(net, "io"), 1000);
	rec_latency(net, "never"); /* without samples: not stored */
	rec_mark(r, "steady", 123);
	return r;
}

static int put_run(struct store *s, uint64_t value, uint64_t seed, const char *program,
		   struct err *e)
{
	const struct store_run run = {.scenario = "s.yaml", .title = "a 'quoted' title", .point = "x=1",
				      .program = program, .seed = seed, .clock_hz = 3000000000};
	const struct store_resource res = {"bql", 10, 2, 300, 200, 5000};
	struct rec *r = make_rec(value);
	int rc;

	store_run_begin(s, &run, params, ARRAY_SIZE(params));
	rc = store_run_end(s, r, &res, 1, 150000, e);
	rec_free(r);
	return rc;
}

static void make_file(const char *name, uint64_t seed, const char *program)
{
	struct err e = {0};
	struct store *s;

	assert_int_equal(store_open(&s, name, STORE_APPEND, &e), 0);
	assert_int_equal(put_run(s, seed, seed, program, &e), 0);
	assert_int_equal(store_close(s, &e), 0);
}

static int64_t ask(const char *sql)
{
	struct err e = {0};
	struct store *s;
	int64_t v = -1;

	assert_int_equal(store_open(&s, file, STORE_READ, &e), 0);
	if (store_db_int(s, sql, &v, &e))
		fail_msg("%s", e.text);
	assert_int_equal(store_close(s, &e), 0);
	return v;
}

static void test_round_trip(void **state)
{
	struct err e = {0};
	struct store *s;
	struct figures f;
	struct rec *r = make_rec(UINT64_MAX);

	(void)state;
	assert_int_equal(store_open(&s, file, STORE_APPEND, &e), 0);
	assert_int_equal(store_run_id(s), 0);
	assert_int_equal(put_run(s, UINT64_MAX, UINT64_MAX - 1, "1.0", &e), 0);
	assert_int_equal(store_run_id(s), 1);
	assert_int_equal(store_close(s, &e), 0);
	assert_int_equal(store_open(&s, file, STORE_READ, &e), 0);
	assert_int_equal(figures_load(&f, s, 1, &e), 0);
	assert_string_equal(f.run.title, "a 'quoted' title");
	assert_true(f.run.seed == UINT64_MAX - 1);
	assert_true(f.fingerprint == store_fingerprint(r, 150000));
	assert_int_equal(f.sim_cycles, 150000);
	assert_int_equal(f.n_params, 3);
	assert_string_equal(figures_param(&f, "guest.kernel")->source, "command line");
	assert_true(figures_is_estimate(&f, "vmexit-mmio"));
	assert_false(figures_is_estimate(&f, "guest-pte"));
	assert_true(figures_total(&f, "consumer.miss") == UINT64_MAX);
	assert_int_equal(figures_total(&f, "vmexits"), 7); /* the machine's, not 7 + 5 */
	assert_int_equal(figures_cycles(&f, "vmexit-mmio"), 45000);
	assert_false(figures_charged(&f, "guest-pte"));
	assert_int_equal(f.n_latencies, 1);
	assert_int_equal(f.latency[0].p99, 1000);
	figures_free(&f);
	assert_int_equal(figures_load(&f, s, 2, &e), -EINVAL);
	assert_non_null(strstr(e.text, "holds runs 1..1"));
	assert_int_equal(store_close(s, &e), 0);
	rec_free(r);
	/* at the mark: one counter of the machine, three of net0 */
	assert_int_equal(ask("SELECT count(*) FROM mark_counter"), 4);
	assert_int_equal(ask("SELECT wait_cycles FROM resource WHERE name = 'bql'"), 300);
	assert_int_equal(ask("SELECT 1000 * value FROM per_io WHERE name = 'vmexits'"), 3500); /* 7 / 2 */
	assert_int_equal(ask("SELECT value FROM cycles_per_io WHERE payer = 'exit'"), 22500);
	assert_int_equal(ask("SELECT application_id FROM pragma_application_id"), STORE_APPLICATION_ID);
}

static void test_events(void **state)
{
	static const uint64_t n_rows = 20000; /* 2 blocks and a part */
	struct err e = {0};
	struct store *s;

	(void)state;
	assert_int_equal(store_open(&s, file, STORE_APPEND, &e), 0);
	for (int run = 1; run <= 2; run++) {
		const struct store_run id = {.scenario = "s", .title = "", .point = "", .program = "1"};
		struct rec *r = rec_new(&names);

		rec_entity(r, "net0");
		rec_entity(r, "net1");
		store_run_begin(s, &id, NULL, 0);
		rec_log_to(r, store_event_sink(s));
		for (uint64_t i = 0; i < n_rows; i++) {
			r->cause = i / 2;
			rec_event(r, &(struct rec_event){.at_cycles = i, .entity = i % 2, .kind = 1,
							 .iova = UINT64_MAX - i, .bytes = 4096,
							 .cycles = 3});
		}
		assert_int_equal(rec_flush(r), 0);
		assert_int_equal(store_run_end(s, r, NULL, 0, 1, &e), 0);
		rec_free(r);
	}
	assert_int_equal(store_close(s, &e), 0);
	assert_int_equal(ask("SELECT count(*) FROM event WHERE run_id = 2"), n_rows);
	assert_int_equal(ask("SELECT max(seq) FROM event WHERE run_id = 1"), n_rows);
	assert_int_equal(ask("SELECT min(seq) FROM event"), 1);
	/* addresses come back in two's complement: 2^64 - 1 - i is -1 - i */
	assert_int_equal(ask("SELECT iova FROM event WHERE run_id = 2 AND seq = 9000"), -9000);
	assert_int_equal(ask("SELECT cause FROM event WHERE run_id = 2 AND seq = 9000"), 8999 / 2);
	assert_int_equal(ask("SELECT count(*) FROM event WHERE entity = 'net1' AND kind = 'exit'"),
			 n_rows); /* half of each run */
}

static void test_refusals(void **state)
{
	static const struct {
		const char *sql; /* makes the file; NULL: text, "": empty */
		enum store_mode mode;
		int status;
		const char *says;
	} row[] = {
		{NULL, STORE_APPEND, EXIT_USER, "not an SQLite file"},
		{NULL, STORE_READ, EXIT_USER, "not an SQLite file"},
		{"", STORE_READ, EXIT_USER, "empty"},
		{"CREATE TABLE t(a)", STORE_APPEND, EXIT_USER, "another program"},
		{"CREATE TABLE t(a); PRAGMA application_id=1145913667; PRAGMA user_version=99",
		 STORE_APPEND, EXIT_USER, "newer dmachurn (schema 99"},
		{"CREATE TABLE t(a); PRAGMA application_id=1145913667; PRAGMA user_version=99",
		 STORE_READ, EXIT_USER, "newer dmachurn (schema 99"},
	};

	(void)state;
	assert_int_equal(1145913667, STORE_APPLICATION_ID);
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct err e = {0};
		struct store *s;
		struct stat before, after;
		sqlite3 *db;
		FILE *f;

		unlink(file);
		if (!row[i].sql || !*row[i].sql) {
			f = fopen(file, "w");
			fputs(row[i].sql ? "" : "a letter to my aunt", f);
			fclose(f);
		} else {
			sqlite3_open(file, &db);
			assert_int_equal(sqlite3_exec(db, row[i].sql, NULL, NULL, NULL), SQLITE_OK);
			sqlite3_close(db);
		}
		stat(file, &before);
		if (store_open(&s, file, row[i].mode, &e) == 0)
			fail_msg("opened: %s", row[i].says);
		assert_null(s);
		assert_int_equal(e.status, row[i].status);
		if (!strstr(e.text, row[i].says))
			fail_msg("want '%s', got '%s'", row[i].says, e.text);
		assert_int_equal(stat(file, &after), 0); /* still there, as it was */
		assert_int_equal(before.st_size, after.st_size);
		assert_true(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
	}
}

static void test_names(void **state)
{
	struct err e = {0};
	struct store *s;

	(void)state;
	assert_int_not_equal(store_open(&s, folder, STORE_APPEND, &e), 0);
	assert_non_null(strstr(e.text, "a directory"));
	assert_int_equal(e.status, EXIT_USER);
	e = (struct err){0};
	assert_int_not_equal(store_open(&s, file, STORE_READ, &e), 0);
	assert_int_equal(e.status, EXIT_USER);
	e = (struct err){0};
	assert_int_not_equal(store_open(&s, "", STORE_APPEND, &e), 0);
	e = (struct err){0};
	assert_int_not_equal(store_open(&s, "no/such/folder/x.db", STORE_APPEND, &e), 0);
	assert_int_equal(e.status, EXIT_USER);
	e = (struct err){0};
	assert_int_not_equal(store_open(&s, "/dev/full", STORE_APPEND, &e), 0);
	assert_non_null(strstr(e.text, "a device"));
}

/* A file made in vain goes away; one that holds runs, or was there before, stays. */
static void test_empty_is_removed(void **state)
{
	struct err e = {0};
	struct store *s;
	const struct store_run run = {.scenario = "s", .program = "1"};

	(void)state;
	assert_int_equal(store_open(&s, file, STORE_APPEND, &e), 0);
	assert_int_equal(store_close(s, &e), 0);
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(store_open(&s, file, STORE_APPEND, &e), 0);
	store_run_begin(s, &run, NULL, 0);
	assert_int_equal(store_close(s, &e), 0); /* aborts the run */
	assert_int_equal(access(file, F_OK), -1);
	make_file(file, 1, "1");
	assert_int_equal(store_open(&s, file, STORE_APPEND, &e), 0);
	store_run_begin(s, &run, params, 3);
	store_run_abort(s);
	assert_int_equal(store_close(s, &e), 0);
	assert_int_equal(ask("SELECT count(*) FROM run"), 1);
	assert_int_equal(ask("SELECT count(*) FROM param"), 3);
	assert_int_equal(ask("SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'delete'"), 1);
	assert_int_equal(store_close(NULL, &e), 0);
}

static void test_two_writers(void **state)
{
	struct err e = {0};
	struct store *a, *b;

	(void)state;
	assert_int_equal(store_open(&a, file, STORE_APPEND, &e), 0);
	assert_int_equal(store_open(&b, file, STORE_APPEND, &e), 0);
	assert_int_equal(put_run(a, 1, 1, "1", &e), 0);
	assert_int_equal(put_run(b, 2, 2, "1", &e), 0);
	assert_int_equal(store_run_id(b), 2);
	assert_int_equal(store_close(a, &e), 0); /* not the last: the file stays in WAL */
	assert_int_equal(put_run(b, 3, 3, "1", &e), 0);
	assert_int_equal(store_close(b, &e), 0);
	assert_int_equal(ask("SELECT count(*) FROM run"), 3);
}

static void test_aborted(void **state)
{
	struct err e = {0};
	struct store *s;
	struct rec *r = make_rec(1);
	const struct store_run run = {.scenario = "s", .title = "", .point = "", .program = "1"};

	(void)state;
	assert_int_equal(store_open(&s, file, STORE_APPEND, &e), 0);
	store_run_begin(s, &run, NULL, 0);
	store_run_aborted(s, "assertion");
	assert_int_equal(store_run_end(s, r, NULL, 0, 1, &e), 0);
	assert_int_equal(store_close(s, &e), 0);
	assert_int_equal(ask("SELECT count(*) FROM run WHERE aborted = 'assertion'"), 1);
	rec_free(r);
}

static void test_fingerprint(void **state)
{
	struct rec *a = make_rec(1), *b = make_rec(1), *c = make_rec(2);
	uint64_t h = store_fingerprint(a, 10);

	(void)state;
	assert_true(store_fingerprint(b, 10) == h);
	assert_true(store_fingerprint(b, 11) != h);
	assert_true(store_fingerprint(c, 10) != h);
	rec_mark(b, "later", 5);
	assert_true(store_fingerprint(b, 10) != h);
	rec_free(a);
	rec_free(b);
	rec_free(c);
}

static void test_merge(void **state)
{
	char b[80], c[80], out[80];
	const char *in[3] = {c, file, b};
	struct merge_job job = {.out = out, .in = in, .n_in = 3};
	struct merge_done done;
	struct err e = {0};

	(void)state;
	snprintf(b, sizeof b, "%s/b.db", folder);
	snprintf(c, sizeof c, "%s/c.db", folder);
	snprintf(out, sizeof out, "%s/out.db", folder);
	make_file(file, 1, "1.0");
	make_file(b, 2, "1.0");
	make_file(c, 2, "1.0"); /* the same run as b */
	assert_int_equal(merge_files(&job, &done, &e), 0);
	assert_int_equal(done.n_runs, 2);
	assert_int_equal(done.n_twice, 1);
	snprintf(file, sizeof file, "%s/out.db", folder);
	assert_int_equal(ask("SELECT seed FROM run WHERE run_id = 1"), 1); /* sorted, not as given */
	assert_int_equal(ask("SELECT count(*) FROM param"), 6);
	assert_int_equal(merge_files(&job, &done, &e), -EINVAL);
	assert_non_null(strstr(e.text, "is there already"));
	unlink(out);
	unlink(c);
	make_file(c, 3, "2.0");
	snprintf(file, sizeof file, "%s/a.db", folder);
	e = (struct err){0};
	assert_int_equal(merge_files(&job, &done, &e), -EINVAL);
	assert_non_null(strstr(e.text, "--force"));
	assert_int_equal(access(out, F_OK), -1);
	job.force = true;
	e = (struct err){0};
	assert_int_equal(merge_files(&job, &done, &e), 0);
	assert_int_equal(done.n_runs, 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip), TEST(test_events), TEST(test_refusals), TEST(test_names),
		TEST(test_empty_is_removed), TEST(test_two_writers), TEST(test_aborted),
		cmocka_unit_test(test_fingerprint), TEST(test_merge),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
