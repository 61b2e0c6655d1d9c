/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * base64 - RFC 4648 text of bytes, as glib reads and writes it for qtest.
 */
#include "qtest/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_length(size_t n)
{
	return (n + 2) / 3 * 4;
}

size_t base64_encode(const uint8_t *in, size_t n, char *out)
{
	char *c = out;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)in[i] << 16;

		if (i + 1 < n)
			v |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < n)
			v |= in[i + 2];
		*c++ = alphabet[v >> 18];
		*c++ = alphabet[v >> 12 & 63];
		*c++ = i + 1 < n ? alphabet[v >> 6 & 63] : '=';
		*c++ = i + 2 < n ? alphabet[v & 63] : '=';
	}
	return (size_t)(c - out);
}

void base64_decode(const char *in, uint8_t *out)
{
	uint32_t v = 0;
	unsigned n_chars = 0;
	char last = 0, last_but_one;

	for (; *in; in++) {
		const char *at = strchr(alphabet, *in);

		if (!at && *in != '=')
			continue;
		v = v << 6 | (at ? (uint32_t)(at - alphabet) : 0);
		last_but_one = last;
		last = *in;
		if (++n_chars % 4 != 0)
			continue;
		*out++ = (uint8_t)(v >> 16);
		if (last_but_one != '=')
			*out++ = (uint8_t)(v >> 8);
		if (last != '=')
			*out++ = (uint8_t)v;
	}
}
