/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * runner - one run: scenario -> machine -> events -> recorder -> store.
 *
 * A run has three parts: boot (its counters are the mark "start-up"), warm-up, and the measured part, at
 * whose beginning all counters are set back. Progress is told in 100 steps of simulated time, between
 * events, so that it cannot change a run.
 */
#include "cli/runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/machine.h"
#include "cli/verb.h"
#include "sim/xalloc.h"

#define RUNNER_STEPS 100

int runner_check(const struct scn *scn, struct err *e)
{
	struct machine m;
	int ret = machine_build(&m, scn, NULL, 0, e);

	machine_free(&m);
	return ret;
}

/* Events up to `last`, telling progress from share `from` to share `to`. */
static void run_until(struct machine *m, const struct run_job *job, cycles_t last)
{
	struct evq *q = m->host.evq;
	cycles_t first = evq_now(q);

	for (unsigned i = 1; i <= RUNNER_STEPS; i++) {
		cycles_t to = first + (cycles_t)((time_wide)(last - first) * i / RUNNER_STEPS);

		evq_run(q, to);
		if (m->host.aborted || machine_is_done(m))
			return;
		if (job->progress)
			job->progress(job->progress_self, (double)i / RUNNER_STEPS);
	}
}

static void reset_stats(struct machine *m)
{
	struct host *h = &m->host;

	rec_reset(h->rec);
	res_reset_stats(&h->qi_lock);
	res_reset_stats(&h->bql);
	res_reset_stats(&h->main_loop);
	for (unsigned i = 0; i < h->n_vcpus; i++)
		res_reset_stats(&h->vcpu[i].res);
}

/* Boot, warm up, run. Returns the length of the measured part. */
static int run_machine(struct machine *m, const struct run_job *job, cycles_t *measured,
		       struct err *e)
{
	struct host *h = &m->host;
	uint64_t hz = m->options.clock_hz;
	cycles_t begun;
	int ret = machine_boot(m, e);

	if (ret)
		return ret;
	rec_mark(h->rec, "start-up", m->boot_cycles);
	reset_stats(m);
	machine_start(m);
	begun = m->boot_cycles;
	evq_run(h->evq, begun);
	if (m->run.warm_up != 0 && !h->aborted) {
		begun += time_cycles(m->run.warm_up, hz);
		run_until(m, job, begun);
		if (!h->aborted && machine_is_done(m))
			return err_user(e, "%s: warm-up: every workload had finished before its end, nothing is measured",
					m->scn.file);
		rec_mark(h->rec, "warm-up", begun);
		reset_stats(m);
	}
	if (!h->aborted && !machine_is_done(m))
		run_until(m, job, begun + time_cycles(m->run.duration, hz));
	*measured = evq_now(h->evq) > begun ? evq_now(h->evq) - begun : 0;
	rec_flush(h->rec); /* store_run_end() says why it failed */
	return 0;
}

static const char *base_name(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

static size_t list_resources(const struct host *h, struct store_resource *out)
{
	size_t n = 0;
	const struct res *fixed[] = {&h->qi_lock, &h->bql, &h->main_loop};

	for (unsigned i = 0; i < ARRAY_SIZE(fixed) + h->n_vcpus; i++) {
		const struct res *r = i < ARRAY_SIZE(fixed) ? fixed[i]
							    : &h->vcpu[i - ARRAY_SIZE(fixed)].res;

		out[n++] = (struct store_resource){r->name, r->n_acquired, r->n_waited, r->wait_cycles,
						   r->max_wait_cycles, r->busy_cycles};
	}
	return n;
}

/* Parameters outlive the machine: the result gets its own. */
static void take_params(struct machine *m, struct run_result *out)
{
	out->param = m->param;
	out->n_params = m->n_params;
	m->param = NULL;
	m->n_params = 0;
}

static int run_stored(struct machine *m, const struct run_job *job, struct store *store,
		      struct run_result *out, struct err *e)
{
	struct store_run run = {.scenario = out->scenario, .title = out->title,
				.point = job->point ? job->point : "",
				.program = verb_program_version, .seed = out->seed,
				.replicate = job->replicate, .clock_hz = out->clock_hz};
	struct store_resource res[HOST_VCPUS_MAX + 3];
	int ret;

	if (store) {
		store_run_begin(store, &run, m->param, m->n_params);
		if (job->log_events)
			rec_log_to(m->host.rec, store_event_sink(store));
	}
	ret = run_machine(m, job, &out->sim_cycles, e);
	if (store && m->host.aborted)
		store_run_aborted(store, m->host.aborted);
	if (!ret && store)
		ret = store_run_end(store, m->host.rec, res, list_resources(&m->host, res),
				    out->sim_cycles, e);
	else if (store)
		store_run_abort(store);
	return ret;
}

int runner_run(const struct run_job *job, struct store *store, struct run_result *out,
	       struct err *e)
{
	struct machine *m = xcalloc(1, sizeof *m);
	int ret;

	memset(out, 0, sizeof *out);
	ret = machine_build(m, job->scn, job->has_seed ? &job->seed : NULL, job->replicate, e);
	if (!ret) {
		out->scenario = xstrdup(base_name(job->scn->file));
		out->title = xstrdup(m->run.title);
		out->seed = m->run.seed;
		out->clock_hz = m->options.clock_hz;
		ret = run_stored(m, job, store, out, e);
	}
	if (!ret) {
		out->fingerprint = store_fingerprint(m->host.rec, out->sim_cycles);
		out->unfinished = !m->host.aborted && !machine_is_done(m);
		out->aborted = m->host.aborted ? xstrdup(m->host.aborted) : NULL;
		out->rec = m->host.rec;
		m->host.rec = NULL;
		take_params(m, out);
	}
	machine_free(m);
	free(m);
	if (ret)
		run_result_free(out);
	return ret;
}

void run_result_free(struct run_result *r)
{
	for (size_t i = 0; i < r->n_params; i++) {
		free((void *)(uintptr_t)r->param[i].path);
		free((void *)(uintptr_t)r->param[i].value);
	}
	free(r->param);
	free(r->scenario);
	free(r->title);
	free(r->aborted);
	rec_free(r->rec);
	memset(r, 0, sizeof *r);
}

const char *run_result_param(const struct run_result *r, const char *path)
{
	for (size_t i = 0; i < r->n_params; i++)
		if (strcmp(r->param[i].path, path) == 0)
			return r->param[i].value;
	return NULL;
}
