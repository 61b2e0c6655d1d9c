/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * imap - an ordered map of disjoint inclusive ranges of addresses, each with one 64-bit value.
 *
 * Pages of 4 KiB, 2 MiB, 1 GiB, ... that are naturally aligned cost about 8 bytes each when they
 * lie close together; ranges of any other shape are allowed, and better few.
 */
#ifndef SIM_IMAP_H
#define SIM_IMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct imap;

struct imap_entry {
	uint64_t first, last; /* inclusive, first <= last */
	uint64_t value;
};

struct imap *imap_new(void);
void imap_free(struct imap *m); /* NULL is allowed */

/* Enter [first, last]. 0, or -EEXIST when any byte of it is in the map (nothing changes then). */
int imap_insert(struct imap *m, uint64_t first, uint64_t last, uint64_t value);

/* The entry that contains `at`; false and *out untouched when there is none. */
bool imap_find(const struct imap *m, uint64_t at, struct imap_entry *out);

/* The lowest entry that shares a byte with [first, last]; false and *out untouched when there is
 * none. In order: start at 0, go on from out->last + 1 while out->last != UINT64_MAX. */
bool imap_first(const struct imap *m, uint64_t first, uint64_t last, struct imap_entry *out);

/* Remove the entry that contains `at`; *out (may be NULL) gets what it was. False: there is none.
 */
bool imap_remove(struct imap *m, uint64_t at, struct imap_entry *out);

/* Remove every entry that shares a byte with [first, last], whole. Returns how many. */
size_t imap_remove_overlaps(struct imap *m, uint64_t first, uint64_t last);

/* Remove everything. */
void imap_clear(struct imap *m);

/* Number of entries; bytes of memory of this process used for them. */
size_t imap_n(const struct imap *m);
size_t imap_host_bytes(const struct imap *m);

#endif
