/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store - opening and closing a result file.
 *
 * The file is one single file whenever nobody writes: WAL is switched on for writing and off again by
 * the last writer that closes. A file is looked at (100 bytes, without SQLite) before SQLite opens it,
 * so that a file of another program is never changed, not even by a recovery.
 */
#include "results/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/schema_sql.h"
#include "results/store_db.h"
#include "sim/port.h"
#include "sim/xalloc.h"

enum {
	HEADER_BYTES = 100, /* SQLite file format 1.3 */
	HEADER_USER_VERSION = 60,
	HEADER_APPLICATION_ID = 68,
	OPEN_TRIES = 20, /* a file may be removed by its creator just as it is opened */
};

static uint32_t header_be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int store_check_version(const char *path, int64_t version, struct err *e)
{
	if (version <= STORE_SCHEMA)
		return 0;
	return err_user(e, "%s: written by a newer dmachurn (schema %lld, this program knows %d)",
			path, (long long)version, STORE_SCHEMA);
}

/* Is the file ours, or empty? */
static int store_check_header(const char *path, const unsigned char *h, ssize_t n, struct err *e)
{
	if (n == 0)
		return 0;
	if (n < HEADER_BYTES || memcmp(h, "SQLite format 3", 16) != 0)
		return err_user(e, "%s: not an SQLite file; it was left as it is", path);
	if (header_be32(h + HEADER_APPLICATION_ID) != STORE_APPLICATION_ID)
		return err_user(e, "%s: an SQLite file of another program; it was left as it is",
				path);
	return store_check_version(path, header_be32(h + HEADER_USER_VERSION), e);
}

static int store_cannot(const char *path, const char *what, struct err *e)
{
	int os = errno;

	if (os == ENOENT || os == ENOTDIR || os == EISDIR || os == ENAMETOOLONG)
		return err_user(e, "%s: %s: %s", path, what, strerror(os));
	err_env(e, "%s: %s: %s", path, what, strerror(os));
	return -os;
}

