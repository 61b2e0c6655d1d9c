#!/bin/sh
# compare: 72 columns, a last line that repeats the table, the same table from the file, clear refusals.
set -eu
dmachurn=$PWD/${top_builddir:-.}/dmachurn
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failed=0
fail() { echo "FAIL: $*"; failed=1; }
want() { # STATUS TEXT ARGUMENT...
	status=$1 text=$2 got=0
	shift 2
	"$dmachurn" compare "$@" >out 2>err || got=$?
	[ $got = "$status" ] && cat out err | grep -q -e "$text" || { fail "compare $*: $got"; cat out err; }
}

cat >s.yaml <<'END'
# A scenario for this test.
title: compare
duration: 100ms
iommu: {model: vtd, qemu: "7.2", caching-mode: on}
guest: {kernel: "6.1"}
devices:
  net0:
    driver: virtio-net
    mapping: dynamic
    consumer: {model: vhost, notifier: unmap}
    workload: {model: rr, size: 1500, ios: 200}
END

# A map and an unmap for each I/O, strict under caching mode: 2 queue-tail writes.
want 0 '^  queue tail (IQT)  *2.000  *2.000$' s.yaml --db t.db \
	--vary devices.net0.consumer.notifier=unmap,map-unmap --set 'costs.vhost-miss=lognormal(25us, cv=0.4)'
cp out first
[ "$(awk '{ if (length($0) > n) n = length($0) } END { print n }' out)" -le 72 ] || fail 'wider than 72 columns'
grep -q '^net0.consumer.notifier  *unmap  *map-unmap$' out || fail 'the table does not say what differs'
tr -s '\n ' '  ' <out >flat
grep -q 'guest Linux 6.1, strict flush' flat || fail 'the table does not name kernel and mode'
grep -q '~ rests on estimates: .*vmexit-mmio 3us' flat || fail 'the table does not name its estimates'
[ "$("$dmachurn" show --db t.db --dump | grep -c '^run|')" = 2 ] || fail '2 runs stored'
"$dmachurn" show --db t.db | sed -n '/^vmexits per/,/^I.Os per second/p' >shown
sed -n '/^vmexits per/,/^I.Os per second/p' first | cmp - shown || fail 'show prints another table'

# The command below the table repeats it.
sed -n '/repeat with:$/,$p' first | sed 1d | sed "s|dmachurn|'$dmachurn'|" >again.sh
sh again.sh >second || fail 'the printed command does not run'
cmp first second || fail 'the printed command gives another table'

# Columns in blocks of four.
want 0 '^I.Os per second' s.yaml --vary devices.net0.workload.ios=10,20,30,40,50
[ "$(grep -c '^I.Os per second' out)" = 2 ] || fail 'five runs are two blocks'
# The model's end is status 3, and the table is printed.
want 3 'C: the modelled QEMU aborted' s.yaml --vary devices.net0.consumer.notifier=unmap,map-unmap,devtlb

want 2 'nothing to be compared with' s.yaml
want 2 'PATH=V1,V2' s.yaml --vary seed
want 2 'an empty value' s.yaml --vary seed=1,,2
want 2 'given twice' s.yaml --vary seed=1,2 --vary seed=3,4
want 2 'did you mean' s.yaml --vary devices.net0.maping=static,dynamic
want 2 'allowed: 0..18446744073709551615' s.yaml --vary guest.kernel=6.1,6.12 --seed x
status=0
"$dmachurn" compare s.yaml --vary guest.kernel=6.1,6.12 >/dev/full 2>err || status=$?
[ $status = 1 ] || fail "compare >/dev/full: $status"
exit $failed
