/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * unit - tables of units, and one parser and one printer over them.
 *
 * A number is read as digits * 10^-n_decimals, multiplied by the unit's scale and divided exactly.
 */
#include "sim/unit.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/err.h"
#include "sim/time.h"

#define KILO UINT64_C(1000)
#define MEGA UINT64_C(1000000)
#define GIGA UINT64_C(1000000000)
#define KIBI UINT64_C(1024)

static const struct unit unit_time_rows[] = {
	{"s", PS_PER_S, true},           {"ms", PS_PER_MS, true}, {"us", PS_PER_US, true},
	{"\xc2\xb5s", PS_PER_US, false}, /* micro sign */
	{"ns", PS_PER_NS, true},         {"ps", 1, true},         {NULL, 0, false},
};
const struct unit_set unit_time = {"ps, ns, us, ms, s", "ps", unit_time_rows, false};

static const struct unit unit_size_rows[] = {
	{"TiB", KIBI *KIBI *KIBI *KIBI, true},
	{"GiB", KIBI *KIBI *KIBI, true},
	{"MiB", KIBI *KIBI, true},
	{"KiB", KIBI, true},
	{"B", 1, true},
	{NULL, 0, false},
};
const struct unit_set unit_size = {"B, KiB, MiB, GiB, TiB", "bytes", unit_size_rows, true};

static const struct unit unit_rate_rows[] = {
	{"G/s", GIGA, true}, {"Gpps", GIGA, false}, {"Giops", GIGA, false}, {"G", GIGA, false},
	{"M/s", MEGA, true}, {"Mpps", MEGA, false}, {"Miops", MEGA, false}, {"M", MEGA, false},
	{"k/s", KILO, true}, {"kpps", KILO, false}, {"kiops", KILO, false}, {"k", KILO, false},
	{"/s", 1, true},     {"pps", 1, false},     {"iops", 1, false},     {NULL, 0, false},
};
const struct unit_set unit_rate = {"/s, pps or iops, each with k, M or G", "events per second",
				   unit_rate_rows, true};

static const struct unit unit_freq_rows[] = {
	{"GHz", GIGA, true}, {"MHz", MEGA, true}, {"kHz", KILO, true},
	{"Hz", 1, true},     {NULL, 0, false},
};
const struct unit_set unit_freq = {"Hz, kHz, MHz, GHz", "hertz", unit_freq_rows, false};

static const struct unit unit_count_rows[] = {
	{"G", GIGA, false}, {"M", MEGA, false}, {"k", KILO, false}, {"", 1, true}, {NULL, 0, false},
};
const struct unit_set unit_count = {"k, M, G", "units", unit_count_rows, true};

/* Length of digits with at most one point among them; 0 if there is no digit. */
static size_t unit_number_length(const char *text)
{
	size_t n = 0, n_digits = 0;
	bool has_point = false;

	while (isdigit((unsigned char)text[n]) || (text[n] == '.' && !has_point)) {
		if (text[n] == '.')
			has_point = true;
		else
			n_digits++;
		n++;
	}
	return n_digits ? n : 0;
}

static const char *unit_skip_space(const char *text)
{
	while (*text == ' ')
		text++;
	return text;
}

static const struct unit *unit_find(const struct unit_set *set, const char *name)
{
	for (const struct unit *u = set->unit; u->name; u++)
		if (strcmp(u->name, name) == 0)
			return u;
	return NULL;
}

static enum unit_result unit_parse_hex(const char *digits, uint64_t *value)
{
	size_t n = strspn(digits, "0123456789abcdefABCDEF");

	if (n == 0 || digits[n])
		return UNIT_NO_NUMBER;
	digits += strspn(digits, "0");
	if (strlen(digits) > 16)
		return UNIT_RANGE;
	*value = strtoull(digits, NULL, 16);
	return UNIT_OK;
}

/* n characters of digits and a point, times scale. */
static enum unit_result unit_scale(const char *text, size_t n, uint64_t scale, uint64_t *value)
{
	time_wide digits = 0;
	unsigned n_decimals = 0;
	bool behind_point = false;

	/* Zeros that end a fraction say nothing and would only make the digits long. */
	if (memchr(text, '.', n))
		while (text[n - 1] == '0')
			n--;
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '.') {
			behind_point = true;
			continue;
		}
		/* 10^20 > 2^64; as many decimals are finer than the smallest unit of any set. */
		if (digits > (time_wide)UINT64_MAX)
			return behind_point ? UNIT_NOT_WHOLE : UNIT_RANGE;
		digits = digits * 10 + (unsigned)(text[i] - '0');
		n_decimals += behind_point;
	}
	/* Below 2^68 * 2^40 before the division: TiB and s are the largest scales. */
	for (; n_decimals && digits % 10 == 0; n_decimals--)
		digits /= 10;
	digits *= scale;
	for (; n_decimals; n_decimals--) {
		if (digits % 10 != 0)
			return UNIT_NOT_WHOLE;
		digits /= 10;
	}
	if (digits > (time_wide)UINT64_MAX)
		return UNIT_RANGE;
	*value = (uint64_t)digits;
	return UNIT_OK;
}

enum unit_result unit_parse(const struct unit_set *set, const char *text, uint64_t *value)
{
	const struct unit *u;
	const char *name;
	size_t n;

	if (set == &unit_count && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return unit_parse_hex(text + 2, value);
	if (text[0] == '-' && unit_number_length(text + 1))
		return UNIT_RANGE;
	n = unit_number_length(text);
	if (n == 0)
		return UNIT_NO_NUMBER;
	name = unit_skip_space(text + n);
	if (!*name && (set->plain || strspn(text, "0.") == n))
		return unit_scale(text, n, 1, value);
	if (!*name)
		return UNIT_MISSING;
	u = unit_find(set, name);
	return u ? unit_scale(text, n, u->scale, value) : UNIT_UNKNOWN;
}

const char *unit_meant(const struct unit_set *set, const char *text, size_t *n_number)
{
	const char *names[20], *name, *near;
	size_t n = 0;

	*n_number = unit_number_length(text);
	name = unit_skip_space(text + *n_number);
	for (const struct unit *u = set->unit; u->name && n < ARRAY_SIZE(names) - 1; u++)
		names[n++] = u->name;
	names[n] = NULL;
	near = err_nearest(name, names);
	/* Abbreviations: "10u", "64K", "10sec". */
	for (size_t i = 0; !near && i < n; i++)
		if (tolower((unsigned char)names[i][0]) == tolower((unsigned char)name[0]))
			near = names[i];
	return near;
}

void unit_format(const struct unit_set *set, uint64_t value, char *buf, size_t n)
{
	const struct unit *smallest = NULL;

	for (const struct unit *u = set->unit; u->name; u++) {
		if (!u->is_shown)
			continue;
		smallest = u;
		if (value && value % u->scale == 0)
			break;
	}
	snprintf(buf, n, "%" PRIu64 "%s", value / smallest->scale, value ? smallest->name : "");
}
