/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_spec - the tables of registers and fields, made from the rows.
 */
#include "models/vtd/vtd_spec.h"

#include "sim/port.h"

const struct vtd_field_row vtd_field_rows[] = {
#define S(symbol, help)
#define F(symbol, structure, hi, lo, section, help) {#symbol, structure, hi, lo, section, help},
#include "models/vtd/fields.def"
#undef F
#undef S
};
const unsigned vtd_n_field_rows = ARRAY_SIZE(vtd_field_rows);

const struct vtd_reg_row vtd_reg_rows[] = {
#define R(symbol, off, bytes, reset, writable, w1c, hidden, section, help)                         \
	{#symbol, off, bytes, reset, writable, w1c, hidden, section, help},
#include "models/vtd/regs.def"
#undef R
};
const unsigned vtd_n_reg_rows = ARRAY_SIZE(vtd_reg_rows);

uint64_t vtd_spec_reserved(enum vtd_structure s)
{
	uint64_t known = 0;

	for (unsigned i = 0; i < vtd_n_field_rows; i++)
		if (vtd_field_rows[i].structure == s)
			known |= BITS(vtd_field_rows[i].hi, vtd_field_rows[i].lo);
	return ~known;
}
