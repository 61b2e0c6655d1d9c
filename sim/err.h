/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * err - a user's mistake as one line, with its place and what is allowed.
 *
 * Functions that can meet a user's mistake take a struct err * last, fill it and return -errno.
 * Only cli/ prints it ("dmachurn: " + text) and exits with err.status.
 */
#ifndef SIM_ERR_H
#define SIM_ERR_H

#include <stddef.h>

#include "sim/port.h"

enum exit_status {
	EXIT_DONE = 0,
	EXIT_ENVIRONMENT = 1, /* disk, memory, a missing program */
	EXIT_USER = 2,        /* the user's mistake: nothing run, nothing written */
	EXIT_ASSERTION = 3,   /* the modelled QEMU would have aborted */
};

struct err {
	enum exit_status status; /* EXIT_DONE: no error */
	char text[1000];         /* one line, no newline at the end */
};

/* Where a value was written; file NULL: no place, line 0: no line. */
struct err_place {
	const char *file; /* a file name or "--set" */
	unsigned line, column; /* from 1 */
};

/* Fill *e; the first error wins. Both return -EINVAL. */
int err_user(struct err *e, const char *fmt, ...) PORT_PRINTF(2, 3);
int err_at(struct err *e, struct err_place at, const char *fmt, ...) PORT_PRINTF(3, 4);
/* The same for the environment, returns -EIO. */
int err_env(struct err *e, const char *fmt, ...) PORT_PRINTF(2, 3);

/* The word of the NULL-ended list that is nearest to `word` by edit distance, or NULL when none is
 * near enough to be worth saying. */
const char *err_nearest(const char *word, const char *const *list);

#endif
