#!/bin/sh
# SPDX-License-Identifier: MIT
# libs.sh DIR PROGRAM...: put the shared objects that the programs need, and the
# loader, under DIR at the paths they have here (for programs not linked statically).
set -eu
d=$1; shift
ldd "$@" 2>/dev/null | grep -v ':$' |
    grep -oE '/[^ ()]+' | grep -E '\.so' | sort -u | while read -r f; do
    mkdir -p "$d$(dirname "$f")"
    cp -L "$f" "$d$f"
done
