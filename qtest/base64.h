/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * base64 - RFC 4648 text of bytes, as glib reads and writes it for qtest.
 */
#ifndef QTEST_BASE64_H
#define QTEST_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Characters for n bytes. */
size_t base64_length(size_t n);
/* Returns the number of characters written; no 0 at the end. */
size_t base64_encode(const uint8_t *in, size_t n, char *out);
/* Characters that are none of the alphabet are skipped; '=' counts as 0. Each group of 4 gives 3 bytes, less where
 * its last or last but one character is '=', whatever came before: data goes on behind padding. out needs 3
 * for each 4 characters. */
void base64_decode(const char *in, uint8_t *out);

#endif
