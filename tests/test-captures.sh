#!/bin/sh
# The captures in tests/data, imported and replayed: QEMU's counts, by the rules of docs/TRACE.md and by the
# simulator.
set -eu
command -v python3 > /dev/null || exit 77
captures="python3 ${top_srcdir:-.}/scripts/captures --dmachurn ${top_builddir:-.}/dmachurn"
data=${top_srcdir:-.}/tests/data
$captures --rules "$data"
$captures "$data"
# The same with the function tracer off.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for c in dpdk nvme; do
	mkdir "$dir/$c"
	grep -v ' <-' "$data/$c/guest.txt" > "$dir/$c/guest.txt"
	cp "$data/$c/qemu.log" "$dir/$c/"
done
$captures "$dir"
# And it can fail: the last unmap taken out of the guest's log is one invalidation less. (An earlier one
# would be put back: its range is mapped again.)
n=$(grep -n 'unmap: IOMMU' "$data/nvme/guest.txt" | tail -n 1 | cut -d: -f1)
sed "${n}d" "$data/nvme/guest.txt" > "$dir/nvme/guest.txt"
if $captures "$dir/nvme"; then
	echo 'a missing unmap was not noticed'
	exit 1
fi
# A guest in a guest: every call of QEMU for its assigned device, and the tables that the walks visited.
$captures --vfio "$data/nested"
mkdir "$dir/nested"
cp "$data/nested/guest.txt.gz" "$dir/nested/"
gzip -dc "$data/nested/qemu.log.gz" | sed 's/UNMAP @ 0xff000000 - 0xffffffff/UNMAP @ 0xff000000 - 0x1ffffffff/' \
	> "$dir/nested/qemu.log"
if $captures --vfio "$dir/nested"; then
	echo 'an UNMAP of another size was not noticed'
	exit 1
fi
