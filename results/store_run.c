/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store_run - one run into the tables: parameters, event log, counters, costs, latencies, marks.
 *
 * The transaction begins late: at the first block of the event log, or in store_run_end(). A run without
 * log holds the file for milliseconds, so many processes can append to one file while they simulate.
 */
#include <assert.h>
#include <errno.h>
#include <gsl/gsl_version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "results/store_db.h"
#include "sim/bits.h"
#include "sim/xalloc.h"

static int64_t run_wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void run_text_free(const char *text)
{
	free((char *)(uintptr_t)text);
}

static void run_forget(struct store *s)
{
	for (size_t i = 0; i < s->n_params; i++) {
		run_text_free(s->param[i].path);
		run_text_free(s->param[i].value);
		run_text_free(s->param[i].source);
		run_text_free(s->param[i].evidence);
	}
	free(s->param);
	s->param = NULL;
	s->n_params = 0;
	run_text_free(s->run.scenario);
	run_text_free(s->run.title);
	run_text_free(s->run.point);
	run_text_free(s->run.program);
	s->run = (struct store_run){0};
	free(s->aborted);
	s->aborted = NULL;
	s->event_err = (struct err){0};
	s->run_open = s->in_transaction = s->has_events = false;
}

static char *run_text(const char *text)
{
	return xstrdup(text ? text : "");
}

void store_run_begin(struct store *s, const struct store_run *run, const struct store_param *param,
		     size_t n_params)
{
	assert(!s->run_open && s->mode == STORE_APPEND);
	s->run_open = true;
	s->began_ms = run_wall_ms();
	s->run = *run;
	s->run.scenario = run_text(run->scenario);
	s->run.title = run_text(run->title);
	s->run.point = run_text(run->point);
	s->run.program = run_text(run->program);
	s->param = xcalloc(n_params, sizeof *s->param);
	s->n_params = n_params;
	for (size_t i = 0; i < n_params; i++)
		s->param[i] = (struct store_param){
			.path = run_text(param[i].path),
			.value = run_text(param[i].value),
			.source = run_text(param[i].source),
			.evidence = run_text(param[i].evidence),
		};
}

static int run_transaction(struct store *s, struct err *e)
{
	int rc;

	if (s->in_transaction)
		return 0;
	rc = store_db_begin(s, e);
	if (rc)
		return rc;
	s->in_transaction = true;
	return store_db_int(s, "SELECT coalesce(max(run_id), 0) + 1 FROM run", &s->run_id, e);
}

/* Keys go on from the largest, so after the row before a run's first (seq 0, taken out again at
 * the end) every row has key run_id << 40 | seq, and SQLite only appends. */
static int run_begin_events(struct store *s, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, "INSERT INTO event_row(key) VALUES (?)");

	if (!rc)
		rc = store_db_put(s, st, e, "i", s->run_id << STORE_SEQ_BITS);
	sqlite3_finalize(st);
	if (!rc && !s->insert_block)
		rc = store_db_prepare(s, &s->insert_block, e,
				      "INSERT INTO event_row(at_cycles, entity_id, kind_id, iova, "
				      "bytes, cycles, cause) SELECT * FROM rec_block");
	s->has_events = true;
	return rc;
}

static int run_store_block(struct store *s, const struct rec_event *row, size_t n, struct err *e)
{
	int rc = run_transaction(s, e);

	if (!rc && !s->has_events)
		rc = run_begin_events(s, e);
	if (rc)
		return rc;
	assert(row[n - 1].seq < BIT(STORE_SEQ_BITS));
	s->block = (struct store_block){.row = row, .n = n};
	return store_db_put(s, s->insert_block, e, "");
}

static int store_events(void *self, const struct rec_event *row, size_t n)
{
	struct store *s = self;

	return run_store_block(s, row, n, &s->event_err);
}

struct rec_sink store_event_sink(struct store *s)
{
	return (struct rec_sink){.events = store_events, .self = s};
}

void store_run_aborted(struct store *s, const char *why)
{
	free(s->aborted);
	s->aborted = xstrdup(why);
}

/* ---- the tables, each a statement and its rows */

static int put_run(struct store *s, const struct rec *r, uint64_t sim_cycles, struct err *e)
{
	sqlite3_stmt *st = NULL;
	char fingerprint[17];
	int rc = store_db_prepare(s, &st, e, "INSERT INTO run VALUES (?,?,?,?,?,?,?,?,?,?,?)");

	snprintf(fingerprint, sizeof fingerprint, "%016llx",
		 (unsigned long long)store_fingerprint(r, sim_cycles));
	if (!rc)
		rc = store_db_put(s, st, e, "issusussuus", s->run_id, s->run.scenario, s->run.title,
				  s->run.seed, s->run.point, s->run.replicate, s->run.program,
				  fingerprint, sim_cycles, s->run.clock_hz,
				  s->aborted ? s->aborted : "");
	sqlite3_finalize(st);
	return rc;
}

