#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""What the pure folders call, and that no library has mutable global state.

usage: symbols.py [--only FOLDER,...] BUILD CC... (where generated headers are; the C compiler and
its arguments; of src/ only these folders)
The table is symbols.txt. Libraries are all folders of src/ but the two programs.
"""
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import lint

FLAGS = ['-std=gnu11', '-D_GNU_SOURCE', '-O0', '-g0', '-fno-builtin', '-fno-pie', '-fno-pic',
         '-fno-stack-protector', '-U_FORTIFY_SOURCE', '-w', '-Iinclude', '-Isrc', '-c']
PROGRAMS = ('cli', 'launcher')
WRITABLE = 'BbCDdGgSs'
TOOLCHAIN = {'_GLOBAL_OFFSET_TABLE_', '__stack_chk_fail'}


def table():
    found = {}
    for number, line in lint.rows('symbols.txt'):
        where, _, names = line.partition(':')
        found[where.strip()] = names.split()
    return found


def compile_one(compiler, build, path, out):
    generated = os.path.join(build, os.path.dirname(path))
    done = subprocess.run([*compiler, *FLAGS, f'-I{generated}', path, '-o', out], cwd=lint.ROOT,
                          capture_output=True, text=True)
    if done.returncode:
        lint.find(path, 1, 'does not compile:\n' + done.stderr)
        return []
    listing = subprocess.run(['nm', '-P', out], capture_output=True, text=True, check=True)
    return [line.split()[:2] for line in listing.stdout.splitlines()]


def folder_of(path):
    inside = os.path.relpath(path, 'src')
    return os.path.dirname(inside)


def allowed(rows, where, defined):
    """The names that the row allows, with folders expanded to what they define."""
    names = set()
    for word in rows[where]:
        if word == 'PURE':
            names |= set(rows['PURE'])
        elif word.startswith('-'):
            names.discard(word[1:])
        elif word in defined:
            names |= defined[word]
        else:
            names.add(word)
    return names


def check_calls(rows, symbols, defined):
    for path, found in symbols.items():
        inside = os.path.relpath(path, 'src')
        where = inside if inside in rows else folder_of(path)
        if where not in rows:
            continue
        permitted = allowed(rows, where, defined) | TOOLCHAIN
        for name, kind in found:
            if kind in 'Uw' and name not in permitted:
                lint.find(path, 0, f'{where} may not call {name}')


def check_state(symbols, all_of_it):
    exceptions = lint.Exceptions('global-state')
    for path, found in symbols.items():
        for name, kind in found:
            if kind in WRITABLE and not exceptions.has(f'{path}:{name}'):
                lint.find(path, 0, f'{name} is mutable global state')
    if all_of_it:
        exceptions.finish()


def check_rows(rows, symbols):
    """A row for nothing is a rule that nobody keeps."""
    folders = {folder_of(path) for path in symbols}
    for where in rows:
        if where != 'PURE' and where not in folders and f'src/{where}' not in symbols:
            lint.find(f'{lint.HERE}/symbols.txt', 0, f'there is no src/{where}')


def main():
    rows = table()
    words = sys.argv[1:]
    only = words[1].split(',') if words[0] == '--only' else None
    build, *compiler = words[2:] if only else words
    symbols = {}
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, path in enumerate(lint.files('.c', under='src')):
            folder = folder_of(path).split('/')[0]
            if folder in PROGRAMS or only and folder not in only:
                continue
            symbols[path] = pool.submit(compile_one, compiler, build, path,
                                        f'{scratch}/{number}.o')
        symbols = {path: waiting.result() for path, waiting in symbols.items()}
    defined = {}
    for path, found in symbols.items():
        names = {name for name, kind in found if kind in 'TRVW'}
        defined[folder_of(path)] = defined.get(folder_of(path), set()) | names
    check_calls(rows, symbols, defined)
    check_state(symbols, not only)
    if not only:
        check_rows(rows, symbols)
    lint.finish('symbols')


main()
