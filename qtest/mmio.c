/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mmio - what a device's access meets outside RAM.
 *
 * QEMU's bus gives each target pieces as large as it takes: 8 bytes to an edu, 4 to the APIC and where nothing
 * is; reads of ROM go in one piece. The local APIC is behind translated pages only (up to 6.2, where they may lie
 * over the interrupt window), and to a device alone: a CPU's access by qtest has no CPU and reads 0.
 * Omitted: the unit's page, IOAPIC and HPET (as nothing); the APIC's registers stay as after reset (QEMU's take
 * writes; its error status tells of reads that no register answers).
 */
#include "qtest/mmio.h"

#include <string.h>

#include "qtest/edu.h"
#include "sim/port.h"

#define FIRMWARE_FIRST UINT64_C(0xffff0000)
#define FIRMWARE_LAST UINT64_C(0xffffffff)
#define FIRMWARE_HLT 0xf4

/* The local APIC's registers that are not 0 after reset; index: address bits 11:4. */
static const struct mmio_apic {
	uint8_t index;
	uint32_t val;
} mmio_apic[] = {
	{0x03, 0x00050014}, /* version */
	{0x0e, UINT32_MAX}, /* destination format */
	{0x0f, 0xff},       /* spurious vector */
	{0x32, 0x10000},    /* LVT, all masked: timer */
	{0x33, 0x10000},    /* thermal */
	{0x34, 0x10000},    /* performance counters */
	{0x35, 0x10000},    /* LINT0 */
	{0x36, 0x10000},    /* LINT1 */
	{0x37, 0x10000},    /* error */
};

/* The firmware of tests/qtest/qemu.py halts everywhere but here. */
static const struct mmio_code {
	gpa_t first;
	unsigned n;
	uint8_t code[36];
} mmio_code[] = {
	/* cli; stack; vectors; rsm for the SMM entry; hlt; jmp */
	{0xffffff00, 36, {0xfa, 0x31, 0xc0, 0x8e, 0xd0, 0xbc, 0x00, 0x10, 0x8e, 0xd8, 0xc7, 0x06,
			  0x08, 0x00, 0x80, 0xff, 0xc7, 0x06, 0x0a, 0x00, 0x00, 0xf0, 0xb8, 0x00,
			  0x30, 0x8e, 0xd8, 0xc7, 0x06, 0x00, 0x80, 0x0f, 0xaa, 0xf4, 0xeb, 0xfd}},
	{0xffffff80, 1, {0xcf}},                         /* iret */
	{0xfffffff0, 5, {0xea, 0x00, 0xff, 0x00, 0xf0}}, /* reset: jmp f000:ff00 */
};

/* Bring the part of c that lies in the n bytes at `at` to out. */
static void mmio_copy_code(const struct mmio_code *c, gpa_t at, uint64_t n, uint8_t *out)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->first + i >= at && c->first + i - at < n)
			out[c->first + i - at] = c->code[i];
}

uint64_t mmio_firmware(gpa_t at, uint64_t n, uint8_t *out)
{
	if (at < FIRMWARE_FIRST || at > FIRMWARE_LAST)
		return 0;
	if (n > FIRMWARE_LAST - at + 1)
		n = FIRMWARE_LAST - at + 1;
	memset(out, FIRMWARE_HLT, n);
	for (size_t i = 0; i < ARRAY_SIZE(mmio_code); i++)
		mmio_copy_code(&mmio_code[i], at, n, out);
	return n;
}

/* The edu whose BAR answers at `at`, or NULL. */
static struct edu *mmio_edu(const struct mmio *m, gpa_t at)
{
	for (unsigned i = 0; i < m->n_edus; i++)
		if (edu_has(&m->edu[i], at))
			return &m->edu[i];
	return NULL;
}

/* n bytes, aligned, of the local APIC; less than a register reads 0. */
static uint32_t mmio_apic_read(gpa_t at, unsigned n)
{
	for (size_t i = 0; n == sizeof mmio_apic->val && i < ARRAY_SIZE(mmio_apic); i++)
		if (mmio_apic[i].index == bits_get(at, 11, 4))
			return mmio_apic[i].val;
	return 0;
}

uint64_t mmio_read(const struct mmio *m, gpa_t at, uint64_t n, uint8_t *out)
{
	const struct edu *edu = mmio_edu(m, at);
	unsigned k = mmio_piece(at, n, edu ? MMIO_PIECE : MMIO_NOTHING);
	uint64_t val = 0, in_firmware = edu ? 0 : mmio_firmware(at, n, out);

	if (in_firmware != 0)
		return in_firmware;
	if (edu)
		val = edu_read(edu, at - edu->bar, k);
	else if (at >= MSI_FIRST && at <= MSI_LAST)
		val = mmio_apic_read(at, k);
	memcpy(out, &val, k);
	return k;
}

uint64_t mmio_write(const struct mmio *m, gpa_t at, uint64_t n, const uint8_t *in, uint64_t now_ns)
{
	struct edu *edu = mmio_edu(m, at);
	unsigned k = mmio_piece(at, n, edu ? MMIO_PIECE : MMIO_NOTHING);
	uint64_t val = 0;

	memcpy(&val, in, k);
	if (edu)
		edu_write(edu, at - edu->bar, k, val, now_ns);
	return k;
}
