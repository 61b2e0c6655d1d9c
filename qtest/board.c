/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * board - the small machine behind the qtest protocol.
 *
 * An access to the unit's page is cut into aligned powers of two of at most 8 bytes, as QEMU's bus does it.
 */
#include "qtest/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/counters.h"
#include "models/vtd/vtd_spec.h"
#include "qtest/assigned.h"
#include "qtest/backend.h"
#include "qtest/edu.h"
#include "qtest/mmio.h"
#include "sim/port.h"
#include "sim/xalloc.h"

#define PORT_CONFIG_ADDRESS 0xcf8u
#define PORT_CONFIG_DATA 0xcfcu
#define ABORTED_BYTES 400u

/* Functions of q35 that have an address space and do nothing. */
static const uint16_t board_quiet[] = {0x0000, 0x00f8, 0x00fa, 0x00fb};
#define BOARD_ROOT_PORT 0x0030 /* in front of the vhost device */

struct board {
	struct gmem *mem;
	struct rec *rec;
	struct iommu_env env;
	struct vtd *unit;
	const struct vtd_trace_sink *trace;
	struct meter meter;
	struct mmio mmio; /* holds the edus */
	uint16_t edu_sid[BOARD_EDUS_MAX];
	struct backend vhost;
	struct assigned vfio;
	uint32_t config_address;
	uint64_t now_ns;
	char aborted[ABORTED_BYTES];
	bool has_aborted;
};

/* ---- birth and death */

static void board_on_abort(void *self, const char *why)
{
	struct board *b = self;

	if (!b->has_aborted)
		snprintf(b->aborted, sizeof b->aborted, "%s", why);
	b->has_aborted = true;
}

/* The port in front of a device that is not on the root bus. */
static void board_attach_port(struct board *b, uint16_t behind)
{
	if (behind >> 8 != 0)
		vtd_attach(b->unit, BOARD_ROOT_PORT, rec_entity(b->rec, "port"));
}

static void board_attach_vhost(struct board *b, const struct board_config *c)
{
	struct backend *v = &b->vhost;
	struct err never;

	board_attach_port(b, c->vhost.sid);
	*v = (struct backend){
		.config = c->vhost,
		.device_iotlb = c->iommu.device_iotlb,
		.aborted = board_on_abort,
		.self = b,
		.keeps_messages = b->trace != NULL,
	};
	vhost_rule_of(vtd_version_words[c->iommu.qemu], &v->rule, &never);
	backend_init(v, b->unit, vtd_attach(b->unit, c->vhost.sid, rec_entity(b->rec, "vhost")),
		     &b->meter);
}

static void board_attach_vfio(struct board *b, const struct board_config *c)
{
	struct assigned *v = &b->vfio;

	*v = (struct assigned){
		.is_there = true,
		.sid = c->vfio_sid,
		.mem = b->mem,
		.trace = b->trace,
		.aborted = board_on_abort,
		.self = b,
	};
	assigned_init(v, b->unit, vtd_attach(b->unit, c->vfio_sid, rec_entity(b->rec, "vfio")),
		      &b->meter);
}

static void board_attach(struct board *b, const struct board_config *c)
{
	char name[24];

	for (size_t i = 0; i < ARRAY_SIZE(board_quiet); i++) {
		snprintf(name, sizeof name, "quiet%zu", i);
		vtd_attach(b->unit, board_quiet[i], rec_entity(b->rec, name));
	}
	b->mmio.n_edus = c->n_edus;
	b->mmio.edu = xcalloc(c->n_edus, sizeof *b->mmio.edu);
	for (unsigned i = 0; i < c->n_edus; i++) {
		snprintf(name, sizeof name, "edu%u", i);
		b->edu_sid[i] = c->edu[i];
		b->mmio.edu[i].unit = b->unit;
		b->mmio.edu[i].mem = b->mem;
		b->mmio.edu[i].mmio = &b->mmio;
		b->mmio.edu[i].as = vtd_attach(b->unit, c->edu[i], rec_entity(b->rec, name));
	}
	if (c->vhost.is_there)
		board_attach_vhost(b, c);
	if (c->has_vfio)
		board_attach_vfio(b, c);
}

static bool board_is_free(const uint16_t *sid, unsigned n, uint16_t want)
{
	for (unsigned i = 0; i < n; i++)
		if (sid[i] == want)
			return false;
	return true;
}

