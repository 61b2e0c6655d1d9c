#!/bin/sh
# golden.sh itself: a name that does not exist is no figure of 0, and a file without a line is no success.
set -eu
src=$(cd "${top_srcdir:-.}" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/tests/golden"
ln -s "$src/scenarios" "$dir/scenarios"
failed=0
# try PASSES|FAILS LINE
try() {
	echo "$2" >"$dir/tests/golden/headline.want"
	is=PASSES
	top_srcdir=$dir sh "$src/tests/golden.sh" >/dev/null 2>&1 || is=FAILS
	[ $is = "$1" ] || { echo "golden.sh with '$2': $is, want: $1"; failed=1; }
}
try PASSES 'static-tcg-cm net0 dma.fault 0'
try PASSES 'static-tcg-cm iommu qi.error 0+net0:dma.fault'
try FAILS 'static-tcg-cm net0 dma.fault 1'
try FAILS 'static-tcg-cm net0 dma.faults 0'
try FAILS 'static-tcg-cm net1 dma.fault 0'
try FAILS 'static-tcg-cm net0 dma.fault net0:dma.faults'
try FAILS '# nothing'
exit $failed