/* Make the file when it is missing and may be made; refuse what is not ours. */
static int store_prepare_file(struct store *s, struct err *e)
{
	unsigned char header[HEADER_BYTES];
	struct stat st;
	ssize_t n;
	int fd = -1, rc;

	if (s->mode == STORE_APPEND)
		fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd >= 0) {
		s->created = true;
		close(fd);
		return 0;
	}
	if (s->mode == STORE_APPEND && errno != EEXIST)
		return store_cannot(s->path, "cannot be made", e);
	if (stat(s->path, &st) != 0)
		return store_cannot(s->path, "cannot be read", e);
	if (!S_ISREG(st.st_mode))
		return err_user(e, "%s: %s, not a file", s->path,
				S_ISDIR(st.st_mode) ? "a directory" : "a device");
	fd = open(s->path, (s->mode == STORE_READ ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (fd < 0)
		return store_cannot(s->path, s->mode == STORE_READ ? "cannot be read" : "cannot be written",
				    e);
	n = read(fd, header, sizeof header);
	rc = n < 0 ? store_cannot(s->path, "cannot be read", e)
		   : store_check_header(s->path, header, n, e);
	close(fd);
	if (!rc && n == 0 && s->mode == STORE_READ)
		rc = err_user(e, "%s: the file is empty", s->path);
	return rc;
}

static int store_exec_lines(struct store *s, const char *const *line, struct err *e)
{
	size_t n = 0;
	char *sql;
	int rc;

	for (size_t i = 0; line[i]; i++)
		n += strlen(line[i]);
	sql = xcalloc(n + 1, 1);
	n = 0;
	for (size_t i = 0; line[i]; i++) {
		memcpy(sql + n, line[i], strlen(line[i]));
		n += strlen(line[i]);
	}
	rc = store_db_exec(s, sql, e);
	free(sql);
	return rc;
}

/* Schema and header in one transaction of the rollback journal, so that the header names us as soon as
 * the file has one. Another process may have been first. */
static int store_make_schema(struct store *s, struct err *e)
{
	int64_t n_tables;
	int rc = store_db_begin(s, e);

	if (rc)
		return rc;
	rc = store_db_int(s, "SELECT count(*) FROM sqlite_schema", &n_tables, e);
	if (!rc && n_tables == 0) {
		char *pragma = xasprintf("PRAGMA application_id=%d; PRAGMA user_version=%d",
					 STORE_APPLICATION_ID, STORE_SCHEMA);

		rc = store_db_exec(s, pragma, e);
		free(pragma);
		if (!rc)
			rc = store_exec_lines(s, schema_sql, e);
		if (!rc)
			rc = store_exec_lines(s, views_sql, e);
	}
	if (!rc)
		rc = store_db_exec(s, "COMMIT", e);
	if (rc)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static int store_set_up(struct store *s, struct err *e)
{
	int64_t version;
	int rc;

	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	sqlite3_extended_result_codes(s->db, 1);
	if (s->mode == STORE_APPEND && sqlite3_db_readonly(s->db, "main"))
		return err_env(e, "%s: cannot be written", s->path);
	rc = s->mode == STORE_APPEND ? store_make_schema(s, e) : 0;
	if (!rc)
		rc = store_db_int(s, "PRAGMA user_version", &version, e);
	if (!rc)
		rc = store_check_version(s->path, version, e);
	if (!rc && s->mode == STORE_APPEND)
		rc = store_db_exec(s, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", e);
	return rc ? rc : store_block_register(s, e);
}

/* Was the file removed or replaced since it was opened? */
static bool store_has_moved(struct store *s)
{
	int moved = 0;

	sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	return moved != 0;
}

static int store_open_once(struct store *s, struct err *e)
{
	int flags = s->mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	int rc = store_prepare_file(s, e);

	if (rc)
		return rc;
	if (sqlite3_open_v2(s->path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return store_db_error(s, e);
	return store_set_up(s, e);
}

int store_open(struct store **out, const char *path, enum store_mode mode, struct err *e)
{
	struct store *s = xcalloc(1, sizeof *s);
	bool plain = path[0] == '/' || path[0] == '.'; /* else ":memory:" would not be a file */
	int rc = -EIO;

	*out = NULL;
	if (path[0] == '\0') {
		free(s);
		return err_user(e, "--db: got an empty name, a file name is needed");
	}
	s->path = plain ? xstrdup(path) : xasprintf("./%s", path);
	s->mode = mode;
	for (int i = 0; i < OPEN_TRIES; i++) {
		rc = store_open_once(s, e);
		if (rc || !store_has_moved(s))
			break;
		sqlite3_close(s->db);
		s->db = NULL;
		s->created = false;
	}
	if (!rc && !s->db)
		rc = err_env(e, "%s: removed or replaced whenever it was opened", s->path);
	if (rc) {
		struct err ignored = {0};

		store_close(s, &ignored);
		return rc;
	}
	*out = s;
	return 0;
}

/* Back to one file; who is not the last writer leaves that to the last. */
static int store_leave_wal(struct store *s, bool *alone, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc = store_db_prepare(s, &st, e, "PRAGMA journal_mode=DELETE");

	*alone = false;
	if (rc)
		return rc;
	sqlite3_busy_timeout(s->db, 0);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*alone = strcmp(store_db_text(st, 0), "delete") == 0;
	rc = rc == SQLITE_ROW || (rc & 0xff) == SQLITE_BUSY ? 0 : store_db_error(s, e);
	sqlite3_finalize(st);
	return rc;
}

/* A file that this process made and that holds nothing goes away, under the lock. */
static void store_remove_if_empty(struct store *s)
{
	struct err ignored = {0};
	int64_t n_runs = 0;

	if (sqlite3_exec(s->db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) != SQLITE_OK)
		return;
	store_db_int(s, "SELECT count(*) FROM sqlite_schema", &n_runs, &ignored);
	if (n_runs != 0)
		store_db_int(s, "SELECT count(*) FROM run", &n_runs, &ignored);
	if (n_runs == 0 && ignored.status == EXIT_DONE && !store_has_moved(s))
		unlink(s->path);
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

int store_close(struct store *s, struct err *e)
{
	bool alone = false;
	int rc = 0;

	if (!s)
		return 0;
	store_run_abort(s);
	sqlite3_finalize(s->insert_block);
	if (s->db && s->mode == STORE_APPEND) {
		rc = store_leave_wal(s, &alone, e);
		if (s->created && alone)
			store_remove_if_empty(s);
	} else if (s->created) {
		unlink(s->path);
	}
	sqlite3_close(s->db);
	free(s->path);
	free(s);
	return rc;
}
