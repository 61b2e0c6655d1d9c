#!/bin/sh
# The derived counts of tests/golden/*.want against what the scenarios give: NAME.want belongs to the folder
# or file scenarios/NAME.
set -eu
src=${top_srcdir:-.}
bin=${top_builddir:-build}/dmachurn
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
status=0
for want in "$src"/tests/golden/*.want; do
	name=$(basename "$want" .want)
	"$bin" run --quiet --db "$dir/$name.db" "$src/scenarios/$name"/*.yaml
	"$bin" show --db "$dir/$name.db" --csv >"$dir/$name.csv"
	awk -v want="$want" '
		BEGIN { FS = "," }
		NR > 1 { sub(/\.yaml$/, "", $2); got[$2 " " $6 " " $7] = $8; runs[$2] = 1 }
		END {
			while ((getline line < want) > 0) {
				split(line, part, "#")
				n = split(part[1], f, " ")
				if (n == 0) continue
				key = f[1] " " f[2] " " f[3]
				value = key in got ? got[key] : 0
				if (n != 4 || !(f[1] in runs)) { print want ": wrong line: " line; bad = 1 }
				else if (value != f[4]) { print f[1] ": " f[2] " " f[3] ": got " value ", want " f[4] "  #" part[2]; bad = 1 }
				else good++
			}
			print good " derived counts hold in " want
			exit bad
		}' "$dir/$name.csv" || status=1
done
exit $status
