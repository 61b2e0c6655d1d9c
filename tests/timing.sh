#!/bin/sh
# When an I/O ends: its latency as the sum of the primitives on its way, derived by hand. Counters alone (golden.sh)
# do not say in which order things happen, who waits for whom, and what is charged to whom at all.
#
# One clock cycle is 1 ns and every cost a constant (tests/data/timing.yaml), so a sum is exact. Names are
# primitives, a term is a product: 2*vhost-wake. io.sum is the sum of all I/Os' latencies, bql.busy the cycles
# in which QEMU's big lock was held.
set -eu
bin=${top_builddir:-build}/dmachurn
scenario=${top_srcdir:-.}/tests/data/timing.yaml
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0 failed=0

# run NAME [PATH=VALUE]...: the figures of one run to $dir/got, one "NAME VALUE" a line
run() {
	name=$1
	shift
	for set; do
		shift
		set -- "$@" --set "$set"
	done
	rm -f "$dir/db"
	"$bin" run --quiet --db "$dir/db" "$scenario" "$@"
	"$bin" show --db "$dir/db" --csv | awk -F, '
		$6 == "net0" { print $7, $8; got[$7] = $8 }
		$6 == "param" && sub(/^costs\./, "", $7) { sub(/ns$/, "", $8); sub(/us$/, "000", $8); print $7, $8 }
		END { print "io.sum", got["io.n"] * got["io.mean"] }' >"$dir/got"
	"$bin" show --db "$dir/db" --dump | awk -F'|' '$1 == "resource" { print $3 ".busy", $8 }' >>"$dir/got"
}
# want FIGURE TERM+TERM...: blanks and ends of lines in the sum mean nothing
want() {
	n=$((n + 1))
	awk -v name="$name" -v figure="$1" -v sum="$(echo "$2" | tr -d ' \t\n')" '
		{ got[$1] = $2 }
		END {
			m = split(sum, term, "+")
			for (i = 1; i <= m; i++) {
				product = 1
				k = split(term[i], factor, "*")
				for (f = 1; f <= k; f++) {
					if (factor[f] !~ /^[0-9]+$/ && !(factor[f] in got)) {
						print name ": no primitive " factor[f]
						exit 1
					}
					product *= factor[f] ~ /^[0-9]+$/ ? factor[f] : got[factor[f]]
				}
				should += product
			}
			if (!(figure in got)) { print name ": no figure " figure; exit 1 }
			if (got[figure] != should) {
				print name ": " figure ": got " got[figure] ", want " should " = " sum
				exit 1
			}
		}' "$dir/got" || failed=1
}

vtd='iommu.model=vtd iommu.qemu=7.2 iommu.aw-bits=48 iommu.caching-mode=on'
consumer=devices.net0.consumer
workload=devices.net0.workload
two="$workload.model=stream $workload.depth=2 $workload.ios=2" # handed over at once

# ---- without IOMMU: driver, doorbell, the thread wakes up, moves the packet; the vCPU is idle: interrupted
run none
want io.max 'guest-driver + kick-ioeventfd + vhost-wake + vhost-packet + irq'
want bql.busy 0

# QEMU's own device: its main loop is woken; 5 accesses of rings and one of the data
run emulated $consumer.model=emulated
want io.max 'guest-driver + kick-ioeventfd + vhost-wake + emu-io + 6*emu-access + irq'
want bql.busy 'emu-io + 6*emu-access'

# vhost, misses answered one to one. The used ring is known; descriptors and data miss, one after the other: the
# worker leaves and wakes the main loop, which takes the message, answers and wakes the worker. Found are 3 rings
# and the data: 4 look-ups.
run 'vhost, two misses' $consumer.model=vhost
want miss.n 2
want miss.max 'vhost-wake + vhost-miss + vhost-msg + vhost-wake'
want io.max 'guest-driver + kick-ioeventfd + vhost-wake + vhost-packet
	+ 2*vhost-wake + vhost-miss + vhost-msg + 2*vhost-wake + vhost-miss + vhost-msg + 4*vhost-hit + irq'
want bql.busy '2*vhost-miss + 2*vhost-msg' # nobody wakes up under the lock

