#!/bin/sh
# SPDX-License-Identifier: MIT
# matrix.sh LABDIR TESTDIR HOST...: run TESTDIR/run, as root and as the user, on each host of
# hosts.txt, two machines at a time; one line each, logs in LABDIR/log/HOST.
# Ends with 'N passed, N failed, N skipped'.
set -u
here=$(cd "$(dirname "$0")" && pwd)
lab=$1 t=$2; shift 2
mkdir -p "$lab/log"

host() { # HOST: its SUITE:RELEASE and words, on one line
    sed -n "s/^$1 //p" "$here/hosts.txt"
}

# The kernel, unpacked for qemu: once, since several hosts share it.
kernel() { # SUITE:RELEASE
    k=$lab/kernels/${1#*:}
    timeout "${LAB_FETCH_TIME:-300}" "$here/fetch-kernel.sh" "$lab/kernels" "${1%%:*}" "${1#*:}" \
        > "$lab/log/fetch-${1#*:}" 2>&1 || return 1
    [ -s "$k/vmlinux" ] || python3 "$here/vmlinux.py" "$k/vmlinuz" "$k/vmlinux"
}

one() { # HOST
    set -f
    # shellcheck disable=SC2046 # words
    set -- "$1" $(host "$1")
    set +f
    name=$1 k=$lab/kernels/${2#*:}
    shift 2
    [ -s "$k/vmlinux" ] || exit 0                 # said already
    m=''; [ ! -d "$k/modules" ] || m="$k nft overlay"
    over=
    case " $* " in *' lab.init=systemd '*) over=$lab/systemd ;; esac
    # fresh every time: the tests change
    MODS=$m "$here/pack.sh" "$lab/initrd-$name" "$t" ${over:+"$over"} || exit 1
    s=$(date +%s%N)
    "$here/vm.sh" "$k/vmlinux" "$lab/initrd-$name" lab.mod=nft,overlay "$@" > "$lab/log/$name" 2>&1
    r=$?
    rm -f "$lab/initrd-$name"
    printf '%s %-20s %6d ms  %s\n' "$([ $r = 0 ] && echo ok || echo "FAIL($r)")" "$name" \
        $((($(date +%s%N) - s) / 1000000)) \
        "$(tr -d '\r' < "$lab/log/$name" | grep -a '^LAB end' | cut -d' ' -f3,4 | tr '\n' ' ')"
}

if [ "${LAB_ONE:-}" ]; then one "$1"; exit; fi
: > "$lab/log/list"
for name in "$@"; do
    from=$(host "$name" | cut -d' ' -f1)
    [ -n "$from" ] || { echo "FAIL $name: not in hosts.txt" >> "$lab/log/list"; continue; }
    case $(host "$name") in
    *' lab.init=systemd'*)
        "$here/fetch-systemd.sh" "$lab/systemd" > "$lab/log/fetch-systemd" 2>&1 || from=-:systemd ;;
    esac
    [ "$from" != -:systemd ] && kernel "$from" && continue
    case $from in -:*) w=FAIL ;; *) w=skip ;; esac     # the own sources must have it
    echo "$w $name: no kernel $from is to be had" >> "$lab/log/list"
done
export LAB_ONE=1
printf '%s\n' "$@" | xargs -n 1 -P "${LAB_JOBS:-2}" "$0" "$lab" "$t" >> "$lab/log/list"
cat "$lab/log/list"
p=$(grep -c '^ok ' "$lab/log/list")
f=$(grep -c '^FAIL' "$lab/log/list")
k=$(grep -c '^skip' "$lab/log/list")
echo "$p passed, $f failed, $k skipped"
[ "$f" = 0 ] && [ "$p" -gt 0 ]
