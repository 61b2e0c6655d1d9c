#!/bin/sh
# The derived counts of tests/golden/NAME.want against what the scenarios in scenarios/NAME give.
#
# A line: SCENARIO[,PATH=VALUE]... ENTITY FIGURE VALUE # why. VALUE is a number or a sum of products of numbers
# and figures of the same run (ENTITY:FIGURE), without blanks: 10000+2*iommu:qi.dsi. A figure that is absent
# is 0; its name and its entity must exist. A file holds one line at least. `aborts` instead of ENTITY FIGURE VALUE: exit status 3; text behind it is the report, in full.
set -eu
src=${top_srcdir:-.}
bin=${top_builddir:-build}/dmachurn
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
status=0
# Names of figures: counters, costs with what is booked of them, latencies
for kind in counters costs; do
	"$bin" list $kind | awk -v kind=$kind '/^[a-z]/ && $1 ~ /^[a-z_.0-9-]+$/ {
		print $1; if (kind == "costs") print $1 ".count\n" $1 ".cycles" }'
done >"$dir/figures"
for latency in io miss hole stale_window; do
	for of in n mean p50 p90 p99 p999 max; do echo $latency.$of; done
done >>"$dir/figures"

# run_variant SCENARIO[,PATH=VALUE]... FOLDER: figures to $dir/csv, "aborts" if it does
run_variant() {
	scenario=${1%%,*}
	set -- "$1" "$2" "$(echo "$1" | cut -s -d, -f2-)"
	folder=$2
	sets=$3
	set --
	while [ -n "$sets" ]; do
		set -- "$@" --set "${sets%%,*}"
		case $sets in *,*) sets=${sets#*,} ;; *) sets= ;; esac
	done
	rm -f "$dir/db" "$dir/csv"
	code=0
	"$bin" run --quiet --db "$dir/db" "$folder/$scenario.yaml" "$@" 2>"$dir/err" || code=$?
	case $code in
	0) "$bin" show --db "$dir/db" --csv >"$dir/csv" ;;
	3) sed 's/.*the modelled QEMU aborts: /aborts /' "$dir/err" >"$dir/csv" ;;
	*) cat "$dir/err"; return 1 ;;
	esac
}

for want in "$src"/tests/golden/*.want; do
	case ${SKIP_FIGURES:+$want} in */questions.want) continue ;; esac # 200 runs: minutes under sanitizers
	good=0
	for variant in $(sed 's/#.*//' "$want" | awk 'NF { print $1 }' | LC_ALL=C sort -u); do
		run_variant "$variant" "$src/scenarios/$(basename "$want" .want)" || { status=1; continue; }
		n=$(awk -v variant="$variant" -v csv="$dir/csv" -v figures="$dir/figures" '
			# why ENTITY:FIGURE cannot be, "" if it can
			function unknown(name, part) {
				split(name, part, ":")
				if (!(part[1] in entity)) return "no entity " part[1]
				return part[2] in figure ? "" : "no figure " part[2]
			}
			function value_of(text, terms, factors, n, m, i, k, sum, product, f) {
				n = split(text, terms, "+")
				for (i = 1; i <= n; i++) {
					product = 1
					m = split(terms[i], factors, "*")
					for (k = 1; k <= m; k++) {
						f = factors[k]
						if (f ~ /:/ && unknown(f) != "") wrong = unknown(f)
						product *= f ~ /:/ ? got[f] + 0 : f
					}
					sum += product
				}
				return sum
			}
			BEGIN {
				while ((getline line < figures) > 0) figure[line]
				entity["machine"]; entity["iommu"]
				while ((getline line < csv) > 0) {
					if (line ~ /^aborts /) aborted = line
					split(line, part, ",")
					got[part[6] ":" part[7]] = part[8]
					if (part[6] == "param" && split(part[7], path, ".") > 2 && path[1] == "devices")
						entity[path[2]]
				}
			}
			{ why = $0; sub(/[^#]*#? */, "", why); sub(/#.*/, "") }
			$1 != variant { next }
			$2 == "aborts" {
				report = $0
				sub(/^[^ ]+ /, "", report)
				sub(/[ ]+$/, "", report)
				if (!aborted) { print variant ": did not abort  # " why > "/dev/stderr"; bad = 1 }
				else if (report == "aborts" || report == aborted) good++
				else { print variant ": got " aborted ", want " report > "/dev/stderr"; bad = 1 }
				next
			}
			NF != 4 { print "wrong line: " $0 > "/dev/stderr"; bad = 1; next }
			aborted { print variant ": aborts, want " $2 " " $3 " " $4 > "/dev/stderr"; bad = 1; next }
			{
				is = got[$2 ":" $3] + 0
				wrong = unknown($2 ":" $3)
				should = value_of($4)
				if (wrong != "") { print variant ": " wrong ": " $0 > "/dev/stderr"; bad = 1 }
				else if (is == should) good++
				else {
					print variant ": " $2 " " $3 ": got " is ", want " should " = " $4 "  # " why > "/dev/stderr"
					bad = 1
				}
			}
			END { print good + 0; exit bad }' "$want") || status=1
		good=$((good + n))
	done
	[ "$good" != 0 ] || { echo "$want: nothing holds" >&2; status=1; }
	echo "$good derived counts hold in $want"
done
exit $status