static int put_params(struct store *s, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, "INSERT INTO param VALUES (?,?,?,?,?)");

	for (size_t i = 0; i < s->n_params && !rc; i++)
		rc = store_db_put(s, st, e, "issss", s->run_id, s->param[i].path,
				  s->param[i].value, s->param[i].source, s->param[i].evidence);
	sqlite3_finalize(st);
	return rc;
}

static int put_names(struct store *s, const struct rec *r, struct err *e)
{
	sqlite3_stmt *entity = NULL, *kind = NULL;
	int rc = store_db_prepare(s, &entity, e, "INSERT INTO entity VALUES (?,?,?)");

	if (!rc)
		rc = store_db_prepare(s, &kind, e, "INSERT INTO event_kind VALUES (?,?,?)");
	for (unsigned i = 0; i < r->n_entities && !rc; i++)
		rc = store_db_put(s, entity, e, "iis", s->run_id, (int64_t)r->entity[i]->id,
				  r->entity[i]->name);
	for (unsigned i = 0; r->log_events && i < r->names->n_events && !rc; i++)
		rc = store_db_put(s, kind, e, "iis", s->run_id, (int64_t)i, r->names->event[i]);
	sqlite3_finalize(entity);
	sqlite3_finalize(kind);
	return rc;
}

static int put_counters(struct store *s, const struct rec *r, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, "INSERT INTO counter VALUES (?,?,?,?)");

	for (unsigned i = 0; i < r->n_entities; i++)
		for (unsigned c = 0; c < r->names->n_counters && !rc; c++)
			if (r->entity[i]->counter[c] != 0)
				rc = store_db_put(s, st, e, "issu", s->run_id, r->entity[i]->name,
						  r->names->counter[c], r->entity[i]->counter[c]);
	sqlite3_finalize(st);
	return rc;
}

static int put_costs(struct store *s, const struct rec *r, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, "INSERT INTO cost VALUES (?,?,?,?,?)");

	for (unsigned i = 0; i < r->n_entities; i++)
		for (unsigned p = 0; p < r->names->n_prims && !rc; p++)
			if (r->entity[i]->cost[p].count != 0)
				rc = store_db_put(s, st, e, "issuu", s->run_id, r->entity[i]->name,
						  r->names->prim[p], r->entity[i]->cost[p].count,
						  r->entity[i]->cost[p].cycles);
	sqlite3_finalize(st);
	return rc;
}

static int put_latencies(struct store *s, const struct rec *r, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, "INSERT INTO latency VALUES (?,?,?,?,?,?,?,?,?,?)");

	for (unsigned i = 0; i < r->n_entities; i++)
		for (unsigned k = 0; k < r->entity[i]->n_latencies && !rc; k++) {
			const struct rec_latency *l = &r->entity[i]->latency[k];

			if (stat_hist_n(l->hist) != 0)
				rc = store_db_put(s, st, e, "issuduuuuu", s->run_id,
						  r->entity[i]->name, l->name, stat_hist_n(l->hist),
						  stat_hist_mean(l->hist),
						  stat_hist_quantile(l->hist, 0.5),
						  stat_hist_quantile(l->hist, 0.9),
						  stat_hist_quantile(l->hist, 0.99),
						  stat_hist_quantile(l->hist, 0.999),
						  stat_hist_max(l->hist));
		}
	sqlite3_finalize(st);
	return rc;
}

static int put_resources(struct store *s, const struct store_resource *res, size_t n, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, "INSERT INTO resource VALUES (?,?,?,?,?,?,?)");

	for (size_t i = 0; i < n && !rc; i++)
		rc = store_db_put(s, st, e, "isuuuuu", s->run_id, res[i].name, res[i].n_acquired,
				  res[i].n_waited, res[i].wait_cycles, res[i].max_wait_cycles,
				  res[i].busy_cycles);
	sqlite3_finalize(st);
	return rc;
}

static int put_mark_counters(struct store *s, sqlite3_stmt *st, const struct rec *r, unsigned m,
			     struct err *e)
{
	const struct rec_mark *mark = &r->mark[m];
	unsigned n = r->names->n_counters;
	int rc = 0;

