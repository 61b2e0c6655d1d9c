/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * host - one simulated machine: the clocks, locks and threads that everybody queues for.
 */
#include "models/host/host.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/linux/lx_kernel.h"
#include "sim/xalloc.h"

/* Buffers begin here: below lie the guest's image and the low holes of a PC. */
#define HOST_FIRST_BUFFER UINT64_C(0x1000000)

void host_init(struct host *h, unsigned n_vcpus)
{
	assert(n_vcpus >= 1 && n_vcpus <= HOST_VCPUS_MAX);
	res_init(&h->qi_lock, "qi_lock", h->evq);
	res_init(&h->bql, "bql", h->evq);
	res_init(&h->main_loop, "main_loop", h->evq);
	h->n_vcpus = n_vcpus;
	h->vcpu = xcalloc(n_vcpus, sizeof *h->vcpu);
	for (unsigned i = 0; i < n_vcpus; i++) {
		struct vcpu *c = &h->vcpu[i];

		c->host = h;
		snprintf(c->name, sizeof c->name, "vcpu%u", i);
		res_init(&c->res, c->name, h->evq);
	}
	h->next_page = HOST_FIRST_BUFFER;
}

void host_fini(struct host *h)
{
	for (unsigned i = 0; i < h->n_vcpus; i++)
		free(h->vcpu[i].sub);
	free(h->vcpu);
	free(h->aborted);
}

gpa_t host_alloc_pages(struct host *h, uint64_t n, uint64_t align)
{
	gpa_t first, last, at;

	for (unsigned i = 0; i < gmem_n_regions(h->mem); i++) {
		gmem_region(h->mem, i, &first, &last);
		at = h->next_page < first ? first : h->next_page;
		at = (at + align * PAGE_BYTES - 1) & ~(align * PAGE_BYTES - 1);
		if (at > last || n * PAGE_BYTES - 1 > last - at)
			continue; /* what is left of this region is too small: the next one */
		h->next_page = at + n * PAGE_BYTES;
		return at;
	}
	return 0;
}

static void host_submit_now(struct host *h, const struct submission *s)
{
	lx_qi_prepare(h->kernel, s, h->boot_meter);
	lx_qi_run(h->kernel, h->boot_meter);
}

void host_submit(void *self, const struct submission *s)
{
	struct host *h = self;
	struct vcpu *c = h->current;
	struct submission *to;

	if (h->boot_meter) {
		host_submit_now(h, s);
		return;
	}
	assert(c);
	if (c->n_sub == c->max_sub) {
		c->max_sub = c->max_sub ? 2 * c->max_sub : 16;
		c->sub = xrealloc(c->sub, c->max_sub, sizeof *c->sub);
	}
	/* the used part only: a submission of one request is a tenth of the struct */
	to = &c->sub[c->n_sub++];
	to->n_reqs = s->n_reqs;
	for (unsigned i = 0; i < s->n_reqs; i++)
		to->req[i] = s->req[i];
}

void host_abort(void *self, const char *why)
{
	struct host *h = self;

	if (!h->aborted)
		h->aborted = xstrdup(why);
	evq_stop(h->evq);
}
