#!/bin/sh
# SPDX-License-Identifier: MIT
#
# deb.sh OUT: build three Debian packages in OUT: bvisor (command, launcher, worker, pages),
# libbvisor0 (the library) and libbvisor-dev (headers, static library, pkg-config). The command is
# linked statically, so it needs none of the libraries; the launcher and the worker never do.
set -eu
cd "$(dirname "$0")/.."
out=$1
version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" meson.build)
architecture=$(dpkg --print-architecture)
multiarch=$(gcc -print-multiarch)
maintainer='The bvisor project <bvisor@invalid>'

mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$out/work
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

meson setup "$work/build" --prefix=/usr --libdir="lib/$multiarch" --libexecdir=libexec \
	-Dtests=false --strip
ninja -C "$work/build"
DESTDIR=$work/all meson install -C "$work/build" --no-rebuild --quiet

# move PACKAGE PATH...: paths are relative to the root of the file system.
move() {
	package=$1
	shift
	for path in "$@"; do
		[ -e "$work/all/$path" ] || continue
		mkdir -p "$work/$package/$(dirname "$path")"
		mv "$work/all/$path" "$work/$package/$path"
	done
}

# What the libraries of a package need, as "Depends" words it.
needs() {
	mkdir -p "$work/shlibs/debian"
	printf 'Source: bvisor\n\nPackage: %s\nArchitecture: any\n' "$1" \
		>"$work/shlibs/debian/control"
	(cd "$work/shlibs" && dpkg-shlibdeps -O --ignore-missing-info "$2") |
		sed -n 's/^shlibs:Depends=//p'
}

# finish PACKAGE SECTION RELATIONS SUMMARY, with the long description on standard input.
finish() {
	root=$work/$1
	mkdir -p "$root/DEBIAN" "$root/usr/share/doc/$1"
	cp LICENSE "$root/usr/share/doc/$1/copyright"
	(cd "$root" && find usr -type f -exec md5sum {} +) >"$root/DEBIAN/md5sums"
	{
		printf '%s\n' "Package: $1" "Source: bvisor" "Version: $version" \
			"Architecture: $architecture" "Maintainer: $maintainer" "Section: $2" \
			"Priority: optional" "Installed-Size: $(du -sk "$root" | cut -f 1)"
		[ -z "$3" ] || printf '%s\n' "$3"
		echo "Description: $4"
		sed 's/^/ /'
	} >"$root/DEBIAN/control"
	dpkg-deb --build --root-owner-group "$root" "$out"
}

library=usr/lib/$multiarch
move libbvisor-dev usr/include "$library/libbvisor.so" "$library/libbvisor.a" \
	"$library/pkgconfig" usr/share/man/man3
for file in "$work/all/$library"/libbvisor.so.*; do
	move libbvisor0 "$library/${file##*/}"
done
move bvisor usr/bin usr/libexec usr/share
left=$(find "$work/all" ! -type d)
[ -z "$left" ] || {
	echo "deb: no package holds: $left" >&2
	exit 1
}
strip --strip-debug "$work/libbvisor-dev/$library/libbvisor.a"
mkdir -p "$work/libbvisor0/DEBIAN"
echo 'activate-noawait ldconfig' >"$work/libbvisor0/DEBIAN/triggers"

finish bvisor utils '' 'run untrusted programs inside a proven boundary' <<'END'
Says what a program may do, refuses what this machine cannot enforce, runs the
rest inside the boundary and leaves one sealed report of what happened.
END
finish libbvisor0 libs "Depends: $(needs libbvisor0 "$work/libbvisor0/$library/libbvisor.so.0")
Recommends: bvisor (= $version)" \
	'run untrusted programs inside a proven boundary (library)' <<'END'
The library under the bvisor command. Programs that use it also need the
launcher, and for modules the worker, which the package bvisor holds.
END
finish libbvisor-dev libdevel "Depends: libbvisor0 (= $version), libsodium-dev" \
	'run untrusted programs inside a proven boundary (development)' <<'END'
Headers, static library and pkg-config file of libbvisor.
END
