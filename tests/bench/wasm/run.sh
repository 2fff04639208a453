#!/bin/sh
# SPDX-License-Identifier: MIT
# Compiles every C program of a folder natively and for WASI, and compares the two.
#   run.sh PATH-OF-wasm-bench FOLDER [ROUNDS]
set -eu
bench=$1
folder=$2
rounds=${3:-3}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
set --
for c in "$folder"/*.c; do
	name=$(basename "$c" .c)
	gcc -O2 -w -o "$out/$name" "$c" -lm
	clang --target=wasm32-wasi -O2 -w -o "$out/$name.wasm" "$c"
	set -- "$@" "$out/$name" "$out/$name.wasm"
done
"$bench" "$rounds" "$@"
