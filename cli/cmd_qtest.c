/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * cmd_qtest - `dmachurn qtest`: the VT-d model behind QEMU's qtest protocol.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/verb.h"
#include "qtest/serve.h"
#include "sim/xalloc.h"

enum { OPT_SOCKET = 256, OPT_QEMU, OPT_SET, OPT_TRACE, OPT_TRACE_ALL, OPT_UNTIL_ABORT };

static const struct argp_option qtest_options[] = {
	{"socket", OPT_SOCKET, "PATH", 0, "Listen at a unix socket, serve one connection", 0},
	{"qemu", OPT_QEMU, "VERSION", 0, "Version to model (10.0, or a release as 10.0.13); the same as --set iommu.qemu=VERSION", 0},
	{"set", OPT_SET, "PATH=VALUE", 0,
	 "Set a property of the unit (iommu.KEY, iommu.behaviour.KEY); goes over the script's", 0},
	{"trace", OPT_TRACE, "FILE", 0,
	 "Write QEMU's trace events, each behind the number of the command that caused it", 0},
	{"trace-all", OPT_TRACE_ALL, NULL, 0,
	 "With --trace: also register accesses and the holes that walks skip", 0},
	{"until-abort", OPT_UNTIL_ABORT, NULL, 0,
	 "End where QEMU would abort, without an answer; else the answer is FAIL and it goes on", 0},
	{0},
};

static const char qtest_doc[] =
	"Offer the VT-d model behind QEMU's qtest protocol, on standard input and output or at a "
	"socket, so that one script drives QEMU and the model.\v"
	"Examples:\n"
	"  zcat 7.qts.gz | dmachurn qtest | diff - 7.ans\n"
	"  dmachurn qtest --qemu 10.0 --trace 7.events <7.qts\n"
	"  dmachurn qtest --set iommu.behaviour.psi-mask-bits=64 <7.qts";

struct qtest_args {
	const char *socket;
	const char *trace;
	const char **setting; /* NULL-ended; the texts are owned */
	size_t n_settings;
	bool until_abort;
	struct vtd_trace_sink sink;
};

/* Takes text. */
static void qtest_add_setting(struct qtest_args *a, char *text)
{
	a->setting = xrealloc(a->setting, a->n_settings + 2, sizeof *a->setting);
	a->setting[a->n_settings++] = text;
	a->setting[a->n_settings] = NULL;
}

static error_t qtest_parse(int key, char *arg, struct argp_state *state)
{
	struct qtest_args *a = state->input;

	switch (key) {
	case OPT_SOCKET:
		a->socket = arg;
		return 0;
	case OPT_QEMU:
		qtest_add_setting(a, xasprintf("iommu.qemu=%s", arg));
		return 0;
	case OPT_SET:
		qtest_add_setting(a, xstrdup(arg));
		return 0;
	case OPT_TRACE:
		a->trace = arg;
		return 0;
	case OPT_TRACE_ALL:
		a->sink.everything = true;
		return 0;
	case OPT_UNTIL_ABORT:
		a->until_abort = true;
		return 0;
	case ARGP_KEY_ARG:
		verb_error(state, "unexpected argument '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The trace file with the command that is running. */
struct qtest_trace {
	FILE *file;
	const struct proto *proto;
};

static void qtest_trace_line(void *self, const char *text)
{
	struct qtest_trace *t = self;

	fprintf(t->file, "%" PRIu64 " %s\n", t->proto->n_commands, text);
}

static int qtest_serve(struct qtest_args *a, struct err *e)
{
	struct proto p;
	struct qtest_trace trace = {.proto = &p};
	int r;

	a->sink.line = qtest_trace_line;
	a->sink.self = &trace;
	if (a->trace) {
		trace.file = fopen(a->trace, "w");
		if (!trace.file)
			return err_env(e, "--trace: %s: %s", a->trace, strerror(errno));
	}
	proto_init(&p, a->trace ? &a->sink : NULL, a->setting);
	p.until_abort = a->until_abort;
	r = a->socket ? serve_socket(&p, a->socket, e)
		      : serve_lines(&p, STDIN_FILENO, STDOUT_FILENO, e);
	proto_fini(&p);
	if (trace.file) {
		bool failed = ferror(trace.file) != 0;

		failed |= fclose(trace.file) != 0;
		if (failed && r == 0)
			r = err_env(e, "--trace: cannot write %s", a->trace);
	}
	return r;
}

static int qtest_main(int argc, char **argv)
{
	static const struct argp argp = {qtest_options, qtest_parse, NULL, qtest_doc,
					 NULL,		NULL,	     NULL};
	struct qtest_args a = {0};
	struct err e = {0};
	int r;

	verb_parse(&argp, argc, argv, &a);
	signal(SIGPIPE, SIG_IGN);
	r = qtest_serve(&a, &e);
	for (size_t i = 0; i < a.n_settings; i++)
		free((void *)(uintptr_t)a.setting[i]);
	free(a.setting);
	return r ? verb_fail(&e) : EXIT_DONE;
}

const struct verb verb_qtest = {
	.name = "qtest",
	.help = "offer the VT-d model behind QEMU's qtest protocol",
	.main = qtest_main,
};
