/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store_db - inside results/ only: the connection behind a struct store, and statements as one line.
 */
#ifndef RESULTS_STORE_DB_H
#define RESULTS_STORE_DB_H

#include <sqlite3.h>

#include "results/store.h"

enum {
	STORE_APPLICATION_ID = 0x444d4143, /* "DMAC" */
	STORE_SCHEMA = 1,                  /* PRAGMA user_version */
	STORE_BUSY_MS = 600000,            /* how long another writer is waited for */
	STORE_SEQ_BITS = 40,               /* event_row.key = run_id << 40 | seq */
};

/* The order of runs that does not depend on who stored them when; of `run r` and its parameters. */
#define STORE_PARAMS_TEXT                                                                          \
	"(SELECT group_concat(p.path || '=' || p.value, x'0a') FROM param p WHERE p.run_id = r.run_id)"
#define STORE_RUN_ORDER                                                                            \
	"r.scenario, r.title, r.point, " STORE_PARAMS_TEXT                                         \
	", r.replicate, r.seed, r.program, r.fingerprint"

/* The rows that the virtual table rec_block shows: the block being stored. */
struct store_block {
	const struct rec_event *row;
	size_t n;
};

struct store {
	sqlite3 *db;
	char *path;
	enum store_mode mode;
	bool created;        /* the file was made by this process */
	bool run_open;       /* between store_run_begin() and _end() or _abort() */
	bool in_transaction; /* begun at the first rows of the run */
	bool has_events;     /* the open run's first block is stored */
	int64_t run_id;      /* of the open run, once in_transaction */
	int64_t last_run_id; /* of the last run stored, 0: none */
	struct store_run run; /* strings are the store's */
	char *aborted;
	struct store_param *param; /* strings are the store's */
	size_t n_params;
	int64_t began_ms; /* wall clock at store_run_begin(), for provenance */
	struct store_block block;
	sqlite3_stmt *insert_block;
	struct err event_err; /* why the event sink failed */
};

/* Fill *e from the connection's last error: a full disk, a lock, a damaged file. Returns -errno. */
int store_db_error(struct store *s, struct err *e);
/* Run statements without result rows. 0 or -errno. */
int store_db_exec(struct store *s, const char *sql, struct err *e);
/* Prepare; bind: one letter for each parameter: 'i' int64_t, 'u' uint64_t, 'd' double, 's' const char *
 * (which must live until the statement is reset). 0 or -errno. */
int store_db_prepare(struct store *s, sqlite3_stmt **st, struct err *e, const char *sql);
int store_db_bind(struct store *s, sqlite3_stmt *st, struct err *e, const char *types, ...);
/* Bind, step a statement that returns no rows, reset. 0 or -errno. */
int store_db_put(struct store *s, sqlite3_stmt *st, struct err *e, const char *types, ...);
/* Step: 1 a row, 0 the end, or -errno. */
int store_db_step(struct store *s, sqlite3_stmt *st, struct err *e);
/* The first column of the first row of a query; 0 if none. */
int store_db_int(struct store *s, const char *sql, int64_t *v, struct err *e);
/* A text column; "" for NULL. */
const char *store_db_text(sqlite3_stmt *st, int column);

/* BEGIN IMMEDIATE, waiting for other writers. */
int store_db_begin(struct store *s, struct err *e);
/* Register rec_block over s->block. */
int store_block_register(struct store *s, struct err *e);

#endif
