/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * machine - one of each kind, built from a scenario and wired together.
 *
 * machine_build() reads every section, finds the plug-ins, fills their options and wires them;
 * machine_boot() lets the guest boot; machine_start() starts the workloads. Order of building: clock and
 * memory, IOMMU, guest kernel, then per device address space, consumer, guest driver, workload.
 */
#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H

#include "cli/machine_life.h"
#include "models/host/dev.h"
#include "models/linux/lx_kernel.h"
#include "results/store.h"
#include "sim/scn.h"

#define MACHINE_DEVICES_MAX 64

struct run_options {
	const char *title;
	uint64_t seed;
	ps_t duration, warm_up;
	bool oracle;
};

struct machine_options {
	uint64_t n_vcpus, clock_hz, ram_bytes, guest_hz;
};

struct guest_options {
	const char *kernel;
	unsigned flush;
	bool superpages;
};

enum { MAPPING_DYNAMIC, MAPPING_STATIC };
enum { ATS_ALIGNED_AUTO, ATS_ALIGNED_OFF, ATS_ALIGNED_ON };

struct device_options {
	unsigned driver, mapping, ats_aligned;
	uint64_t vcpu, n_queues, ring, premap;
	bool ats, scatter, plugged;
};

/* Which plug-in: of iommu, devices.NAME.consumer and devices.NAME.workload. */
struct model_options {
	const char *model;
};

struct cost_options {
	struct dist d[PRIM_N];
};

struct machine_device {
	struct dev dev;
	char *name;
	struct device_options options;
	struct consumer_env consumer_env;
	struct guest_env guest_env;
	struct workload_env workload_env;
};

struct machine {
	struct scn scn; /* own copy; option texts point into it */
	struct err *e;
	struct run_options run;
	struct machine_options options;
	struct guest_options guest;
	struct cost_options costs;
	struct host host;
	struct iommu_env iommu_env;
	struct machine_device *device[MACHINE_DEVICES_MAX];
	unsigned n_devices, n_finished;
	struct store_param *param; /* every option of every section; strings are own */
	size_t n_params;
	struct machine_life life;
	char *folder;              /* of the scenario file */
	cycles_t boot_cycles;
	bool boots_itself; /* a replay drives the guest kernel */
};

/* 0 or -errno with *e; on failure machine_free() is still to be called. seed, if not NULL, replaces the
 * scenario's; the random streams of a replicate other than 0 are seeded by f(seed, replicate). */
int machine_build(struct machine *m, const struct scn *scn, const uint64_t *seed,
		  uint64_t replicate, struct err *e);
void machine_free(struct machine *m);
int machine_boot(struct machine *m, struct err *e);
void machine_start(struct machine *m);
/* Every workload has finished and every step of life is over. */
bool machine_is_done(const struct machine *m);
/* End the run if so, after the event that runs now. */
void machine_stop_if_done(struct machine *m);

#endif
