#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What eight versions of QEMU did at each step of the probes, line by line: tests/data/versions.txt; on the board of
# `dmachurn qtest`, and on the consumers of the simulator.
set -eu
command -v python3 >/dev/null || exit 77
src=${top_srcdir:-.}
versions="python3 $src/scripts/versions --dmachurn ${top_builddir:-.}/dmachurn -q"
tables=$src/tests/data/versions.txt
$versions "$tables"
$versions "$src/tests/data/switches.txt"
$versions --consumers "${top_builddir:-.}/tests/version_steps" "$tables"
# And it can fail: one behaviour of another version.
for wrong in 'vfio 8.2:replay=unmap-walk' 'vfio 10.2:range-rule=crop-devtlb' 'vhost 8.0:sync=walk'; do
	if $versions --only "${wrong%%:*}" --set "iommu.behaviour.${wrong#*:}" "$tables" >/dev/null; then
		echo "not noticed: $wrong"
		exit 1
	fi
done
# Releases are their series; the last answer before an abort is the end, if asked for. 9.1: bit 11 of IQA reads back.
got=$(printf 'writeq 0xfed90090 0x1800\nreadq 0xfed90090\nwriteq 0xfed90038 0\nreadl 0xfed90000\n' |
	"${top_builddir:-.}/dmachurn" qtest --qemu 9.1.0 --until-abort | tr '\n' ' ')
if [ "$got" != 'OK OK 0x0000000000000800 ' ]; then
	echo "9.1.0, until an abort: got $got"
	exit 1
fi
