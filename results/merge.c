/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * merge - several result files as one, with the runs in an order that does not depend on the files.
 *
 * All runs' identities are gathered in a temporary table, sorted, and copied one by one into OUT.merging,
 * which becomes OUT when it is complete. The same set of runs gives the same bytes, whatever files they
 * came in; provenance is the exception, and can be left out.
 */
#include "results/merge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/store_db.h"
#include "sim/xalloc.h"

/* Columns of temp.todo in the order of STORE_RUN_ORDER. */
#define MERGE_KEY "scenario, title, point, params, replicate, seed, program, fingerprint"

static const char *const copies[] = {
	"INSERT INTO run SELECT :new, scenario, title, seed, point, replicate, program, fingerprint, "
	"sim_cycles, clock_hz, aborted FROM src.run WHERE run_id = :old",
	"INSERT INTO param SELECT :new, path, value, source, evidence FROM src.param "
	"WHERE run_id = :old ORDER BY path",
	"INSERT INTO entity SELECT :new, id, name FROM src.entity WHERE run_id = :old ORDER BY id",
	"INSERT INTO counter SELECT :new, entity, name, value FROM src.counter WHERE run_id = :old "
	"ORDER BY entity, name",
	"INSERT INTO cost SELECT :new, entity, primitive, count, cycles FROM src.cost "
	"WHERE run_id = :old ORDER BY entity, primitive",
	"INSERT INTO latency SELECT :new, entity, name, n, mean, p50, p90, p99, p999, max "
	"FROM src.latency WHERE run_id = :old ORDER BY entity, name",
	"INSERT INTO resource SELECT :new, name, n_acquired, n_waited, wait_cycles, max_wait_cycles, "
	"busy_cycles FROM src.resource WHERE run_id = :old ORDER BY name",
	"INSERT INTO mark SELECT :new, mark, name, at_cycles FROM src.mark WHERE run_id = :old "
	"ORDER BY mark",
	"INSERT INTO mark_counter SELECT :new, mark, entity, name, value FROM src.mark_counter "
	"WHERE run_id = :old ORDER BY mark, entity, name",
	"INSERT INTO event_kind SELECT :new, id, name FROM src.event_kind WHERE run_id = :old "
	"ORDER BY id",
	"INSERT INTO event_row SELECT key - (:old << 40) + (:new << 40), at_cycles, entity_id, kind_id, "
	"iova, bytes, cycles, cause FROM src.event_row "
	"WHERE key > :old << 40 AND key < :old + 1 << 40 ORDER BY key",
};

static const char copy_provenance[] =
	"INSERT INTO provenance SELECT :new, name, value FROM src.provenance WHERE run_id = :old "
	"ORDER BY name";

/* Is it a result file? */
static int check_input(const char *path, struct err *e)
{
	struct store *s;
	int rc = store_open(&s, path, STORE_READ, e);

	return rc ? rc : store_close(s, e);
}

static int attach(struct store *s, const char *path, struct err *e)
{
	bool plain = path[0] == '/' || path[0] == '.';
	char *name = plain ? xstrdup(path) : xasprintf("./%s", path);
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, "ATTACH ? AS src");

	if (!rc)
		rc = store_db_put(s, st, e, "s", name);
	sqlite3_finalize(st);
	free(name);
	return rc;
}

/* Identities of one file's runs. */
static int gather(struct store *s, const struct merge_job *job, size_t file, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = attach(s, job->in[file], e);

	if (rc)
		return rc;
	rc = store_db_prepare(
		s, &st, e,
		"INSERT INTO temp.todo SELECT ?, r.run_id, r.scenario, r.title, r.point, "
		"(SELECT group_concat(p.path || '=' || p.value, x'0a') FROM "
		"(SELECT path, value FROM src.param WHERE run_id = r.run_id ORDER BY path) p), r.replicate, r.seed, r.program, r.fingerprint, "
		"EXISTS (SELECT 1 FROM src.event_kind k WHERE k.run_id = r.run_id) FROM src.run r");
	if (!rc)
		rc = store_db_put(s, st, e, "i", (int64_t)file);
	sqlite3_finalize(st);
	return rc ? rc : store_db_exec(s, "DETACH src", e);
}

static int check_programs(struct store *s, const struct merge_job *job, struct err *e)
{
	sqlite3_stmt *st = NULL;
	char first[64] = "";
	int rc = store_db_prepare(s, &st, e, "SELECT program, min(file) FROM temp.todo "
					     "GROUP BY program ORDER BY program");

	if (rc)
		return rc;
	while (!job->force && (rc = store_db_step(s, st, e)) == 1) {
		if (first[0]) {
			rc = err_user(e, "%s: runs of dmachurn %s, others are of %s; `--force` mixes them",
				      job->in[sqlite3_column_int64(st, 1)], store_db_text(st, 0), first);
			break;
		}
		snprintf(first, sizeof first, "%s", store_db_text(st, 0));
	}
	sqlite3_finalize(st);
	return rc;
}

