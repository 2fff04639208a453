#!/bin/sh
# SPDX-License-Identifier: MIT
#
# same.sh SOURCES WASI_RUN [BVISOR]: each program, compiled by the same clang for this machine and
# for WASI, prints the same and ends the same: natively, in our WASI, and in a boundary. TAP.
set -eu
sources=$1 wasi_run=$2 bvisor=${3-}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
clang=$(command -v clang-14 || command -v clang || true)
number=0

# How each is called: arguments, then what it reads.
call() { # COMMAND... ; the program's own name comes from $name
	rm -rf "$scratch/box"
	mkdir "$scratch/box"
	status=0
	case $name in
	print) (cd "$scratch/box" && WORD='a word' "$@" one 'two words') ;;
	text) (cd "$scratch/box" && "$@") <"$sources/text.c" ;;
	*) (cd "$scratch/box" && "$@") </dev/null ;;
	esac >"$scratch/out" 2>"$scratch/err" || status=$?
	{
		echo "status $status"
		cat "$scratch/out"
		grep -v '^bvisor: ' "$scratch/err" || true
	} >"$scratch/$1.seen.tmp" 2>/dev/null || true
}

native() {
	"$scratch/$name" "$@"
}

wasi() {
	"$wasi_run" --dir ".=$scratch/box" --env "WORD=${WORD-}" "$scratch/$name.wasm" "$@"
}

confined() {
	"$bvisor" run --rw "$scratch/box" --cwd "$scratch/box" --env "WORD=${WORD-}" \
		-- "$scratch/$name.wasm" "$@"
}

verdict() { # SEEN CLAIM
	number=$((number + 1))
	if cmp -s "$scratch/native.seen.tmp" "$scratch/$1.seen.tmp"; then
		echo "ok $number - $2"
	else
		diff "$scratch/native.seen.tmp" "$scratch/$1.seen.tmp" | head -n 20 | sed 's/^/# /'
		echo "not ok $number - $2"
	fi
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 77
}
[ -n "$clang" ] || skip_all 'no clang (apt: clang)'
echo 'int main(void) { return 0; }' >"$scratch/probe.c"
"$clang" --target=wasm32-wasi -o "$scratch/probe.wasm" "$scratch/probe.c" 2>/dev/null ||
	skip_all 'clang cannot compile for WASI (apt: lld wasi-libc libclang-rt-14-dev-wasm32)'
# Only what a plan refuses is skipped: a run that fails is a failure.
refused=''
[ -z "$bvisor" ] || "$bvisor" plan -- "$scratch/probe.wasm" >"$scratch/plan" 2>&1 ||
	refused=$(sed -n 's/^ *missing: //p; s/^bvisor: //p' "$scratch/plan" | grep . ||
		echo 'no reason given')

for source in "$sources"/*.c; do
	name=$(basename "$source" .c)
	"$clang" -O2 -ffp-contract=off -o "$scratch/$name" "$source" -lm
	"$clang" --target=wasm32-wasi -O2 -o "$scratch/$name.wasm" "$source"
	call native
	[ -s "$scratch/out" ] || { echo "Bail out! $name prints nothing"; exit 1; }
	call wasi
	verdict wasi "$name does in WASI what it does natively"
	if [ -n "$refused" ]; then
		number=$((number + 1))
		echo "ok $number - $name in a boundary # SKIP $(echo "$refused" | head -n 1)"
	elif [ -n "$bvisor" ]; then
		call confined
		verdict confined "$name does in a boundary what it does natively"
	fi
done
echo "1..$number"
