/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * xalloc - memory that is there, or the program says so and exits with status 1.
 */
#ifndef SIM_XALLOC_H
#define SIM_XALLOC_H

#include <stddef.h>

/* n objects of size bytes each, zeroed; never NULL (also for n == 0). */
void *xcalloc(size_t n, size_t size);
/* Array p grown or shrunk to n objects of size bytes; new space is not cleared. */
void *xrealloc(void *p, size_t n, size_t size);
/* n_bytes (a multiple of align) at a multiple of align (a power of two), not cleared; freed by
 * free(). */
void *xaligned(size_t align, size_t n_bytes);
/* Copies, freed by free(). xstrndup copies at most n bytes and ends the string. */
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
/* printf into fresh memory, freed by free(). */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
