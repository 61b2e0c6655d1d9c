/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * consumer_rig - the rig of a VT-d unit with a real consumer behind it.
 */
#include "tests/consumer_rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/xalloc.h"

static void crig_log(struct consumer_rig *c, const char *what, const struct rec_event *row,
		     const char *end)
{
	size_t n = strlen(c->log);

	snprintf(c->log + n, sizeof c->log - n, "%s%s 0x%" PRIx64 "+0x%" PRIx64 "%s",
		 n ? " ; " : "", what, row->iova, row->bytes + (row->bytes == UINT64_MAX), end);
}

static int crig_events(void *self, const struct rec_event *row, size_t n)
{
	struct consumer_rig *c = self;
	bool is_vhost = strcmp(c->type->name, "vhost") == 0;

	for (size_t i = 0; i < n; i++) {
		unsigned kind = row[i].kind;

		if (kind == EVENT_NOTIFY_MAP) {
			c->n_map++;
			crig_log(c, is_vhost ? "MAP" : "M", &row[i], "");
		} else if (kind == EVENT_NOTIFY_UNMAP || kind == EVENT_NOTIFY_DEVTLB) {
			c->n_unmap++;
			crig_log(c, is_vhost ? "INVALIDATE" : "U", &row[i], "");
		} else if (kind == EVENT_UPDATE && is_vhost) {
			crig_log(c, "UPDATE", &row[i], " p3");
		}
	}
	return 0;
}

static void crig_trace(void *self, const char *text)
{
	struct consumer_rig *c = self;

	c->n_levels += strncmp(text, "vtd_page_walk_level ", 20) == 0;
	c->n_one += strncmp(text, "vtd_page_walk_one ", 18) == 0;
	c->n_skip_map += strncmp(text, "vtd_page_walk_one_skip_map ", 27) == 0;
	c->n_whole += strncmp(text, "vtd_as_unmap_whole ", 19) == 0;
}

static void crig_aborted(void *self, const char *why)
{
	struct consumer_rig *c = self;

	(void)why;
	c->died = true;
}

/* The value of a property, or def. */
static const char *crig_property(const char *props, const char *key, const char *def, char *buf,
				 size_t n)
{
	const char *at = strstr(props, key);

	snprintf(buf, n, "%.*s", at ? (int)strcspn(at + strlen(key), ",") : 99,
		 at ? at + strlen(key) : def);
	return buf;
}

void consumer_rig_init(struct consumer_rig *c, const struct consumer_type *type, const char *props)
{
	static char version[16];
	struct err e = {0};
	char word[16];

	memset(c, 0, sizeof *c);
	rig_init_off(&c->r, props, 0, false);
	rig_word(&c->r, RIG_L3 + 3 * 8, 0);
	rec_log_to(c->r.rec, (struct rec_sink){crig_events, c});
	c->trace = (struct vtd_trace_sink){.line = crig_trace, .self = c};
	vtd_trace_to(c->r.unit, &c->trace);
	c->type = type;
	c->self = xcalloc(1, type->size);
	opt_defaults(type->opts, c->self);
	crig_property(props, "qemu=", "7.2", version, sizeof version);
	c->env = (struct consumer_env){
		.as = c->r.as,
		.mem = c->r.mem,
		.rec = c->r.rec,
		.ent = c->r.as->ent,
		.qemu = version,
		.caching_mode =
			strcmp(crig_property(props, "caching-mode=", "off", word, 16), "on") == 0,
		.device_iotlb =
			strcmp(crig_property(props, "device-iotlb=", "off", word, 16), "on") == 0,
		.n_queue_pairs = 1,
		.aborted = crig_aborted,
		.self = c};
	if (type->init(c->self, &c->env, &e)) {
		fprintf(stderr, "consumer_rig: %s\n", e.text);
		abort();
	}
	vtd_listen(c->r.unit, c->r.as, &c->r.meter);
}

void consumer_rig_fini(struct consumer_rig *c)
{
	c->type->fini(c->self);
	free(c->self);
	rig_fini(&c->r);
}

static void crig_op(struct consumer_rig *c, const char *op)
{
	static const iova_t ring[] = {0x10000, 0x11000, 0x12000, 0x14000, 0x15000, 0x16000};
	struct meter *m = &c->r.meter;

	op += strspn(op, " ");
	if (strcmp(op, "start") == 0)
		c->type->start(c->self, ring, 6, m);
	else if (strcmp(op, "stop") == 0)
		c->type->stop(c->self, m);
	else if (strncmp(op, "ats ", 4) == 0)
		c->type->ats(c->self, op[4] == '1', m);
	else if (*op)
		rig_run(&c->r, op);
}

void consumer_rig_step(struct consumer_rig *c, const char *ops)
{
	char *text = xstrdup(ops), *save = NULL;

	c->log[0] = '\0';
	c->n_map = c->n_unmap = c->n_levels = c->n_one = c->n_skip_map = c->n_whole = 0;
	c->n_errors = rig_counter(&c->r, CTR_QI_ERROR);
	for (char *op = strtok_r(text, ";", &save); op && !c->died; op = strtok_r(NULL, ";", &save))
		crig_op(c, op);
	c->died |= c->r.why[0] != '\0';
	rec_flush(c->r.rec);
	free(text);
}
