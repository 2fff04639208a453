#!/bin/sh
# SPDX-License-Identifier: MIT
# system.sh DIR [python]: under DIR, a shell and the few dozen programs that tests run, with what
# these load, and the system's Python if it is asked for.
# busybox stays for what only the machine's own set-up calls: as a workload it is no ordinary
# program (it starts itself again by way of /proc, and forks where a shell would execute).
set -eu
d=$1 python=${2:-}
mkdir -p "$d/bin" "$d/lib" "$d/usr/share"
ln -s ../bin "$d/usr/bin"
ln -s ../lib "$d/usr/lib"
ln -s usr/libexec "$d/libexec"            # bats looks beside where it is started from
set --
for name in dash bash bats basename cat chmod chown cmp cp cut date dd dirname echo env expr false \
    find grep head id kill ln ls mkdir mkfifo mktemp mv nl od printf ps pwd readlink rm rmdir sed \
    seq sha256sum sleep sort stat tac tail tee test timeout touch tr true truncate uname uniq wc \
    xargs awk jq comm join md5sum nohup paste setsid sync tty unshare ldd; do
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
if [ "$python" = python ] && [ -x /usr/bin/python3 ]; then
    from=$(/usr/bin/python3 -c 'import os; print(os.path.dirname(os.__file__))')
    cp -L /usr/bin/python3 "$d/bin/python3"
    mkdir -p "$d$from"
    tar -C "$from" --exclude ./test --exclude ./idlelib --exclude ./lib2to3 --exclude ./tkinter \
        --exclude ./ensurepip --exclude ./pydoc_data --exclude './config-*' -cf - . |
        tar -C "$d$from" -xf -
    "$(dirname "$0")/libs.sh" "$d" /usr/bin/python3 "$from"/lib-dynload/*.so
fi
