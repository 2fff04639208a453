#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""Every check finds what it is there to find: one violation each, planted in a copy of the tree.

usage: selftest.py BUILD CC... (see symbols.py)
"""
import os
import shutil
import subprocess
import sys
import tempfile

import lint

SPDX = '/* SPDX-License-Identifier: MIT */\n'
# A check and its arguments; files, and what to write to each (with '+': append); what the check
# must then say.
PLANTED = [
    (['shape.py'], {
        'src/base/planted_a.c': SPDX + 'int f(void)\n{\n' + '\t;\n' * 80 + '}\n',
        'src/base/planted_b.c': SPDX + '\n' * 900,
        'src/base/planted_c.c': 'int x;\n',
        'src/base/planted_d.c': SPDX + '\t\t\t' + 'x' * 90 + '\n',
        'src/base/planted_e.c': SPDX + '/* TO' 'DO: more */\n',
        'docs/planted.md': 'see /ro' 'ot/x\nblank \n',
        'include/bvisor/planted.h': SPDX + '\n' * 200,
        'tests/lint/exceptions.txt+': 'file-length src/none.c gone\n',
    }, ['f has 82 lines', '901 lines, at most 800', 'planted_c.c:1: no SPDX', '114 columns',
        'unfinished', "somebody's machine", 'space at the end', '201 lines, public headers',
        'nothing needs this']),
    (['includes.py'], {
        'src/base/planted.c': '#include "contract/lattice.h"\n',
        'src/contract/planted.c': '#include <unistd.h>\n',
        'src/cli/planted.c': '#include "base/buf.h"\n',
        'src/engine/planted.c': '#include "../none/x.h"\n',
        'src/new/planted.c': '',
        'include/bvisor/planted.h': '#include <unistd.h>\n',
    }, ['base may not include contract', 'contract may not include <unistd',
        'cli may not include base', 'not a file of', 'has no row', 'public header may not']),
    (['symbols.py', '--only', 'wire,base', 'BUILD', 'CC'], {
        'src/wire/planted.c': 'int getpid(void);int f(void);int f(void){return getpid();}\n',
        'src/wire/planted_os.c': '#include "base/fail.h"\n'
                                'int f(void);int f(void){return bv_fail_os(0,1,2,"","");}\n',
        'src/base/planted.c': 'static int n;int f(void);int f(void){return n++;}\n',
    }, ['wire may not call getpid', 'wire may not call bv_fail_os', 'n is mutable global state']),
    (['headers.py', 'CC', '--'], {
        'include/bvisor/planted.h': 'static size_t planted;\n',
        'src/base/planted.h': 'struct planted { int x; };\n',
    }, ['bvisor/planted.h:1: does not compile alone', 'base/planted.h:1: does not compile alone']),
    (['docs.py', 'errors'], {'docs/errors.md': '| `limit` | x |\n'},
     ['nothing is said on `syntax`']),
    (['docs.py', 'kinds'], {'docs/backends.md': '| `network-gone` | x |\n'},
     ['`network-gone` is not a row']),
    (['docs.py', 'evidence'], {
        'include/bvisor/evidence.def+': 'BV_EVIDENCE(BV_X, 30, "planted", "x")\n',
    }, ['nothing is said on `planted`']),
    (['docs.py', 'budgets'], {
        'include/bvisor/dimensions.def+': 'BV_DIMENSION(BV_X, 30, "planted", "x", 1, "x")\n',
    }, ['nothing is said on `planted`']),
    (['docs.py', 'options'], {
        'src/cli/options.def+': 'OPTION("--planted", "", 0, 0, f, 0, "x")\n',
        'man/planted.1.scd': '*--gone*\n',
        'docs/planted.md': '    bvisor run --other -- ls --here\n',
    }, ['no page says what --planted', '--gone is not a row', '--other is no option']),
    (['docs.py', 'links'], {'docs/planted.md': '[x](nowhere.md)\n'}, ['leads nowhere']),
    (['../vm/kernels.py', 'check'], {'docs/kernels.md+': 'enforced\n'},
     ['is not what tests/vm/kernels.json says']),
    (['exports.py'], {'include/bvisor/planted.h': 'BV_API int bv_planted(void);\n'},
     ['bv_planted is declared BV_API but not listed']),
    (['format.sh'], {'src/base/planted.c': 'int  x;\n'}, ['planted.c: not formatted']),
    (['shell.sh'], {'tools/planted.sh': '#!/bin/sh\nrm $1\n'}, ['SC2086']),
    (['spelling.sh'], {'docs/planted.md': 'this is te' 'h end\n'}, ['te' 'h ==>']),
]


def copy(source, target):
    for path in lint.files():
        os.makedirs(os.path.join(target, os.path.dirname(path)), exist_ok=True)
        shutil.copy(os.path.join(source, path), os.path.join(target, path))
    # The checks that need a document or a page to hold the code against.
    for path in ('docs/planted-text.md', 'man/planted-page.1.scd'):
        os.makedirs(os.path.join(target, os.path.dirname(path)), exist_ok=True)
        with open(os.path.join(target, path), 'w', encoding='utf-8') as file:
            file.write('text\n')


def plant(tree, planted):
    """Writes the files; returns what each was before (None: there was none)."""
    before = {}
    for path, text in planted.items():
        place = os.path.join(tree, path.rstrip('+'))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        before[place] = None
        if os.path.exists(place):
            with open(place, encoding='utf-8') as file:
                before[place] = file.read()
        with open(place, 'a' if path.endswith('+') else 'w', encoding='utf-8') as file:
            file.write(text)
    return before


def restore(before):
    for place, text in before.items():
        os.remove(place)
        if text is not None:
            with open(place, 'w', encoding='utf-8') as file:
                file.write(text)


def try_one(tree, row):
    """A TAP line for each thing the check must say."""
    (script, *arguments), planted, wants = row
    at = arguments.index('CC') if 'CC' in arguments else len(arguments)
    arguments[at:at + 1] = sys.argv[2:] if 'CC' in arguments else []
    arguments = [sys.argv[1] if word == 'BUILD' else word for word in arguments]
    before = plant(tree, planted)
    done = subprocess.run([os.path.join(tree, lint.HERE, script), *arguments], text=True,
                          capture_output=True)
    restore(before)
    said = done.stdout + done.stderr
    for want in wants:
        name = f'{script} finds "{want}"'
        if done.returncode == 77:
            print(f'ok - {name} # SKIP {said.replace("# skip: ", "").strip()}')
        elif done.returncode and want in said:
            print(f'ok - {name}')
        else:
            print(f'not ok - {name}\n# status {done.returncode}')
            lint.find(script, 0, want)


def main():
    print(f'1..{sum(len(wants) for _, _, wants in PLANTED)}')
    with tempfile.TemporaryDirectory() as tree:
        copy(lint.ROOT, tree)
        for row in PLANTED:
            try_one(tree, row)
    sys.exit(1 if lint.findings else 0)


main()
