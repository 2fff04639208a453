#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looks at the compiled interpreter: every handler leaves by a jump.

    tailcalls.py ARCHIVE

A call through a register or through memory in a handler would mean that the native stack grows with
the guest's program. Only two functions may make one: the one that calls the host's functions, and
the one that enters the interpreter.
"""
import re
import subprocess
import sys
from collections import Counter

MAY_CALL = {'host_call', 'bv_exec_run'}
# x86-64 writes `call *`, aarch64 `blr`; jumps are `jmp *` and `br`.
CALL = re.compile(r'\t(?:bnd |notrack )*(?:call[q]?\s+\*|blr[a-z]*\s)')
JUMP = re.compile(r'\t(?:bnd |notrack )*(?:jmp[q]?\s+\*|br[a-z]*\s+x)')
FUNCTION = re.compile(r'^[0-9a-f]+ <([^>]+)>:$')
MEMBER = re.compile(r'(?:^|/)(exec[a-z_]*)\.c\.o:')


def main():
    listing = subprocess.run(['objdump', '-d', '--no-show-raw-insn', sys.argv[1]], check=True,
                             capture_output=True, text=True).stdout
    member = function = None
    jumps, calls = Counter(), Counter()
    for line in listing.splitlines():
        if 'file format' in line:
            found = MEMBER.search(line)
            member = found.group(1) if found else None
        elif FUNCTION.match(line):
            function = FUNCTION.match(line).group(1)
        elif member and JUMP.search(line):
            jumps[function] += 1
        elif member and CALL.search(line):
            calls[re.sub(r'\.(?:isra|constprop|part|cold).*', '', function)] += 1
    for name in sorted(set(calls) - MAY_CALL):
        print(f'{name}: calls through a pointer {calls[name]} times')
    print(f'{len(jumps)} functions leave by a jump, {sorted(calls)} call through a pointer')
    # All variants of all instructions: fewer means that this looked at something else.
    return bool(set(calls) - MAY_CALL) or len(jumps) < 1500 or not calls


if __name__ == '__main__':
    sys.exit(main())
