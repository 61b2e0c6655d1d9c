/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * machine_life - the section `life:` of a scenario: steps with free names, checked in the order of
 * their times.
 */
#ifndef CLI_MACHINE_LIFE_H
#define CLI_MACHINE_LIFE_H

#include "models/host/life.h"
#include "sim/opt.h"

#define MACHINE_LIFE_MAX 256

struct machine;

/* Rows of life.NAME. */
extern const struct opt machine_life_rows[];

struct machine_life {
	struct life life;
	struct life_step *step; /* [n_steps], by time */
	cycles_t *at;           /* of each step, since the start */
	unsigned n_steps, n_over;
	struct dev **dev; /* what life.dev points to */
};

/* After the devices: 0, or -EINVAL with m->e filled. */
int machine_life_build(struct machine *m);
void machine_life_free(struct machine *m);
/* Schedule every step, `from` being the time at which the workloads start. */
void machine_life_start(struct machine *m, cycles_t from);

#endif
