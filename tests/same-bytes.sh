#!/bin/sh
# The same scenario gives the same bytes from every program given, twice each, and once more with libm's FMA
# and AVX2 variants switched off (their last bits differ): whole database files without `provenance`, their
# canonical dumps, and what compare and breakeven print.
# usage: tests/same-bytes.sh PROGRAM...      from the project's folder
set -eu
[ $# -ge 1 ] || { echo "usage: $0 PROGRAM..." >&2; exit 2; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Every kind of distribution in the costs, random gaps, and two devices that wait for each other.
everything() { # PROGRAM FOLDER
	mkdir "$2"
	"$1" run --quiet --db "$2/a.db" scenarios/*/*.yaml 2>"$2/aborts" || [ $? = 3 ]
	"$1" run --quiet --db "$2/a.db" --log events scenarios/traces/*.yaml
	"$1" run --quiet --db "$2/a.db" --log events --set devices.net0.workload.ios=2000 \
		scenarios/headline/*.yaml
	"$1" run --quiet --db "$2/a.db" --log events --replicates 3 --set devices.net0.workload.ios=2000 \
		--set 'costs.vmexit-mmio=lognormal(3us, cv=0.4)' --set 'costs.vhost-miss=gamma(9us, cv=0.7)' \
		--set 'costs.walk-pte=normal(300ns, cv=0.2)' --set 'costs.guest-iova-tree=pareto(500ns, alpha=2.5)' \
		--set 'costs.guest-driver=exponential(500ns)' --set 'costs.guest-pte=uniform(100ns, 260ns)' \
		--set devices.net0.workload.rate=50kpps --set devices.net0.workload.arrival=poisson \
		scenarios/questions/q1-stream.yaml scenarios/questions/q9-neighbours.yaml
	"$1" merge --no-provenance --db "$2/m.db" "$2/a.db" >/dev/null
	"$1" show --db "$2/a.db" --dump >"$2/dump"
	"$1" show --db "$2/a.db" | grep -vF "$2" >"$2/tables"
	"$1" compare scenarios/headline/*.yaml >"$2/compare"
	"$1" breakeven tests/data/breakeven.yaml --vary costs.walk-pte --from 100ns --to 10us \
		--between devices.net0.consumer.notifier=unmap,map-unmap --metric cycles >"$2/breakeven"
}
n=0
same() { # WHO PROGRAM
	n=$((n + 1))
	everything "$2" "$dir/$n"
	rm "$dir/$n/a.db" # with provenance
	[ $n = 1 ] || diff -rq "$dir/1" "$dir/$n" || { echo "$1 differs from $first" >&2; exit 1; }
	[ $n = 1 ] || rm -r "$dir/$n"
}
first=$1
for program; do
	same "$program" "$program"
	same "$program, run again," "$program"
	GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4
	export GLIBC_TUNABLES
	same "$program without FMA" "$program"
	unset GLIBC_TUNABLES
done
echo "$n times the same: $(grep -c '^run|' "$dir/1/dump") runs, $(grep -c '^event|' "$dir/1/dump") events," \
	"$(wc -c <"$dir/1/m.db") bytes of database"
