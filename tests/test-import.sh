#!/bin/sh
# `dmachurn import`: forms of logs that occur, what is concluded from them, and every refusal.
set -u
prog=$(cd "${top_builddir:-.}" && pwd)/dmachurn
data=$(cd "${top_srcdir:-.}" && pwd)/tests/data
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
status=0

fail() {
	echo "FAIL: $*"
	status=1
}

# want NAME TEXT: the rows (times taken off) of x.trace, without settings and comments
want() {
	sed -n '/^[0-9]/s/^[0-9]* //p' x.trace > got
	printf '%s\n' "$2" > want
	cmp -s got want || { fail "$1"; diff want got; }
}

# refuse NAME LINE ARGS...: exit status 2, exactly this line, no output file
refuse() {
	name=$1 line=$2
	shift 2
	rm -f x.trace
	"$prog" import "$@" -o x.trace > out 2> err
	rc=$?
	[ $rc -eq 2 ] || fail "$name: exit status $rc"
	[ "$(cat err)" = "dmachurn: $line" ] || { fail "$name"; echo "got:  $(cat err)"; echo "want: dmachurn: $line"; }
	[ ! -e x.trace ] && [ -z "$(ls | grep tmp)" ] || fail "$name: left a file"
}

# ---- forms of the guest's log: all say the same three operations
rows='phase 0 boot
boot
attach 01:00.0 1 kernel
enable
map 1 0 rw 0xffffe000 0x6c2b000+4096,0x6c2a000+4096
unmap 1 0 0xffffe000 8192'
event='IOMMU: iova=0x00000000ffffe000 - 0x00000000fffff000 paddr=0x0000000006c2b000 size=4096'
event2='IOMMU: iova=0x00000000fffff000 - 0x0000000100000000 paddr=0x0000000006c2a000 size=4096'
gone='IOMMU: iova=0x00000000ffffe000 - 0x0000000100000000 size=8192 unmapped_size=8192'

printf '# tracer: nop\n insmod-1 [000] .....  1.000001: map: %s\n insmod-1 [000] ..... 1.000002: map: %s\n insmod-1 [000] d.h1. 1.000009: unmap: %s\n' \
	"$event" "$event2" "$gone" > g.txt
"$prog" import ftrace g.txt -o x.trace > /dev/null || fail 'ftrace, no function lines'
want 'ftrace, no function lines: a long unmap shows that two events were one call' "$rows"

printf 'cpus=1\n insmod-1     [000]     1.000001: map:                  %s\n insmod-1     [000]     1.000002: map:                  %s\n insmod-1     [000]     1.000009: unmap:                %s\n' \
	"$event" "$event2" "$gone" > g.txt
"$prog" import ftrace g.txt -o x.trace > /dev/null || fail 'trace-cmd report'
want 'trace-cmd report' "$rows"

printf 'insmod     1 [000]     1.000001: iommu:map: %s\ninsmod     1 [000]     1.000002: iommu:map: %s\ninsmod     1 [000]     1.000009: iommu:unmap: %s\n' \
	"$event" "$event2" "$gone" > g.txt
"$prog" import ftrace g.txt -o x.trace > /dev/null || fail 'perf script'
want 'perf script' "$rows"

gzip -c g.txt > g.txt.gz
"$prog" import ftrace g.txt.gz -o x.trace > /dev/null || fail 'compressed'
want 'compressed' "$rows"
"$prog" import ftrace g.txt.gz -o - > y.trace || fail 'to standard output'
cmp -s x.trace y.trace || fail 'to standard output: not the same'

# Function lines: the end of a map call is entered between the events, so they are two calls.
printf ' a-1 [000] ..... 1.1: map: %s\n a-1 [000] ..... 1.2: intel_iommu_iotlb_sync_map <-iommu_map\n a-1 [000] ..... 1.3: map: %s\n a-1 [000] ..... 1.4: intel_iommu_iotlb_sync_map <-iommu_map\n' \
	"$event" "$event2" > g.txt
"$prog" import ftrace g.txt -o x.trace > /dev/null || fail 'functions'
want 'functions: two map calls' 'phase 0 boot
boot
attach 01:00.0 1 kernel
enable
map 1 0 rw 0xffffe000 0x6c2b000+4096
map 1 0 rw 0xfffff000 0x6c2a000+4096'

# An unmap without a map: it was mapped before the log began. A time-out: lazy mode.
printf ' a-1 [001] ..s1. 1.1: unmap: %s\n a-1 [001] d.s2. 1.2: fq_ring_free <-__iommu_dma_unmap\n i-0 [000] ..s1. 1.3: fq_flush_timeout <-call_timer_fn\n a-1 [000] ..... 1.4: tracing_mark_write: MARK 7 x\n' \
	"$gone" > g.txt
