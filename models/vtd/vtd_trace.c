/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_trace - QEMU's trace events, text as `-trace vtd_*` prints it.
 *
 * The texts stand where the events happen; this is the way out.
 */
#include <stdarg.h>
#include <stdio.h>

#include "models/vtd/vtd.h"

void vtd_trace_to(struct vtd *v, const struct vtd_trace_sink *sink)
{
	v->trace = sink;
}

void vtd_trace_line(const struct vtd *v, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	v->trace->line(v->trace->self, line);
}
