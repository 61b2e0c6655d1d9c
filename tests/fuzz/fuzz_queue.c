/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_queue - any bytes as descriptors, as root, context, PASID and page tables; then tail writes and DMAs.
 *
 * The input is records of 10 bytes: what, where, and a 64-bit value. `what' writes the value into one of a few
 * pages (with its address bits folded into those pages, so that tables meet tables), into a register, or starts
 * a DMA. Holds: nothing crashes, leaks or loops; IQH stays inside the queue; FSTS.PPF is FRCD.F.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/vtd/vtd_spec.h"
#include "qtest/proto.h"
#include "qtest/setup.h"
#include "sim/bits.h"

#define FUZZ_PAGES 16u
#define FUZZ_BASE UINT64_C(0x1000000)
#define FUZZ_REGS UINT64_C(0xfed90000)
#define FUZZ_BAR UINT64_C(0xc0000000)
#define FUZZ_RECORDS_MAX 300u
#define FUZZ_SID 0x20u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_record {
	uint8_t what, where;
	uint64_t val;
};

static void fuzz_queue_must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_queue: %s\n", what);
	abort();
}

static void fuzz_queue_put(struct board *b, uint64_t at, uint64_t val, unsigned n)
{
	board_write(b, at, &val, n);
}

static uint64_t fuzz_queue_get(struct board *b, uint64_t at, unsigned n)
{
	uint64_t val = 0;

	board_read(b, at, &val, n);
	return val;
}

/* Keep the low 12 bits and the upper ones; the page becomes one of ours, now and then none. */
static uint64_t fuzz_queue_fold(uint64_t val)
{
	uint64_t page = val >> 12 & 31;

	return (val & ~UINT64_C(0xffffffffff000)) |
	       (page < FUZZ_PAGES ? FUZZ_BASE + page * 4096 : val & UINT64_C(0xffffffffff000));
}

static void fuzz_queue_dma(struct board *b, uint64_t iova, unsigned bits)
{
	bool to_memory = bits & 1;
	uint64_t buffer = 0x40000;

	fuzz_queue_put(b, FUZZ_BAR + 0x80, to_memory ? buffer : iova, 8);
	fuzz_queue_put(b, FUZZ_BAR + 0x88, to_memory ? iova : buffer, 8);
	fuzz_queue_put(b, FUZZ_BAR + 0x90, 1 + (bits >> 1) % 64, 8);
	fuzz_queue_put(b, FUZZ_BAR + 0x98, to_memory ? 3 : 1, 8);
	board_step(b, 100000000);
}

static void fuzz_queue_do(struct board *b, const struct fuzz_record *r)
{
	static const uint16_t reg[] = {0x18, 0x20, 0x28, 0x2c, 0x34, 0x38, 0x80, 0x88,
				       0x90, 0x9c, 0xa0, 0xb8, 0xf0, 0xf8, 0xfc, 0x228};
	unsigned k = r->where % ARRAY_SIZE(reg);

	switch (r->what % 8) {
	case 0:
	case 1:
	case 2: /* a word anywhere in the pages */
		fuzz_queue_put(b, FUZZ_BASE + (r->what / 8 % FUZZ_PAGES) * 4096 + r->where * 8u,
			       fuzz_queue_fold(r->val), 8);
		break;
	case 3: /* a word among the first ones of a page: root entries, descriptors */
		fuzz_queue_put(b, FUZZ_BASE + (r->what / 8 % FUZZ_PAGES) * 4096 + r->where % 32 * 8u,
			       r->val, 8);
		break;
	case 4:
		fuzz_queue_put(b, FUZZ_REGS + reg[k], k == 5 || k == 10 ? r->val & UINT32_MAX
								       : fuzz_queue_fold(r->val),
			       k == 5 || k == 10 || r->what & 8 ? 4 : 8);
		break;
	case 5: /* the tail moves */
		fuzz_queue_put(b, FUZZ_REGS + 0x88, r->where * 16u, 4);
		break;
	case 6: /* GCMD with what one needs */
		fuzz_queue_put(b, FUZZ_REGS + 0x18, (uint64_t)r->where << 24, 4);
		break;
	default:
		fuzz_queue_dma(b, r->val, r->where);
		break;
	}
	(void)board_aborted(b);
}

static void fuzz_queue_check(struct board *b)
{
	uint64_t fsts = fuzz_queue_get(b, FUZZ_REGS + 0x34, 4);
	uint64_t frcd = fuzz_queue_get(b, FUZZ_REGS + 0x228, 8);

	fuzz_queue_must((FGET(VTD_FSTS_PPF, fsts) != 0) == (FGET(VTD_FRCD_F, frcd) != 0),
			"PPF says whether there is a fault record");
	fuzz_queue_must((fuzz_queue_get(b, FUZZ_REGS + 0x80, 8) & ~UINT64_C(0x7fff0)) == 0,
			"IQH has no other bits");
}

static void fuzz_queue_start(struct board *b)
{
	board_out(b, 0xcf8, 4, UINT32_C(0x80000000) | FUZZ_SID << 8 | 0x10);
	board_out(b, 0xcfc, 4, (uint32_t)FUZZ_BAR);
	board_out(b, 0xcf8, 4, UINT32_C(0x80000000) | FUZZ_SID << 8 | 4);
	board_out(b, 0xcfc, 4, 6);
	fuzz_queue_put(b, FUZZ_REGS + 0x20, FUZZ_BASE, 8);
	fuzz_queue_put(b, FUZZ_REGS + 0x90, FUZZ_BASE + 4096, 8);
}

/* The first byte chooses the unit. */
static struct board *fuzz_queue_board(uint8_t bits)
{
	static const char *const props[] = {"caching-mode=on", "aw-bits=48", "scalable-mode=on",
					    "device-iotlb=on", "snoop-control=on"};
	char text[160] = "iommu pt=on";
	struct board *b = NULL;
	struct err e = {0};
	struct proto p;

	for (unsigned i = 0; i < ARRAY_SIZE(props); i++) {
		if (bits >> i & 1) {
			strcat(text, ",");
			strcat(text, props[i]);
		}
	}
	proto_init(&p, NULL, NULL);
	p.config.vhost = (struct backend_config){.is_there = bits >> 5 & 1, .sid = 0x100};
	p.config.has_vfio = bits >> 6 & 1;
	p.config.vfio_sid = 0x28;
	if (setup_directive(&p.config, text, &e) == 0)
		b = board_new(&p.config, NULL, &e);
	fuzz_queue_must(b || e.text[0], "a refusal says why");
	proto_fini(&p);
	return b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct board *b = size ? fuzz_queue_board(data[0]) : NULL;

	if (!b)
		return 0;
	fuzz_queue_start(b);
	data++;
	size--;
	for (unsigned n = 0; size >= 10 && n < FUZZ_RECORDS_MAX; n++, data += 10, size -= 10) {
		struct fuzz_record r = {data[0], data[1], 0};

		memcpy(&r.val, data + 2, 8);
		fuzz_queue_do(b, &r);
		fuzz_queue_check(b);
	}
	board_free(b);
	return 0;
}
