#!/bin/sh
# SPDX-License-Identifier: MIT
# fetch-kernel.sh DIR SUITE RELEASE
#   Download and unpack (never install) one Debian kernel into DIR/RELEASE.
#   SUITE "-" uses the machine's own sources; any other suite goes through a
#   private apt state folder, so the machine's sources and lists stay as they are.
#   RELEASE is what uname -r prints (6.12.117+deb12-cloud-amd64), or a series that has
#   a package of its own (6.12), or "6.1" for the suite's own default, or "newest" for that
#   default whatever it is: those are the cloud flavour, and looked up, since Debian drops old
#   builds from its pools.
# Result: DIR/RELEASE/{vmlinuz,config,modules/,release}
set -eu
suite=$2 rel=$3
mkdir -p "$1"; dir=$(cd "$1" && pwd)
out=$dir/$rel
[ -s "$out/vmlinuz" ] && exit 0
mkdir -p "$dir/apt/$suite"
A=$dir/apt/$suite
exec 9> "$A/lock"; flock 9          # one at a time in each suite's folder
if [ "$suite" = - ]; then
    apt() { c=$1; shift; "apt-$c" "$@"; }
    # a fresh machine may never have asked what there is
    apt cache show linux-image-cloud-amd64 > /dev/null 2>&1 || apt get update -qq || :
else
    mkdir -p "$A/state/lists/partial" "$A/cache/archives/partial"
    # take the mirror address from the machine's own sources: none is written here
    # shellcheck disable=SC2016 # for apt, not for us
    uri=$(apt-get indextargets --format '$(SITE)' 'Identifier: Packages' 'Origin: Debian' |
          grep -v -- -security | sort -u | head -n 1)
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
        "$uri" "$suite" > "$A/sources.list"
    apt() { c=$1; shift; "apt-$c" -o Dir::Etc::SourceList="$A/sources.list" \
        -o Dir::Etc::SourceParts=/dev/null -o Dir::State="$A/state" \
        -o Dir::State::status=/dev/null -o Dir::Cache="$A/cache" "$@"; }
    [ -n "$(find "$A/state/lists" -name '*Packages*' -print -quit)" ] || apt get update -qq
fi
as=$rel
case $rel in
*-amd64) ;;
*)  for n in "linux-image-$rel-cloud-amd64" linux-image-cloud-amd64; do
        rel=$(apt cache depends "$n" 2>/dev/null |
            sed -n 's/^ *Depends: linux-image-\([0-9].*\) *$/\1/p' | head -n 1)
        [ "$as" != newest ] || [ -z "$rel" ] || break
        case $rel in "$as".*|"$as"-*) break ;; *) rel= ;; esac
    done
    [ -n "$rel" ] || { echo "no $as kernel in $suite" >&2; exit 1; } ;;
esac
pk=$A/dl.$rel
mkdir -p "$pk/x"
cd "$pk"
# up to 6.18 all is in linux-image-*; from 6.19 on the kernel and its modules are packages of
# their own
for p in linux-image linux-binary linux-modules linux-base; do
    n=$p-$rel
    apt cache policy "$n" | grep -q 'Candidate: [0-9]' || continue
    apt get -qq download "$n"
done
for d in *.deb; do dpkg-deb -x "$d" x; done
mkdir -p "$out"
echo "$rel" > "$out/release"
v=$(find x -name "vmlinuz*" -type f | head -n 1)
c=$(find x -type f \( -path "*boot/config-$rel" -o -path "*modules/$rel/config" \) | head -n 1)
m=$(find x -type d -path "*lib/modules/$rel" | head -n 1)
cp "$v" "$out/vmlinuz"
[ -z "$c" ] || cp "$c" "$out/config"
[ -z "$m" ] || { rm -rf "$out/modules"; mv "$m" "$out/modules"; }
cd /
rm -rf "$pk"
