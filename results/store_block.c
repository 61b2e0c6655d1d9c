/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store_block - the table rec_block: a block of log rows in memory, as SQLite sees it.
 *
 * INSERT INTO event_row SELECT * FROM rec_block stores a block in one statement. A prepared INSERT a
 * row takes 2.5 times as long: binding and stepping cost more than the row.
 */
#include <stdlib.h>

#include "results/store_db.h"
#include "sim/port.h"

struct block_cursor {
	sqlite3_vtab_cursor base; /* first: SQLite sees only this */
	const struct store_block *block;
	size_t at;
};

struct block_table {
	sqlite3_vtab base;
	const struct store_block *block;
};

static int block_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
			 sqlite3_vtab **tab, char **why)
{
	struct block_table *t = sqlite3_malloc(sizeof *t);

	(void)argc;
	(void)argv;
	(void)why;
	if (!t)
		return SQLITE_NOMEM;
	*t = (struct block_table){.block = aux};
	*tab = &t->base;
	return sqlite3_declare_vtab(db, "CREATE TABLE x(at_cycles, entity_id, kind_id, iova, bytes, "
					"cycles, cause)");
}

static int block_disconnect(sqlite3_vtab *tab)
{
	sqlite3_free(tab);
	return SQLITE_OK;
}

static int block_best_index(sqlite3_vtab *tab, sqlite3_index_info *info)
{
	(void)tab;
	info->estimatedCost = 1; /* there is one way: all rows in order */
	return SQLITE_OK;
}

static int block_open(sqlite3_vtab *tab, sqlite3_vtab_cursor **cursor)
{
	struct block_cursor *c = sqlite3_malloc(sizeof *c);

	if (!c)
		return SQLITE_NOMEM;
	*c = (struct block_cursor){.block = ((struct block_table *)tab)->block};
	*cursor = &c->base;
	return SQLITE_OK;
}

static int block_close(sqlite3_vtab_cursor *cursor)
{
	sqlite3_free(cursor);
	return SQLITE_OK;
}

static int block_filter(sqlite3_vtab_cursor *cursor, int index, const char *index_text, int argc,
			sqlite3_value **argv)
{
	(void)index;
	(void)index_text;
	(void)argc;
	(void)argv;
	((struct block_cursor *)cursor)->at = 0;
	return SQLITE_OK;
}

static int block_next(sqlite3_vtab_cursor *cursor)
{
	((struct block_cursor *)cursor)->at++;
	return SQLITE_OK;
}

static int block_eof(sqlite3_vtab_cursor *cursor)
{
	const struct block_cursor *c = (const struct block_cursor *)cursor;

	return c->at >= c->block->n;
}

static int block_column(sqlite3_vtab_cursor *cursor, sqlite3_context *to, int column)
{
	const struct block_cursor *c = (const struct block_cursor *)cursor;
	const struct rec_event *row = &c->block->row[c->at];
	const int64_t value[] = {
		(int64_t)row->at_cycles, row->entity,		 row->kind,
		(int64_t)row->iova,	 (int64_t)row->bytes,	 (int64_t)row->cycles,
		(int64_t)row->cause,
	};

	sqlite3_result_int64(to, value[column]);
	return SQLITE_OK;
}

static int block_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
	*rowid = (int64_t)((const struct block_cursor *)cursor)->at;
	return SQLITE_OK;
}

/* Without xCreate the table is there by its module's name. */
static const sqlite3_module block_module = {
	.xConnect = block_connect,
	.xBestIndex = block_best_index,
	.xDisconnect = block_disconnect,
	.xOpen = block_open,
	.xClose = block_close,
	.xFilter = block_filter,
	.xNext = block_next,
	.xEof = block_eof,
	.xColumn = block_column,
	.xRowid = block_rowid,
};

int store_block_register(struct store *s, struct err *e)
{
	if (sqlite3_create_module(s->db, "rec_block", &block_module, &s->block) != SQLITE_OK)
		return store_db_error(s, e);
	return 0;
}
