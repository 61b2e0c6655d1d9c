#!/bin/sh
# What can go wrong with a result file, and what must be left of it: one line, the right status, no half
# run, no file that holds nothing.
set -eu
make_db=$PWD/${top_builddir:-.}/tests/make_db
dmachurn=$PWD/${top_builddir:-.}/dmachurn
work=$(mktemp -d)
mounted=
trap 'if [ -n "$mounted" ]; then umount "$mounted"; fi; rm -rf "$work"' EXIT
failed=0

# want STATUS TEXT COMMAND...: exit status, and exactly one line on standard error that holds TEXT
want() {
	want_status=$1 text=$2
	shift 2
	status=0
	"$@" >"$work/out" 2>"$work/err" || status=$?
	if [ "$status" != "$want_status" ] || [ "$(wc -l <"$work/err")" != 1 ] ||
		! grep -q "$text" "$work/err"; then
		echo "FAIL: $*: status $status, want $want_status and one line with '$text':"
		cat "$work/err"
		failed=1
	fi
}

# only NAME...: nothing else is in the folder
only() {
	folder=$1
	shift
	there=$(ls -A "$folder" | tr '\n' ' ')
	if [ "$there" != "${*:+$* }" ]; then
		echo "FAIL: $folder holds '$there', want '$*'"
		failed=1
	fi
}

n_runs() { "$dmachurn" show --db "$1" --dump | grep -c '^run|' || true; }

mkdir "$work/a"
want 2 'a directory' "$make_db" "$work/a" 1
want 2 'a device' "$make_db" /dev/full 1
want 2 'No such file or directory' "$make_db" "$work/no/such.db" 1
want 2 'No such file or directory' "$dmachurn" show --db "$work/none.db"
only "$work/a"

echo 'a letter' >"$work/letter"
cp "$work/letter" "$work/letter.before"
want 2 'not an SQLite file' "$make_db" "$work/letter" 1
want 2 'not an SQLite file' "$dmachurn" merge --db "$work/m.db" "$work/letter"
cmp "$work/letter" "$work/letter.before" || failed=1
[ ! -e "$work/m.db" ] && [ ! -e "$work/m.db.merging" ] || { echo "FAIL: merge left something"; failed=1; }

# A folder that nobody may write into; root may write everywhere but in /sys.
if [ "$(id -u)" = 0 ]; then
	[ ! -d /sys/kernel ] || want 1 'cannot be made' "$make_db" /sys/kernel/x.db 1
else
	chmod 555 "$work/a"
	want 1 'cannot be made: Permission denied' "$make_db" "$work/a/x.db" 1
	chmod 755 "$work/a"
fi

# Killed in the middle of a run: the run before is there, the half run is not, and the file is one file
# again after the next run.
mkdir "$work/kill"
mkfifo "$work/said"
"$make_db" "$work/kill/k.db" 2 100000 pause >"$work/said" &
pid=$!
read -r word <"$work/said"
[ "$word" = half ]
kill -9 $pid
wait $pid 2>/dev/null || true
[ "$(n_runs "$work/kill/k.db")" = 1 ] || { echo "FAIL: a killed process left a half run"; failed=1; }
"$make_db" "$work/kill/k.db" 1
[ "$(n_runs "$work/kill/k.db")" = 2 ] || { echo "FAIL: run after the kill"; failed=1; }
"$dmachurn" show --db "$work/kill/k.db" --dump | grep -c '^event|1|' >"$work/n"
[ "$(cat "$work/n")" = 100000 ] || { echo "FAIL: events of the run before the kill"; failed=1; }
only "$work/kill" k.db

# Two processes append; one of them holds the file for the whole run, for it logs events.
mkdir "$work/two"
"$make_db" "$work/two/t.db" 40 &
"$make_db" "$work/two/t.db" 3 50000 &
wait
[ "$(n_runs "$work/two/t.db")" = 43 ] || { echo "FAIL: 40 + 3 runs of two processes"; failed=1; }
only "$work/two" t.db

# A table that cannot be written is an error, not silence.
if [ -w /dev/full ]; then
	status=0
	"$dmachurn" show --db "$work/two/t.db" >/dev/full 2>"$work/err" || status=$?
	[ $status = 1 ] && grep -q 'No space left' "$work/err" || { echo "FAIL: show >/dev/full: $status"; failed=1; }
fi

# A full disk: 400 KiB hold a run or two, not 100,000 events.
mkdir "$work/small"
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=400k none "$work/small" 2>/dev/null; then
	mounted=$work/small
	want 1 'disk is full' "$make_db" "$work/small/full.db" 1 100000
	only "$work/small"
	"$make_db" "$work/small/full.db" 1
	want 1 'disk is full' "$make_db" "$work/small/full.db" 1 100000
	[ "$(n_runs "$work/small/full.db")" = 1 ] || { echo "FAIL: run before the disk was full"; failed=1; }
	only "$work/small" full.db
else
	echo "no tmpfs: the full disk was not tried"
	[ $failed = 0 ] && exit 77
fi
exit $failed
