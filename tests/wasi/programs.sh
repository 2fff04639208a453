#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Programs of our own, compiled for WASI here, and real ones that others built: each must do what
# it does anywhere.
#
#   programs.sh WASI_RUN SOURCES DATA
set -eu

run=$1
sources=$2
data=$3/programs/wasm3-tests
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
ran=0
skipped=0

# name, expected status, file of what was expected; compares $scratch/out.
check() {
	ran=$((ran + 1))
	if [ "$status" != "$2" ] || ! cmp -s "$3" "$scratch/out"; then
		echo "FAIL $1: status $status, expected $2; output:"
		head -c 2000 "$scratch/out"
		failed=$((failed + 1))
	fi
}

wasi() {
	status=0
	"$run" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
}

compile() {
	clang --target=wasm32-wasi -O2 -o "$scratch/$1.wasm" "$sources/$1.c" 2>"$scratch/err"
}

own_programs() {
	mkdir "$scratch/box"
	wasi --dir .="$scratch/box" --env WORD=word "$scratch/files.wasm" 'last argument'
	cat >"$scratch/expected" <<-END
	2 last argument word
	1
	7 bytes
	one
	. .. link one two
	Capabilities insufficient
	Capabilities insufficient
	. ..
	END
	check files 7 "$scratch/expected"

	printf 'a needle\nhay\nneedles\n' >"$scratch/box/text"
	grep needle "$scratch/box/text" >"$scratch/expected"
	wasi "$scratch/grep.wasm" needle <"$scratch/box/text"
	check 'grep of its input' 0 "$scratch/expected"
	wasi --dir /data="$scratch/box:ro" "$scratch/grep.wasm" needle /data/text
	check 'grep of a read-only directory' 0 "$scratch/expected"
	: >"$scratch/expected"
	wasi "$scratch/grep.wasm" needle /data/text
	check 'grep with nothing granted' 2 "$scratch/expected"

	# Everything that was refused is told, to the path.
	status=0
	"$run" --denials --dir .="$scratch/box" --env WORD=word "$scratch/files.wasm" x \
		3>"$scratch/denials" >/dev/null 2>&1 || status=$?
	grep -E 'outside|/etc' "$scratch/denials" >"$scratch/out" || true
	cat >"$scratch/expected" <<-END
	path_open NOTCAPABLE . ../outside
	path_symlink NOTCAPABLE . /etc/passwd
	END
	check denials 7 "$scratch/expected"
}

brotli() {
	status=0
	"$run" "$data/brotli.wasm" -d -f <"$data/alice29.txt.compressed" >"$scratch/out" ||
		status=$?
	check 'brotli, unpacking' 0 "$data/alice29.txt"
	"$run" "$data/brotli.wasm" -c -f <"$data/alice29_small.txt" >"$scratch/packed"
	status=0
	"$run" "$data/brotli.wasm" -d -f <"$scratch/packed" >"$scratch/out" || status=$?
	check 'brotli, there and back' 0 "$data/alice29_small.txt"
}

coremark() {
	wasi "$data/coremark.wasm"
	grep -o 'Correct operation validated' "$scratch/out" >"$scratch/out2" || true
	mv "$scratch/out2" "$scratch/out"
	echo 'Correct operation validated' >"$scratch/expected"
	check coremark 0 "$scratch/expected"
}

if command -v clang >/dev/null && compile files && compile grep; then
	own_programs
else
	echo 'SKIP wasi programs: clang cannot compile for wasm32-wasi; install clang, lld,' \
		'wasi-libc and libclang-rt-dev-wasm32'
	cat "$scratch/err" 2>/dev/null || true
	skipped=1
fi
if [ -d "$data" ]; then
	brotli
	coremark
else
	echo "SKIP wasi programs: $data does not exist; put the test data there, or name its" \
		'place in BVISOR_WASM_DATA'
	skipped=1
fi
echo "ran $ran, failed $failed"
[ "$failed" = 0 ] || exit 1
[ "$skipped" = 0 ] || exit 77