	for (unsigned i = 0; i < mark->n_entities; i++)
		for (unsigned c = 0; c < n && !rc; c++)
			if (mark->counter[i * n + c] != 0)
				rc = store_db_put(s, st, e, "iissu", s->run_id, (int64_t)m + 1,
						  r->entity[i]->name, r->names->counter[c],
						  mark->counter[i * n + c]);
	return rc;
}

static int put_marks(struct store *s, const struct rec *r, struct err *e)
{
	sqlite3_stmt *mark = NULL, *counter = NULL;
	int rc = store_db_prepare(s, &mark, e, "INSERT INTO mark VALUES (?,?,?,?)");

	if (!rc)
		rc = store_db_prepare(s, &counter, e, "INSERT INTO mark_counter VALUES (?,?,?,?,?)");
	for (unsigned m = 0; m < r->n_marks && !rc; m++) {
		rc = store_db_put(s, mark, e, "iisu", s->run_id, (int64_t)m + 1, r->mark[m].name,
				  r->mark[m].at_cycles);
		if (!rc)
			rc = put_mark_counters(s, counter, r, m, e);
	}
	sqlite3_finalize(mark);
	sqlite3_finalize(counter);
	return rc;
}

/* This process's command line with blanks between the words; "" where /proc is missing. */
static void provenance_command(char *buf, size_t size)
{
	FILE *f = fopen("/proc/self/cmdline", "r");
	size_t n = f ? fread(buf, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	while (n > 0 && buf[n - 1] == '\0')
		n--;
	for (size_t i = 0; i < n; i++)
		if (buf[i] == '\0')
			buf[i] = ' ';
	buf[n] = '\0';
}

static int put_provenance(struct store *s, struct err *e)
{
	time_t began = (time_t)(s->began_ms / 1000);
	char when[32] = "", wall[32], command[4096], os[200];
	struct utsname u = {0};
	struct tm tm;
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, "INSERT INTO provenance VALUES (?,?,?)");

	if (gmtime_r(&began, &tm))
		strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
	snprintf(wall, sizeof wall, "%lld", (long long)(run_wall_ms() - s->began_ms));
	provenance_command(command, sizeof command);
	uname(&u);
	snprintf(os, sizeof os, "%.60s %.60s %.60s", u.sysname, u.release, u.machine);

	const char *const row[][2] = {
		{"began", when}, {"wall_ms", wall},	 {"command", command},
		{"host", u.nodename}, {"os", os},	 {"sqlite", sqlite3_libversion()},
		{"gsl", gsl_version}, {"compiler", __VERSION__},
	};

	for (size_t i = 0; i < sizeof row / sizeof row[0] && !rc; i++)
		rc = store_db_put(s, st, e, "iss", s->run_id, row[i][0], row[i][1]);
	sqlite3_finalize(st);
	return rc;
}

static int drop_event_zero(struct store *s, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, "DELETE FROM event_row WHERE key = ?");

	if (!rc)
		rc = store_db_put(s, st, e, "i", s->run_id << STORE_SEQ_BITS);
	sqlite3_finalize(st);
	return rc;
}

static int run_put_all(struct store *s, const struct rec *r, const struct store_resource *res,
		       size_t n_res, uint64_t sim_cycles, struct err *e)
{
	int rc = s->has_events ? drop_event_zero(s, e) : 0;

	if (!rc)
		rc = put_run(s, r, sim_cycles, e);
	if (!rc)
		rc = put_params(s, e);
	if (!rc)
		rc = put_names(s, r, e);
	if (!rc)
		rc = put_counters(s, r, e);
	if (!rc)
		rc = put_costs(s, r, e);
	if (!rc)
		rc = put_latencies(s, r, e);
	if (!rc)
		rc = put_resources(s, res, n_res, e);
	if (!rc)
		rc = put_marks(s, r, e);
	return rc ? rc : put_provenance(s, e);
}

int store_run_end(struct store *s, const struct rec *r, const struct store_resource *res,
		  size_t n_res, uint64_t sim_cycles, struct err *e)
{
	int rc = r->failed;

	assert(s->run_open && r->n_block == 0);
	if (rc) /* the event sink failed and knows why */
		err_env(e, "%s", s->event_err.text);
	if (!rc)
		rc = run_transaction(s, e);
	if (!rc)
		rc = run_put_all(s, r, res, n_res, sim_cycles, e);
	if (!rc)
		rc = store_db_exec(s, "COMMIT", e);
	if (rc) {
		store_run_abort(s);
		return rc;
	}
	s->last_run_id = s->run_id;
	run_forget(s);
	return 0;
}

void store_run_abort(struct store *s)
{
	if (!s->run_open)
		return;
	if (s->in_transaction)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	run_forget(s);
}

int64_t store_run_id(const struct store *s)
{
	return s->last_run_id;
}
