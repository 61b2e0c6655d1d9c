#!/bin/sh
# compare: 72 columns, a last line that repeats the table, the same table from the file, rows by name, scenarios
# across the values of a parameter, clear refusals.
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

# Rows by name and by group; a name that is a row is not a group.
map_unmap='--vary devices.net0.consumer.notifier=unmap,map-unmap'
want 0 '^  UNMAP events' s.yaml $map_unmap --brief --bare --rows vmexits,notify,latency.io.p99
cat >rows <<'END'
net0.consumer.notifier            unmap  map-unmap
per I/O ------------------------------------------
  vmexits per I/O                 2.000      2.000
  MAP events                          -      1.000
  UNMAP events                    2.000      1.000
  needless                        1.000          -
END
sed '/io, p99/d' out | cmp rows - || { fail 'rows by name'; cat out; }
grep -q '^  net0 io, p99, us  *~[0-9.]*  *~[0-9.]*$' out || fail 'a latency by name'
want 0 '^  cycles per I/O' s.yaml $map_unmap --bare --rows cycles
[ "$(wc -l <out)" = 3 ] || fail 'cycles is a row, not a group'
want 0 '^  vhost-wake' s.yaml $map_unmap --bare --rows cycles.top
want 2 "no row 'stale.hits'; did you mean 'stale.hit'?" s.yaml $map_unmap --rows notify,stale.hits
want 2 'an empty name' s.yaml $map_unmap --rows notify,,walk

# Across: scenarios below each other, equal columns once, an abort in its column. 6.2 tells vhost without ATS nothing.
sed 's/unmap}/auto}/; s/^title: compare/title: second/; s/driver/ats: on\n    driver/; s/on}$/off, device-iotlb: on}/' s.yaml >t.yaml
want 3 '^  device-TLB UNMAP events' s.yaml t.yaml --bare --rows notify --across iommu.qemu --vary iommu.qemu=5.2,6.2,7.2,8.0 \
	--set devices.net0.consumer.notifier=auto --set devices.net0.workload.ios=400
sed 's/ 0\.[0-9]*/ N/g' out >across
cat >grid <<'END'
iommu.qemu                          5.2        6.2        7.2
  the same up to                    5.2        6.2        8.0
per I/O -----------------------------------------------------
compare - s.yaml
  UNMAP events                    2.000          -      2.000
  needless                        1.000          -      1.000
second - t.yaml
  needless                       aborts      N      N
  device-TLB UNMAP events        aborts      N      N
END
cmp grid across || { fail 'across'; cat out; }
# One row: each scenario is a line. A group that has none of it is a line, too.
want 0 '^vmexits -*$' s.yaml --rows vmexits --across devices.net0.workload.ios \
	--vary devices.net0.workload.ios=10,20,30,40,50,60 --vary devices.net0.mapping=dynamic,static --totals
grep -q '^s, mapping=dynamic  *20 *40 *60 *80 *100 *120$' out || { fail 'six columns'; cat out; }
grep -q '^s, mapping=static  *-  *-  *-  *-  *-  *-$' out || { fail 'a group of zeros'; cat out; }
[ "$(awk '{ if (length($0) > n) n = length($0) } END { print n }' out)" -le 72 ] || fail 'wider than 72 columns'
want 2 "allowed: the path of a --vary" s.yaml $map_unmap --across iommu.qemu

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
