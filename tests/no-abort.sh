#!/bin/sh
# Every scenario on every version of QEMU: the modelled QEMU aborts where the list says so, and nowhere else.
#
# A line of tests/data/aborts.txt: FOLDER/SCENARIO VERSION... of those that abort. What aborts there is said by
# tests/golden/*.want. A version that refuses the scenario's settings (exit status 2) does not abort.
set -eu
src=${top_srcdir:-.}
bin=${top_builddir:-build}/dmachurn
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
for file in "$src"/scenarios/*/*.yaml; do
	name=$(basename "$(dirname "$file")")/$(basename "$file" .yaml)
	versions=
	for version in 5.2 6.2 7.2 8.0 8.2 10.0 10.2 11.1; do
		code=0
		"$bin" run --quiet "$file" --set iommu.qemu=$version --set duration=25ms 2>"$dir/err" || code=$?
		case $code in
		0) ;;
		2) cat "$dir/err" >>"$dir/refused" ;;
		3) versions="$versions $version" ;;
		*) cat "$dir/err" >&2; exit 1 ;;
		esac
		n=$((n + 1))
	done
	[ -z "$versions" ] || echo "$name$versions"
done >"$dir/got"
sed -e 's/ *#.*//' -e '/^$/d' "$src/tests/data/aborts.txt" | LC_ALL=C sort >"$dir/want"
LC_ALL=C sort "$dir/got" | diff "$dir/want" - || { echo "other aborts than in tests/data/aborts.txt" >&2; exit 1; }
[ ! -s "$dir/refused" ] || { echo "refused:"; sort "$dir/refused" | uniq -c | head; }
echo "$(wc -l <"$dir/want") scenarios abort on some version, and only there ($n runs)"
