#!/bin/sh
# The section `life:`: mistakes are one line with their place; steps that meet I/Os in any state do no harm.
set -eu
program=$(cd "${top_builddir:-.}" && pwd)/dmachurn
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
status=0

# scenario CONSUMER MAPPING WORKLOAD STEP...
scenario() {
	cat <<END
machine: {vcpus: 2, ram: 256MiB}
duration: 8ms
iommu: {qemu: "7.2", caching-mode: $cm, device-iotlb: on}
devices:
  net0: {premap: 8, ats: $ats, queues: 2, consumer: {model: $1}, mapping: $2, workload: {$3}}
  net1: {plugged: off, consumer: {model: $1}, workload: {model: rr}}
life:
END
	shift 3
	n=0
	for step; do
		n=$((n + 1))
		echo "  s$n: {$step}"
	done
}

bad() { # want, step...
	want=$1
	shift
	cm=on ats=off
	scenario vhost dynamic "model: rr" "$@" >bad.yaml
	code=0
	got=$("$program" check bad.yaml 2>&1) || code=$?
	[ "$got/$code" = "dmachurn: bad.yaml:$want/2" ] && return
	printf 'got:  %s\nwant: dmachurn: bad.yaml:%s/2\n' "$got/$code" "$want"
	status=1
}
bad "8:39: life.s1.device: got 'net2', allowed the name of a device; did you mean net0?" \
	"at: 1ms, action: plug, device: net2"
bad "8:25: life.s1.action: got plug, but the device is plugged then" "at: 1ms, action: plug, device: net0"
bad "8:25: life.s1.action: got attach, but the device is not plugged then" "at: 1ms, action: attach, device: net1"
bad "9:25: life.s2.action: got detach, but the device is not attached then" \
	"at: 2ms, action: unplug, device: net0" "at: 3ms, action: detach, device: net0"
bad "8:25: life.s1.action: got enable, but translation is on then" "at: 1ms, action: enable"
bad "8:41: life.s1.device: reboot is of the machine, not of a device" "at: 1ms, action: reboot, device: net0"
bad "8:25: life.s1.action: got 'explode', allowed: detach, attach, domain-switch, unplug, plug, disable, enable, reboot, submit, write-entry" \
	"at: 1ms, action: explode, device: net0"

# Order of the file does not matter, times do: s2 comes before s1.
cm=on ats=off
scenario vhost dynamic "model: rr" "at: 3ms, action: plug, device: net0" "at: 2ms, action: unplug, device: net0" >order.yaml
"$program" check order.yaml >/dev/null || status=1

# Every consumer, mapping, mode and workload through every step, twice: the same result.
for consumer in vhost vfio tcg emulated none; do
	for mapping in dynamic static; do
		for cm in on off; do
			[ $consumer$cm = vfiooff ] && continue
			for workload in "model: stream, depth: 32" "model: stream, rate: 200kpps" "model: rr"; do
				for ats in on off; do
					name="$consumer $mapping caching-mode=$cm ats=$ats $workload"
					scenario $consumer $mapping "$workload" \
						"at: 1ms, action: detach, device: net0" \
						"at: 1ms, action: attach, device: net0" \
						"at: 1100us, action: plug, device: net1" \
						"at: 2ms, action: domain-switch, device: net0" \
						"at: 2100us, action: disable" "at: 2500us, action: enable" \
						"at: 3ms, action: unplug, device: net0" \
						"at: 3500us, action: reboot" \
						"at: 4ms, action: plug, device: net0" \
						"at: 4100us, action: reboot" \
						"at: 5ms, action: unplug, device: net1" >run.yaml
					for run in 1 2; do
						"$program" run run.yaml >out$run 2>&1 ||
							{ echo "$name: failed"; cat out$run; status=1; }
					done
					cmp -s out1 out2 || { echo "$name: two runs differ"; status=1; }
				done
			done
		done
	done
done
exit $status
