#!/bin/sh
# A mistake of the user's gives exactly one line that says where, what was got and what is allowed, exit status
# 2, nothing on standard output and no file. What the machine lacks (disk, a program) gives 1. Others are in
# cli-check.sh (scenario files), store-failures.sh (result files), test-import.sh (logs), results-verbs.sh.
set -eu
dmachurn=$(cd "${top_builddir:-.}" && pwd)/dmachurn
trace=$(cd "${top_srcdir:-.}" && pwd)/scenarios/traces/net-echo.trace
work=$(mktemp -d)
mounted=
trap 'if [ -n "$mounted" ]; then umount "$mounted"; fi; rm -rf "$work"' EXIT
cd "$work"
mkdir in out # what tests read; where nothing may appear
n=0 failed=0

fail() {
	echo "FAIL: $*"
	failed=1
}
# wrong STATUS LINE COMMAND...: LINE is a pattern of the shell; the command runs in out/
wrong() {
	status=$1 line=$2 got=0
	shift 2
	( cd out && timeout 120 "$@" >../stdout 2>../stderr </dev/null ) || got=$?
	n=$((n + 1))
	[ $got = "$status" ] || fail "$*: exit status $got, want $status"
	[ "$(wc -l <stderr)" = 1 ] || fail "$*: not one line"
	case $(cat stderr) in
	$line) ;;
	*) fail "$*"; printf ' got: %s\nwant: %s\n' "$(cat stderr)" "$line" ;;
	esac
	[ ! -s stdout ] || fail "$*: something on standard output"
	left=$(ls -A out)
	[ -z "$left" ] || { fail "$*: left $left"; rm -rf out; mkdir out; }
}
# edit SED LINE: the scenario, edited; LINE without the program's and the file's name
edit() {
	sed "$1" in/good.yaml >in/x.yaml
	wrong 2 "dmachurn: ../in/x.yaml:$2" "$dmachurn" run ../in/x.yaml --db new.db
}
# options LINE ARGUMENT...
options() {
	line=$1
	shift
	wrong 2 "$line" "$dmachurn" "$@"
}

cat >in/good.yaml <<'END'
# A scenario for this test.
title: a good one
seed: 1
duration: 100ms
machine: {vcpus: 2, clock: 3GHz, ram: 4GiB}
iommu: {model: vtd, qemu: "7.2", caching-mode: on, aw-bits: 48}
guest: {kernel: "6.1"}
devices:
  net0:
    driver: virtio-net
    consumer: {model: vhost, notifier: unmap}
    workload: {model: rr, size: 1500, ios: 10}
END
"$dmachurn" run --quiet in/good.yaml || fail 'the scenario of this test is wrong'

# ---- keys and values
edit 's/^seed/sede/' "3:1: sede: unknown key; did you mean 'seed'[?]"
edit 's/caching-mode/cachingmode/' "6:34: iommu.cachingmode: unknown key; did you mean 'caching-mode'[?]"
edit 's/size/sise/' "12:27: devices.net0.workload.sise: unknown key; did you mean 'size'[?]"
edit 's/driver/drive/' "10:5: devices.net0.drive: unknown key; did you mean 'driver'[?]"
edit 's/3GHz/3us/' "5:28: machine.clock: got '3us', allowed 1MHz..100GHz, with a unit: Hz, kHz, MHz, GHz"
edit 's/4GiB/4GHz/' "5:39: machine.ram: got '4GHz', allowed 64MiB..4TiB, with a unit: *; did you mean '4GiB'[?]"
edit 's/100ms/5/' "4:11: duration: got '5', allowed 1us..1000s, with a unit: ps, ns, us, ms, s"
edit 's/100ms/0/' "4:11: duration: got '0', allowed 1us..1000s"
edit 's/vcpus: 2/vcpus: 257/' "5:18: machine.vcpus: got '257', allowed 1..256"
edit 's/size: 1500/size: -1/' "12:33: devices.net0.workload.size: got '-1', allowed 1B..16MiB"
edit 's/ios: 10/ios: many/' "12:44: devices.net0.workload.ios: got 'many', allowed 0..4294967295"
edit 's/ios: 10/ios: {a: 1}/' "12:45: devices.net0.workload.ios: got a section, allowed: one value"
edit 's/^machine.*/machine: 3/' "5:10: machine: got '3', allowed: a section with the keys *"
edit 's/^guest.*/guest:/' "7:7: guest: no value"
edit 's/^seed.*/&\nseed: 2/' "4:1: seed: given twice, first at line 3"
edit 's/vcpus: 2/&, vcpus: 3/' "5:21: machine.vcpus: given twice, first at line 5"
edit 's/net0:/net 0:/' "9:3: got the key 'net 0', allowed: letters, digits, *"
edit '/devices/,$d' ' devices: none, at least one is needed'
edit '$a costs: {vmexit-mmio: 3}' "13:22: costs.vmexit-mmio: got '3', allowed: a number with one of ps, ns, us, ms, s"
edit '$a costs: {vmexit-mmo: 3us}' "13:9: costs.vmexit-mmo: unknown key; did you mean 'vmexit-mmio'[?]"
edit '$a costs: {walk-pte: gama(3us, cv=1)}' '13:*: *'
edit '$a sweep: 3' "13:8: sweep: got '3', allowed: axes, as PATH: *"

