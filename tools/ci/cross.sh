#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# cross.sh BUILD: compile every source of the library and the programs for aarch64, warnings being
# errors. It does not link: the libraries for that machine would need a second architecture in
# apt. Their headers are the same, and that is what the descriptions made here point to.
set -eu
cd "$(dirname "$0")/../.."
build=$1

command -v aarch64-linux-gnu-gcc >/dev/null || {
	echo '# skip: no aarch64-linux-gnu-gcc (apt: gcc-aarch64-linux-gnu libc6-dev-arm64-cross)'
	exit 77
}

headers=$PWD/$build-headers
mkdir -p "$headers"
for library in libsodium jansson libseccomp sqlite3; do
	version=$(pkg-config --modversion "$library" 2>/dev/null) || continue
	for header in /usr/include/"${library#lib}"*; do
		ln -sf "$header" "$headers/"
	done
	printf '%s\n' "Name: $library" "Description: headers only" "Version: $version" \
		"Cflags: -isystem $headers" >"$headers/$library.pc"
done

meson setup "$build" --cross-file tools/ci/aarch64-linux-gnu.ini -Dwerror=true -Dtests=false \
	-Dman=disabled "-Dpkg_config_path=$headers"
objects=$(ninja -C "$build" -t targets all | sed -n 's/^\(src\/.*\.o\): .*/\1/p')
# Paths hold no blanks.
# shellcheck disable=SC2086
ninja -C "$build" $objects
echo "$(echo "$objects" | wc -l) objects for aarch64"
