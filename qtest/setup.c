/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * setup - the "#@" lines of a script and `--set`, into the board's configuration.
 *
 * Properties are the rows of the unit; QEMU's "x-" before experimental ones is dropped, fsts is flts.
 */
#include "qtest/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTION "iommu."

/* A release is its series: 10.0.13 is 10.0. */
static void setup_series(const char *release, char *series, size_t n)
{
	const char *dot = strchr(release, '.');
	const char *patch = dot ? strchr(dot + 1, '.') : NULL;
	bool is_release =
		patch && patch[1] != '\0' && patch[1 + strspn(patch + 1, "0123456789")] == '\0';

	snprintf(series, n, "%.*s", is_release ? (int)(patch - release) : (int)n, release);
}

static int setup_property(struct board_config *c, const char *key, const char *value,
			  const char *file, struct err *e)
{
	const struct opt *row;
	char path[96], series[40];

	if (strcmp(key, "qemu") == 0) {
		setup_series(value, series, sizeof series);
		value = series;
	}
	if (strncmp(key, "x-", 2) == 0)
		key += 2;
	if (strcmp(key, "fsts") == 0) /* its name from 11.0 on */
		key = "flts";
	row = opt_find(vtd_opts, key);
	snprintf(path, sizeof path, SECTION "%s", key);
	if (!row) {
		const char *names[VTD_N_OPTS], *near;
		size_t n = 0;

		for (; vtd_opts[n].name; n++)
			names[n] = vtd_opts[n].name;
		names[n] = NULL;
		near = err_nearest(key, names);
		return err_user(e, "%s: there is no %s%s%s%s", file, path,
				near ? "; did you mean " SECTION : "", near ? near : "",
				near ? "?" : "");
	}
	return opt_set(row, &c->iommu, value, path, (struct err_place){.file = file}, e);
}

static int setup_iommu(struct board_config *c, char *list, struct err *e)
{
	char *save = NULL;

	for (char *w = strtok_r(list, ", ", &save); w; w = strtok_r(NULL, ", ", &save)) {
		char *value = strchr(w, '=');
		int r;

		if (!value)
			return err_user(e, "#@ iommu: '%s' is not KEY=VALUE", w);
		*value = '\0';
		r = setup_property(c, w, value + 1, "#@ iommu", e);
		if (r)
			return r;
	}
	return 0;
}

/* "SLOT.FUNCTION" on bus 0, hexadecimal. */
static int setup_edu(struct board_config *c, char *list, struct err *e)
{
	char *save = NULL;

	c->n_edus = 0;
	for (char *w = strtok_r(list, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		unsigned slot, function;
		char end;

		if (sscanf(w, "%x.%x%c", &slot, &function, &end) != 2 || slot > 31 || function > 7)
			return err_user(e, "#@ edu: got '%s', allowed 00.0..1f.7", w);
		if (c->n_edus == BOARD_EDUS_MAX)
			return err_user(e, "#@ edu: more than %u devices", BOARD_EDUS_MAX);
		c->edu[c->n_edus++] = (uint16_t)(slot << 3 | function);
	}
	return 0;
}

/* "BUS:SLOT.FUNCTION", hexadecimal. */
static int setup_sid(const char *what, const char *at, uint16_t *sid, struct err *e)
{
	unsigned bus, slot, function;
	char end;

	if (sscanf(at, "%x:%x.%x%c", &bus, &slot, &function, &end) != 3 || bus > 255 || slot > 31 ||
	    function > 7)
		return err_user(e, "#@ %s: got '%s', allowed 00:00.0..ff:1f.7", what, at);
	*sid = (uint16_t)(bus << 8 | slot << 3 | function);
	return 0;
}

static int setup_vhost(struct board_config *c, char *list, struct err *e)
{
	char *save = NULL, *at = strtok_r(list, " ", &save);
	int r = setup_sid("vhost", at ? at : "", &c->vhost.sid, e);

	c->vhost.is_there = true;
	for (char *w; r == 0 && (w = strtok_r(NULL, " ", &save)) != NULL;) {
		if (strcmp(w, "ats") == 0)
			c->vhost.has_ats = true;
		else if (strcmp(w, "driver") == 0)
			c->vhost.has_driver = true;
		else
			r = err_user(e, "#@ vhost: got '%s', allowed: ats, driver", w);
	}
	return r;
}

int setup_directive(struct board_config *c, char *text, struct err *e)
{
	char *rest;

	text += strspn(text, " ");
	rest = text + strcspn(text, " ");
	if (*rest)
		*rest++ = '\0';
	if (strcmp(text, "iommu") == 0)
		return setup_iommu(c, rest, e);
	if (strcmp(text, "edu") == 0)
		return setup_edu(c, rest, e);
	if (strcmp(text, "vhost") == 0)
		return setup_vhost(c, rest, e);
	if (strcmp(text, "vfio") == 0) {
		c->has_vfio = true;
		return setup_sid("vfio", rest, &c->vfio_sid, e);
	}
	return 0;
}

int setup_set(struct board_config *c, const char *assignment, struct err *e)
{
	const char *value = strchr(assignment, '=');
	char key[80];

	if (!value || strncmp(assignment, SECTION, strlen(SECTION)) != 0 ||
	    (size_t)(value - assignment) >= sizeof key)
		return err_user(e, "--set: got '%s', allowed " SECTION "KEY=VALUE", assignment);
	snprintf(key, sizeof key, "%.*s", (int)(value - assignment - strlen(SECTION)),
		 assignment + strlen(SECTION));
	return setup_property(c, key, value + 1, "--set", e);
}