# ---- models and versions
edit 's/vtd/vt-d/' "6:16: iommu.model: got 'vt-d', allowed: none, vtd; did you mean 'vtd'[?]"
edit 's/model: rr/model: r/' "12:23: devices.net0.workload.model: got 'r', allowed: *"
edit 's/"6.1"/"5.3"/' "7:17: guest.kernel: got '5.3', allowed 5.4..6.12"
edit 's/"6.1"/"7.0"/' "7:17: guest.kernel: got '7.0', allowed 5.4..6.12"
edit 's/"6.1"/new/' "7:17: guest.kernel: got 'new', allowed a version like 6.1"
edit 's/"7.2"/"7.3"/' "6:27: iommu.qemu: got '7.3', allowed: *; did you mean '7.2'[?]"
edit 's/48/40/' "6:61: iommu.aw-bits: got '40', allowed: auto, 39, 48*"
edit 's/"7.2"/"7.2", flts: on/' " iommu vtd: there is no flts or stale-tm in QEMU 7.2"
edit 's/"7.2"/"5.2", snoop-control: on/' " iommu vtd: there is no snoop-control, dma-translation or pasid-mode in QEMU 5.2"
edit 's/"7.2"/"7.2", svm: on/' " iommu vtd: there is no pasid-bits or svm in QEMU 7.2"
edit 's/model: vtd/model: none/' "6:22: iommu.qemu: unknown key, allowed: model"

# ---- devices
edit 's/^    driver.*/&\n    vcpu: 2/' "11:11: devices.net0.vcpu: got 2, allowed 0..1 (machine.vcpus)"
edit 's/^    driver.*/&\n    premap: 16777217/' "11:13: devices.net0.premap: got '16777217', allowed 0..16777216"
edit 's/^    driver.*/&\n    mapping: static\n    premap: 16777216/' "12:13: devices.net0.premap: got 16777216 pages, more than is left of machine.ram"
{
	echo devices:
	for i in $(seq 65); do echo "  n$i: {consumer: {model: vhost}}"; done
} >in/many.yaml
wrong 2 'dmachurn: ../in/many.yaml: devices: more than 64' "$dmachurn" run ../in/many.yaml

# ---- workloads with which time would not pass: a gap of 0 cycles, I/Os that cost nothing; each ran for ever
slow='s/3GHz/1MHz/;s/model: rr.*/model: stream, rate'
edit "$slow: 1000001}/" '12:37: devices.net0.workload.rate: got 1000001, allowed 0..1000000 (machine.clock: *'
sed "$slow: 1000000, ios: 10}/" in/good.yaml >in/x.yaml
"$dmachurn" run --quiet in/x.yaml || fail 'a gap of one cycle is refused'
free="\$a costs: {$("$dmachurn" run --quiet in/good.yaml --db in/costs.db &&
	"$dmachurn" show --db in/costs.db --csv | sed -n 's/.*,param,costs\.\([^,]*\),.*/\1: 0ns/p' | paste -sd,)}"
edit "s/ios: 10/ios: 0/;$free" '12:44: devices.net0.workload.ios: got 0, allowed 1..4294967295 (think and all costs are 0: *'
edit "s/model: rr.*/model: stream, ios: 0}/;$free" '12:36: devices.net0.workload.ios: got 0, allowed 1..4294967295 (rate and all costs are 0: *'

# ---- files that are no scenarios
printf '\377\376\001\n\002\n' >in/junk.yaml
: >in/empty.yaml
printf 'seed: 1\n---\nseed: 2\n' >in/two.yaml
wrong 2 'dmachurn: ../in/junk.yaml:1:1: not a text file: invalid leading UTF-8 octet' "$dmachurn" run ../in/junk.yaml
wrong 2 'dmachurn: ../in/empty.yaml: empty, allowed: keys with values' "$dmachurn" run ../in/empty.yaml
wrong 2 'dmachurn: ../in/two.yaml:2:1: got a second document, allowed: one scenario' "$dmachurn" run ../in/two.yaml
wrong 2 'dmachurn: ../in: Is a directory' "$dmachurn" run ../in
wrong 2 'dmachurn: none.yaml: No such file or directory' "$dmachurn" run none.yaml
if [ "$(id -u)" != 0 ]; then
	cp in/good.yaml in/secret.yaml
	chmod 0 in/secret.yaml
	wrong 2 'dmachurn: ../in/secret.yaml: Permission denied' "$dmachurn" run ../in/secret.yaml
