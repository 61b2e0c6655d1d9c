#!/bin/sh
# Every id that a row of prims.def cites is a row of sources.def, and the other way round.
set -eu
cd "${top_srcdir:-.}/models/cost"
cited=$(awk -F'"' '/^P\(/ { print $14 }' prims.def | grep -oE '\b[A-Z][0-9]+\b|speed\.txt' | LC_ALL=C sort -u)
known=$(awk -F'"' '/^S\(/ { print $2 }' sources.def | LC_ALL=C sort -u)
[ -n "$cited" ] && [ "$cited" = "$known" ] && exit 0
echo "cited in prims.def: $cited" | tr '\n' ' '
echo
echo "rows of sources.def: $known" | tr '\n' ' '
echo
exit 1
