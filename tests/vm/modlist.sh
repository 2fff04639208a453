#!/bin/sh
# SPDX-License-Identifier: MIT
# modlist.sh KDIR DEST MODULE...: copy the modules and what they need from
# KDIR/modules, unpacked, into DEST; print their file names in loading order.
set -eu
k=$1 dest=$2; shift 2
mods=$k/modules
[ -s "$mods/modules.dep" ] || depmod -b "$k/dep" 2>/dev/null || :
python3 - "$mods" "$dest" "$@" <<'P'
import os, sys, subprocess
mods, dest, want = sys.argv[1], sys.argv[2], sys.argv[3:]
where = {}
for d, _, fs in os.walk(mods):
    for f in fs:
        if '.ko' in f:
            where[f.split('.ko')[0].replace('-', '_')] = os.path.join(d, f)
done, order = set(), []
def raw(p):
    if p.endswith('.xz'):
        return subprocess.run(['xz', '-dc', p], stdout=subprocess.PIPE, check=True).stdout
    if p.endswith('.zst'):
        return subprocess.run(['zstd', '-dcq', p], stdout=subprocess.PIPE, check=True).stdout
    return open(p, 'rb').read()
def add(n):
    n = n.replace('-', '_')
    if n in done or n not in where:
        return                      # built in, or not there
    done.add(n)
    b = raw(where[n])
    i = b.find(b'\0depends=')
    if i < 0:
        i = b.find(b'depends=') - 1
    dep = b[i + 9:b.index(b'\0', i + 1)].decode()
    pre = []                        # wanted without a symbol to say so: "softdep=pre: a b"
    j = b.find(b'\0softdep=pre:')
    if j >= 0:
        pre = b[j + 13:b.index(b'\0', j + 1)].decode().split('post:')[0].split()
    for x in pre + list(filter(None, dep.split(','))):
        for y in [x] + [w for w in where if w.startswith(x.replace('-', '_') + '_generic')]:
            add(y)
    open(os.path.join(dest, n + '.ko'), 'wb').write(b)
    order.append(n + '.ko')
for n in want:
    add(n)
print('\n'.join(order))
P
