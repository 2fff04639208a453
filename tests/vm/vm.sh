#!/bin/sh
# SPDX-License-Identifier: MIT
# vm.sh KERNEL INITRD [lab.word=... kernel.words...]
# Run one guest to its end and print its console.  Status: 0 all passed, 1 a command
# failed, 2 the guest crashed, hung or never came up (the last lines tell).
#   LAB_MEM (MiB, 512)  LAB_SMP (2)  LAB_TIME (s, 300)  LAB_QEMU (more options)
# One host thread plays all processors (thread=single): with one thread each, a wake-up
# from one processor to another was measured 30 to 60 times slower.
set -u
k=$1 i=$2; shift 2
words='console=ttyS0 panic=-1 quiet loglevel=3 nokaslr mitigations=off no_timer_check tsc=reliable'
words="$words random.trust_cpu=on rcupdate.rcu_expedited=1"
# shellcheck disable=SC2086 # more options, as words
timeout -k 5 "${LAB_TIME:-300}" qemu-system-x86_64 \
    -accel "${LAB_ACCEL:-tcg,thread=single}" -M "${LAB_MACHINE:-pc}" -cpu "${LAB_CPU:-max}" \
    -smp "${LAB_SMP:-2}" -m "${LAB_MEM:-512}" \
    -nodefaults -no-user-config -display none -no-reboot -serial stdio \
    -device isa-debug-exit,iobase=0xf4,iosize=0x01 ${LAB_QEMU:-} \
    -kernel "$k" -initrd "$i" \
    -append "$words ${LAB_KARGS:-} $*" < /dev/null
case $? in 65) exit 0 ;; 67) exit 1 ;; *) exit 2 ;; esac
