#!/bin/sh
# show, merge and plot on made-up runs: what they print, refuse and leave behind.
set -eu
make_db=$PWD/${top_builddir:-.}/tests/make_db
dmachurn=$PWD/${top_builddir:-.}/dmachurn
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failed=0
fail() { echo "FAIL: $*"; failed=1; }
# status STATUS TEXT COMMAND...
status() {
	want=$1 text=$2 got=0
	shift 2
	"$@" >out 2>err || got=$?
	[ $got = "$want" ] && cat out err | grep -q -e "$text" || { fail "$* gave $got, want $want and '$text'"; cat out err; }
}

"$make_db" a.db 7
"$make_db" b.db 6 1000

# Numbers derived from tests/make_db.c: dynamic runs have 2 x 10,000 tail writes + 12 + 30 + 1,000 exits
# for 10,000 I/Os = 2.1042 per I/O.
status 0 '^vmexits per I/O  *2.104$' "$dmachurn" show --db a.db --run 4
status 0 '^  queue tail (IQT)  *2.000$' "$dmachurn" show --db a.db --run 4
# vmexit-mmio: 20,000 x 9,000 cycles / 10,000 I/Os, an estimate
status 0 '^    vmexit-mmio  *~18,000$' "$dmachurn" show --db a.db --run 4
# guest-pte: 20,000 x 540 / 10,000; its evidence is not known here, so it is not marked
status 0 '^    guest-pte  *1,080$' "$dmachurn" show --db a.db --run 4
status 0 'rests on estimates: vhost-miss 9us, vmexit-mmio 3us, walk-pte 300ns' "$dmachurn" show --db a.db --run 4
"$dmachurn" show --db a.db | sed 1,9d >table
[ "$(awk '{ if (length($0) > n) n = length($0) } END { print n }' table)" -le 72 ] || fail 'a table wider than 72 columns'
grep -q 'misses' table || fail 'the table lacks misses'
grep -q 'hypercalls' table && fail 'a row of zeros is shown'
status 2 '1..7' "$dmachurn" show --db a.db --run 8
status 2 "got '0'" "$dmachurn" show --db a.db --run 0
status 2 'db FILE is needed' "$dmachurn" show
status 2 'only one of' "$dmachurn" show --db a.db --csv --json

"$dmachurn" show --db a.db --csv >a.csv
grep -q '^4,made-up.yaml,mapping=dynamic notifier=unmap,0,18446744073709551615,machine,vmexits,21042,count$' a.csv || fail csv
[ "$(awk -F, '{ print NF }' a.csv | sort -u)" = 9 ] || fail 'csv: lines differ in their number of fields'
if command -v python3 >/dev/null; then
	"$dmachurn" show --db a.db --json >a.json
	python3 -c '
import json, sys
runs = json.load(open("a.json"))
assert len(runs) == 7
assert runs[3]["seed"] == 2**64 - 1
assert [c["value"] for c in runs[3]["counter"] if c["entity"] == "machine" and c["name"] == "vmexits"] == [21042]
' || fail json
fi

# The dump and the merged bytes do not depend on the order of storing or of the inputs.
"$dmachurn" merge --db ab.db a.db b.db >out
# 6 of the 7 runs are in both; those with a log are kept
grep -q '^ab.db: 7 runs (6 were there twice)$' out || { fail 'merge'; cat out; }
"$dmachurn" merge --no-provenance --db ab1.db a.db b.db >out
"$dmachurn" merge --no-provenance --db ba1.db b.db a.db >out
cmp ab1.db ba1.db || fail 'merging in another order gives other bytes'
"$dmachurn" show --db ab.db --dump >ab.txt
"$dmachurn" show --db ba1.db --dump >ba.txt
cmp ab.txt ba.txt || fail 'dumps differ'
[ "$(grep -c '^event|' ab.txt)" = 6000 ] || fail '6 runs x 1,000 events'
grep -q '^event|[0-9]*|1|0|machine|io_start|-9223372036854775808|4096|300|0$' ab.txt || fail 'the first event'
status 2 'is there already' "$dmachurn" merge --db ab.db a.db
status 2 'No such file' "$dmachurn" merge --db c.db a.db none.db
[ ! -e c.db ] && [ ! -e c.db.merging ] || fail 'merge left a part'

# Without gnuplot the script can still be written.
status 0 'a.gp' "$dmachurn" plot --db a.db -o a.gp
grep -q 'queue tail' a.gp || fail 'script without its series'
status 1 'gnuplot is not in PATH' env PATH=/nowhere "$dmachurn" plot --db a.db -o a.png
[ ! -e a.png ] && [ ! -e a.png.part ] || fail 'plot left a part'
status 2 'did you mean .vmexits' "$dmachurn" plot --db a.db --kind vmexit
status 2 'ends in .png' "$dmachurn" plot --db a.db -o a.jpeg
if command -v gnuplot >/dev/null; then
	for kind in vmexits descriptors notify misses walks cycles latency; do
		status 0 "$kind.svg" "$dmachurn" plot --db ab.db --kind $kind -o $kind.svg
		[ ! -s err ] || { fail "gnuplot complains about $kind"; cat err; }
		grep -q '</svg>' $kind.svg || fail "$kind.svg is not complete"
	done
	status 1 'cannot' "$dmachurn" plot --db a.db -o no/such/a.png
fi
exit $failed