"$prog" import ftrace g.txt --device 00:1f.3 -o x.trace > /dev/null 2> err || fail 'lazy'
want 'lazy: mapped early, queued, timed out' 'phase 0 boot
boot
attach 00:1f.3 1 kernel
enable
map 1 0 rw 0xffffe000 0xfffe000+8192
unmap 1 1 0xffffe000 8192
timer 1 0
phase 7 x'
grep -q '^flush lazy' x.trace || fail 'lazy is concluded'
grep -q '^vcpus 2' x.trace || fail 'two vCPUs are concluded'
[ "$(cat err)" = 'dmachurn: warning: 1 unmaps of ranges mapped before the log began; mapped at the start' ] || fail 'lazy: warning'

# The first unmap has its map in the log; the second has none left and is not put into the trace. Addresses
# above 2^39 need wider tables.
printf ' a-1 [000] ..... 1.1: map: %s\n a-1 [000] ..... 1.2: unmap: IOMMU: iova=0xffffe000 - 0xfffff000 size=4096 unmapped_size=4096\n a-1 [000] ..... 1.3: unmap: IOMMU: iova=0xffffe000 - 0xfffff000 size=4096 unmapped_size=4096\n a-1 [000] ..... 1.4: map: IOMMU: iova=0x8000000000 - 0x8000001000 paddr=0x1000 size=4096\n' \
	"$event" > g.txt
"$prog" import ftrace g.txt -o x.trace > /dev/null 2> err || fail 'unmapped twice'
want 'unmapped twice' 'phase 0 boot
boot
attach 01:00.0 1 kernel
enable
map 1 0 rw 0xffffe000 0x6c2b000+4096
unmap 1 0 0xffffe000 4096
map 1 0 rw 0x8000000000 0x1000+4096'
[ "$(cat err)" = 'dmachurn: warning: 1 unmaps of ranges that were unmapped already; left out' ] || fail 'unmapped twice: warning'
grep -q '^aw-bits 48' x.trace || fail 'the address width is concluded'
refuse 'aw-bits' '--aw-bits: got 39, but there are maps that need 48' ftrace g.txt --aw-bits 39

# ---- QEMU's log alone: caching mode is seen at the attach; with and without PID@TIME in front
cat > q.log <<'Q'
vtd_reg_write addr 0x88 size 0x4 value 0x0
vtd_reg_write addr 0x90 size 0x8 value 0x6233000
vtd_reg_write addr 0x88 size 0x4 value 0x20
vtd_inv_desc invalidate desc type context-cache high 0x0 low 0x10000000031
vtd_inv_desc invalidate desc type wait high 0x623c804 low 0x200000025
vtd_reg_write addr 0x88 size 0x4 value 0x40
vtd_inv_desc invalidate desc type iotlb high 0x0 low 0x700e2
vtd_inv_desc invalidate desc type wait high 0x623c80c low 0x200000025
vtd_reg_write addr 0x18 size 0x4 value 0x86000000
fw_cfg_select 0x1 key 0x7f16 'unknown', ret: 0
vtd_reg_write addr 0x88 size 0x4 value 0x60
vtd_inv_desc invalidate desc type iotlb high 0xffffe001 low 0x700f2
vtd_inv_desc invalidate desc type wait high 0x623c814 low 0x200000025
vtd_iotlb_page_update IOTLB page update sid 0x100 iova 0xffffe402 slpte 0x3fe58003 domain 0x7
vtd_reg_write addr 0x88 size 0x4 value 0x80
vtd_inv_desc invalidate desc type iotlb high 0xffffe001 low 0x700f2
vtd_inv_desc invalidate desc type wait high 0x623c81c low 0x200000025
Q
qrows='phase 0 boot
boot
attach 01:00.0 1 kernel
enable
phase 22 ?
map 1 0 rw 0xffffe000 0x3fe58000+8192
unmap 1 0 0xffffe000 8192'
"$prog" import qemu-trace q.log -o x.trace > /dev/null || fail 'qemu-trace'
want 'qemu-trace without stamps' "$qrows"
grep -q '^caching-mode on' x.trace || fail 'caching mode is concluded'
awk '{printf "12@17.%06d:%s\n", NR, $0}' q.log > q2.log
"$prog" import qemu-trace q2.log -o x.trace > /dev/null || fail 'qemu-trace with stamps'
want 'qemu-trace with stamps' "$qrows"

