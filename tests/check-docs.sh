#!/bin/sh
# The reference pages of docs/ against what the program prints. With --write they are written instead.
set -eu
src=${top_srcdir:-.}
program=${top_builddir:-.}/dmachurn
mode=${1:---check}
status=0

page() { # file, words of `dmachurn list`
	file=$src/docs/$1
	shift
	if [ "$mode" = --write ]; then
		text=$("$program" list "$@" --markdown) && printf "%s\n" "$text" > "$file" || status=1
	elif ! "$program" list "$@" --markdown | diff -u "$file" -; then
		echo "$file is not what the program prints; write it anew with: make docs"
		status=1
	fi
}

page OPTIONS.md options
page COSTS.md costs
page COUNTERS.md counters events
exit $status
