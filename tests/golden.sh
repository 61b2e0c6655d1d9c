#!/bin/sh
# The derived counts of tests/golden/NAME.want against what the scenarios in scenarios/NAME give.
#
# A line: SCENARIO[,PATH=VALUE]... ENTITY FIGURE VALUE # why. VALUE is a number or a sum of products of numbers
# and figures of the same run (ENTITY:FIGURE), without blanks: 10000+2*iommu:qi.dsi. A figure that is absent
# is 0. `aborts` instead of ENTITY FIGURE VALUE: exit status 3; text behind it is the report, in full.
set -eu
src=${top_srcdir:-.}
bin=${top_builddir:-build}/dmachurn
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
status=0

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
	good=0
	for variant in $(sed 's/#.*//' "$want" | awk 'NF { print $1 }' | LC_ALL=C sort -u); do
		run_variant "$variant" "$src/scenarios/$(basename "$want" .want)" || { status=1; continue; }
		n=$(awk -v variant="$variant" -v csv="$dir/csv" '
			function value_of(text, terms, factors, n, m, i, k, sum, product, f) {
				n = split(text, terms, "+")
				for (i = 1; i <= n; i++) {
					product = 1
					m = split(terms[i], factors, "*")
					for (k = 1; k <= m; k++) {
						f = factors[k]
						product *= f ~ /:/ ? got[f] + 0 : f
					}
					sum += product
				}
				return sum
			}
			BEGIN {
				while ((getline line < csv) > 0) {
					if (line ~ /^aborts /) aborted = line
					split(line, part, ",")
					got[part[6] ":" part[7]] = part[8]
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
				should = value_of($4)
				if (is == should) good++
				else {
					print variant ": " $2 " " $3 ": got " is ", want " should " = " $4 "  # " why > "/dev/stderr"
					bad = 1
				}
			}
			END { print good + 0; exit bad }' "$want") || status=1
		good=$((good + n))
	done
	echo "$good derived counts hold in $want"
done
exit $status
