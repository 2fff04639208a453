# SPDX-License-Identifier: MIT
"""What the lint checks share: which files there are, named exceptions, how a finding is said.

A check prints a line for each finding, `path:line: what`, and ends by finish(): status 0 for
none, 1 for some, 77 (a skip, with its reason) when the subject of the check does not exist.
"""
import os
import re
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), '..', '..'))
HERE = 'tests/lint'
# Build directories and what version control keeps are no part of the project's text.
SKIPPED = re.compile(r'^(build.*|dist|\.git|__pycache__)$')

findings = []


def find(path, line, text):
    findings.append(f'{path}:{line}: {text}' if line else f'{path}: {text}')


def files(*suffixes, under=''):
    """Paths relative to the root, sorted; all files if no suffix is given."""
    found = []
    for folder, folders, names in os.walk(os.path.join(ROOT, under)):
        folders[:] = [f for f in folders if not SKIPPED.match(f)]
        relative = os.path.relpath(folder, ROOT)
        for name in names:
            # In a worktree .git is a file.
            if name != '.git' and (not suffixes or name.endswith(suffixes)):
                found.append(os.path.normpath(os.path.join(relative, name)))
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding='utf-8', errors='surrogateescape') as file:
        return file.read()


def is_text(path):
    with open(os.path.join(ROOT, path), 'rb') as file:
        return b'\0' not in file.read(8192)


def exists(path):
    return os.path.exists(os.path.join(ROOT, path))


def rows(name):
    """Lines of a table in this folder without comments: (line number, text)."""
    for number, line in enumerate(read(f'{HERE}/{name}').splitlines(), 1):
        line = line.split('#')[0].strip()
        if line:
            yield number, line


class Exceptions:
    """exceptions.txt: `check path reason...`. One that nothing needs any more is a finding."""

    def __init__(self, check):
        self.check = check
        self.lines = {}
        for number, line in rows('exceptions.txt'):
            name, path, reason = (line.split(None, 2) + ['', ''])[:3]
            if not reason:
                find(f'{HERE}/exceptions.txt', number, 'an exception needs a reason')
            if name == check:
                self.lines[path] = number
        self.used = set()

    def has(self, path):
        self.used.add(path)
        return path in self.lines

    def finish(self):
        for path, number in self.lines.items():
            if path not in self.used:
                find(f'{HERE}/exceptions.txt', number, f'nothing needs this: {self.check} {path}')


def skip(reason):
    print(f'# skip: {reason}')
    sys.exit(77)


def finish(subject):
    for line in findings:
        print(line)
    if findings:
        print(f'{len(findings)} findings')
        sys.exit(1)
    print(f'{subject}: nothing to report')
    sys.exit(0)
