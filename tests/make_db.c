/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make_db - writes runs with made-up numbers into a result file, for the tests of what reads it.
 *
 *   make_db FILE N_RUNS [N_EVENTS [PAUSE]]
 *
 * Runs cycle through mapping {static, dynamic} x notifier {unmap, map-unmap, devtlb}; then vary the
 * queue length. PAUSE: after the events of the last run say "half" and wait to be killed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/cost/cost.h"
#include "models/counters.h"
#include "results/store.h"
#include "sim/port.h"

enum { CLOCK_HZ_GHZ = 3, IOS = 10000 };

struct policy {
	const char *mapping, *notifier;
	bool dynamic;
	uint64_t map, unmap, devtlb, miss; /* per 1000 I/Os */
};

static const struct policy policies[] = {
	{"static", "unmap", false, 0, 0, 0, 1},
	{"static", "map-unmap", false, 1, 0, 0, 0},
	{"static", "devtlb", false, 0, 0, 0, 1},
	{"dynamic", "unmap", true, 0, 1000, 0, 1000},
	{"dynamic", "map-unmap", true, 1000, 1000, 0, 0},
	{"dynamic", "devtlb", true, 0, 0, 1000, 1000},
};

static void charge(struct entity *e, enum prim p, uint64_t n, cycles_t each)
{
	if (n == 0)
		return;
	e->cost[p].count += n;
	e->cost[p].cycles += n * each;
}

static void fill_exits(struct entity *e, const struct policy *p)
{
	uint64_t qi = p->dynamic ? 2 * IOS : 4;

	rec_count(e, CTR_EXIT_QI_TAIL, qi);
	rec_count(e, CTR_EXIT_MMIO, 12);
	rec_count(e, CTR_EXIT_CONFIG, 30);
	rec_count(e, CTR_EXIT_KICK, IOS / 10);
	rec_count(e, CTR_VMEXITS, qi + 12 + 30 + IOS / 10);
}

static void fill(struct rec *r, const struct policy *p, unsigned i)
{
	struct entity *machine = rec_entity(r, "machine"), *iommu = rec_entity(r, "iommu");
	struct entity *dev = rec_entity(r, "net0");
	struct stat_hist *io = rec_latency(dev, "io");

	rec_count(dev, CTR_IOS, IOS);
	rec_count(dev, CTR_BYTES, IOS * UINT64_C(1500));
	fill_exits(machine, p);
	fill_exits(dev, p);
	rec_count(iommu, CTR_QI_PSI, p->dynamic ? 2 * IOS : 4);
	rec_count(iommu, CTR_QI_WAIT, p->dynamic ? 2 * IOS : 4);
	rec_count(iommu, CTR_QI_DEVTLB, p->devtlb * IOS / 1000);
	rec_count(iommu, CTR_WALKS, p->map * IOS / 1000);
	rec_count(iommu, CTR_WALK_PTE, (p->map + p->miss) * 4 * IOS / 1000);
	rec_count(dev, CTR_NOTIFY_MAP, p->map * IOS / 1000);
	rec_count(dev, CTR_NOTIFY_UNMAP, p->unmap * IOS / 1000);
	rec_count(dev, CTR_NOTIFY_DEVTLB, p->devtlb * IOS / 1000);
	rec_count(dev, CTR_NOTIFY_UNMAP_NEEDLESS, p->unmap * IOS / 4000);
	rec_count(dev, CTR_CONSUMER_HIT, IOS * 5 + i);
	rec_count(dev, CTR_CONSUMER_MISS, p->miss * IOS / 1000);
	rec_count(dev, CTR_CONSUMER_UPDATE, (p->map + p->miss) * IOS / 1000);
	rec_count(dev, CTR_CONSUMER_INVALIDATE, (p->unmap + p->devtlb) * IOS / 1000);
	rec_count(dev, CTR_IOTLB_MISS, 0);
	rec_count(iommu, CTR_IOTLB_MISS, p->miss * IOS / 1000);
	charge(dev, PRIM_VMEXIT_MMIO, p->dynamic ? 2 * IOS : 4, 9000);
	charge(dev, PRIM_QI_DESC, p->dynamic ? 4 * IOS : 8, 300);
	charge(dev, PRIM_WALK_PTE, (p->map + p->miss) * 4 * IOS / 1000, 900);
	charge(dev, PRIM_VHOST_MISS, p->miss * IOS / 1000, 27000);
	charge(dev, PRIM_VHOST_HIT, IOS * 5, 150);
	charge(dev, PRIM_VHOST_PACKET, IOS, 1500);
	charge(dev, PRIM_GUEST_PTE, p->dynamic ? 2 * IOS : 0, 540);
	charge(dev, PRIM_GUEST_IOVA_CACHED, p->dynamic ? IOS : 0, 99);
	for (uint64_t k = 0; k < IOS; k++)
		stat_hist_add(io, 6000 + (p->dynamic ? 18000 : 0) + p->miss * 27 + k % 7 * 300);
	rec_mark(r, "steady", 1000);
}

