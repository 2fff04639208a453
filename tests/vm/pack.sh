#!/bin/sh
# SPDX-License-Identifier: MIT
# pack.sh OUT DIR...: OUT is an initramfs with the lab's own parts, and each DIR as /t
# (several DIRs lie over one another).  Archives may be joined, so the base part can
# be made once and each test folder packed in milliseconds.  MODS="KDIR set..." adds
# module sets from KDIR/modules (see the two below).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1; shift
w=$(mktemp -d)
trap 'rm -rf "$w"' EXIT
chmod 755 "$w"
mkdir -p "$w/bin" "$w/t" "$w/dev"
cp "$(command -v busybox)" "$w/bin/busybox"
for a in sh cat ls mount umount echo sleep mkdir rm id grep head tail chmod cp mv ln stat true \
    false kill ps touch dd printf env seq tr cut sort wc ip insmod lsmod dmesg; do
    ln -s busybox "$w/bin/$a"
done
cp "$here/init.sh" "$w/init"; chmod 755 "$w/init"
${CC:-cc} -O1 -static -s -o "$w/bin/labtool" "$here/labtool.c"
mknod "$w/dev/console" c 5 1 2>/dev/null || :
if [ -n "${MODS:-}" ]; then
    mkdir "$w/m"
    set -f; set_=$MODS; k=${set_%% *}
    for s in ${set_#* }; do
        case $s in
        nft) want='nf_tables nft_ct nft_reject_inet nft_log nft_limit nft_counter' ;;
        overlay) want=overlay ;;
        disk) want='virtio_pci virtio_blk' ;;
        fs9p) want='9p 9pnet_virtio virtio_pci' ;;
        virtiofs) want='virtio_pci virtiofs' ;;
        squash) want='squashfs loop' ;;
        *) want=$s ;;
        esac
        # shellcheck disable=SC2086 # a list of names
        "$here/modlist.sh" "$k" "$w/m" $want > "$w/m/$s.list"
    done
    set +f
fi
for d in "$@"; do cp -a "$d/." "$w/t/"; done
# a test folder's "root" lies over the root
[ ! -d "$w/t/root" ] || { cp -a --remove-destination "$w/t/root/." "$w/" && rm -rf "$w/t/root"; }
( cd "$w" && find . -print0 | cpio --null --quiet -o -H newc -R 0:0 ) > "$out"
