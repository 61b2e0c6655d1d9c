/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * xalloc - memory that is there, or the program says so and exits with status 1.
 */
#include "sim/xalloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void xalloc_die(size_t n, size_t size)
{
	fprintf(stderr, "dmachurn: out of memory (%zu objects of %zu bytes)\n", n, size);
	exit(1);
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		xalloc_die(n, size);
	return p;
}

void *xrealloc(void *old, size_t n, size_t size)
{
	void *p;

	if (size != 0 && n > SIZE_MAX / size)
		xalloc_die(n, size);
	p = realloc(old, n == 0 || size == 0 ? 1 : n * size);
	if (!p)
		xalloc_die(n, size);
	return p;
}

void *xaligned(size_t align, size_t n_bytes)
{
	void *p = aligned_alloc(align, n_bytes);

	if (!p)
		xalloc_die(1, n_bytes);
	return p;
}

char *xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = xcalloc(len + 1, 1);

	memcpy(p, s, len);
	return p;
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap, again;
	int len;
	char *p;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		xalloc_die(1, 0);
	p = xcalloc((size_t)len + 1, 1);
	vsnprintf(p, (size_t)len + 1, fmt, again);
	va_end(again);
	return p;
}