/* First address 2^63: rows must come back unsigned. */
static int fill_events(struct rec *r, uint64_t n)
{
	for (uint64_t k = 0; k < n; k++)
		r->cause = rec_event(r, &(struct rec_event){.at_cycles = k * 10,
							    .entity = (uint32_t)(k % 3),
							    .kind = (uint32_t)(k % EVENT_N),
							    .iova = (UINT64_C(1) << 63) + k * 4096,
							    .bytes = 4096,
							    .cycles = 300});
	return rec_flush(r);
}

static size_t fill_params(struct store_param *to, const struct policy *p, const char *queue)
{
	const struct store_param row[] = {
		{"costs.qi-desc", "100ns", "default", "derived"},
		{"costs.vhost-miss", "9us", "default", "estimate"},
		{"costs.vmexit-mmio", "3us", "default", "estimate"},
		{"costs.walk-pte", "300ns", "default", "estimate"},
		{"devices.net0.consumer.model", "vhost", "file", ""},
		{"devices.net0.consumer.notifier", p->notifier, "file", ""},
		{"devices.net0.driver", "virtio-net", "file", ""},
		{"devices.net0.mapping", p->mapping, "command line", ""},
		{"devices.net0.queue", queue, "default", ""},
		{"duration", "50ms", "file", ""},
		{"guest.flush", "strict", "default", ""},
		{"guest.kernel", "6.1", "file", ""},
		{"iommu.caching-mode", "on", "file", ""},
		{"iommu.model", "vtd", "file", ""},
		{"iommu.qemu", "7.2", "file", ""},
		{"machine.clock", "3GHz", "default", ""},
		{"machine.vcpus", "2", "default", ""},
	};

	memcpy(to, row, sizeof row);
	return ARRAY_SIZE(row);
}

static int put(struct store *s, unsigned i, uint64_t n_events, bool pause_here, struct err *e)
{
	const struct policy *p = &policies[i % ARRAY_SIZE(policies)];
	const struct store_resource res[] = {{"bql", 100, 3, 900, 500, 30000}};
	struct rec *r = rec_new(&counters_names);
	struct store_param param[32];
	struct store_run run = {
		.scenario = "made-up.yaml",
		.title = "vhost, dynamic and static mappings",
		.program = "0.0-test",
		.seed = UINT64_MAX,
		.replicate = i / ARRAY_SIZE(policies),
		.clock_hz = UINT64_C(1000000000) * CLOCK_HZ_GHZ,
	};
	char point[100], queue[16];
	int rc;

	snprintf(queue, sizeof queue, "%u", 64u << i / ARRAY_SIZE(policies) % 20);
	snprintf(point, sizeof point, "mapping=%s notifier=%s", p->mapping, p->notifier);
	run.point = point;
	store_run_begin(s, &run, param, fill_params(param, p, queue));
	if (n_events != 0)
		rec_log_to(r, store_event_sink(s));
	fill(r, p, i);
	fill_events(r, n_events);
	if (pause_here) {
		puts("half");
		fflush(stdout);
		pause();
	}
	rc = store_run_end(s, r, res, ARRAY_SIZE(res), UINT64_C(150000000), e);
	rec_free(r);
	return rc;
}

int main(int argc, char **argv)
{
	unsigned n_runs = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
	uint64_t n_events = argc > 3 ? (uint64_t)atoll(argv[3]) : 0;
	struct err e = {0};
	struct store *s;
	int rc;

	if (argc < 3) {
		fprintf(stderr, "usage: make_db FILE N_RUNS [N_EVENTS [PAUSE]]\n");
		return EXIT_USER;
	}
	rc = store_open(&s, argv[1], STORE_APPEND, &e);
	for (unsigned i = 0; i < n_runs && !rc; i++)
		rc = put(s, i, n_events, argc > 4 && i == n_runs - 1, &e);
	if (store_close(s, &e) != 0 || rc)
		fprintf(stderr, "make_db: %s\n", e.text);
	return (int)e.status;
}
