#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""What the shared library exports is what the public headers declare, and what the version
script lists.

usage: exports.py LIBRARY
"""
import os
import re
import subprocess
import sys

import lint

SCRIPT = 'src/lib/bvisor.sym'


def declared():
    """Names in declarations that begin with BV_API; whole declarations, comments removed."""
    names = set()
    for path in lint.files('.h', under='include'):
        text = re.sub(r'/\*.*?\*/', ' ', lint.read(path), flags=re.S)
        text = re.sub(r'^\s*#.*?(?<!\\)$', '', text, flags=re.M | re.S)
        for declaration in re.findall(r'\bBV_API\b([^;]*);', text):
            found = re.search(r'\b(bv_\w+)\s*\(', declaration)
            if not found:
                found = re.search(r'\b(bv_\w+)\s*(\[[^]]*\])?\s*$', declaration)
            names.add(found[1] if found else f'? {declaration.strip()}')
    return names


def exported(library):
    listing = subprocess.run(['nm', '-D', '-P', '--defined-only', library], capture_output=True,
                             text=True, check=True).stdout
    names = {line.split()[0].split('@')[0] for line in listing.splitlines()
             if line.split()[1] != 'A'}
    return names


def scripted():
    text = re.sub(r'/\*.*?\*/|#.*?$', ' ', lint.read(SCRIPT), flags=re.S | re.M)
    return set(re.findall(r'\b(bv_\w+)\s*;', text)), re.findall(r'(\S*\*)\s*;', text)


def differ(what, have, want):
    for name in sorted(want - have):
        lint.find(what[0], 0, f'{name} is {what[1]}')
    for name in sorted(have - want):
        lint.find(what[0], 0, f'{name} is {what[2]}')


def main():
    if not lint.exists(SCRIPT):
        lint.skip(f'there is no {SCRIPT} yet, so there is no list of exports to compare')
    public = declared()
    names, patterns = scripted()
    if patterns and set(patterns) != {'*'}:
        lint.find(SCRIPT, 0, f'wildcards hide what is exported: {patterns}')
    differ((SCRIPT, 'declared BV_API but not listed', 'listed but not declared'), names, public)
    if len(sys.argv) < 2 or not os.path.exists(sys.argv[1]):
        lint.finish('exports') if lint.findings else lint.skip('the shared library is not built')
    differ((os.path.basename(sys.argv[1]), 'declared BV_API but not exported',
            'exported but not declared'), exported(sys.argv[1]), public)
    lint.finish('exports')


main()
