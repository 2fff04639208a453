#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a C file that holds text files: embed.py OUT.c SYMBOL=FILE..."""
import json
import sys


def literal(line):
    escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return '\t"' + escaped.replace("\n", "\\n") + '"\n'


def main():
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write('#include "cli/embedded.h"\n')
        # C99 promises no more than 4095 bytes of a literal; the compilers we use take any.
        out.write('#pragma GCC diagnostic ignored "-Woverlength-strings"\n')
        for pair in sys.argv[2:]:
            symbol, path = pair.split("=", 1)
            with open(path, encoding="utf-8") as source:
                text = source.read()
            json.loads(text)  # a broken file must break the build
            lines = "".join(literal(line) for line in text.splitlines(keepends=True))
            out.write(f"\nconst char {symbol}[] =\n{lines.rstrip()};\n")


main()
