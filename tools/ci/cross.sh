#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# cross.sh: compile every source for aarch64, warnings being errors. Only compile: the libraries
# for that machine would need a second architecture in apt. Their headers are the same.
set -eu
cd "$(dirname "$0")/../.."
cc=aarch64-linux-gnu-gcc

command -v $cc >/dev/null || {
	echo "# skip: no $cc (apt: gcc-aarch64-linux-gnu libc6-dev-arm64-cross)"
	exit 77
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for header in /usr/include/sodium* /usr/include/jansson* /usr/include/seccomp* \
	/usr/include/sqlite3*; do
	[ ! -e "$header" ] || ln -s "$header" "$scratch/"
done

export cc scratch
# The inner shell expands its own argument.
# shellcheck disable=SC2016
find src -name '*.c' | sort | xargs -P 2 -I {} sh -euc '
	$cc -std=gnu11 -D_GNU_SOURCE -O2 -Iinclude -Isrc -isystem "$scratch" \
		-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Werror \
		-Wno-missing-field-initializers -fno-strict-aliasing \
		-c "$1" -o "$scratch/$(echo "$1" | tr / -).o"' cross {}
echo "$(find "$scratch" -name '*.o' | wc -l) objects for aarch64"
