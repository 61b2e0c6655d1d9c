/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vtd_iotlb - QEMU's cache of translations: 1,024 pages; when full it is emptied.
 *
 * Lists hold index + 1, so that a table of zeros is empty.
 */
#include "models/vtd/vtd_iotlb.h"

#include <assert.h>
#include <string.h>

#include "models/addr.h"
#include "sim/bits.h"
#include "sim/port.h"

static unsigned iotlb_hash(const struct vtd_iotlb_key *k)
{
	uint64_t h = k->gfn ^ (uint64_t)k->sid << 40 ^ (uint64_t)k->pasid << 20 ^
		     (uint64_t)k->level << 61;

	return (unsigned)(h * UINT64_C(0x9e3779b97f4a7c15) >> (64 - VTD_IOTLB_HASH_BITS));
}

/* Large pages have low zeros in their page number: mix the rest. */
static unsigned iotlb_bin_large(uint64_t gfn)
{
	return VTD_IOTLB_BINS + (unsigned)((gfn >> 9 ^ gfn >> 17) & (VTD_IOTLB_BINS - 1));
}

static unsigned iotlb_bin(uint64_t gfn, unsigned level)
{
	return level == 1 ? (unsigned)(gfn & (VTD_IOTLB_BINS - 1)) : iotlb_bin_large(gfn);
}

static bool iotlb_same(const struct vtd_iotlb_key *a, const struct vtd_iotlb_key *b)
{
	return a->gfn == b->gfn && a->sid == b->sid && a->level == b->level && a->pasid == b->pasid;
}

static struct vtd_iotlb_entry *iotlb_at(struct vtd_iotlb *t, unsigned link)
{
	return &t->entry[link - 1];
}

static uint16_t iotlb_link(const struct vtd_iotlb *t, const struct vtd_iotlb_entry *e)
{
	return (uint16_t)(e - t->entry + 1);
}

static void iotlb_free_all(struct vtd_iotlb *t)
{
	for (unsigned i = 0; i < VTD_IOTLB_MAX; i++)
		t->entry[i].hash_next = (uint16_t)(i + 2 > VTD_IOTLB_MAX ? 0 : i + 2);
	t->free = 1;
}

void vtd_iotlb_init(struct vtd_iotlb *t)
{
	memset(t, 0, sizeof *t);
	iotlb_free_all(t);
}

void vtd_iotlb_reset(struct vtd_iotlb *t)
{
	if (t->n == 0)
		return;
	t->n = 0;
	memset(t->n_level, 0, sizeof t->n_level);
	memset(t->hash, 0, sizeof t->hash);
	memset(t->bin, 0, sizeof t->bin);
	memset(t->did, 0, sizeof t->did);
	iotlb_free_all(t);
}

static const struct vtd_iotlb_entry *iotlb_get(const struct vtd_iotlb *t,
					       const struct vtd_iotlb_key *k)
{
	for (unsigned l = t->hash[iotlb_hash(k)]; l; l = t->entry[l - 1].hash_next)
		if (iotlb_same(&t->entry[l - 1].key, k))
			return &t->entry[l - 1];
	return NULL;
}

const struct vtd_iotlb_entry *vtd_iotlb_find(const struct vtd_iotlb *t, uint16_t sid, uint32_t pasid,
					     uint64_t iova)
{
	for (unsigned level = 1; level <= 3; level++) {
		unsigned bits = 9 * (level - 1);
		struct vtd_iotlb_key k = {iova >> (PAGE_BITS + bits) << bits, pasid, sid,
					  (uint8_t)level};
		const struct vtd_iotlb_entry *e = t->n_level[level] ? iotlb_get(t, &k) : NULL;

		if (e)
			return e;
	}
	return NULL;
}

static void iotlb_list_by_did(struct vtd_iotlb *t, struct vtd_iotlb_entry *e)
{
	uint16_t *head = &t->did[e->did % VTD_IOTLB_DIDS];

	e->did_prev = 0;
	e->did_next = *head;
	if (*head)
		iotlb_at(t, *head)->did_prev = iotlb_link(t, e);
	*head = iotlb_link(t, e);
}

static void iotlb_unlist_by_did(struct vtd_iotlb *t, const struct vtd_iotlb_entry *e)
{
	if (e->did_prev)
		iotlb_at(t, e->did_prev)->did_next = e->did_next;
	else
		t->did[e->did % VTD_IOTLB_DIDS] = e->did_next;
	if (e->did_next)
		iotlb_at(t, e->did_next)->did_prev = e->did_prev;
}

static void iotlb_list_by_bin(struct vtd_iotlb *t, struct vtd_iotlb_entry *e)
{
	uint16_t *head = &t->bin[iotlb_bin(e->key.gfn, e->key.level)];

	e->bin_prev = 0;
	e->bin_next = *head;
	if (*head)
		iotlb_at(t, *head)->bin_prev = iotlb_link(t, e);
	*head = iotlb_link(t, e);
}

static void iotlb_unlist_by_bin(struct vtd_iotlb *t, const struct vtd_iotlb_entry *e)
{
	if (e->bin_prev)
		iotlb_at(t, e->bin_prev)->bin_next = e->bin_next;
	else
		t->bin[iotlb_bin(e->key.gfn, e->key.level)] = e->bin_next;
	if (e->bin_next)
		iotlb_at(t, e->bin_next)->bin_prev = e->bin_prev;
}