# One slot, so the same buffer three times: one miss of the data. Its UPDATE makes vhost forget the rings, so the
# second I/O looks up all 4; the third finds its rings in the metadata cache and looks up its data.
run 'vhost, no miss' $consumer.model=vhost devices.net0.ring=1 $workload.ios=3
want miss.n 2
want io.sum '3*guest-driver + 3*kick-ioeventfd + 3*vhost-wake + 3*vhost-packet + 3*irq
	+ 4*vhost-wake + 2*vhost-miss + 2*vhost-msg + 4*vhost-hit
	+ 4*vhost-hit
	+ vhost-meta + vhost-hit'

# Translation does not concern the device: 3 rings and the data in vhost's own table
run 'vhost, no platform' $consumer.model=vhost $consumer.iommu-platform=off
want io.max 'guest-driver + kick-ioeventfd + vhost-wake + vhost-packet + 4*vhost-hit + irq'

# An assigned device: no doorbell exit, nobody is woken; RAM is mapped one to one: all 6 accesses in one huge page
run 'vfio, no IOMMU' $consumer.model=vfio
want io.max 'guest-driver + dma-io + hw-iotlb-miss + 5*hw-iotlb-hit + irq'

# TCG: on the vCPU that maps; nobody is interrupted
run tcg $consumer.model=tcg
want io.max 'guest-driver + 6*tcg-hit'

# ---- interrupts: an idle vCPU is interrupted, a busy one's driver polls
# A is handed to the device after 1 x (driver + kick) and completes while B is being mapped: polled after that, at
# 2 x. B is handed over then, completes when the vCPU is idle, and interrupts.
run polled $two costs.guest-driver=20us
want irq.count 1
want io.max '2*guest-driver + 2*kick-ioeventfd + vhost-wake + vhost-packet + irq'
want io.sum '2*guest-driver + 2*kick-ioeventfd
	+ 2*guest-driver + 2*kick-ioeventfd + vhost-wake + vhost-packet + irq'
# One under way: the vCPU is idle at both completions.
run idle $workload.ios=2
want irq.count 2

# ---- a doorbell while the queue waits for a miss wakes nobody: 1 wake-up for A, 2 for each of 3 misses
# A misses at driver + kick + wake + packet = 24.4 us and for 26 us; B's doorbell is at 2 x (driver + kick) = 31.8 us.
run stalled $consumer.model=vhost $two costs.guest-driver=15us
want miss.n 3 # descriptors, A's data, B's data
want vhost-wake.count 7

# ---- VT-d, strict: two submissions of a PSI and a wait each. The lock is held for QEMU's handler alone.
run vfio $vtd $consumer.model=vfio
walk='ctx-fetch + iova-tree + 4*walk-pte + notify'
want io.max "guest-driver
	+ guest-iova-tree + guest-pte + 2*guest-desc + vmexit-mmio + 2*qi-desc + $walk + vfio-map + vfio-map-page
	+ dma-io + 3*hw-iotlb-miss + 3*hw-iotlb-hit + irq
	+ guest-pte + 2*guest-desc + vmexit-mmio + 2*qi-desc + $walk + vfio-unmap + vfio-unmap-page + host-iotlb-flush"
want bql.busy "2*qi-desc + $walk + vfio-map + vfio-map-page
	+ 2*qi-desc + $walk + vfio-unmap + vfio-unmap-page + host-iotlb-flush"

# The IOTLB is empty at the map's PSI and holds 3 pages at the unmap's; 3 of 6 accesses walk 4 levels.
run 'emulated, VT-d' $vtd $consumer.model=emulated
io='emu-io + 6*emu-access + 6*iotlb-lookup + ctx-fetch + 12*walk-pte'
want io.max "guest-driver
	+ guest-iova-tree + guest-pte + 2*guest-desc + vmexit-mmio + 2*qi-desc + kick-ioeventfd
	+ vhost-wake + $io + irq
	+ guest-pte + 2*guest-desc + vmexit-mmio + 2*qi-desc + 3*iotlb-scan"
want bql.busy "2*qi-desc + $io + 2*qi-desc + 3*iotlb-scan"
echo "$n sums"
exit $failed
