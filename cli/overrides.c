/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * overrides - `--set PATH=VALUE` and whole numbers on the command line, the same for every verb.
 */
#include "cli/overrides.h"

#include <stdlib.h>

#include "cli/verb.h"
#include "sim/unit.h"
#include "sim/xalloc.h"

void overrides_add(struct overrides *o, const char *assignment)
{
	o->set = xrealloc(o->set, o->n + 1, sizeof *o->set);
	o->set[o->n++] = assignment;
}

void overrides_free(struct overrides *o)
{
	free(o->set);
	*o = (struct overrides){0};
}

int overrides_load(const struct overrides *o, struct scn *s, const char *file, struct err *e)
{
	int ret = scn_load(s, file, e);

	if (ret)
		return ret;
	for (size_t i = 0; i < o->n && !ret; i++)
		ret = scn_set(s, o->set[i], e);
	if (ret)
		scn_free(s);
	return ret;
}

uint64_t overrides_number(const char *what, const char *text, uint64_t min, uint64_t max,
			  struct argp_state *state)
{
	uint64_t v = 0;

	if (unit_parse(&unit_count, text, &v) != UNIT_OK || v < min || v > max)
		verb_error(state, "%s: got '%s', allowed: %llu..%llu", what, text,
			   (unsigned long long)min, (unsigned long long)max);
	return v;
}
