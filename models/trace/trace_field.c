/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * trace_field - lines of a trace and their fields; every mistake has its place.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/trace/trace_priv.h"

struct err_place trace_place(const struct trace_reader *r, unsigned field)
{
	struct err_place at = {.file = r->path, .line = r->line_no, .column = 1};

	if (field < r->n_fields)
		at.column = (unsigned)(r->field[field] - r->line) + 1;
	return at;
}

int trace_line(struct trace_reader *r, struct err *e)
{
	ssize_t n;

	while ((n = getline(&r->line, &r->n_line, r->f)) >= 0) {
		char *save = NULL;

		r->line_no++;
		r->n_fields = 0;
		if (memchr(r->line, '\0', (size_t)n) != NULL)
			return err_at(e, trace_place(r, 0),
				      "not a trace: the line holds a zero byte");
		if (r->line[n - 1] != '\n')
			return err_at(e, trace_place(r, 0),
				      "the last line has no end: the file was cut short");
		if (r->line[0] == '#')
			continue;
		for (char *f = strtok_r(r->line, " \t\r\n", &save); f;
		     f = strtok_r(NULL, " \t\r\n", &save)) {
			if (r->n_fields == TRACE_FIELDS_MAX)
				return err_at(e, trace_place(r, 0), "more than %d fields",
					      TRACE_FIELDS_MAX);
			r->field[r->n_fields++] = f;
		}
		if (r->n_fields)
			return 1;
	}
	if (ferror(r->f) && errno == EISDIR)
		return err_user(e, "%s: a directory, not a file", r->path);
	return ferror(r->f) ? err_env(e, "%s: %s", r->path, strerror(errno)) : 0;
}

bool trace_parse_number(const char *text, uint64_t max, uint64_t *v)
{
	bool is_hex = text[0] == '0' && text[1] == 'x';
	const char *digits = is_hex ? text + 2 : text;
	char *tail;

	if (strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits) ||
	    !*digits)
		return false;
	errno = 0;
	*v = strtoull(digits, &tail, is_hex ? 16 : 10);
	return errno == 0 && *v <= max;
}

int trace_number(const struct trace_reader *r, unsigned field, uint64_t max, uint64_t *v,
		 struct err *e)
{
	if (trace_parse_number(r->field[field], max, v))
		return 0;
	return err_at(e, trace_place(r, field), "got '%s', allowed a number 0..%" PRIu64,
		      r->field[field], max);
}

int trace_small(const struct trace_reader *r, unsigned field, unsigned max, unsigned *v,
		struct err *e)
{
	uint64_t wide = 0;
	int rc = trace_number(r, field, max, &wide, e);

	*v = (unsigned)wide;
	return rc;
}

/* Index of the field in a NULL-ended list of words, or -EINVAL. */
int trace_word(const struct trace_reader *r, unsigned field, const char *const *words,
	       struct err *e)
{
	const char *near;
	char all[200] = "";

	for (int i = 0; words[i]; i++) {
		if (strcmp(r->field[field], words[i]) == 0)
			return i;
		if (strlen(all) + strlen(words[i]) + 3 < sizeof all)
			strcat(strcat(all, i ? ", " : ""), words[i]);
	}
	near = err_nearest(r->field[field], words);
	return err_at(e, trace_place(r, field), "got '%s', allowed %s%s%s%s", r->field[field], all,
		      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* BB:DD.F */
int trace_sid(const struct trace_reader *r, unsigned field, uint16_t *sid, struct err *e)
{
	const char *t = r->field[field];
	unsigned bus, dev, fn;
	char tail;

	if (strlen(t) == 7 && sscanf(t, "%2x:%2x.%1x%c", &bus, &dev, &fn, &tail) == 3 && dev < 32 &&
	    fn < 8) {
		*sid = (uint16_t)(bus << 8 | dev << 3 | fn);
		return 0;
	}
	return err_at(e, trace_place(r, field),
		      "got '%s', allowed a device as BB:DD.F, e.g. 01:00.0", t);
}

int trace_device(const struct trace_reader *r, unsigned field, unsigned *device, struct err *e)
{
	uint16_t sid = 0;
	int rc = trace_sid(r, field, &sid, e);

	if (rc < 0)
		return rc;
	for (*device = 0; *device < r->head.n_devices; ++*device)
		if (r->head.device[*device].sid == sid)
			return 0;
	return err_at(e, trace_place(r, field), "device '%s' is not among the settings",
		      r->field[field]);
}

int trace_want(const struct trace_reader *r, unsigned n, const char *form, struct err *e)
{
	if (r->n_fields == n)
		return 0;
	return err_at(e, trace_place(r, 0), "got %u fields, allowed %u: %s", r->n_fields, n, form);
}