fi
# The second of two is wrong: the first is not run either.
wrong 2 'dmachurn: none.yaml: No such file or directory' "$dmachurn" run ../in/good.yaml none.yaml --db new.db

# ---- traces
replay() { # VALUE LINE
	sed "s/model: rr.*/model: replay, trace: $1}/" in/good.yaml >in/x.yaml
	wrong 2 "dmachurn: ../in/x.yaml:$2" "$dmachurn" run ../in/x.yaml --db new.db
}
head -c 3011 "$trace" >in/cut.trace
sed '1s/1/9/' "$trace" >in/v9.trace
edit 's/model: rr.*/model: replay}/' '12:5: devices.net0.workload.trace: missing, allowed text'
replay '""' "12:38: devices.net0.workload.trace: got '', allowed: a file from dmachurn import"
replay none.trace ' ../in/none.trace: No such file or directory'
replay . ' ../in/.: a directory, not a file'
replay junk.yaml " ../in/junk.yaml:1:1: not a trace: the first line must be 'dmachurn-trace 1'"
replay empty.yaml " ../in/empty.yaml:1:1: not a trace: the first line must be 'dmachurn-trace 1'"
replay cut.trace ' ../in/cut.trace:*:1: the last line has no end: the file was cut short'
# What a guest cannot have done (tests/test_trace.c has every form): none of it aborts the model.
rows() { # NAME ROW...: a trace that boots and puts 00:01.0 into domain 1, then the rows from line 16 on
	file=$1
	shift
	{
		printf 'dmachurn-trace 1\ncaching-mode on\naw-bits 48\n'
		for i in 1 2 3 4 5 6 7 8 9; do echo "device 00:0$i.0 ats=off"; done
		printf '0 boot\n0 enable\n0 attach 00:01.0 1 kernel\n'
		[ $# = 0 ] || printf '0 %s\n' "$@"
		echo "end $(($# + 3))"
	} >"in/$file"
}
rows wide.trace 'map 1 0 rw 0x1000000000000 0x1000+4096'
replay wide.trace ' ../in/wide.trace:16:14: got a range up to 0x1000000000fff, allowed up to 0xffffffffffff (addresses of 48 bits)'
rows crowd.trace 'attach 00:02.0 1 kernel' 'attach 00:03.0 1 kernel' 'attach 00:04.0 1 kernel' 'attach 00:05.0 1 kernel' \
	'attach 00:06.0 1 kernel' 'attach 00:07.0 1 kernel' 'attach 00:08.0 1 kernel' 'attach 00:09.0 1 kernel'
rows other.trace 'attach 00:02.0 2 kernel' 'detach 00:02.0 1'
rows over.trace 'map 1 0 rw 0x200000 0x200000+2097152' 'map 1 0 rw 0x201000 0x1000+4096'
rows twice.trace 'map 1 0 rw 0x200000 0x200000+2097152' 'map 1 0 rw 0x200000 0x200000+2097152'
rows cpus.trace
sed -i '2i vcpus 3' in/cpus.trace
replay cpus.trace '12:38: devices.net0.workload.trace: cpus.trace has 3 vCPUs, the machine 2; set machine.vcpus'
replay other.trace " ../in/other.trace:17:10: device '00:02.0' is not in domain 1"
replay over.trace ' ../in/over.trace:17:14: 0x201000 is mapped in domain 1 already, by line 16'
replay twice.trace ' ../in/twice.trace:17:14: 0x200000 is mapped in domain 1 already, by line 16'
replay crowd.trace ' ../in/crowd.trace:23:18: domain 1 has 9 devices, allowed 8'
replay v9.trace " ../in/v9.trace:1:16: got version '9', allowed 1"

# ---- the command line
good=../in/good.yaml
options "dmachurn: unknown verb 'runn'; did you mean 'run'[?]; *" runn
options 'dmachurn run: no scenario given' run
options "dmachurn run: unrecognized option '--dbb'" run --dbb x $good
options "dmachurn run: option '--db' requires an argument" run $good --db
options "dmachurn: --db: got an empty name, a file name is needed" run $good --db ''
options "dmachurn: --set: got 'vcpus', allowed PATH=VALUE" run $good --set vcpus
options "dmachurn: --set: got '=3', allowed PATH=VALUE" run $good --set =3
options "dmachurn: --set: machine.vcpus: got '', allowed 1..256" run $good --set machine.vcpus=
options "dmachurn: --set: machine.vcpu: unknown key; did you mean 'vcpus'[?]*" run $good --set machine.vcpu=3
options "dmachurn: --set: machin: unknown section; did you mean 'machine'[?]" run $good --set machin.vcpus=3
options "dmachurn: --set: guest.kernel: got '2.4', allowed 5.4..6.12" run $good --set guest.kernel=2.4
for seed in abc -1 '' 1.5 18446744073709551616; do
	options "dmachurn run: --seed: got '$seed', allowed: 0..18446744073709551615" run $good --seed "$seed"
done
options "dmachurn: $good: warm-up: every workload had finished before its end, nothing is measured" \
	run $good --set warm-up=50ms
# One spelling, one number: 010 was 8 for --seed and 10 for --set.
[ "$("$dmachurn" run in/good.yaml --seed 010)" = "$("$dmachurn" run in/good.yaml --set seed=010)" ] ||
	fail '--seed 010 is not --set seed=010'
options "dmachurn run: --log: got 'all', allowed: summary, events" run $good --log all
options 'dmachurn run: --log events needs --db FILE' run $good --log events
options "dmachurn run: --replicates: got '0', allowed: 1..4294967295" run $good --replicates 0
options 'dmachurn compare: one run has nothing to be compared with: *' compare $good
options "dmachurn compare: --vary: got 'x', allowed: PATH=V1,V2,..." compare $good --vary x
options 'dmachurn plot: --db FILE is needed' plot
options 'dmachurn show: --db FILE is needed' show
options 'dmachurn merge: --db OUT is needed' merge
options "dmachurn: list: got 'foo', allowed: models, options, *" list foo
options 'dmachurn breakeven: SCENARIO --vary PATH --between *' breakeven
options "dmachurn: unknown figure 'x'; *" bench x
options "dmachurn qtest: unexpected argument 'x'" qtest x

# ---- result files
if command -v python3 >/dev/null; then
	python3 -c 'import sqlite3; c = sqlite3.connect("in/other.db"); c.execute("create table t(a)"); c.commit()'
	for verb in show plot 'run ../in/good.yaml'; do
		options 'dmachurn: ../in/other.db: an SQLite file of another program; it was left as it is' $verb --db ../in/other.db
	done
fi
for verb in show plot; do
	options 'dmachurn: ../in/empty.yaml: the file is empty' $verb --db ../in/empty.yaml
done
options 'dmachurn: */no/new.db: cannot be made: No such file or directory' run $good --db no/new.db
options 'dmachurn: ../in: a directory, not a file' run $good --db ../in

# ---- standard output closed or full, a full disk
"$dmachurn" run --quiet in/good.yaml --db in/good.db
for verb in "run $good" "compare $good --vary seed=1,2" 'show --db ../in/good.db' 'show --db ../in/good.db --csv' \
	'show --db ../in/good.db --json' 'show --db ../in/good.db --dump' 'list options' "check $good" --help; do
	for to in '>/dev/full' '>&-'; do
		[ "$to" = '>&-' ] || [ -w /dev/full ] || continue
		got=0
		( cd out && eval "\"\$dmachurn\" $verb $to 2>../stderr" ) || got=$?
		n=$((n + 1))
		[ $got = 1 ] && [ "$(wc -l <stderr)" = 1 ] || { fail "dmachurn $verb $to: status $got"; cat stderr; }
	done
done
mkdir small
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=400k none small 2>/dev/null; then
	mounted=$work/small
	wrong 1 'dmachurn: ../small/x.db: *disk is full*' "$dmachurn" run $good --db ../small/x.db --log events \
		--set devices.net0.workload.ios=20000
	[ -z "$(ls -A small)" ] || fail "a full disk: left $(ls -A small)"
else
	echo 'no tmpfs: the full disk was not tried'
fi

# ---- stopped in the middle of a run: the runs before are there, the half run is not
runs() { "$dmachurn" show --db "$1" --dump | grep -c '^run|' || true; }
for signal in KILL INT TERM; do
	rm -f s.db*
	"$dmachurn" run --quiet in/good.yaml --db s.db
	# A shell ignores INT for what it starts behind its back; timeout does not.
	got=0
	timeout --preserve-status -s $signal 1 "$dmachurn" run --quiet in/good.yaml --db s.db --log events \
		--set duration=1000s --set devices.net0.workload.ios=4000000000 2>stderr || got=$?
	n=$((n + 1))
	[ $got -gt 128 ] || fail "SIG$signal: exit status $got"
	[ "$(runs s.db)" = 1 ] || fail "SIG$signal: $(runs s.db) runs, want the one before"
	"$dmachurn" run --quiet in/good.yaml --db s.db --set seed=2 || fail "SIG$signal: a run afterwards"
	[ "$(runs s.db)" = 2 ] || fail "SIG$signal: $(runs s.db) runs afterwards, want 2"
done
echo "$n mistakes and failures"
exit $failed
