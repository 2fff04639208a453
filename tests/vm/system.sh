#!/bin/sh
# SPDX-License-Identifier: MIT
# system.sh DIR: under DIR, a shell and the few dozen programs that tests run, with what these load.
# busybox stays for what only the machine's own set-up calls: as a workload it is no ordinary
# program (it starts itself again by way of /proc, and forks where a shell would execute).
set -eu
d=$1
mkdir -p "$d/bin" "$d/lib" "$d/usr/share"
ln -s ../bin "$d/usr/bin"
ln -s ../lib "$d/usr/lib"
set --
for name in dash bash bats basename cat chmod chown cmp cp cut date dd dirname echo env expr false \
    find grep head id kill ln ls mkdir mkfifo mktemp mv nl od printf ps pwd readlink rm rmdir sed \
    seq sha256sum sleep sort stat tac tail tee test timeout touch tr true truncate uname uniq wc \
    xargs awk jq; do
    [ -x "/usr/bin/$name" ] || [ -x "/bin/$name" ] || continue
    from=/usr/bin/$name
    [ -x "$from" ] || from=/bin/$name
    cp -L "$from" "$d/bin/$name"
    set -- "$@" "$from"
done
ln -s dash "$d/bin/sh"
"$(dirname "$0")/libs.sh" "$d" "$@"
for from in /usr/lib/bats-core /usr/libexec/bats-core; do
    [ ! -d "$from" ] || { mkdir -p "$d$from" && cp -a "$from/." "$d$from"; }
done
