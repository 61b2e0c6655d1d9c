/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * version_steps - what reaches a consumer, step by step, for scripts/versions.
 *
 * usage: version_steps vhost|vfio PROPS START-OPS <STEPS
 * START-OPS lead to the state in which the steps begin, and again after QEMU died. A line of STEPS is the text
 * of consumer_rig_step(); for each, one line is printed: vhost: the messages, vfio: counts, then events.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/consumer_rig.h"

extern const struct consumer_type consumer_vhost, consumer_vfio;

static void print_vhost(const struct consumer_rig *c)
{
	bool failed = rig_counter(&c->r, CTR_QI_ERROR) != c->n_errors;

	if (c->died)
		puts("QEMU DIED");
	else if (failed)
		printf("%s%sIQE, fsts 0x10\n", c->log, *c->log ? " ; " : "");
	else
		puts(*c->log ? c->log : "-");
}

static void print_vfio(const struct consumer_rig *c)
{
	printf("U%u M%u walks(levels %u, one %u, skip_map %u) whole %u | %s%s\n", c->n_unmap,
	       c->n_map, c->n_levels, c->n_one, c->n_skip_map, c->n_whole, c->log,
	       c->died ? "ABORT" : "");
}

int main(int argc, char **argv)
{
	static struct consumer_rig c;
	char line[600];
	bool is_vhost;

	if (argc != 4)
		return EXIT_FAILURE;
	is_vhost = strcmp(argv[1], "vhost") == 0;
	consumer_rig_init(&c, is_vhost ? &consumer_vhost : &consumer_vfio, argv[2]);
	consumer_rig_step(&c, argv[3]);
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		consumer_rig_step(&c, line);
		if (is_vhost)
			print_vhost(&c);
		else
			print_vfio(&c);
		if (!c.died)
			continue;
		consumer_rig_fini(&c);
		consumer_rig_init(&c, is_vhost ? &consumer_vhost : &consumer_vfio, argv[2]);
		consumer_rig_step(&c, argv[3]);
		consumer_rig_step(&c, "gi");
	}
	consumer_rig_fini(&c);
	return EXIT_SUCCESS;
}
