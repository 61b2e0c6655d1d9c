/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench_paths - I/Os a second through the whole house, and memory per live mapping.
 *
 * A machine is built from scenario text as for `run` and stepped until the round's processor time is used
 * up. The oracle is off: it takes no simulated time, but processor time.
 */
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bench.h"
#include "cli/machine.h"
#include "models/counters.h"
#include "sim/xalloc.h"

#define PATH_WARM_UP_IOS 20000
#define PATH_CHUNK_CYCLES 3000000 /* 1 ms at 3 GHz between looks at the clock */
#define MAPPING_PAGES 1000000u
#define MAPPING_FIRST UINT64_C(0x40000000)

static const char path_head[] = "oracle: off\n"
				"duration: 1000s\n"
				"machine: {vcpus: 1, clock: 3GHz, ram: 64GiB}\n"
				"iommu: {caching-mode: on, aw-bits: 48}\n"
				"devices:\n"
				"  net0:\n"
				"    workload: {model: rr, size: 1500}\n";

/* The machine of path_head and more lines, booted and started; NULL with a message when it fails. */
static struct machine *path_machine(const char *lines)
{
	struct machine *m = xcalloc(1, sizeof *m);
	char *text = xasprintf("%s%s", path_head, lines);
	struct err e = {0};
	struct scn scn;
	int ret = scn_parse(&scn, "bench", text, strlen(text), &e);

	if (!ret) {
		ret = machine_build(m, &scn, NULL, 0, &e);
		scn_free(&scn);
		if (!ret)
			ret = machine_boot(m, &e);
		if (ret)
			machine_free(m);
	}
	free(text);
	if (!ret)
		return m;
	fprintf(stderr, "dmachurn: bench: %s\n", e.text);
	free(m);
	return NULL;
}

static uint64_t path_ios(const struct machine *m)
{
	return m->device[0]->dev.ent->counter[CTR_IOS];
}

static void path_step(struct machine *m)
{
	evq_run(m->host.evq, evq_now(m->host.evq) + PATH_CHUNK_CYCLES);
}

static double path_run(const char *lines, double seconds)
{
	struct machine *m = path_machine(lines);
	double began, used;
	uint64_t first;

	if (!m)
		return NAN;
	machine_start(m);
	while (path_ios(m) < PATH_WARM_UP_IOS)
		path_step(m);
	first = path_ios(m);
	began = bench_cpu_seconds();
	do {
		path_step(m);
		used = bench_cpu_seconds() - began;
	} while (used < seconds);
	first = path_ios(m) - first;
	machine_free(m);
	free(m);
	return (double)first / used;
}

static double run_dynamic_vfio(double seconds)
{
	return path_run("    consumer: {model: vfio}\n", seconds);
}

static double run_dynamic_unmap(double seconds)
{
	return path_run("    consumer: {model: vhost, notifier: unmap}\n", seconds);
}

static double run_dynamic_map_unmap(double seconds)
{
	return path_run("    consumer: {model: vhost, notifier: map-unmap}\n", seconds);
}

static double run_static_vhost(double seconds)
{
	return path_run("    mapping: static\n    consumer: {model: vhost, notifier: unmap}\n",
			seconds);
}

static double run_static_vfio(double seconds)
{
	return path_run("    mapping: static\n    consumer: {model: vfio}\n", seconds);
}

/* ---- memory */

/* Bytes of live heap objects; what the allocator keeps for later does not count. */
static double heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return (double)info.uordblks + (double)info.hblkhd;
}

/* Single pages, all alive at once: page tables in guest memory, QEMU's tree, the host's container. */
static double run_mapping_bytes(double seconds)
{
	struct machine *m = path_machine("    consumer: {model: vfio, backend: iommufd}\n");
	struct meter meter;
	struct guest *g;
	double before;

	(void)seconds;
	if (!m)
		return NAN;
	g = &m->device[0]->dev.guest;
	meter = (struct meter){.cost = m->host.cost, .ent = m->device[0]->dev.ent};
	m->host.boot_meter = &meter;
	before = heap_bytes();
	for (unsigned i = 0; i < MAPPING_PAGES; i++) {
		struct dma_seg seg = {MAPPING_FIRST + i * PAGE_BYTES, PAGE_BYTES};
		struct dma_map map = {.seg = &seg, .n_segs = 1, .n_bytes = PAGE_BYTES,
				      .perm = PERM_RW};

		if (g->type->map(g->self, &map, &meter))
			before = NAN;
	}
	before = heap_bytes() - before;
	machine_free(m);
	free(m);
	return before / MAPPING_PAGES;
}

const struct bench bench_paths[] = {
	{"dynamic-vfio", "I/Os/s", "map, 2 invalidations and walks, MAP and UNMAP by VFIO, unmap", 1e6, 0,
	 run_dynamic_vfio},
	{"dynamic-vhost-unmap", "I/Os/s", "the same, vhost UNMAP-only: a miss each I/O", 1e6, 0,
	 run_dynamic_unmap},
	{"dynamic-vhost-map", "I/Os/s", "the same, vhost MAP+UNMAP", 1e6, 0, run_dynamic_map_unmap},
	{"static-vhost", "I/Os/s", "DPDK in the guest, vhost", 5e6, 0, run_static_vhost},
	{"static-vfio", "I/Os/s", "DPDK in the guest, VFIO", 5e6, 0, run_static_vfio},
	{"mapping-bytes", "bytes", "host memory per live 4 KiB mapping: guest, QEMU and VFIO together", 0,
	 40, run_mapping_bytes},
	BENCH_END};
