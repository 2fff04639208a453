#!/bin/busybox sh
# shellcheck shell=dash disable=SC2086
# SPDX-License-Identifier: MIT
# First process of the lab's guest.  Everything comes from cpio archives: no disk,
# no driver, no module is needed.  Words on the kernel command line:
#   lab.as=root|user|both   who runs the command (default both)
#   lab.cmd=CMD             the command, '+' for each blank (default /t/run)
#   lab.mod=a,b             module sets to load first (nft, overlay), if packed
#   lab.stop=init           leave at once (to time the bare boot)
#   lab.init=systemd        be followed by systemd, which runs /t/systemd.sh
# Leaves through isa-debug-exit: qemu's status is (code << 1) | 1, code 0x20 when
# all passed, 0x21 when a command failed, so 65 and 67; anything else is a crash.
B=/bin/busybox
export PATH=/bin:/t HOME=/
leave() {
    /bin/labtool exit "$1"
    $B reboot -f
}
if [ "${1:-}" != again ]; then
    # rootfs itself can be neither unmounted nor pivoted away from, and programs
    # under test call pivot_root: stand on a bind mount of it instead (no copying)
    $B mkdir -p /n
    $B mount -o bind / /n
    cd /n && $B mount -o move . / && exec $B chroot . /init again
    echo "LAB no root"; leave 21
fi
$B mkdir -p /proc /sys /dev /tmp /run /etc /home/lab
$B mount -t proc proc /proc
$B mount -t devtmpfs dev /dev
read -r line < /proc/cmdline
as=both cmd=/t/run mods='' stop='' init=''
for w in $line; do
    case $w in
    lab.as=*) as=${w#*=} ;; lab.cmd=*) cmd=${w#*=} ;;
    lab.mod=*) mods=${w#*=} ;; lab.stop=*) stop=${w#*=} ;; lab.init=*) init=${w#*=} ;;
    esac
done
read -r up _ < /proc/uptime
read -r rel < /proc/sys/kernel/osrelease
echo "LAB init uptime=$up kernel=$rel"
[ "$stop" != init ] || leave 20
[ "$init" != systemd ] || exec /lib/systemd/systemd --unit=lab.target --show-status=0 \
    --log-target=console --log-level=err
$B mount -t sysfs sysfs /sys
$B mount -t tmpfs -o mode=1777 tmp /tmp
$B mkdir -p /dev/shm /dev/pts
$B mount -t tmpfs -o mode=1777 shm /dev/shm
$B mount -t devpts -o ptmxmode=0666 pts /dev/pts
$B ln -sf /proc/self/fd /dev/fd
$B mount -t securityfs sec /sys/kernel/security 2>/dev/null
$B mount -t bpf bpf /sys/fs/bpf 2>/dev/null
$B ip link set lo up 2>/dev/null
set -f
for m in $(IFS=,; echo $mods); do
    [ -s /m/$m.list ] || { echo "LAB no module set $m"; continue; }
    while read -r f; do $B insmod "/m/$f" || echo "LAB insmod $f failed"; done < /m/$m.list
done
set +f
[ ! -b /dev/vda ] || $B chmod 666 /dev/vda          # a scratch disk, to try io.max on
cat > /etc/passwd <<'P'
root:x:0:0::/:/bin/sh
lab:x:1000:1000::/home/lab:/bin/sh
nobody:x:65534:65534::/:/bin/sh
P
printf 'root:x:0:\nlab:x:1000:\nnogroup:x:65534:\n' > /etc/group
echo 'lab:100000:65536' > /etc/subuid
echo 'lab:100000:65536' > /etc/subgid
# cgroup v2, and in it what a session manager lays out: lab.slice/user is the
# user's own, with a leaf 'shell' to sit in so that its parent may have controllers
C=/sys/fs/cgroup G=/sys/fs/cgroup/lab.slice
$B mount -t cgroup2 -o nsdelegate,memory_recursiveprot cg $C
read -r ctl < $C/cgroup.controllers
all=; for c in $ctl; do all="$all +$c"; done
echo $all > $C/cgroup.subtree_control
$B mkdir $G; echo $all > $G/cgroup.subtree_control
$B mkdir $G/user $G/root $G/user/shell $G/root/shell
$B chown 1000:1000 /home/lab $G/user $G/user/cgroup.procs $G/user/cgroup.threads \
    $G/user/cgroup.subtree_control
$B chown -R 1000:1000 $G/user/shell
rc=20
one() { # one WHO CGROUP PREFIX
    read -r a _ < /proc/uptime
    echo "LAB begin $1 up=$a"
    $B umount -l /tmp; $B mount -t tmpfs -o mode=1777 tmp /tmp     # nothing left by the one before
    # shellcheck disable=SC2046 # the words are what is wanted
    ( echo 0 > $2/shell/cgroup.procs; cd /tmp || exit 1; exec $3 $(IFS=+; echo $cmd) ) < /dev/null
    r=$?
    read -r b _ < /proc/uptime
    echo "LAB end $1 status=$r up=$b"
    [ $r -eq 0 ] || rc=21
}
case $as in root|both) one root $G/root '' ;; esac
case $as in user|both) one user $G/user '/bin/labtool as 1000' ;; esac
echo "LAB done code=$rc"
leave $rc
