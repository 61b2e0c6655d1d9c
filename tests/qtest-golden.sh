#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Recorded scripts give real QEMU's answers and events; malformed lines are answered and served on.
set -eu
src=${top_srcdir:-.}
program=${top_builddir:-.}/dmachurn
command -v python3 >/dev/null || exit 77
python3 "$src/tests/qtest-golden.py" --program "$program"

# what QEMU 7.2 answers, and FAIL where it would abort
got=$("$program" qtest <<'END'
# a comment has no answer
writeq 0x1000000 0x1122334455667788
readb 0x1000001
readw 0x1000000
readl 0x1000002
read 0x1000000 9
write 0x1000000 3 0xabcd
read 0x1000000 3
write 0x1000000 1 0x
b64write 0x1000000 3 AQID
b64read 0x1000000 4
memset 0x1000000 2 0x1ff
readl 0x1000000
readq -1
inl 0xcf8
inw 0x70000
clock_step 5
clock_step 010
endianness
nonsense 1

readl
readl  0x1000000
readl 0x12g
read 0x1000000 0
writeq 0xfed90038 0
readl 0xfed90038
END
)
want='OK
OK 0x0000000000000077
OK 0x0000000000007788
OK 0x0000000033445566
OK 0x887766554433221100
OK
OK 0xabcd00
ERR invalid argument size
OK
OK AQIDVQ==
OK
OK 0x000000005503ffff
OK 0x0000000000000000
OK 0x0000
FAIL inw: port above 0xffff
OK 5
OK 13
OK little
FAIL Unknown command '\''nonsense'\''
FAIL empty line
FAIL readl: argument 1 is missing
FAIL readl: argument 1 is missing
FAIL readl: '\''0x12g'\'' is not a number
FAIL read: length 0
FAIL QEMU aborts: 8-byte write to register 0x38
OK 0x0000000080000000'
if [ "$got" != "$want" ]; then
	echo "protocol: want (<) and got (>) differ"
	printf '%s\n' "$want" >qtest-want.txt
	printf '%s\n' "$got" | diff qtest-want.txt - || true
	rm -f qtest-want.txt
	exit 1
fi

# a user's mistake: one line, the nearest word, status 2
status=0
message=$(echo 'readl 0' | "$program" qtest --set iommu.caching-mod=on 2>&1) || status=$?
case "$status $message" in
"2 dmachurn: --set: "*"iommu.caching-mode"*) ;;
*) echo "mistake: got status $status, $message"; exit 1 ;;
esac