/* Every function on the bus has a place of its own. */
static int board_check(const struct board_config *c, struct err *e)
{
	uint16_t sid[ARRAY_SIZE(board_quiet) + BOARD_EDUS_MAX + 3], want[BOARD_EDUS_MAX + 3];
	unsigned n = ARRAY_SIZE(board_quiet), n_want = c->n_edus;

	memcpy(sid, board_quiet, sizeof board_quiet);
	memcpy(want, c->edu, c->n_edus * sizeof *want);
	if (c->vhost.is_there && c->vhost.sid >> 8 != 0)
		want[n_want++] = BOARD_ROOT_PORT;
	if (c->vhost.is_there)
		want[n_want++] = c->vhost.sid;
	if (c->has_vfio)
		want[n_want++] = c->vfio_sid;
	for (unsigned i = 0; i < n_want; i++) {
		if (!board_is_free(sid, n, want[i]))
			return err_user(e, "#@: two devices at %02x:%02x.%x", want[i] >> 8,
					want[i] >> 3 & 31, want[i] & 7);
		sid[n++] = want[i];
	}
	return 0;
}

struct board *board_new(const struct board_config *c, const struct vtd_trace_sink *trace,
			struct err *e)
{
	struct board *b;

	if (board_check(c, e))
		return NULL;
	b = xcalloc(1, sizeof *b);
	b->mem = gmem_new(BOARD_RAM_BYTES, 0);
	b->rec = rec_new(&counters_names);
	b->env = (struct iommu_env){
		.mem = b->mem,
		.rec = b->rec,
		.ent = rec_entity(b->rec, "iommu"),
		.aborted = board_on_abort,
		.self = b,
	};
	b->unit = vtd_new(&c->iommu, &b->env, e);
	if (!b->unit) {
		board_free(b);
		return NULL;
	}
	b->trace = trace;
	board_attach(b, c);
	vtd_trace_to(b->unit, trace);
	return b;
}

void board_free(struct board *b)
{
	if (!b)
		return;
	vtd_free(b->unit);
	free(b->mmio.edu);
	backend_fini(&b->vhost);
	assigned_fini(&b->vfio);
	rec_free(b->rec);
	gmem_free(b->mem);
	free(b);
}

/* ---- the bus */

enum board_target { TARGET_RAM, TARGET_UNIT, TARGET_EDU, TARGET_BACKEND, TARGET_NOTHING };

/* Who answers at `at`, and for how many of the n bytes. */
static enum board_target board_target(const struct board *b, uint64_t at, uint64_t n, uint64_t *k,
				      struct edu **edu)
{
	if (PORT_LIKELY(at < BOARD_RAM_BYTES)) {
		*k = n < BOARD_RAM_BYTES - at ? n : BOARD_RAM_BYTES - at;
		return TARGET_RAM;
	}
	if (at >= VTD_BASE && at - VTD_BASE < VTD_REGS_BYTES) {
		*k = n < VTD_BASE + VTD_REGS_BYTES - at ? n : VTD_BASE + VTD_REGS_BYTES - at;
		return TARGET_UNIT;
	}
	for (unsigned i = 0; i < b->mmio.n_edus; i++)
		if (edu_has(&b->mmio.edu[i], at)) {
			*edu = &b->mmio.edu[i];
			*k = b->mmio.edu[i].bar + EDU_BAR_BYTES - at;
			*k = n < *k ? n : *k;
			return TARGET_EDU;
		}
	*k = b->vhost.config.is_there ? backend_has(&b->vhost, at, n) : 0;
	if (*k != 0)
		return TARGET_BACKEND;
	*k = PAGE_BYTES - (at & ~PAGE_MASK);
	if (at < VTD_BASE && at + *k > VTD_BASE)
		*k = VTD_BASE - at;
	*k = n < *k ? n : *k;
	return TARGET_NOTHING;
}

static void board_device_read(struct board *b, const struct edu *edu, uint64_t off, uint8_t *out,
			      uint64_t n)
{
	while (n != 0) {
		unsigned k = mmio_piece(off, n, MMIO_PIECE);
		uint64_t val = edu ? edu_read(edu, off, k)
				   : vtd_read(b->unit, (uint32_t)off, k, &b->meter);

		memcpy(out, &val, k);
		off += k;
		out += k;
		n -= k;
	}
}

static void board_device_write(struct board *b, struct edu *edu, uint64_t off, const uint8_t *in,
			       uint64_t n)
{
	while (n != 0) {
		unsigned k = mmio_piece(off, n, MMIO_PIECE);
		uint64_t val = 0;

		memcpy(&val, in, k);
		if (edu)
			edu_write(edu, off, k, val, b->now_ns);
		else
			vtd_write(b->unit, (uint32_t)off, k, val, &b->meter);
		off += k;
		in += k;
		n -= k;
	}
}

