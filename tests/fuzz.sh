#!/bin/sh
# libFuzzer targets over the library, with address and undefined-behaviour sanitizers: build them in ./fuzz and run
# each FUZZ_SECONDS long. What it finds is left in ./fuzz; add it to tests/fuzz/corpus/NAME with the fix.
set -eu
src=$(cd "${top_srcdir:-.}" && pwd)
seconds=${FUZZ_SECONDS:-60}
san=address,undefined
cc=${FUZZ_CC:-clang}
libs=$(pkg-config --libs gsl sqlite3 yaml-0.1)

mkdir -p fuzz
cd fuzz
[ -f Makefile ] || "$src/configure" -q CC="$cc" \
	CFLAGS="-g -O1 -fsanitize=fuzzer-no-link,$san -fno-sanitize-recover=undefined" LDFLAGS="-fsanitize=$san"
make -s models/plugins.h results/schema_sql.h results/plot_gp.h
make -s -j"$(nproc)" libqtest.a libmodels.a libsim.a 2>make.log || { cat make.log >&2; exit 1; }
grep -v "^ar:" make.log || true
for name in ${FUZZ_TARGETS:-qtest queue scn}; do
	"$cc" -g -O1 -D_GNU_SOURCE -fsanitize=fuzzer,$san -fno-sanitize-recover=undefined -I"$src" -I. \
		-o fuzz_"$name" "$src/tests/fuzz/fuzz_$name.c" libqtest.a libmodels.a libsim.a $libs -lm
	mkdir -p work_"$name"
	echo "== fuzz_$name, $seconds s"
	./fuzz_"$name" -max_total_time="$seconds" -max_len=8192 -timeout=20 -print_final_stats=1 -verbosity=0 \
		-artifact_prefix="$name-" work_"$name" "$src/tests/fuzz/corpus/$name" 2>fuzz_"$name".log ||
		{ tail -n 60 fuzz_"$name".log >&2; exit 1; }
	grep -E 'number_of_executed_units|new_units_added' fuzz_"$name".log
done
