#!/bin/sh
# SPDX-License-Identifier: MIT
# matrix.sh LABDIR TESTDIR [SUITE:RELEASE...]: run TESTDIR/run, as root and as the
# user, under each kernel, two guests at a time; one line each, logs in LABDIR/log.
# Ends with 'N passed, N failed'.  LAB_WORDS is handed to every guest.
set -u
here=$(cd "$(dirname "$0")" && pwd)
lab=$1 t=$2; shift 2
[ $# -gt 0 ] || set -- -:6.1 -:6.12
mkdir -p "$lab/log"
one() {
    suite=${1%%:*} rel=${1#*:}
    k=$lab/kernels/$rel
    "$here/fetch-kernel.sh" "$lab/kernels" "$suite" "$rel" > "$lab/log/$rel.fetch" 2>&1 ||
        { [ "$suite" = - ] && w='FAIL ' || w='skip '      # the own sources must have it
          echo "$w$rel: not to be had"; exit 0; }
    [ -s "$k/vmlinux" ] || python3 "$here/vmlinux.py" "$k/vmlinuz" "$k/vmlinux" || exit 1
    m=''; [ ! -d "$k/modules" ] || m="$k nft overlay"
    # fresh every time: the tests change
    MODS=$m "$here/pack.sh" "$k/initrd" "$t" || exit 1
    s=$(date +%s%N)
    # shellcheck disable=SC2086 # the words are what is wanted
    "$here/vm.sh" "$k/vmlinux" "$k/initrd" lab.mod=nft,overlay ${LAB_WORDS:-} > "$lab/log/$rel" 2>&1
    r=$?
    printf '%s %-32s %5d ms  %s\n' "$([ $r = 0 ] && echo ok || echo "FAIL($r)")" "$rel" \
        $((($(date +%s%N) - s) / 1000000)) \
        "$(grep -a '^LAB end' "$lab/log/$rel" | cut -d' ' -f3,4 | tr '\n' ' ')"
}
if [ "${LAB_ONE:-}" ]; then one "$1"; exit; fi
export LAB_ONE=1
printf '%s\n' "$@" | xargs -n 1 -P "${LAB_JOBS:-2}" "$0" "$lab" "$t" > "$lab/log/all"
cat "$lab/log/all"
p=$(grep -c '^ok ' "$lab/log/all")
f=$(grep -c '^FAIL' "$lab/log/all")
k=$(grep -c '^skip' "$lab/log/all")
echo "$p passed, $f failed, $k skipped"
[ "$f" = 0 ] && [ "$p" -gt 0 ]
