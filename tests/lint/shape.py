#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""Lengths, licence lines, and words that mark unfinished work.

Functions have at most 70 lines, files 800, lines 100 columns (a tab is 8), public headers fewer
than 200 lines. Tables (*.def) are read row by row, so their lines may be longer.
"""
import os
import re

import lint

FUNCTION_MAX = 70
FILE_MAX = 800
WIDTH_MAX = 100
HEADER_MAX = 199
CODE = ('.c', '.h', '.def', '.py', '.sh', '.bats', '.cc')
# Spelled in pieces, so that this file does not find itself.
UNFINISHED = re.compile(r'\b(TO' r'DO|FIX' r'ME|XX' r'X|HA' r'CK)\b')
MACHINE = re.compile(r'(?<![\w.-])/(wor' r'k|ro' r'ot|ho' r'me/\w+|far' r'm)/')


def is_code(path):
    if path.endswith(CODE) or os.path.basename(path) in ('meson.build', 'Makefile'):
        return True
    return lint.read(path).startswith('#!')


def check_functions(path, lines, exceptions):
    """The kernel's brace style: a function's body opens and closes in column 0."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == '{':
            start = number
        elif line == '}' and start:
            length = number - start + 1
            name = lines[start - 2].split('(')[0].split(' ')[-1].lstrip('*')
            where = f'{path}:{name}'
            if length > FUNCTION_MAX and not exceptions.has(where):
                lint.find(path, start, f'{name} has {length} lines, at most {FUNCTION_MAX}')
            start = None


def check_width(path, lines, exceptions):
    for number, line in enumerate(lines, 1):
        width = len(line.expandtabs(8))
        if width > WIDTH_MAX and not exceptions.has(path):
            lint.find(path, number, f'{width} columns, at most {WIDTH_MAX}')


def check_words(path, lines):
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            lint.find(path, number, 'unfinished: ' + line.strip())
        if MACHINE.search(line):
            lint.find(path, number, "a path of somebody's machine: " + line.strip())
        if line != line.rstrip():
            lint.find(path, number, 'space at the end of the line')


def main():
    exceptions = {name: lint.Exceptions(name) for name in (
        'function-length', 'file-length', 'line-width', 'header-length')}
    for path in lint.files():
        # A fuzzer's inputs are bytes, whatever they look like.
        if not lint.is_text(path) or path.startswith('tests/fuzz/corpus/'):
            continue
        text = lint.read(path)
        lines = text.splitlines()
        check_words(path, lines)
        if text and not text.endswith('\n'):
            lint.find(path, len(lines), 'no newline at the end')
        if not is_code(path):
            continue
        if not path.endswith('meson.build') and 'SPDX-License-Identifier: MIT' not in text[:300]:
            lint.find(path, 1, 'no SPDX-License-Identifier: MIT at the top')
        if len(lines) > FILE_MAX and not exceptions['file-length'].has(path):
            lint.find(path, 1, f'{len(lines)} lines, at most {FILE_MAX}')
        if path.startswith('include/') and path.endswith('.h') and len(lines) > HEADER_MAX \
                and not exceptions['header-length'].has(path):
            lint.find(path, 1, f'{len(lines)} lines, public headers have at most {HEADER_MAX}')
        if not path.endswith('.def'):
            check_width(path, lines, exceptions['line-width'])
        if path.endswith(('.c', '.h')):
            check_functions(path, lines, exceptions['function-length'])
    for table in exceptions.values():
        table.finish()
    lint.finish('shape')


main()
