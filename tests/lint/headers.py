#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""Every header compiles alone: the public ones as C11 and as C++, the internal ones as gnu11.

usage: headers.py CC... -- CXX... (no C++ compiler: a skip, after the rest was checked)
"""
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import lint

WARN = ['-Wall', '-Wextra', '-Werror', '-Wno-unused-function', '-Iinclude', '-fsyntax-only']
PUBLIC_C = ['-std=c11', '-Wpedantic', '-Wstrict-prototypes']
PUBLIC_CXX = ['-std=c++11', '-Wpedantic', '-Wold-style-cast']
INTERNAL = ['-std=gnu11', '-D_GNU_SOURCE', '-Isrc']


def compiles(compiler, flags, language, header, bracket):
    source = f'#include {bracket[0]}{header}{bracket[1]}\n'
    # Twice: the guard must hold.
    done = subprocess.run([*compiler, *WARN, *flags, '-x', language, '-'], cwd=lint.ROOT,
                          input=source * 2, capture_output=True, text=True)
    return done.returncode == 0, done.stderr


def check(paths, compiler, flags, language, strip, bracket):
    def one(path):
        return compiles(compiler, flags, language, path[len(strip):], bracket)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, (good, text) in zip(paths, pool.map(one, paths)):
            if not good:
                lint.find(path, 1, f'does not compile alone as {flags[0][5:]}:\n{text}')


def main():
    split = sys.argv.index('--')
    cc, cxx = sys.argv[1:split], sys.argv[split + 1:]
    public = lint.files('.h', under='include')
    check(public, cc, PUBLIC_C, 'c', 'include/', '<>')
    check(lint.files('.h', under='src'), cc, INTERNAL, 'c', 'src/', '""')
    check(public, cxx, PUBLIC_CXX, 'c++', 'include/', '<>') if cxx else None
    if not cxx and not lint.findings:
        lint.skip('no C++ compiler, so the public headers were not tried in C++ (apt: g++)')
    lint.finish('headers')


main()
