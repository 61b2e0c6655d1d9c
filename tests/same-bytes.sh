#!/bin/sh
# The same scenario gives the same bytes from every program given: databases are compared as canonical
# dumps without `provenance`. Each program also runs twice.
set -eu
[ $# -ge 1 ] || { echo "usage: $0 PROGRAM..." >&2; exit 2; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
for program; do
	for again in 1 2; do
		n=$((n + 1))
		rm -f "$dir/run.db"
		"$program" run --quiet --db "$dir/run.db" scenarios/headline/*.yaml tests/golden/*.yaml
		"$program" run --quiet --db "$dir/run.db" --log events --set devices.net0.workload.ios=200 \
			scenarios/headline/dynamic-vhost-unmap-cm.yaml
		"$program" show --db "$dir/run.db" --dump >"$dir/$n.dump"
		cmp "$dir/1.dump" "$dir/$n.dump" || { echo "$program differs from $1" >&2; exit 1; }
	done
done
echo "$n runs of all scenarios, $(wc -c <"$dir/1.dump") bytes each, identical"
