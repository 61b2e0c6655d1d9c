#!/bin/sh
# scripts/sweep: all combinations, the same bytes for any -j, clear errors, nothing left behind.
set -eu
top=$(cd "${top_srcdir:-.}" && pwd)
DMACHURN=$PWD/${top_builddir:-.}/dmachurn
export DMACHURN
command -v bash >/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failed=0
fail() { echo "FAIL: $*"; failed=1; }
sweep() { bash "$top/scripts/sweep" --no-plot "$@"; }

cat >s.yaml <<'END'
# A scenario for this test.
title: sweep
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

n=0
for j in 1 2 4; do
	sweep -j $j --no-provenance --db $j.db s.yaml devices.net0.consumer.notifier=unmap,map-unmap \
		'costs.vhost-miss=9us,lognormal(25us, cv=0.4)' seed=1,2 >out || fail "-j $j"
	n=$((n + 1))
done
cmp 1.db 2.db && cmp 1.db 4.db || fail 'the result depends on -j'
[ "$("$DMACHURN" show --db 1.db --dump | grep -c '^run|')" = 8 ] || fail '2 x 2 x 2 runs'

want() { # STATUS TEXT ARGUMENT...
	status=$1 text=$2 got=0
	shift 2
	sweep "$@" >out 2>err || got=$?
	[ $got = "$status" ] && grep -q -e "$text" err || { fail "sweep $*: $got"; cat err; }
}
want 2 'is there already' --db 1.db s.yaml seed=1,2
want 2 'nothing to vary' --db x.db s.yaml
want 2 'cannot be read' --db x.db none.yaml seed=1
want 2 'a value is empty' --db x.db s.yaml seed=1,,2
want 2 'unknown option' --db x.db --jobs 3 s.yaml seed=1
want 2 'from 1' --db x.db -j 0 s.yaml seed=1
want 2 'run [12] (devices.net0.maping' --db x.db s.yaml devices.net0.maping=static,dynamic
want 2 'did you mean' --db x.db s.yaml devices.net0.maping=static,dynamic

# Stopped: nothing is left, nothing runs on.
setsid bash "$top/scripts/sweep" --db t.db --set devices.net0.workload.ios=100000000 --set duration=900s \
	s.yaml seed=1,2,3 >out 2>err &
pid=$!
sleep 1
kill -TERM $pid
wait $pid 2>/dev/null && fail 'a stopped sweep is not a success'
left=$(ls -A | tr '\n' ' ')
[ "$left" = '1.db 2.db 4.db err out s.yaml ' ] || fail "left behind: $left"
exit $failed
