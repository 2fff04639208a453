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
if [ "${1:-}" = fix ]; then
	find include src tests examples -name '*.[ch]' -exec "$tool" -i {} +
	exit
fi
bad=$(find include src tests examples -name '*.[ch]' | sort | while read -r file; do
	"$tool" "$file" | cmp -s - "$file" || echo "$file: not formatted; see: make format"
done)
[ -z "$bad" ] || {
	echo "$bad"
	exit 1
}
