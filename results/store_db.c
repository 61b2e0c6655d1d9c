/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store_db - SQLite calls with the project's errors: one line that says what to do.
 */
#include "results/store_db.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

int store_db_error(struct store *s, struct err *e)
{
	int code = s->db ? sqlite3_errcode(s->db) : SQLITE_CANTOPEN;
	int os = s->db ? sqlite3_system_errno(s->db) : 0;

	switch (code & 0xff) {
	case SQLITE_FULL:
		err_env(e, "%s: the disk is full; the run was not stored", s->path);
		return -ENOSPC;
	case SQLITE_BUSY:
		err_env(e, "%s: another process has been writing for more than %d s", s->path,
			STORE_BUSY_MS / 1000);
		return -EBUSY;
	case SQLITE_NOTADB:
		err_user(e, "%s: not an SQLite file", s->path);
		return -EINVAL;
	case SQLITE_CORRUPT:
		err_env(e, "%s: the file is damaged: %s", s->path, sqlite3_errmsg(s->db));
		return -EIO;
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		err_env(e, "%s: cannot be written: %s", s->path, strerror(os ? os : EACCES));
		return -EACCES;
	default:
		err_env(e, "%s: %s", s->path, s->db ? sqlite3_errmsg(s->db) : "cannot be opened");
		return -EIO;
	}
}

int store_db_exec(struct store *s, const char *sql, struct err *e)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : store_db_error(s, e);
}

int store_db_prepare(struct store *s, sqlite3_stmt **st, struct err *e, const char *sql)
{
	return sqlite3_prepare_v2(s->db, sql, -1, st, NULL) == SQLITE_OK ? 0 : store_db_error(s, e);
}

static int store_db_bind_va(struct store *s, sqlite3_stmt *st, struct err *e, const char *types,
			    va_list ap)
{
	assert(sqlite3_bind_parameter_count(st) == (int)strlen(types));
	for (int i = 1; types[i - 1]; i++) {
		int rc = SQLITE_MISUSE;

		switch (types[i - 1]) {
		case 'i':
			rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
			break;
		case 'u':
			rc = sqlite3_bind_int64(st, i, (int64_t)va_arg(ap, uint64_t));
			break;
		case 'd':
			rc = sqlite3_bind_double(st, i, va_arg(ap, double));
			break;
		case 's':
			rc = sqlite3_bind_text(st, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
			break;
		}
		if (rc != SQLITE_OK)
			return store_db_error(s, e);
	}
	return 0;
}

int store_db_bind(struct store *s, sqlite3_stmt *st, struct err *e, const char *types, ...)
{
	va_list ap;
	int rc;

	va_start(ap, types);
	rc = store_db_bind_va(s, st, e, types, ap);
	va_end(ap);
	return rc;
}

int store_db_put(struct store *s, sqlite3_stmt *st, struct err *e, const char *types, ...)
{
	va_list ap;
	int rc;

	va_start(ap, types);
	rc = store_db_bind_va(s, st, e, types, ap);
	va_end(ap);
	if (!rc && sqlite3_step(st) != SQLITE_DONE)
		rc = store_db_error(s, e);
	sqlite3_reset(st);
	return rc;
}

int store_db_step(struct store *s, sqlite3_stmt *st, struct err *e)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	return rc == SQLITE_DONE ? 0 : store_db_error(s, e);
}

int store_db_int(struct store *s, const char *sql, int64_t *v, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, sql);

	*v = 0;
	if (!rc)
		rc = store_db_step(s, st, e);
	if (rc == 1)
		*v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return rc < 0 ? rc : 0;
}

const char *store_db_text(sqlite3_stmt *st, int column)
{
	const char *text = (const char *)sqlite3_column_text(st, column);

	return text ? text : "";
}

int store_db_begin(struct store *s, struct err *e)
{
	return store_db_exec(s, "BEGIN IMMEDIATE", e);
}
