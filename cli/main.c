/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main - dispatches to the verbs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/verb.h"
#include "config.h"

static const struct verb *const verbs[] = {
#define V(name) &verb_##name,
#include "cli/verbs.def"
#undef V
	NULL,
};

static void usage(FILE *to)
{
	fprintf(to, "Usage: dmachurn VERB [ARGUMENT...]\n"
		    "A deterministic simulator of IOMMU invalidation traffic.\n\n");
	for (const struct verb *const *v = verbs; *v; v++)
		fprintf(to, "  %-10s %s\n", (*v)->name, (*v)->help);
	fprintf(to, "\n`dmachurn VERB --help` has the options and examples of a verb.\n");
}

static int unknown(const char *word)
{
	const char *names[ARRAY_SIZE(verbs)];
	const char *near;
	size_t n = 0;

	for (; verbs[n]; n++)
		names[n] = verbs[n]->name;
	names[n] = NULL;
	near = err_nearest(word, names);
	fprintf(stderr, "dmachurn: unknown verb '%s'%s%s%s; `dmachurn --help` lists them\n", word,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return EXIT_USER;
}

/* Also for what argp prints before it exits. A verb that has said so itself has not ended with 0. */
static void check_output(int status, void *unused)
{
	(void)unused;
	if (status == EXIT_DONE && (fflush(stdout) || ferror(stdout))) {
		fprintf(stderr, "dmachurn: standard output: cannot write\n");
		_exit(EXIT_ENVIRONMENT);
	}
}

int main(int argc, char **argv)
{
	on_exit(check_output, NULL);
	if (argc < 2) {
		usage(stderr);
		return EXIT_USER;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts(PACKAGE_STRING);
		return EXIT_DONE;
	}
	for (const struct verb *const *v = verbs; *v; v++) {
		char name[64];

		if (strcmp(argv[1], (*v)->name) != 0)
			continue;
		snprintf(name, sizeof name, "dmachurn %s", (*v)->name);
		argv[1] = name;
		return (*v)->main(argc - 1, argv + 1);
	}
	return unknown(argv[1]);
}
