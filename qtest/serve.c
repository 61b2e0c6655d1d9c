/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * serve - the loop between two file descriptors and the protocol.
 */
#include "qtest/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sim/xalloc.h"

#define BLOCK_BYTES ((size_t)1 << 17)
/* The longest line: a write of PROTO_DATA_MAX in hexadecimal. */
#define LINE_MAX_BYTES ((size_t)(2 * PROTO_DATA_MAX + 256))

struct serve_buffer {
	char *text;
	size_t first, end, room; /* text[first..end-1] is not yet handled */
};

static int serve_flush(int fd, struct proto_out *out, struct err *e)
{
	for (size_t done = 0; done < out->n;) {
		ssize_t n = write(fd, out->text + done, out->n - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_env(e, "qtest: cannot answer: %s", strerror(errno));
		done += (size_t)n;
	}
	out->n = 0;
	return 0;
}

/* Handle every whole line at hand. */
static int serve_block(struct proto *p, struct serve_buffer *b, struct proto_out *out,
		       struct err *e)
{
	for (;;) {
		char *line = b->text + b->first;
		char *newline = memchr(line, '\n', b->end - b->first);
		int r;

		if (!newline)
			return 0;
		b->first = (size_t)(newline - b->text) + 1;
		r = proto_line(p, line, (size_t)(newline - line), out, e);
		if (r || p->is_over)
			return r;
	}
}

/* More input behind what is left; 0 at the end, else bytes read or -EIO. */
static ssize_t serve_read(int fd, struct serve_buffer *b, struct err *e)
{
	ssize_t n;

	if (b->first != 0)
		memmove(b->text, b->text + b->first, b->end - b->first);
	b->end -= b->first;
	b->first = 0;
	if (b->room - b->end < BLOCK_BYTES) {
		if (b->room > LINE_MAX_BYTES)
			return err_env(e, "qtest: a line is longer than %zu bytes", LINE_MAX_BYTES);
		b->room = b->room * 2 + BLOCK_BYTES;
		b->text = xrealloc(b->text, b->room + 1, 1);
	}
	do
		n = read(fd, b->text + b->end, BLOCK_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_env(e, "qtest: cannot read: %s", strerror(errno));
	b->end += (size_t)n;
	return n;
}

int serve_lines(struct proto *p, int in_fd, int out_fd, struct err *e)
{
	struct serve_buffer b = {0};
	struct proto_out out = {0};
	ssize_t n;
	int r = 0;

	while ((n = serve_read(in_fd, &b, e)) > 0) {
		int flushed;

		r = serve_block(p, &b, &out, e);
		flushed = serve_flush(out_fd, &out, e);
		r = r ? r : flushed;
		if (r || p->is_over)
			break;
	}
	if (n == 0 && r == 0 && b.end > b.first) { /* the last line has no newline */
		r = proto_line(p, b.text + b.first, b.end - b.first, &out, e);
		if (r == 0)
			r = serve_flush(out_fd, &out, e);
	}
	free(b.text);
	free(out.text);
	return r ? r : n < 0 ? (int)n : 0;
}

int serve_socket(struct proto *p, const char *path, struct err *e)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int listener, fd, r;

	if (strlen(path) >= sizeof at.sun_path)
		return err_user(e, "--socket: the path is longer than %zu bytes",
				sizeof at.sun_path - 1);
	memcpy(at.sun_path, path, strlen(path) + 1);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (const struct sockaddr *)&at, sizeof at) < 0 ||
	    listen(listener, 1) < 0) {
		r = err_env(e, "--socket: %s: %s", path, strerror(errno));
		if (listener >= 0)
			close(listener);
		return r;
	}
	fd = accept(listener, NULL, NULL);
	close(listener);
	unlink(path);
	if (fd < 0)
		return err_env(e, "--socket: %s: %s", path, strerror(errno));
	r = serve_lines(p, fd, fd, e);
	close(fd);
	return r;
}