static void iotlb_drop(struct vtd_iotlb *t, struct vtd_iotlb_entry *e)
{
	uint16_t *l = &t->hash[iotlb_hash(&e->key)];

	while (*l != iotlb_link(t, e))
		l = &iotlb_at(t, *l)->hash_next;
	*l = e->hash_next;
	iotlb_unlist_by_did(t, e);
	iotlb_unlist_by_bin(t, e);
	t->n--;
	t->n_level[e->key.level]--;
	e->hash_next = t->free;
	t->free = iotlb_link(t, e);
}

void vtd_iotlb_insert(struct vtd_iotlb *t, const struct vtd_iotlb_key *key, uint16_t did,
		      uint64_t pte, uint8_t perm)
{
	const struct vtd_iotlb_entry *old = iotlb_get(t, key);
	struct vtd_iotlb_entry *e;
	uint16_t *head;

	if (old)
		iotlb_drop(t, &t->entry[old - t->entry]);
	assert(t->free);
	e = iotlb_at(t, t->free);
	t->free = e->hash_next;
	*e = (struct vtd_iotlb_entry){.key = *key, .perm = perm, .did = did, .pte = pte};
	head = &t->hash[iotlb_hash(key)];
	e->hash_next = *head;
	*head = iotlb_link(t, e);
	iotlb_list_by_did(t, e);
	iotlb_list_by_bin(t, e);
	t->n++;
	t->n_level[key->level]++;
}

void vtd_iotlb_drop_domain(struct vtd_iotlb *t, uint16_t did)
{
	for (unsigned l = t->did[did % VTD_IOTLB_DIDS], next; l; l = next) {
		next = iotlb_at(t, l)->did_next;
		if (iotlb_at(t, l)->did == did)
			iotlb_drop(t, iotlb_at(t, l));
	}
}

void vtd_iotlb_drop_pasid(struct vtd_iotlb *t, uint16_t did, uint32_t pasid)
{
	for (unsigned l = t->did[did % VTD_IOTLB_DIDS], next; l; l = next) {
		struct vtd_iotlb_entry *e = iotlb_at(t, l);

		next = e->did_next;
		if (e->did == did && e->key.pasid == pasid)
			iotlb_drop(t, e);
	}
}

/* Entries of the domain in one list of page numbers that agree with gfn in mask. */
static void iotlb_drop_bin(struct vtd_iotlb *t, unsigned bin, uint16_t did, uint64_t gfn,
			   uint64_t mask)
{
	for (unsigned l = t->bin[bin], next; l; l = next) {
		struct vtd_iotlb_entry *e = iotlb_at(t, l);

		next = e->bin_next;
		if (e->did == did && ((e->key.gfn ^ gfn) & mask) == 0)
			iotlb_drop(t, e);
	}
}

/* The large page of that level that contains gfn. */
static void iotlb_drop_large_at(struct vtd_iotlb *t, uint16_t did, uint64_t gfn, unsigned level)
{
	uint64_t start = gfn & ~bits_low(9 * (level - 1));

	for (unsigned l = t->bin[iotlb_bin_large(start)], next; l; l = next) {
		struct vtd_iotlb_entry *e = iotlb_at(t, l);

		next = e->bin_next;
		if (e->did == did && e->key.level == level && e->key.gfn == start)
			iotlb_drop(t, e);
	}
}

static void iotlb_drop_large(struct vtd_iotlb *t, uint16_t did, uint64_t gfn, uint64_t mask)
{
	/* 512 4 KiB pages start a large one: the low 9 bits of its number are 0 */
	if ((gfn & mask & bits_low(9)) == 0) {
		for (unsigned l = t->did[did % VTD_IOTLB_DIDS], next; l; l = next) {
			struct vtd_iotlb_entry *e = iotlb_at(t, l);

			next = e->did_next;
			if (e->did == did && e->key.level > 1 && ((e->key.gfn ^ gfn) & mask) == 0)
				iotlb_drop(t, e);
		}
	}
	iotlb_drop_large_at(t, did, gfn, 2);
	iotlb_drop_large_at(t, did, gfn, 3);
}

void vtd_iotlb_drop_pages(struct vtd_iotlb *t, uint16_t did, uint64_t addr, unsigned am,
			  unsigned mask_bits)
{
	uint64_t gfn = addr >> PAGE_BITS, mask = ~bits_low(am) & bits_low(mask_bits);
	unsigned n_bins = am < 8 ? 1u << am : VTD_IOTLB_BINS;

	if (t->n == 0)
		return;
	if (mask == 0) {
		vtd_iotlb_drop_domain(t, did);
		return;
	}
	if (t->n_level[1] != 0)
		for (unsigned i = 0; i < n_bins; i++)
			iotlb_drop_bin(t, ((unsigned)(gfn & mask) + i) % VTD_IOTLB_BINS, did, gfn,
				       mask);
	if (t->n_level[2] + t->n_level[3] != 0)
		iotlb_drop_large(t, did, gfn, mask);
}
