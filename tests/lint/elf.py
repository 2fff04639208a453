#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""What the linker made is hardened as meant.

usage: elf.py static-pie|pie|shared FILE
static-pie: position-independent, no interpreter, no library. pie: the same with or without an
interpreter. shared: a library. All: no executable stack, no segment both writable and
executable, relocations read-only (and bound at start, where there are any to bind).
"""
import os
import re
import subprocess
import sys

import lint


def readelf(option, path):
    return subprocess.run(['readelf', '-W', option, path], capture_output=True, text=True,
                          check=True).stdout


def segments(path):
    """(type, flags) of every program header."""
    rows = []
    for line in readelf('-l', path).splitlines():
        found = re.match(r'\s+([A-Z_]+)\s+0x\S+ 0x\S+ 0x\S+ 0x\S+ 0x\S+ ([R ][W ][E ])', line)
        if found:
            rows.append((found[1], found[2]))
    return rows


def main():
    kind, path = sys.argv[1], sys.argv[2]
    name = os.path.basename(path)
    if not os.path.exists(path):
        lint.skip(f'{name} is not built')
    rows, dynamic = segments(path), readelf('-d', path)
    types = [row[0] for row in rows]
    if 'DYN' not in readelf('-h', path):
        lint.find(name, 0, 'is not position-independent')
    if 'LOAD' not in types:
        lint.find(name, 0, 'has no segment that readelf could show')
    if kind == 'static-pie' and 'INTERP' in types:
        lint.find(name, 0, 'asks for an interpreter')
    if kind == 'static-pie' and 'NEEDED' in dynamic:
        lint.find(name, 0, 'needs a shared library')
    if ('GNU_STACK', 'RW ') not in rows:
        lint.find(name, 0, 'may have an executable stack')
    if any('W' in flags and 'E' in flags for _, flags in rows):
        lint.find(name, 0, 'has a segment that is writable and executable')
    if 'GNU_RELRO' not in types:
        lint.find(name, 0, 'has no read-only relocations')
    if 'INTERP' in types or kind == 'shared':
        if 'BIND_NOW' not in dynamic and 'NOW' not in dynamic:
            lint.find(name, 0, 'binds symbols while it runs')
    lint.finish(f'{name}: {kind}')


main()
