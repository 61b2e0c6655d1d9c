/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dump - a result file as text that does not depend on the order in which its runs were stored.
 */
#include "results/dump.h"

#include <errno.h>
#include <inttypes.h>

#include "results/store_db.h"

/* The first column is the run's number, then the columns of the table without run_id, in the order of
 * the table's key. */
#define DUMP_OF(table, columns, key)                                                               \
	{                                                                                          \
		table, "SELECT c.number, " columns " FROM temp.canon c CROSS JOIN " table                     \
		       " t ON t.run_id = c.run_id ORDER BY c.number, " key                              \
	}

static const struct {
	const char *name, *sql;
} dumps[] = {
	DUMP_OF("run", "scenario, title, seed, point, replicate, program, fingerprint, sim_cycles, "
		       "clock_hz, aborted", "c.number"),
	DUMP_OF("param", "path, value, source, evidence", "path"),
	DUMP_OF("entity", "id, name", "id"),
	DUMP_OF("counter", "entity, name, value", "entity, name"),
	DUMP_OF("cost", "entity, primitive, count, cycles", "entity, primitive"),
	DUMP_OF("latency", "entity, name, n, mean, p50, p90, p99, p999, max", "entity, name"),
	DUMP_OF("resource", "name, n_acquired, n_waited, wait_cycles, max_wait_cycles, busy_cycles",
		"name"),
	DUMP_OF("mark", "mark, name, at_cycles", "mark"),
	DUMP_OF("mark_counter", "mark, entity, name, value", "mark, entity, name"),
	{"event", "SELECT c.number, e.key - (c.run_id << 40), e.at_cycles, n.name, k.name, e.iova, e.bytes, "
		  "e.cycles, e.cause FROM temp.canon c "
		  "CROSS JOIN event_row e ON e.key > (c.run_id << 40) AND e.key < (c.run_id + 1 << 40) "
		  "JOIN entity n ON n.run_id = c.run_id AND n.id = e.entity_id "
		  "JOIN event_kind k ON k.run_id = c.run_id AND k.id = e.kind_id "
		  "ORDER BY c.number, e.key"},
};

/* Text cannot hold '|' and newlines in a way that matters: two different rows never give one line,
 * because a backslash is put before '|', '\' and 'n' for a newline. */
static void dump_text(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n') {
			fputs("\\n", to);
			continue;
		}
		if (*text == '|' || *text == '\\')
			putc('\\', to);
		putc(*text, to);
	}
}

static void dump_row(FILE *to, const char *name, sqlite3_stmt *st)
{
	fputs(name, to);
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		putc('|', to);
		switch (sqlite3_column_type(st, i)) {
		case SQLITE_INTEGER:
			fprintf(to, "%" PRId64, (int64_t)sqlite3_column_int64(st, i));
			break;
		case SQLITE_FLOAT:
			fprintf(to, "%.17g", sqlite3_column_double(st, i));
			break;
		default:
			dump_text(to, store_db_text(st, i));
		}
	}
	putc('\n', to);
}

/* The primary key makes the order of the runs known, so that nothing has to be sorted. */
static const char number_runs[] =
	"CREATE TEMP TABLE canon(number INTEGER PRIMARY KEY, run_id);"
	"INSERT INTO canon SELECT row_number() OVER (ORDER BY " STORE_RUN_ORDER ", run_id), run_id "
	"FROM run r";

int dump_print(struct store *s, FILE *to, struct err *e)
{
	int rc = store_db_exec(s, number_runs, e);

	for (size_t i = 0; i < sizeof dumps / sizeof dumps[0] && !rc; i++) {
		sqlite3_stmt *st = NULL;

		rc = store_db_prepare(s, &st, e, dumps[i].sql);
		if (!rc)
			while ((rc = store_db_step(s, st, e)) == 1)
				dump_row(to, dumps[i].name, st);
		sqlite3_finalize(st);
	}
	return rc;
}
