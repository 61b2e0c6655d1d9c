/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * import_text - lines of a log, plain or compressed.
 *
 * A compressed file is read through the gzip program, so that the simulator links no further
 * library; its exit status tells a damaged or cut file.
 */
#include "cli/import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IMPORT_LINE_MAX = 65536 };

struct err_place import_text_place(const struct import_text *t)
{
	return (struct err_place){
		.file = t->path, .line = t->line_no ? t->line_no : 1, .column = 1};
}

/* Replace the open file by the output of gzip on it. */
static int import_text_gunzip(struct import_text *t, struct err *e)
{
	int fds[2];

	if (pipe(fds) < 0)
		return err_env(e, "%s: %s", t->path, strerror(errno));
	fflush(NULL);
	t->pid = fork();
	if (t->pid < 0)
		return err_env(e, "%s: %s", t->path, strerror(errno));
	if (t->pid == 0) {
		dup2(fileno(t->f), STDIN_FILENO);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		if (!freopen("/dev/null", "w", stderr))
			_exit(126);
		execlp("gzip", "gzip", "-qdc", (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	fclose(t->f);
	t->f = fdopen(fds[0], "r");
	return t->f ? 0 : err_env(e, "%s: %s", t->path, strerror(errno));
}

int import_text_open(struct import_text *t, const char *path, struct err *e)
{
	unsigned char magic[2] = {0};

	*t = (struct import_text){.path = path};
	t->f = fopen(path, "rb");
	if (!t->f)
		return err_user(e, "%s: %s", path, strerror(errno));
	if (fread(magic, 1, 2, t->f) == 0 && ferror(t->f))
		return err_user(e, "%s: %s", path, strerror(errno));
	/* The child reads the descriptor itself: its position, not stdio's, must be the beginning.
	 */
	if (fseek(t->f, 0, SEEK_SET) < 0 || lseek(fileno(t->f), 0, SEEK_SET) < 0)
		return err_user(e, "%s: %s", path, strerror(errno));
	return magic[0] == 0x1f && magic[1] == 0x8b ? import_text_gunzip(t, e) : 0;
}

/* The end of a compressed file is good when gzip says so. */
static int import_text_end(struct import_text *t, struct err *e)
{
	int status = 0;

	if (ferror(t->f))
		return err_env(e, "%s: %s", t->path, strerror(errno));
	if (t->pid == 0)
		return 0;
	waitpid(t->pid, &status, 0);
	t->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_env(e, "%s: compressed, and the program gzip is missing", t->path);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_at(e, import_text_place(t),
			      "the gzip file is damaged or cut short here");
	return 0;
}

int import_text_next(struct import_text *t, struct err *e)
{
	ssize_t n = getline(&t->line, &t->n_room, t->f);

	if (n < 0)
		return import_text_end(t, e);
	t->line_no++;
	if (n > IMPORT_LINE_MAX)
		return err_at(e, import_text_place(t), "not a log: a line of more than %d bytes",
			      IMPORT_LINE_MAX);
	t->whole = t->line[n - 1] == '\n';
	if (t->whole)
		t->line[--n] = '\0';
	if (n && t->line[n - 1] == '\r')
		t->line[--n] = '\0';
	for (ssize_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)t->line[i];

		if (c < 0x20 && c != '\t' && c != 0x1b && c != '\r')
			return err_at(e, import_text_place(t),
				      "not a log: byte 0x%02x at column %zd", c, i + 1);
	}
	return 1;
}

void import_text_close(struct import_text *t)
{
	if (t->f)
		fclose(t->f);
	if (t->pid > 0)
		waitpid(t->pid, NULL, 0);
	free(t->line);
	*t = (struct import_text){0};
}
