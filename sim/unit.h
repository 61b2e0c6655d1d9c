/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * unit - "1.5us", "64KiB", "200kpps": exact conversion between text and whole numbers.
 *
 * No floating point: a decimal fraction is read when it is a whole number of the smallest unit
 * ("1.5us" is 1,500,000 ps), otherwise it is refused.
 */
#ifndef SIM_UNIT_H
#define SIM_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit {
	const char *name;
	uint64_t scale; /* in the smallest unit of its set */
	bool is_shown;  /* used by unit_format() and named in messages */
};

struct unit_set {
	const char *names;       /* for messages: "ps, ns, us, ms, s" */
	const char *whole;       /* what a value is a whole number of: "ps" */
	const struct unit *unit; /* largest scale first, name NULL at the end */
	bool plain;              /* a number without unit counts in the smallest unit */
};

extern const struct unit_set unit_time;  /* ps; a unit must be given */
extern const struct unit_set unit_size;  /* bytes; powers of 1024 */
extern const struct unit_set unit_rate;  /* per second */
extern const struct unit_set unit_freq;  /* hertz; a unit must be given */
extern const struct unit_set unit_count; /* plain numbers, k M G for powers of 1000, 0x for hex */

enum unit_result {
	UNIT_OK,
	UNIT_NO_NUMBER, /* does not begin with digits */
	UNIT_MISSING,   /* a number without the unit it needs; 0 needs none */
	UNIT_UNKNOWN,   /* the word behind the number is no unit of the set */
	UNIT_NOT_WHOLE, /* finer than the smallest unit */
	UNIT_RANGE,     /* negative, or does not fit 64 bits */
};

/* Text -> *value in the smallest unit. Spaces between number and unit are allowed. */
enum unit_result unit_parse(const struct unit_set *set, const char *text, uint64_t *value);

/* After UNIT_UNKNOWN: the unit that was probably meant, or NULL; *n_number is set to the length of
 * the number before it. */
const char *unit_meant(const struct unit_set *set, const char *text, size_t *n_number);

/* The value with the largest unit that leaves it whole: 1500000 ps -> "1500ns". Parses back to
 * value. */
void unit_format(const struct unit_set *set, uint64_t value, char *buf, size_t n);

#endif
