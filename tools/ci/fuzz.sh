#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# fuzz.sh BUILD SECONDS: build the fuzz targets with clang in BUILD and run each for SECONDS, two
# at a time, from a copy of its corpus. An input that crashes one is left in BUILD/findings.
set -eu
cd "$(dirname "$0")/../.."
build=$1 seconds=$2

[ -f tests/fuzz/meson.build ] || {
	echo '# skip: there is no fuzz target yet'
	exit 77
}
command -v clang >/dev/null || {
	echo '# skip: no clang (apt: clang libclang-rt-14-dev)'
	exit 77
}
[ -f "$build/build.ninja" ] || CC=clang meson setup "$build" -Dfuzz=true -Dstatic=false \
	-Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 -Dman=disabled
programs=$(ninja -C "$build" -t targets all |
	sed -n 's,^\(tests/[a-z]*/fuzz_[a-z_]*\): .*,\1,p' | grep -v _replay | sort)
[ -n "$programs" ] || {
	echo "no program tests/*/fuzz_* is built with -Dfuzz=true" >&2
	exit 1
}
# Names hold no blanks.
# shellcheck disable=SC2086
ninja -C "$build" $programs

one() {
	local target=$1 name work seeds
	name=$(basename "$target")
	work=$build/corpus/$name
	mkdir -p "$work" "$build/findings"
	case $name in
	fuzz_engine) seeds=tests/wasm/corpus ;;
	fuzz_wasi_path) seeds=tests/wasi/corpus ;;
	fuzz_wasi_calls) seeds=tests/wasi/corpus-calls ;;
	*) seeds=tests/fuzz/corpus/${name#fuzz_} ;;
	esac
	[ ! -d "$seeds" ] || cp -r "$seeds/." "$work"
	"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
		-print_final_stats=1 -artifact_prefix="$build/findings/$name-" "$work" \
		>"$build/$name.log" 2>&1 || {
		echo "not ok - $name"
		tail -n 40 "$build/$name.log"
		return 1
	}
	echo "ok - $name: $(sed -n 's/^stat::number_of_executed_units: *//p' \
		"$build/$name.log") runs"
}
export -f one
export build seconds

# The inner shell expands its own argument.
# shellcheck disable=SC2016
xargs -P 2 -I {} bash -euc 'one "$1"' fuzz "$build/{}" <<<"$programs"
