#!/bin/sh
# The tables in README.md and docs/ANSWERS.md are what the program prints, the README's picture is what it
# draws, and scripts/quickstart runs the README's commands. With --write they are written instead.
set -eu
src=$(cd "${top_srcdir:-.}" && pwd)
DMACHURN=$(cd "${top_builddir:-.}" && pwd)/dmachurn
export DMACHURN
mode=${1:---check}
command -v python3 >/dev/null || exit 77
[ -z "${SKIP_FIGURES:-}" ] || { echo 'SKIP_FIGURES is set: the documents were left out'; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$src"
status=0

case $mode in --write) ;; *) check=--check ;; esac
scripts/refresh-docs ${check:-} README.md docs/ANSWERS.md || status=1

# The picture, as quickstart draws it. A PNG depends on the machine's fonts; gnuplot's script does not.
"$DMACHURN" run --quiet scenarios/headline/*.yaml --db "$dir/headline.db"
( cd "$dir" && "$DMACHURN" plot --db headline.db -o vmexits.gp >/dev/null )
if [ "$mode" = --write ]; then
	"$DMACHURN" plot --db "$dir/headline.db" -o docs/img/vmexits.png
	cp "$dir/vmexits.gp" docs/img/vmexits.gp
elif ! diff -u docs/img/vmexits.gp "$dir/vmexits.gp"; then
	echo 'docs/img/vmexits.png is not what the program draws; `make answers` draws it anew'
	status=1
fi

# README's commands, a line each, are in quickstart.
commands() { sed -e ':a' -e '/\\$/{N;s/ *\\\n[ \t]*/ /;ba' -e '}' "$1"; }
commands scripts/quickstart | sed -e 's,\$headline,scenarios/headline,g' >"$dir/quickstart"
commands README.md | sed -n '/^```console/,/^```$/s/^\$ //p' >"$dir/readme"
[ -s "$dir/readme" ] || { echo 'README.md: no command'; status=1; }
while read -r line; do
	grep -qF -- "$line" "$dir/quickstart" || { echo "scripts/quickstart does not run: $line"; status=1; }
done <"$dir/readme"
exit $status
