#!/bin/sh
# The model's answers and trace events on kept scripts are those of real QEMU. Needs no QEMU; without python3 only
# the answers are compared. Every mutation of tests/mutations.py still names one place (tests/mutate.py runs them).
set -eu
here=${top_srcdir:-.}/tests
program=${top_builddir:-.}/dmachurn
if command -v python3 >/dev/null; then
	python3 -B "$here/mutate.py" --check
	exec python3 -B "$here/qtest/golden.py" check "$here/golden/qtest" "$program" qtest
fi
status=0
for s in "$here"/golden/qtest/*.qts.gz; do
	want=${s%.qts.gz}.ans.gz
	version=$(gzip -dc "$s" | sed -n 's/^#@ qemu //p')
	if [ "$(gzip -dc "$s" | "$program" qtest --qemu "${version:-7.2}" | cksum)" != "$(gzip -dc "$want" | cksum)" ]; then
		echo "$s: answers differ"
		status=1
	fi
done
exit $status
