#!/bin/sh
# `dmachurn list`: what a user sees, word for word where it is an error.
set -eu
program=${top_builddir:-.}/dmachurn
status=0

fails() { # exit status, message on standard error, arguments
	want_status=$1 want=$2
	shift 2
	got_status=0
	got=$("$program" list "$@" 2>&1 >/dev/null) || got_status=$?
	[ "$got" = "$want" ] && [ "$got_status" = "$want_status" ] && return
	printf 'list %s: exit %s, wanted %s\n got: %s\nwant: %s\n' "$*" "$got_status" "$want_status" "$got" "$want"
	status=1
}

all='models, options, costs, counters, events'
fails 2 "dmachurn: list: got nothing, allowed: $all"
fails 2 "dmachurn: list: got 'optoins', allowed: $all; did you mean 'options'?" optoins
fails 2 "dmachurn: list: got 'zzz', allowed: $all" costs zzz
got_status=0
"$program" list --no-such-option > /dev/null 2>&1 || got_status=$?
[ $got_status = 2 ] || { echo "unknown option: exit $got_status, wanted 2"; status=1; }
if [ -w /dev/full ]; then
	got=$("$program" list costs 2>&1 > /dev/full) && { echo "full disk: exit 0"; status=1; }
	[ "$got" = "dmachurn: standard output: cannot write" ] || { echo "full disk: $got"; status=1; }
fi

for word in models options costs counters events; do
	"$program" list $word | awk -v w=$word 'length($0) > 100 { print w ": longer than 100: " $0; bad = 1 }
		END { if (NR < 5) { print w ": only " NR " lines"; bad = 1 } exit bad }' || status=1
	# Markdown: each table's rows have as many bars as its title.
	"$program" list $word --markdown | awk -v w=$word '{ gsub(/\\\|/, "") }
		/^\|/ { n = gsub(/\|/, "|"); if (!bars) bars = n; if (n != bars) { print w ": " $0; bad = 1 } }
		!/^\|/ { bars = 0 } END { exit bad }' || status=1
done
"$program" list --help | grep -q '^Examples:' || { echo "--help has no examples"; status=1; }
exit $status