static int copy_table(struct store *s, const char *sql, int64_t old_id, int64_t new_id,
		      struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, sql);

	if (rc)
		return rc;
	sqlite3_bind_int64(st, sqlite3_bind_parameter_index(st, ":old"), old_id);
	sqlite3_bind_int64(st, sqlite3_bind_parameter_index(st, ":new"), new_id);
	rc = store_db_step(s, st, e);
	sqlite3_finalize(st);
	return rc;
}

static int copy_run(struct store *s, const struct merge_job *job, int64_t old_id, int64_t new_id,
		    struct err *e)
{
	int rc = store_db_begin(s, e);

	for (size_t i = 0; i < sizeof copies / sizeof copies[0] && !rc; i++)
		rc = copy_table(s, copies[i], old_id, new_id, e);
	if (!rc && !job->no_provenance)
		rc = copy_table(s, copy_provenance, old_id, new_id, e);
	return rc ? rc : store_db_exec(s, "COMMIT", e);
}

/* One row of the sorted list. Attaching is not possible while a query is open, so the list is read
 * into memory first. */
struct todo {
	int64_t file, run_id;
};

static int sorted_list(struct store *s, struct todo **list, size_t *n, struct merge_done *done,
		       struct err *e)
{
	int64_t n_all;
	sqlite3_stmt *st = NULL;
	int rc = store_db_int(s, "SELECT count(*) FROM temp.todo", &n_all, e);

	if (!rc) /* of equal runs one with a log, else the first; SQLite takes the row of the min() */
		rc = store_db_prepare(s, &st, e,
				      "SELECT file, run_id, "
				      "min(((1 - has_log) << 62) + (file << 32) + run_id) FROM temp.todo "
				      "GROUP BY " MERGE_KEY " ORDER BY " MERGE_KEY);
	*list = xcalloc((size_t)n_all, sizeof **list);
	*n = 0;
	if (!rc)
		while ((rc = store_db_step(s, st, e)) == 1)
			(*list)[(*n)++] = (struct todo){sqlite3_column_int64(st, 0),
							sqlite3_column_int64(st, 1)};
	sqlite3_finalize(st);
	done->n_runs = *n;
	done->n_twice = (uint64_t)n_all - *n;
	return rc;
}

static int copy_all(struct store *s, const struct merge_job *job, struct merge_done *done,
		    struct err *e)
{
	struct todo *list = NULL;
	size_t n = 0;
	int64_t attached = -1;
	int rc = sorted_list(s, &list, &n, done, e);

	for (size_t i = 0; i < n && !rc; i++) {
		if (list[i].file != attached) {
			if (attached >= 0)
				rc = store_db_exec(s, "DETACH src", e);
			if (!rc)
				rc = attach(s, job->in[list[i].file], e);
			attached = list[i].file;
		}
		if (!rc)
			rc = copy_run(s, job, list[i].run_id, (int64_t)i + 1, e);
	}
	if (!rc && attached >= 0)
		rc = store_db_exec(s, "DETACH src", e);
	free(list);
	return rc;
}

static int fill(struct store *s, const struct merge_job *job, struct merge_done *done, struct err *e)
{
	int rc = store_db_exec(s,
			       "CREATE TEMP TABLE todo(file, run_id, " MERGE_KEY ", has_log)", e);

	for (size_t i = 0; i < job->n_in && !rc; i++)
		rc = gather(s, job, i, e);
	if (!rc)
		rc = check_programs(s, job, e);
	if (!rc)
		rc = copy_all(s, job, done, e);
	if (!rc && done->n_runs == 0)
		rc = err_user(e, "%s: the inputs hold no runs", job->out);
	if (rc)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static int merge_into(const char *part, const struct merge_job *job, struct merge_done *done,
		      struct err *e)
{
	struct store *s;
	int rc = store_open(&s, part, STORE_APPEND, e);

	if (rc)
		return rc;
	if (!s->created)
		rc = err_user(e, "%s: is there; another merge is under way, or was killed: remove it",
			      part);
	else
		rc = fill(s, job, done, e);

	bool ours = s->created;

	if (store_close(s, e) && !rc)
		rc = -EIO;
	if (!rc && rename(part, job->out) != 0)
		rc = err_env(e, "%s: %s", job->out, strerror(errno));
	if (rc && ours)
		unlink(part);
	return rc;
}

int merge_files(const struct merge_job *job, struct merge_done *done, struct err *e)
{
	char *part;
	int rc = 0;

	*done = (struct merge_done){0};
	if (access(job->out, F_OK) == 0)
		return err_user(e, "%s: is there already; `merge` makes a new file", job->out);
	for (size_t i = 0; i < job->n_in && !rc; i++)
		rc = check_input(job->in[i], e);
	if (rc)
		return rc;
	part = xasprintf("%s.merging", job->out);
	rc = merge_into(part, job, done, e);
	free(part);
	return rc;
}
