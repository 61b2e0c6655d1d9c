/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sections - the sections of a scenario that belong to no plug-in.
 */
#include "cli/sections.h"

#include "cli/machine.h"

#define GIB (UINT64_C(1) << 30)

static const struct opt run_rows[] = {
	OPT_TEXT(struct run_options, title, "title", "", "one line for tables and pictures"),
	OPT_U64(struct run_options, seed, "seed", "1", 0, UINT64_MAX, "", "of all random streams"),
	OPT_TIME(struct run_options, duration, "duration", "100ms", PS_PER_US, 1000 * PS_PER_S,
		 "simulated time after the warm-up; the run ends earlier when every workload has finished"),
	OPT_TIME(struct run_options, warm_up, "warm-up", "0ns", 0, 1000 * PS_PER_S,
		 "simulated time before counting begins"),
	OPT_BOOL(struct run_options, oracle, "oracle", "on",
		 "compare every access with what the guest's tables say (stale.hit); takes no simulated time"),
	OPT_END};

static const struct opt machine_rows[] = {
	OPT_U64(struct machine_options, n_vcpus, "vcpus", "2", 1, HOST_VCPUS_MAX, "vCPUs",
		"virtual CPUs of the guest"),
	OPT_FREQ(struct machine_options, clock_hz, "clock", "3GHz", 1000000, 100000000000,
		 "clock in whose cycles time is counted"),
	OPT_SIZE(struct machine_options, ram_bytes, "ram", "4GiB", 64 << 20, 4096 * GIB,
		 "guest memory, a multiple of 4KiB; costs nothing until touched"),
	OPT_U64(struct machine_options, guest_hz, "guest-hz", "250", 100, 1000, "ticks per second",
		"timer frequency of the guest kernel (CONFIG_HZ)"),
	OPT_END};

static const char *const flush_words[] = {"auto", "strict", "lazy", "passthrough", NULL};

static const struct opt guest_rows[] = {
	OPT_TEXT(struct guest_options, kernel, "kernel", "6.1",
		 "Linux version whose rules hold, 5.4 to 6.12"),
	OPT_ENUM(struct guest_options, flush, "flush", "auto", flush_words,
		 "what the guest's command line asks for; auto: the kernel's default for this IOMMU"),
	OPT_BOOL(struct guest_options, superpages, "superpages", "on",
		 "off: intel_iommu=sp_off, 4 KiB leaves only"),
	OPT_END};

static const char *const mapping_words[] = {"dynamic", "static", NULL};

static const char *const ats_aligned_words[] = {"auto", "off", "on", NULL};

static const struct opt device_rows[] = {
	OPT_ENUM(struct device_options, driver, "driver", "virtio-net", dev_driver_words,
		 "guest driver: what one I/O maps"),
	OPT_ENUM(struct device_options, mapping, "mapping", "dynamic", mapping_words,
		 "dynamic: the kernel maps and unmaps each I/O; static: DPDK maps its memory once"),
	OPT_U64(struct device_options, vcpu, "vcpu", "0", 0, HOST_VCPUS_MAX - 1, "vCPU",
		"where it maps, unmaps and takes interrupts"),
	OPT_U64(struct device_options, n_queues, "queues", "1", 1, DEV_QUEUES_MAX, "queues",
		"virtqueues; a miss stops one of them; of virtio-net two are a queue pair: a vhost device and its thread"),
	OPT_U64(struct device_options, ring, "ring", "256", 1, 65536, "I/Os",
		"I/Os that can be under way"),
	OPT_U64(struct device_options, premap, "premap", "0", 0, 16 << 20, "4 KiB pages",
		"pages that the driver maps one by one at start-up and keeps (receive buffers, caches)"),
	OPT_BOOL(struct device_options, ats, "ats", "off",
		 "the device has ATS; used if the IOMMU has device-iotlb and requests are page-aligned"),
	OPT_ENUM(struct device_options, ats_aligned, "ats-page-aligned", "auto", ats_aligned_words,
		 "its ATS capability says that requests are page-aligned, without which Linux leaves ATS off; auto: emulated devices from QEMU 5.2 on, assigned ones"),
	OPT_BOOL(struct device_options, scatter, "scatter", "off",
		 "payloads are separate pages, not one contiguous buffer"),
	OPT_BOOL(struct device_options, plugged, "plugged", "on",
		 "off: it is there only after a step of life plugs it"),
	OPT_END};

static const struct opt cost_rows[] = {
#define P(symbol, name, unit, low, typ, high, evidence, source, help)                              \
	OPT_DIST(struct cost_options, d[symbol], name, typ, 0, PS_PER_S, help),
#include "models/cost/prims.def"
#undef P
	OPT_END};

static const struct opt iommu_rows[] = {
	OPT_TEXT(struct model_options, model, "model", "vtd", "vtd, none: `dmachurn list models`"),
	OPT_END};

static const struct opt consumer_rows[] = {
	OPT_TEXT(struct model_options, model, "model", "vhost",
		 "who does the device's I/O: `dmachurn list models`"),
	OPT_END};

static const struct opt workload_rows[] = {
	OPT_TEXT(struct model_options, model, "model", "rr",
		 "when the device does I/O: `dmachurn list models`"),
	OPT_END};

const struct opt_section build_sections[] = {
	{"", "the run", run_rows},
	{"machine", "the simulated machine", machine_rows},
	{"guest", "the guest kernel", guest_rows},
	{"iommu", "the IOMMU, besides the options of its model", iommu_rows},
	{"devices.NAME", "one device; its name is free", device_rows},
	{"devices.NAME.consumer", "its consumer, besides the options of its model", consumer_rows},
	{"devices.NAME.workload", "its workload, besides the options of its model", workload_rows},
	{"life.NAME", "one step of the life cycle; its name is free", machine_life_rows},
	{"costs", "what each primitive costs: a time or a distribution", cost_rows},
	{NULL, NULL, NULL},
};
