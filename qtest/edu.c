/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * edu - QEMU's educational PCI device, the DMA part.
 *
 * A transfer goes in pieces: to the end of the translated page while it is memory; where it is refused or
 * nothing is there, up to 4 bytes, aligned, and each such piece is translated again.
 * Omitted: the factorial, the interrupt, dma_mask (as with dma_mask=0xffffffffffffffff).
 */
#include "qtest/edu.h"

#include <string.h>

#include "sim/bits.h"

#define EDU_ID UINT32_C(0x11e81234)
#define EDU_STATUS UINT32_C(0x00100000)
#define EDU_COMMAND_BITS UINT32_C(0x506)
#define EDU_COMMAND_MEM BIT(1)
#define EDU_COMMAND_MASTER BIT(2)
#define EDU_BAR_MASK UINT32_C(0xfff00000)
#define EDU_BUFFER_AT UINT64_C(0x40000)
#define EDU_CMD_RUN BIT(0)
#define EDU_CMD_TO_MEMORY BIT(1)
#define EDU_DMA_NS UINT64_C(100000000)

enum { EDU_SRC = 0x80, EDU_DST = 0x88, EDU_COUNT = 0x90, EDU_CMD = 0x98 };

uint32_t edu_config_read(const struct edu *d, unsigned reg)
{
	switch (reg) {
	case 0x00:
		return EDU_ID;
	case 0x04:
		return EDU_STATUS | d->command;
	case 0x10:
		return d->bar;
	default:
		return 0;
	}
}

void edu_config_write(struct edu *d, unsigned reg, uint32_t val)
{
	if (reg == 0x04)
		d->command = val & EDU_COMMAND_BITS;
	else if (reg == 0x10)
		d->bar = val & EDU_BAR_MASK;
}

bool edu_has(const struct edu *d, uint64_t at)
{
	return d->bar != 0 && (d->command & EDU_COMMAND_MEM) && at >= d->bar &&
	       at - d->bar < EDU_BAR_BYTES;
}

uint64_t edu_read(const struct edu *d, uint64_t off, unsigned size)
{
	if (size < 4)
		return bits_low(8 * size);
	switch (off) {
	case EDU_SRC:
		return d->src & bits_low(8 * size);
	case EDU_DST:
		return d->dst & bits_low(8 * size);
	case EDU_COUNT:
		return d->count & bits_low(8 * size);
	case EDU_CMD:
		return d->cmd & bits_low(8 * size);
	default:
		return bits_low(8 * size);
	}
}

void edu_write(struct edu *d, uint64_t off, unsigned size, uint64_t val, uint64_t now_ns)
{
	if (size < 4 || (d->cmd & EDU_CMD_RUN))
		return;
	switch (off) {
	case EDU_SRC:
		d->src = val;
		break;
	case EDU_DST:
		d->dst = val;
		break;
	case EDU_COUNT:
		d->count = val;
		break;
	case EDU_CMD:
		if (!(val & EDU_CMD_RUN))
			break;
		d->cmd = val;
		d->due_ns = now_ns + EDU_DMA_NS;
		break;
	default:
		break;
	}
}

/* How many of the n bytes at gpa are RAM, from the first on. */
static uint64_t edu_in_ram(const struct gmem *mem, gpa_t gpa, uint64_t n)
{
	gpa_t first, last;

	for (unsigned i = 0; i < gmem_n_regions(mem); i++) {
		gmem_region(mem, i, &first, &last);
		if (gpa >= first && gpa <= last)
			return n - 1 < last - gpa ? n : last - gpa + 1;
	}
	return 0;
}

/* A transfer on its way; it keeps the view of memory that it began with. */
struct edu_run {
	struct edu *d;
	struct meter *m;
	bool to_memory, through_unit;
};

/* Bytes at iova that go in one piece, at most n; 0: refused. *gpa: where. */
static uint64_t edu_translate(const struct edu_run *r, iova_t iova, uint64_t n, gpa_t *gpa)
{
	enum perm need = r->to_memory ? PERM_W : PERM_R;
	struct xlat x = {.gpa = iova & PAGE_MASK, .mask = ~PAGE_MASK, .perm = PERM_RW};
	uint64_t in_page;

	if (!(r->d->command & EDU_COMMAND_MASTER) || (iova >= MSI_FIRST && iova <= MSI_LAST))
		return 0;
	if (r->through_unit && (!vtd_translate(r->d->as, iova, need, &x, r->m) || !(x.perm & need)))
		return 0;
	in_page = x.mask - (iova & x.mask) + 1;
	*gpa = x.gpa | (iova & x.mask);
	if (iova < MSI_FIRST && n > MSI_FIRST - iova)
		n = MSI_FIRST - iova;
	if (n > in_page)
		n = in_page;
	return edu_in_ram(r->d->mem, *gpa, n);
}

/* Size of a refused piece. */
static uint64_t edu_refused(iova_t iova, uint64_t n)
{
	uint64_t limit = n < 4 ? n : 4, aligned = iova & -iova;

	if (aligned != 0 && aligned < limit)
		limit = aligned;
	return BIT(bits_log2(limit));
}

static void edu_message(const struct edu *d, iova_t iova, const uint8_t *data)
{
	uint32_t val;

	memcpy(&val, data, sizeof val);
	vtd_msi_write(d->unit, iova, val);
}

static void edu_dma(const struct edu_run *r, iova_t iova, uint64_t n, uint8_t *buffer)
{
	const struct edu *d = r->d;

	while (n != 0) {
		gpa_t gpa = 0;
		uint64_t k = edu_translate(r, iova, n, &gpa);

		if (k != 0 && r->to_memory) {
			gmem_write(d->mem, gpa, buffer, k);
		} else if (k != 0) {
			gmem_read(d->mem, gpa, buffer, k);
		} else {
			k = edu_refused(iova, n);
			if (!r->to_memory)
				memset(buffer, 0, k);
			else if (k == 4 && iova >= MSI_FIRST && iova <= MSI_LAST &&
				 (d->command & EDU_COMMAND_MASTER))
				edu_message(d, iova, buffer);
		}
		iova += k;
		buffer += k;
		n -= k;
	}
}

const char *edu_tick(struct edu *d, uint64_t now_ns, struct meter *m)
{
	bool to_memory = (d->cmd & EDU_CMD_TO_MEMORY) != 0;
	uint64_t in_buffer = (to_memory ? d->src : d->dst) - EDU_BUFFER_AT;
	iova_t iova = to_memory ? d->dst : d->src;

	if (!(d->cmd & EDU_CMD_RUN) || now_ns < d->due_ns)
		return NULL;
	d->cmd &= ~EDU_CMD_RUN;
	/* the device wants the end of the transfer inside the buffer, too */
	if (d->count == 0 || in_buffer >= sizeof d->buffer ||
	    d->count >= sizeof d->buffer - in_buffer)
		return "edu: the transfer does not fit the buffer";
	edu_dma(&(struct edu_run){d, m, to_memory, vtd_is_translated(d->as)}, iova, d->count,
		d->buffer + in_buffer);
	return NULL;
}
