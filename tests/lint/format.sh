#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Every C file is as clang-format 14 writes it (`make format`). Other versions differ in details,
# so they are not asked.
set -u
cd "$(dirname "$0")/../.." || exit 1
tool=$(command -v clang-format-14 || command -v clang-format) || {
	echo '# skip: no clang-format (apt: clang-format-14)'
	exit 77
}
case $("$tool" --version) in
*' 14.'*) ;;
*)
	echo "# skip: $("$tool" --version) is not version 14, whose output the files have"
	exit 77
	;;
esac
files() {
	find include src tests examples -name '*.[ch]' -print0
}
if [ "${1:-}" = fix ]; then
	files | xargs -0 "$tool" -i
	exit
fi
bad=$(files | xargs -0 -n 64 "$tool" --dry-run --ferror-limit=1 2>&1 |
	sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: .*/\1: not formatted; see: make format/p' | sort -u)
[ -z "$bad" ] || {
	echo "$bad"
	exit 1
}
