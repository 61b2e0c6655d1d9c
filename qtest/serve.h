/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * serve - the loop between two file descriptors and the protocol: reads in blocks, answers in blocks.
 */
#ifndef QTEST_SERVE_H
#define QTEST_SERVE_H

#include "qtest/proto.h"

/* Answer lines until the end of input. Answers are held back only as long as more input is at hand. 0, -EINVAL
 * (*e: a directive), -EIO (*e: the connection). */
int serve_lines(struct proto *p, int in_fd, int out_fd, struct err *e);

/* Listen at a unix socket, serve one connection, remove the socket. */
int serve_socket(struct proto *p, const char *path, struct err *e);

#endif
