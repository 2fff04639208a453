#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""The arrows between folders, and which system headers each may see: arrows.txt."""
import os
import re

import lint

PURE = {f'{name}.h' for name in (
    'assert', 'errno', 'float', 'inttypes', 'iso646', 'limits', 'math', 'stdalign', 'stdarg',
    'stdbool', 'stddef', 'stdint', 'stdio', 'stdlib', 'stdnoreturn', 'string')}
PUBLIC = ('stdbool.h', 'stddef.h', 'stdint.h')
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def arrows():
    table = {}
    for number, line in lint.rows('arrows.txt'):
        where, _, rest = line.partition(':')
        neighbours, _, headers = rest.partition(';')
        table[where.strip()] = (set(neighbours.split()), set(headers.split()), number)
    return table


def row_of(table, path):
    """The row of the file itself, or else of the longest folder above it."""
    inside = os.path.relpath(path, 'src')
    while inside:
        if inside in table:
            return inside, table[inside]
        inside = os.path.dirname(inside)
    return None, None


def is_generated(path):
    """A header that the folder's meson.build makes."""
    build = os.path.join(os.path.dirname(path), 'meson.build')
    return lint.exists(build) and f"output: '{os.path.basename(path)}'" in lint.read(build)


def target(path, name):
    """The file under src/ that a quoted include names, 'bvisor', or None."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
    for candidate in (beside, os.path.join('src', name)):
        if candidate.startswith('src/') and (lint.exists(candidate) or is_generated(candidate)):
            return os.path.relpath(candidate, 'src')
    return 'bvisor' if lint.exists(os.path.join('include', name)) else None


def is_beneath(file, allowed):
    return any(file == a or file.startswith(a + '/') for a in allowed)


def check(path, number, quote, name, row):
    where, (neighbours, headers, _) = row
    if quote == '<' and not name.startswith('bvisor/'):
        if 'ANY' in headers or name in headers or ('PURE' in headers and name in PURE):
            return
        lint.find(path, number, f'{where} may not include <{name}>')
        return
    file = 'bvisor' if quote == '<' else target(path, name)
    own = os.path.dirname(where) if where.endswith('.c') else where
    if file is None:
        lint.find(path, number, f'"{name}" is not a file of the project')
    elif not is_beneath(file, neighbours | {own}):
        lint.find(path, number, f'{where} may not include {file}')


def main():
    table = arrows()
    for path in lint.files('.c', '.h', '.def', under='src'):
        row = row_of(table, path)
        if row[0] is None:
            lint.find(path, 1, f'its folder has no row in {lint.HERE}/arrows.txt')
            continue
        for number, line in enumerate(lint.read(path).splitlines(), 1):
            found = INCLUDE.match(line)
            if found:
                check(path, number, found[1], found[2], row)
    for path in lint.files('.h', '.def', under='include'):
        for number, line in enumerate(lint.read(path).splitlines(), 1):
            found = INCLUDE.match(line)
            if found and not (found[1] == '<' and (found[2].startswith('bvisor/')
                                                  or found[2] in PUBLIC)):
                lint.find(path, number, f'a public header may not include {found[2]}')
    lint.finish('includes')


main()
