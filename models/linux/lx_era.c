/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lx_era - a version is looked up once, when the kernel is made.
 */
#include "models/linux/lx_era.h"

#include <assert.h>
#include <stdio.h>

#define ERA_STEPS_MAX 4

struct era_step {
	unsigned major, minor, value; /* major 0: no further step */
};

static const struct {
	struct era_step step[ERA_STEPS_MAX];
	const char *help;
} era_row[LX_ERA_N] = {
#define SINCE(major, minor, value) {major, minor, value},
#define ERA(symbol, since, help) [symbol] = {{since}, help},
#include "models/linux/lx_era.def"
#undef ERA
#undef SINCE
};

static unsigned era_value(enum lx_era row, unsigned major, unsigned minor)
{
	unsigned value = era_row[row].step[0].value;

	for (unsigned i = 1; i < ERA_STEPS_MAX; i++) {
		const struct era_step *s = &era_row[row].step[i];

		if (s->major == 0 || major < s->major || (major == s->major && minor < s->minor))
			break;
		value = s->value;
	}
	return value;
}

int lx_era_lookup(const char *version, unsigned value[LX_ERA_N], struct err *e)
{
	unsigned major, minor;
	char after = 0;
	int n = sscanf(version, "%3u.%3u%c", &major, &minor, &after);

	if (n < 2 || (n == 3 && after != '.' && after != '-'))
		return err_user(e, "guest.kernel: got '%s', allowed a version like 6.1", version);
	/* from the oldest to the newest that was read */
	if (major < 5 || (major == 5 && minor < 4) || major > 6 || (major == 6 && minor > 12))
		return err_user(e, "guest.kernel: got '%s', allowed 5.4..6.12", version);
	for (unsigned i = 0; i < LX_ERA_N; i++)
		value[i] = era_value((enum lx_era)i, major, minor);
	return 0;
}

const char *lx_era_help(enum lx_era row)
{
	assert(row < LX_ERA_N);
	return era_row[row].help;
}