# ---- refusals
: > empty
refuse 'empty ftrace' 'empty:1:1: no iommu:map or iommu:unmap event, no mark and no known function up to here: not an ftrace log?' ftrace empty
refuse 'empty qemu log' "empty:1:1: no vtd_reg_write with vtd_inv_desc up to here: not a log of qemu -trace 'vtd_*'?" qemu-trace empty
refuse 'no such file' 'nothing: No such file or directory' ftrace nothing
refuse 'a folder' '.: Is a directory' ftrace .
printf ' a-1 [000] ..... 1.1: map: IOMMU: iova=0x10\001\n' > bad
refuse 'junk' 'bad:1:1: not a log: byte 0x01 at column 44' ftrace bad
head -c 3000 "$prog" > bad
"$prog" import ftrace bad -o x.trace > out 2> err
[ $? -eq 2 ] && [ "$(wc -l < err)" -eq 1 ] && [ ! -e x.trace ] && grep -q '^dmachurn: bad:1:1: not a log: byte' err || fail "a program: $(cat err)"
printf '# c\n a-1 [000] ..... 1.1: map: IOMMU: iova=0x1000 - 0x2000 paddr=0x3000 siz\n' > bad
refuse 'torn event' "bad:2:1: got 'map: IOMMU: iova=0x1000 - 0x2000 paddr=0x3000 siz', allowed an iommu:map event: iova=0x.. - 0x.. paddr=0x.. size=N" ftrace bad
printf ' a-1 [000] ..... 1.1: map: IOMMU: iova=0x1000 - 0x2000 paddr=0x3000 size=40' > bad
refuse 'cut in a number' 'bad:1:1: the last line has no end: the file was cut short' ftrace bad
printf ' a-1 [000] map: IOMMU: iova=0x1000 - 0x2000 paddr=0x3000 size=4096\n' > bad
refuse 'no time' "bad:1:1: an iommu event without a time: ' a-1 [000] map: IOMMU: iova=0x1000 - 0x2000 paddr=0x3000 siz'" ftrace bad
printf 'vtd_reg_write addr 0x88 size\n' > bad
refuse 'torn register write' "bad:1:1: got 'vtd_reg_write addr 0x88 size', allowed 'vtd_reg_write addr 0x.. size 0x.. value 0x..'" qemu-trace bad
printf 'virtio_iommu_attach domain=1 endpoint=8\n' > bad
refuse 'virtio-iommu' 'bad: the log of a virtio-iommu; only logs of a VT-d unit can be replayed' qemu-trace bad
gzip -c "$data/dpdk/guest.txt" | head -c 1500 > cut.gz
"$prog" import ftrace cut.gz -o x.trace > out 2> err
[ $? -eq 2 ] && [ "$(wc -l < err)" -eq 1 ] && [ ! -e x.trace ] && grep -qE '^dmachurn: cut.gz:[0-9]+:1: (the gzip file is damaged|the last line has no end)' err || fail "cut gzip: $(cat err)"
refuse 'a wrong kind' "import: got 'ftrac', allowed qemu-trace, ftrace; did you mean 'ftrace'?" ftrac g.txt
refuse 'no kind' 'import: a kind of log is missing: ftrace or qemu-trace; `dmachurn import --help` has examples'
refuse 'no file' 'import ftrace: a file is missing' ftrace
refuse 'twice the same' 'import ftrace: --ftrace is the log itself; name the other one' ftrace g.txt --ftrace g.txt
refuse 'kernel' "--kernel: got 'new', allowed a version like 6.1" ftrace g.txt --kernel new
refuse 'device' "--device: got '1:0', allowed BB:DD.F, e.g. 01:00.0" ftrace g.txt --device 1:0
refuse 'flush' "--flush: got 'strickt', allowed strict, lazy, passthrough; did you mean 'strict'?" ftrace g.txt --flush strickt
"$prog" import ftrace g.txt > out 2> err
[ $? -eq 2 ] && [ "$(cat err)" = "dmachurn: import: -o FILE is missing ('-': standard output)" ] || fail 'no output'
"$prog" import ftrace g.txt -o no/such/folder/x > out 2> err
[ $? -eq 1 ] && [ "$(cat err)" = 'dmachurn: no/such/folder/x: No such file or directory' ] || fail "no folder: $(cat err)"

# A full disk is no mistake of the user's: one line, exit status 1. The events are more than a buffer holds.
for i in $(seq 1000); do
	printf ' a-1 [000] ..... 1.1: map: IOMMU: iova=0x%x - 0x%x paddr=0x1000 size=4096\n' $((i * 8192)) $((i * 8192 + 4096))
done > many.txt
for log in g.txt many.txt; do
	[ -e /dev/full ] || break
	"$prog" import ftrace $log -o - > /dev/full 2> err
	[ $? -eq 1 ] && [ "$(grep -v warning err)" = 'dmachurn: standard output: No space left on device' ] || fail "full: $log: $(cat err)"
done

exit $status
