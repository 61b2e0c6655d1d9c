#!/bin/sh
# The break-even point against its closed form, and the verb's mistakes.
#
# N I/Os of one page, 4 levels. UNMAP-only: N + 2 misses, each one vhost-miss and a walk of 4 entries.
# MAP+UNMAP: 2 misses, and 2 walks of 4 entries per I/O. Per I/O the difference in cycles is
#   9us (N+2 - 2)/N + w (4(N+2) - 4*2 - 8N)/N = 9us - 4w, which is 0 at w = 2.25us, whatever N.
set -eu
src=${top_srcdir:-.}
bin=${top_builddir:-build}/dmachurn
fail() { echo "$*" >&2; exit 1; }

between=devices.net0.consumer.notifier=unmap,map-unmap
out=$("$bin" breakeven "$src/tests/data/breakeven.yaml" --vary costs.walk-pte --from 100ns --to 10us \
	--between $between --metric cycles --samples 0)
echo "$out"
echo "$out" | grep -q 'equal at 2.25 us: below it map-unmap costs less, above it unmap' || fail "closed form: 2.25 us"
out=$("$bin" breakeven "$src/tests/data/breakeven.yaml" --vary costs.walk-pte --from 3us --to 10us \
	--between $between --metric cycles --samples 0)
echo "$out" | grep -q 'no crossing between 3 us and 10 us: unmap costs less throughout' || fail "no crossing: $out"

# Mappings that stay: the notifier changes nothing, so there is no crossing, neither here nor in the band.
out=$("$bin" breakeven "$src/tests/data/breakeven.yaml" --vary costs.walk-pte --set devices.net0.mapping=static \
	--set devices.net0.workload.ios=20 --between $between --samples 2)
echo "$out" | grep -q 'no crossing between 100 ns and 1.5 us: no difference at all' || fail "static: $out"
echo "$out" | grep -q '^    no difference at all in 2$' || fail "static, band: $out"
echo "$out" | grep -q 'equal at' && fail "static: $out"
out=$("$bin" breakeven "$src/tests/data/breakeven.yaml" --vary costs.walk-pte --set devices.net0.workload.ios=20 \
	--between $between --metric cycles --samples 8 --brief --from 100ns --to 10us)
echo "$out" | grep -q '^  8 draws: equal in [0-9]* (5..95 %: .* us .. .* us)' || fail "brief: $out"
[ "$(echo "$out" | wc -l)" = 2 ] || fail "brief: more than two lines: $out"
# Draws of one seed are not those of the next ones: the median of three of seed 1 is none of the first of seeds 1 to 3.
median() { "$bin" breakeven "$src/scenarios/questions/q3-psi-walk.yaml" --between iommu.behaviour.psi-walk=map,all \
	--vary costs.walk-pte --from 10ns --to 5us --metric cycles --set devices.net0.workload.size=1500 \
	--set devices.net0.workload.ios=20 --samples "$1" --seed "$2" | sed -n 's/.*median \([^,]*\),.*/\1/p'; }
three=$(median 3 1)
[ -n "$three" ] && [ "$(median 3 1)" = "$three" ] || fail "the same seed, another draw: $three"
for seed in 2 3; do
	[ "$(median 1 $seed)" != "$three" ] || fail "seeds 1 and $seed share draws"
done
# Whole numbers: a payload in bytes, where only whole numbers are allowed. One page more is one more miss.
out=$("$bin" breakeven "$src/tests/data/breakeven.yaml" --vary devices.net0.workload.size --from 4096 --to 20000 \
	--set devices.net0.workload.ios=20 --between $between --metric misses --samples 0)
echo "$out" | grep -q 'no crossing between 4096 and 20000: map-unmap costs less throughout' || fail "whole numbers: $out"

# want status and text: ARGUMENTS
mistake() {
	want=$1
	shift
	status=0
	got=$("$bin" breakeven "$@" 2>&1) || status=$?
	[ $status = 2 ] || fail "exit status $status, want 2: $*"
	echo "$got" | grep -qF -- "$want" || fail "got '$got', want '$want'"
}
f=$src/tests/data/breakeven.yaml
mistake "--metric: got 'speed', allowed: latency, latency-p99, cycles, time, vmexits, misses" "$f" --vary costs.walk-pte --between $between --metric speed
mistake "--from and --to are needed" "$f" --vary devices.net0.workload.touch --between $between
mistake "--from 10us is not below --to 1us" "$f" --vary costs.walk-pte --from 10us --to 1us --between $between
mistake "allowed: PATH=V1,V2" "$f" --vary costs.walk-pte --between devices.net0.consumer.notifier
mistake "got 'map'" "$f" --vary costs.walk-pte --between devices.net0.consumer.notifier=unmap,map
mistake "nosuch.yaml" nosuch.yaml --vary costs.walk-pte --between $between