static void board_backend_read(const struct board *b, uint64_t at, uint8_t *out, uint64_t n)
{
	for (unsigned k; n != 0; at += k, out += k, n -= k) {
		uint64_t val;

		k = mmio_piece(at, n, MMIO_PIECE);
		val = backend_read(&b->vhost, at, k);
		memcpy(out, &val, k);
	}
}

static void board_backend_write(struct board *b, uint64_t at, const uint8_t *in, uint64_t n)
{
	for (unsigned k; n != 0; at += k, in += k, n -= k) {
		uint64_t val = 0;

		k = mmio_piece(at, n, MMIO_PIECE);
		memcpy(&val, in, k);
		backend_write(&b->vhost, at, k, val, &b->meter);
	}
}

void board_read(struct board *b, uint64_t at, void *out, uint64_t n)
{
	uint8_t *to = out;
	uint64_t k;

	for (; n != 0; at += k, to += k, n -= k) {
		struct edu *edu = NULL;

		switch (board_target(b, at, n, &k, &edu)) {
		case TARGET_RAM:
			gmem_read(b->mem, at, to, k);
			break;
		case TARGET_UNIT:
			board_device_read(b, NULL, at - VTD_BASE, to, k);
			break;
		case TARGET_EDU:
			board_device_read(b, edu, at - edu->bar, to, k);
			break;
		case TARGET_BACKEND:
			board_backend_read(b, at, to, k);
			break;
		case TARGET_NOTHING:
			memset(to, 0, k);
			mmio_firmware(at, k, to);
			break;
		}
	}
}

void board_write(struct board *b, uint64_t at, const void *in, uint64_t n)
{
	const uint8_t *from = in;
	uint64_t k;

	for (; n != 0; at += k, from += k, n -= k) {
		struct edu *edu = NULL;

		switch (board_target(b, at, n, &k, &edu)) {
		case TARGET_RAM:
			gmem_write(b->mem, at, from, k);
			break;
		case TARGET_UNIT:
			board_device_write(b, NULL, at - VTD_BASE, from, k);
			break;
		case TARGET_EDU:
			board_device_write(b, edu, at - edu->bar, from, k);
			break;
		case TARGET_BACKEND:
			board_backend_write(b, at, from, k);
			break;
		case TARGET_NOTHING:
			break;
		}
	}
}

void board_fill(struct board *b, uint64_t at, uint8_t val, uint64_t n)
{
	uint8_t block[PAGE_BYTES];
	uint64_t k;

	if (at < BOARD_RAM_BYTES) {
		k = n < BOARD_RAM_BYTES - at ? n : BOARD_RAM_BYTES - at;
		gmem_fill(b->mem, at, val, k);
		at += k;
		n -= k;
	}
	memset(block, val, sizeof block);
	for (; n != 0; at += k, n -= k) {
		k = n < sizeof block ? n : sizeof block;
		board_write(b, at, block, k);
	}
}

/* ---- ports and time */

static struct edu *board_config_target(const struct board *b)
{
	for (unsigned i = 0; i < b->mmio.n_edus; i++)
		if (b->config_address >> 31 && b->edu_sid[i] == (b->config_address >> 8 & 0xffffu))
			return &b->mmio.edu[i];
	return NULL;
}

uint32_t board_in(struct board *b, uint16_t port, unsigned size)
{
	const struct edu *edu = board_config_target(b);

	if (size == 4 && port == PORT_CONFIG_ADDRESS)
		return b->config_address;
	if (size == 4 && port == PORT_CONFIG_DATA && edu)
		return edu_config_read(edu, b->config_address & 0xfcu);
	return (uint32_t)bits_low(8 * size);
}

void board_out(struct board *b, uint16_t port, unsigned size, uint32_t val)
{
	struct edu *edu = board_config_target(b);

	if (size == 4 && port == PORT_CONFIG_ADDRESS)
		b->config_address = val;
	else if (size == 4 && port == PORT_CONFIG_DATA && edu)
		edu_config_write(edu, b->config_address & 0xfcu, val);
}

uint64_t board_step(struct board *b, uint64_t ns)
{
	b->now_ns += ns;
	for (unsigned i = 0; i < b->mmio.n_edus; i++) {
		const char *why = edu_tick(&b->mmio.edu[i], b->now_ns, &b->meter);

		if (why)
			board_on_abort(b, why);
	}
	return b->now_ns;
}

const char *board_aborted(struct board *b)
{
	if (PORT_LIKELY(!b->has_aborted))
		return NULL;
	b->has_aborted = false;
	return b->aborted;
}

void board_flush_messages(struct board *b)
{
	backend_flush(&b->vhost, b->trace);
}
