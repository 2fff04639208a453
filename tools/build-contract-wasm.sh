#!/bin/sh
# SPDX-License-Identifier: MIT
#
# build-contract-wasm.sh OUT.wasm MAIN.c: compile the base, the contract and the inert backend
# for wasm32-wasi and link them with a program. That they compile there is the proof that they
# hold no code of an operating system; that the program prints what it prints natively is a
# test's to show.
#
# Status 77: a part of the tool chain is missing, said in one line.
set -eu
cd "$(dirname "$0")/.."
out=$1 main=$2

skip() {
	echo "# skip: $1"
	exit 77
}
sysroot=${WASI_SYSROOT:-/usr}
clang=$(command -v clang-14 || command -v clang) || skip 'no clang (apt: clang)'
command -v wasm-ld >/dev/null || command -v wasm-ld-14 >/dev/null || skip 'no wasm-ld (apt: lld)'
[ -f "$sysroot/lib/wasm32-wasi/libc.a" ] || skip 'no C library for wasm32-wasi (apt: wasi-libc)'
builtins=$("$clang" -print-resource-dir)/lib/wasi/libclang_rt.builtins-wasm32.a
[ -f "$builtins" ] ||
	skip 'no compiler run time for wasm32-wasi (apt: libclang-rt-14-dev-wasm32)'

# Whole-file variants of the host: see src/base/meson.build.
sources=$(find src/base src/contract src/backend/inert -name '*.c' \
	! -name digest_sodium.c ! -name 'blocks_*.c' ! -name fail_os.c | sort)
# Paths hold no blanks.
# shellcheck disable=SC2086
exec "$clang" --target=wasm32-wasi --sysroot="$sysroot" -std=gnu11 -O2 -D_GNU_SOURCE \
	-Iinclude -Isrc -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Werror \
	-Wno-missing-field-initializers -fno-strict-aliasing -Wl,--fatal-warnings \
	-o "$out" "$main" $sources
