#!/bin/sh
# `dmachurn check`: one line per file, goes on after a mistake, exit status 2 if there was one.
set -eu
program=$(cd "${top_builddir:-.}" && pwd)/dmachurn
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
status=0

is() { # name, got, want
	[ "$2" = "$3" ] && return
	printf '%s:\n got: %s\nwant: %s\n' "$1" "$2" "$3"
	status=1
}

cat > good.yaml << 'END'
# Does it read?
title: a good one
machine: {vcpus: 2, clock: 3GHz}
devices:
  net0:
    consumer: {model: vhost}
    workload: {model: rr}
END
sed 's/vcpus: 2/vcpus: 0/' good.yaml > range.yaml
sed 's/vhost/vhots/' good.yaml > model.yaml
sed 's/^machine/machin/' good.yaml > section.yaml
sed 's/clock: 3GHz/consumer: x/' good.yaml > key.yaml
# Points checked: (rr, on), (stream, on), (rr, off).
sed '$a sweep:\n  devices.net0.workload.model: [rr, stream]\n  iommu.caching-mode: [on, off]' good.yaml > sweep.yaml
sed 's/\[on, off\]/[on, maybe]/' sweep.yaml > sweep-value.yaml
sed 's/caching-mode/caching/' sweep.yaml > sweep-path.yaml
printf 'title: [\n' > broken.yaml

code=0
got=$("$program" check good.yaml 2>&1) || code=$?
is "good" "$got/$code" "good.yaml: ok/0"

code=0
got=$("$program" check sweep.yaml 2>&1) || code=$?
is "sweep" "$got/$code" "sweep.yaml: ok/0"

check_bad() { # file, line after "dmachurn: "
	code=0
	got=$("$program" check "$1" 2>&1) || code=$?
	is "$1" "$got/$code" "dmachurn: $2/2"
}
check_bad range.yaml "range.yaml:3:18: machine.vcpus: got '0', allowed 1..256"
check_bad section.yaml "section.yaml:3:1: machin: unknown section; did you mean 'machine'?"
check_bad key.yaml "key.yaml:3:21: machine.consumer: unknown key here; 'consumer' belongs to devices.net0"
check_bad broken.yaml "broken.yaml:1:8: title: got a list, allowed: one value; lists belong below 'sweep'"
check_bad sweep-value.yaml "sweep-value.yaml:10:23: iommu.caching-mode: got 'maybe', allowed: on, off"
check_bad sweep-path.yaml "sweep-path.yaml:10:18: iommu.caching: unknown key; did you mean 'caching-mode'?"
check_bad absent.yaml "absent.yaml: No such file or directory"
check_bad . ".: Is a directory"

# The list of models grows; its beginning and end do not change.
code=0
got=$("$program" check model.yaml 2>&1) || code=$?
case $got in
"dmachurn: model.yaml:6:23: devices.net0.consumer.model: got 'vhots', allowed: "*"; did you mean 'vhost'?") ;;
*) is model.yaml "$got" "..." ;;
esac

code=0
got=$("$program" check range.yaml good.yaml absent.yaml 2> /dev/null) || code=$?
is "goes on" "$got/$code" "good.yaml: ok/2"
code=0
got=$("$program" check - < good.yaml 2>&1) || code=$?
is "standard input" "$got/$code" "-: ok/0"
code=0
got=$("$program" check range.yaml --set machine.vcpus=4 2>&1) || code=$?
is "--set" "$got/$code" "range.yaml: ok/0"
code=0
got=$("$program" check good.yaml --set machine.vcpu=4 2>&1) || code=$?
is "--set of an unknown key" "$got/$code" "dmachurn: good.yaml: --set: machine.vcpu: unknown key; did you mean 'vcpus'? ('vcpu' belongs to devices.net0)/2"
code=0
"$program" check > /dev/null 2>&1 || code=$?
is "no argument" "$code" 2
"$program" check --help | grep -q '^Examples:' || { echo "--help has no examples"; status=1; }
exit $status
