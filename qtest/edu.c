/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * edu - QEMU's educational PCI device, the DMA part.
 *
 * A transfer goes in pieces: to the end of the translated page while it is memory; elsewhere what is there takes
 * its own (qtest/mmio.h); where it is refused, up to 4 bytes, aligned. Each piece is translated again.
 * Omitted: the factorial, the interrupt (registers that read 0), dma_mask (as with dma_mask=0xffffffffffffffff).
 */
#include "qtest/edu.h"

#include <string.h>

#include "qtest/mmio.h"
#include "sim/bits.h"

#define EDU_ID UINT32_C(0x11e81234)
#define EDU_VERSION UINT32_C(0x010000ed)
#define EDU_STATUS UINT32_C(0x00100000)
#define EDU_COMMAND_BITS UINT32_C(0x506)
#define EDU_COMMAND_MEM BIT(1)
#define EDU_COMMAND_MASTER BIT(2)
#define EDU_BAR_MASK UINT32_C(0xfff00000)
#define EDU_BUFFER_AT UINT64_C(0x40000)
#define EDU_CMD_RUN BIT(0)
#define EDU_CMD_TO_MEMORY BIT(1)
#define EDU_DMA_NS UINT64_C(100000000)

/* Registers; below EDU_SRC they take 4 bytes, from there on 8, too. */
enum {
	EDU_IDENTIFICATION = 0x00,
	EDU_INVERSE = 0x04,
	EDU_FACTORIAL = 0x08,
	EDU_STATE = 0x20,
	EDU_INTERRUPTS = 0x24,
	EDU_SRC = 0x80,
	EDU_DST = 0x88,
	EDU_COUNT = 0x90,
	EDU_CMD = 0x98
};

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

static uint64_t edu_register(const struct edu *d, uint64_t off)
{
	switch (off) {
	case EDU_IDENTIFICATION:
		return EDU_VERSION;
	case EDU_INVERSE:
		return d->inverse;
	case EDU_FACTORIAL:
	case EDU_STATE:
	case EDU_INTERRUPTS:
		return 0;
	case EDU_SRC:
		return d->src;
	case EDU_DST:
		return d->dst;
	case EDU_COUNT:
		return d->count;
	case EDU_CMD:
		return d->cmd;
	default:
		return UINT64_MAX;
	}
}

uint64_t edu_read(const struct edu *d, uint64_t off, unsigned size)
{
	if (size < 4)
		return 0;
	return (off < EDU_SRC && size != 4 ? UINT64_MAX : edu_register(d, off)) &
	       bits_low(8 * size);
}

void edu_write(struct edu *d, uint64_t off, unsigned size, uint64_t val, uint64_t now_ns)
{
	if (off == EDU_INVERSE && size == 4)
		d->inverse = ~(uint32_t)val;
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
	uint64_t now_ns;
};

/* Bytes from iova on that lie together behind it, at most n; 0: refused. *gpa: where. */
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
	return n < in_page ? n : in_page;
}

static void edu_message(const struct edu *d, iova_t iova, const uint8_t *data)
{
	uint32_t val;

	memcpy(&val, data, sizeof val);
	vtd_msi_write(d->unit, iova, val);
}

/* The next piece where translation was refused or is not asked. Returns its size. */
static uint64_t edu_refused(const struct edu_run *r, iova_t iova, uint64_t n, uint8_t *buffer)
{
	unsigned k = mmio_piece(iova, n, MMIO_NOTHING);

	if (!r->to_memory)
		memset(buffer, 0, k);
	else if (k == 4 && iova >= MSI_FIRST && iova <= MSI_LAST &&
		 (r->d->command & EDU_COMMAND_MASTER))
		edu_message(r->d, iova, buffer);
	return k;
}

/* The next piece at gpa, where n bytes lie together. Returns its size. */
static uint64_t edu_access(const struct edu_run *r, gpa_t gpa, uint64_t n, uint8_t *buffer)
{
	const struct edu *d = r->d;
	uint64_t k = edu_in_ram(d->mem, gpa, n);

	if (k == 0 && r->to_memory)
		return mmio_write(d->mmio, gpa, n, buffer, r->now_ns);
	if (k == 0)
		return mmio_read(d->mmio, gpa, n, buffer);
	if (r->to_memory)
		gmem_write(d->mem, gpa, buffer, k);
	else
		gmem_read(d->mem, gpa, buffer, k);
	return k;
}

static void edu_dma(const struct edu_run *r, iova_t iova, uint64_t n, uint8_t *buffer)
{
	for (uint64_t k; n != 0; iova += k, buffer += k, n -= k) {
		gpa_t gpa = 0;

		k = edu_translate(r, iova, n, &gpa);
		k = k != 0 ? edu_access(r, gpa, k, buffer) : edu_refused(r, iova, n, buffer);
	}
}

/* The device wants the end of the transfer inside the buffer, too. */
static bool edu_fits(const struct edu *d, uint64_t in_buffer)
{
	return d->count != 0 && in_buffer < sizeof d->buffer &&
	       d->count < sizeof d->buffer - in_buffer;
}

const char *edu_tick(struct edu *d, uint64_t now_ns, struct meter *m)
{
	bool to_memory = (d->cmd & EDU_CMD_TO_MEMORY) != 0, fits;
	uint64_t in_buffer = (to_memory ? d->src : d->dst) - EDU_BUFFER_AT;
	iova_t iova = to_memory ? d->dst : d->src;

	if (!(d->cmd & EDU_CMD_RUN) || now_ns < d->due_ns)
		return NULL;
	fits = edu_fits(d, in_buffer);
	if (fits)
		edu_dma(&(struct edu_run){d, m, to_memory, vtd_is_translated(d->as), now_ns}, iova,
			d->count, d->buffer + in_buffer);
	/* not before: a transfer that meets the device's own registers finds them locked */
	d->cmd &= ~EDU_CMD_RUN;
	return fits ? NULL : "edu: the transfer does not fit the buffer";
}
