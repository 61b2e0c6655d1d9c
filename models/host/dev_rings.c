/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dev_rings - the rings of a device's queues: taken, mapped at start-up, known by their IOVAs.
 *
 * A queue has one or two coherent allocations (drivers.def), each mapped by a call of its own. An allocation
 * is aligned to its power of two, as the page allocator's are.
 */
#include <errno.h>

#include "models/host/dev.h"
#include "sim/bits.h"

/* Pages of the i-th allocation of a queue. */
static uint64_t rings_pages(const struct dev *d, unsigned i)
{
	return dev_drivers[d->config.driver].n_ring_pages[i];
}

static unsigned rings_per_queue(const struct dev *d)
{
	return rings_pages(d, 1) == 0 ? 1 : DEV_RING_MAPS;
}

static int rings_take(struct dev *d)
{
	for (unsigned i = 0; i < d->config.n_queues * DEV_RING_MAPS; i++) {
		uint64_t n = rings_pages(d, i % DEV_RING_MAPS);

		if (n == 0 || d->ring_pages[i] != 0)
			continue;
		d->ring_pages[i] = host_alloc_pages(d->host, n, bits_pow2_ceil(n));
		if (d->ring_pages[i] == 0)
			return -ENOMEM;
	}
	return 0;
}

/* Where byte `at` of a queue's rings lies, its allocations one behind the other. */
static iova_t rings_iova(const struct dev *d, unsigned queue, uint64_t at)
{
	const struct dma_map *map = &d->ring_map[queue * DEV_RING_MAPS];
	uint64_t first_bytes = rings_pages(d, 0) * PAGE_BYTES;

	return at < first_bytes ? map[0].iova + at : map[1].iova + (at - first_bytes);
}

static int rings_map_queue(struct dev *d, unsigned queue, struct meter *m)
{
	const unsigned *at = dev_drivers[d->config.driver].ring_at;

	for (unsigned i = 0; i < rings_per_queue(d); i++) {
		struct dma_map *map = &d->ring_map[queue * DEV_RING_MAPS + i];
		uint64_t n_bytes = rings_pages(d, i) * PAGE_BYTES;
		struct dma_seg seg = {d->ring_pages[queue * DEV_RING_MAPS + i], n_bytes};
		int ret;

		*map = (struct dma_map){.seg = &seg, .n_segs = 1, .n_bytes = n_bytes,
					.perm = PERM_RW, .cpu = d->config.vcpu};
		ret = d->guest.type->map(d->guest.self, map, m);
		map->seg = NULL;
		if (ret)
			return ret;
	}
	for (unsigned i = 0; i < DEV_RINGS; i++)
		d->ring[queue * DEV_RINGS + i] = rings_iova(d, queue, at[i]);
	return 0;
}

int dev_rings_take(struct dev *d, struct err *e)
{
	if (rings_take(d)) {
		err_user(e, "%s: guest RAM is too small for its rings", d->ent->name);
		return -ENOMEM;
	}
	return 0;
}

int dev_rings_map(struct dev *d, struct meter *m, struct err *e)
{
	for (unsigned q = 0; q < d->config.n_queues; q++) {
		int ret = rings_map_queue(d, q, m);

		if (ret) {
			err_user(e, "%s: the guest cannot map the device's rings", d->ent->name);
			return ret;
		}
	}
	return 0;
}

void dev_rings_unmap(struct dev *d, struct meter *m)
{
	for (unsigned q = 0; q < d->config.n_queues; q++)
		for (unsigned i = 0; i < rings_per_queue(d); i++)
			dev_unmap_now(d, &d->ring_map[q * DEV_RING_MAPS + i], m);
}
