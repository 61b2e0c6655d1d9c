#!/bin/sh
# The fuzz targets' corpora and old findings, without libFuzzer.
set -eu
here=${top_srcdir:-.}/tests/fuzz
for name in qtest queue scn; do
	"${top_builddir:-.}/tests/fuzz/replay_$name" "$here/corpus/$name"/*
done
