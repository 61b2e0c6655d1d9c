/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * trace_settings - the version line and the settings of a trace.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/trace/trace_priv.h"

static int trace_bool(const struct trace_reader *r, unsigned field, bool *v, struct err *e)
{
	static const char *const words[] = {"off", "on", NULL};
	int i = trace_word(r, field, words, e);

	*v = i == 1;
	return i < 0 ? i : 0;
}

static int trace_set_kernel(struct trace_reader *r, struct err *e)
{
	char tail;

	if (sscanf(r->field[1], "%2u.%3u%c", &r->head.kernel_major, &r->head.kernel_minor, &tail) ==
	    2)
		return 0;
	return err_at(e, trace_place(r, 1), "got '%s', allowed a version like 6.1", r->field[1]);
}

static int trace_set_flush(struct trace_reader *r, struct err *e)
{
	static const char *const words[] = {"strict", "lazy", "passthrough", NULL};
	int i = trace_word(r, 1, words, e);

	if (i >= 0)
		r->head.flush = (enum trace_flush)i;
	return i < 0 ? i : 0;
}

static int trace_set_caching_mode(struct trace_reader *r, struct err *e)
{
	return trace_bool(r, 1, &r->head.caching_mode, e);
}

static int trace_set_intremap(struct trace_reader *r, struct err *e)
{
	return trace_bool(r, 1, &r->head.intremap, e);
}

static int trace_set_aw_bits(struct trace_reader *r, struct err *e)
{
	int rc = trace_small(r, 1, 57, &r->head.aw_bits, e);

	if (rc < 0 || r->head.aw_bits == 39 || r->head.aw_bits == 48 || r->head.aw_bits == 57)
		return rc;
	return err_at(e, trace_place(r, 1), "got '%s', allowed 39, 48, 57", r->field[1]);
}

static int trace_set_cpus(struct trace_reader *r, struct err *e)
{
	int rc = trace_small(r, 1, TRACE_CPUS_MAX, &r->head.n_cpus, e);

	if (rc < 0 || r->head.n_cpus)
		return rc;
	return err_at(e, trace_place(r, 1), "got '0', allowed 1..%d", TRACE_CPUS_MAX);
}

static int trace_set_device(struct trace_reader *r, struct err *e)
{
	static const char *const words[] = {"ats=off", "ats=on", NULL};
	struct trace_device d = {0};
	int rc = trace_sid(r, 1, &d.sid, e), i;

	if (rc < 0)
		return rc;
	if ((i = trace_word(r, 2, words, e)) < 0)
		return i;
	for (unsigned k = 0; k < r->head.n_devices; k++)
		if (r->head.device[k].sid == d.sid)
			return err_at(e, trace_place(r, 1), "device '%s' is there twice",
				      r->field[1]);
	if (r->head.n_devices == TRACE_DEVICES_MAX)
		return err_at(e, trace_place(r, 1), "more than %u devices", TRACE_DEVICES_MAX);
	d.ats = i == 1;
	r->head.device[r->head.n_devices++] = d;
	return 0;
}

static const struct {
	const char *name;
	unsigned n_fields;
	const char *form;
	int (*set)(struct trace_reader *r, struct err *e);
} trace_settings[] = {
	{"kernel", 2, "kernel MAJOR.MINOR", trace_set_kernel},
	{"flush", 2, "flush strict|lazy|passthrough", trace_set_flush},
	{"caching-mode", 2, "caching-mode on|off", trace_set_caching_mode},
	{"interrupt-remapping", 2, "interrupt-remapping on|off", trace_set_intremap},
	{"aw-bits", 2, "aw-bits 39|48|57", trace_set_aw_bits},
	{"vcpus", 2, "vcpus N", trace_set_cpus},
	{"device", 3, "device BB:DD.F ats=on|off", trace_set_device},
};
#define TRACE_SETTINGS (sizeof trace_settings / sizeof trace_settings[0])

static int trace_setting(struct trace_reader *r, struct err *e)
{
	const char *names[TRACE_SETTINGS + 1] = {NULL};
	int i, rc;

	for (size_t k = 0; k < TRACE_SETTINGS; k++)
		names[k] = trace_settings[k].name;
	if ((i = trace_word(r, 0, names, e)) < 0)
		return i;
	rc = trace_want(r, trace_settings[i].n_fields, trace_settings[i].form, e);
	return rc < 0 ? rc : trace_settings[i].set(r, e);
}

static int trace_version(struct trace_reader *r, struct err *e)
{
	int rc = trace_line(r, e);

	if (rc < 0)
		return rc;
	if (rc == 0 || r->n_fields != 2 || strcmp(r->field[0], "dmachurn-trace") != 0)
		return err_at(e, (struct err_place){r->path, rc ? r->line_no : 1, 1},
			      "not a trace: the first line must be 'dmachurn-trace %u'",
			      TRACE_VERSION);
	if (strcmp(r->field[1], "1") != 0)
		return err_at(e, trace_place(r, 1), "got version '%s', allowed %u", r->field[1],
			      TRACE_VERSION);
	return 0;
}

int trace_read_head(struct trace_reader *r, struct err *e)
{
	int rc = trace_version(r, e);

	r->head.intremap = true;
	r->head.aw_bits = 39;
	r->head.n_cpus = 1;
	while (rc >= 0 && (rc = trace_line(r, e)) > 0) {
		if (strcmp(r->field[0], "end") == 0 || strspn(r->field[0], "0123456789") > 0) {
			r->pending = true;
			return 0;
		}
		rc = trace_setting(r, e);
	}
	return rc < 0 ? rc
		      : err_at(e, (struct err_place){r->path, r->line_no, 1},
			       "no 'end' line: the file was cut short");
}
