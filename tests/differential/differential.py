#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random modules, run by our engine, by our engine without its fusions, and by V8.

usage: differential.py [--seed N] [--rounds N] [--seconds N] [--keep FOLDER] WASM_TRACE

A round makes modules of our own (smith.py), modules by binaryen (`wasm-opt -ttf`), and changed
copies of both. All that wasm-trace and trace.mjs can see must be equal: validity, what the guest
told its host, results, traps, memory, exported globals. For changed copies V8's word on validity is
held against ours; a proposal that only one of the two has is counted by name.

The seed and the round decide everything; rounds go on until --rounds or --seconds are spent, one at
least. What disagrees is kept in --keep, and printed with its seed. The output is TAP.

What is not compared: which NaN an operation makes (a NaN is printed as "nan"; binaryen's modules
come with --denan, and ours replace a NaN where its bits could be seen; a changed copy may get round
that, so look for a NaN first when one differs from V8); where the stack ends; how much memory there
is. The official suite covers NaNs.
"""
import argparse
import concurrent.futures
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import smith

HERE = os.path.dirname(os.path.abspath(__file__))
OWN, BINARYEN, CHANGES = 40, 8, 6
FEATURES = ['mutable-globals', 'nontrapping-float-to-int', 'sign-ext', 'bulk-memory',
            'multivalue', 'tail-call', 'extended-const']
V8_FLAGS = ['--experimental-wasm-extended-const', '--no-warnings']

def pack(modules):
    return b''.join(struct.pack('<I', len(m)) + m for m in modules)


class Tracer:
    """One way of running modules: trace(modules) -> a list of lines for each."""

    def __init__(self, command, scratch):
        self.command, self.scratch = command, scratch

    def trace(self, modules):
        if not modules:
            return []
        path = os.path.join(self.scratch, 'pack')
        with open(path, 'wb') as file:
            file.write(pack(modules))
        done = subprocess.run([*self.command, path], capture_output=True, timeout=300, check=False)
        parts = re.split(r'^module \d+\n', done.stdout.decode('latin1'), flags=re.M)[1:]
        if done.returncode or len(parts) != len(modules):
            # The last one it began is the one that ended it.
            last = max(len(parts) - 1, 0)
            parts = parts[:last] + [f'crash {done.returncode}: {done.stderr[-400:]!r}'] + \
                ['not reached'] * (len(modules) - last - 1)
        return [part.splitlines() for part in parts]


def binaryen(rng, scratch):
    """A module by wasm-opt, or None if it declines the input."""
    number = rng.getrandbits(64)
    source, out = (os.path.join(scratch, f'{number:x}.{end}') for end in ('in', 'wasm'))
    with open(source, 'wb') as file:
        file.write(rng.randbytes(rng.choice((300, 1000, 3000, 8000))))
    subprocess.run(['wasm-opt', '-ttf', source, '-o', out, '--denan',
                    *(f'--enable-{f}' for f in FEATURES)],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    os.unlink(source)
    try:
        with open(out, 'rb') as file:
            return file.read()
    except FileNotFoundError:
        return None
    finally:
        if os.path.exists(out):
            os.unlink(out)


def changed(rng, module):
    """A copy with a few bytes changed, or a piece moved; rarely still valid."""
    out = bytearray(module)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(8, len(out)) if rng.random() < 0.98 else rng.randrange(8)
        how = rng.random()
        if how < 0.5:
            out[at] ^= 1 << rng.randrange(8)
        elif how < 0.8:
            out[at] = rng.choice((0, 1, 0x0B, 0x1A, 0x20, 0x40, 0x41, 0x6A, 0x70, 0x7C, 0x7D,
                                  0x7E, 0x7F, 0x80, 0xFC, 0xFF))
        elif how < 0.95:
            out[at] = (out[at] + rng.choice((-1, 1))) & 0xFF
        else:
            del out[at]
    return bytes(out)


# ---- comparing ----


def upto_stop(one, other):
    """Both up to the call in which either ran out of stack or fuel."""
    stops = [i for lines in (one, other) for i, line in enumerate(lines)
             if line.startswith('stop')]
    if not stops:
        return one, other, False
    calls = [i for i, line in enumerate(one[:min(stops) + 1]) if line.startswith('call')]
    end = calls[-1] if calls else 1
    return one[:end], other[:end], True


def without_fuel(lines):
    return [line for line in lines if not line.startswith('fuel')]


class Case:
    """One claim, with all that was seen of it."""

    def __init__(self, claim):
        self.claim = claim
        self.modules = self.stopped = self.differ = 0
        self.ends = {}
        self.skip = ''

    def count(self, lines):
        for line in lines:
            word = ' '.join(line.split()[:2]) if line.startswith('trap') else line.split(' ')[0]
            if word.split(' ')[0] in ('return', 'trap', 'log', 'unlinkable', 'invalid'):
                self.ends[word] = self.ends.get(word, 0) + 1


class Run:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.fused = Tracer([options.trace], scratch)
        self.v8 = Tracer(['node', *V8_FLAGS, os.path.join(HERE, 'trace.mjs')], scratch)
        self.node = shutil.which('node') is not None
        self.wasm_opt = shutil.which('wasm-opt') is not None
        self.fusions = int(subprocess.run([options.trace, '--fusions'], capture_output=True,
                                          check=True).stdout)
        self.unfused = ()  # of this round: all fusions off, and one of them
        self.features = {}
        self.cases = {}
        for kind, what in (('own', 'modules of our own'), ('binaryen', "binaryen's modules"),
                           ('changed', 'changed modules')):
            self.cases[kind, 'unfused'] = Case(f'{what} do the same without fusions')
            self.cases[kind, 'v8'] = Case(f'{what} do the same in V8')
        self.cases['changed', 'valid'] = Case('V8 agrees on which changed modules are valid')

    def differ(self, case, module, label, one, other):
        case.differ += 1
        path = os.path.join(self.options.keep, re.sub(r'[ /]', '-', label) + '.wasm')
        os.makedirs(self.options.keep, exist_ok=True)
        with open(path, 'wb') as file:
            file.write(module)
        at = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b),
                  min(len(one), len(other)))
        print(f'# differs: {case.claim}: {label}, kept as {path}')
        for lines in (one, other):
            print('#   ' + ' / '.join(lines[max(0, at - 2):at + 2])[:300])

    def compare(self, kind, against, modules, labels, ones, others):
        case = self.cases[kind, against]
        for module, label, one, other in zip(modules, labels, ones, others):
            if against == 'v8':
                one = without_fuel(one)
            one, other, stopped = upto_stop(one, other)
            case.modules += 1
            case.stopped += stopped
            case.count(one)
            if one != other:
                self.differ(case, module, label, one, other)

    def both(self, kind, modules, labels):
        fused = self.fused.trace(modules)
        for bits in self.unfused:
            unfused = Tracer([self.options.trace, '--unfused', str(bits)], self.scratch)
            self.compare(kind, 'unfused', modules, labels, fused, unfused.trace(modules))
        if not self.node:
            return
        keep = [i for i, lines in enumerate(fused)
                if not any(re.match(r'stop (fuel|limit)|limit', line) for line in lines)]
        chosen = [modules[i] for i in keep]
        self.compare(kind, 'v8', chosen, [labels[i] for i in keep], [fused[i] for i in keep],
                     self.v8.trace(chosen))

    def validity(self, modules, labels):
        """Those that both take."""
        case = self.cases['changed', 'valid']
        ours = Tracer([self.options.trace, '--validate'], self.scratch).trace(modules)
        if not self.node:
            return [i for i, lines in enumerate(ours) if lines[0] == 'valid']
        theirs = Tracer([*self.v8.command, '--validate'], self.scratch).trace(modules)
        agreed = []
        for i, (one, other) in enumerate(zip(ours, theirs)):
            case.modules += 1
            case.count(one)
            verdicts = one[0].split(' ')[0], other[0].split(' ')[0]
            if verdicts == ('valid', 'valid'):
                agreed.append(i)
            elif verdicts[0] != verdicts[1]:
                self.explain(case, modules[i], labels[i], one, other)
        return agreed

    def explain(self, case, module, label, one, other):
        """A proposal that we refuse by name, or a limit of ours: counted, whatever V8 says."""
        word, _, rest = one[0].partition(' ')
        if word not in ('feature', 'limit'):
            self.differ(case, module, label, one, other)
            return
        name = rest if word == 'feature' else 'limits'
        name += ', which V8 takes' if other[0] == 'valid' else ', which V8 calls invalid'
        self.features[name] = self.features.get(name, 0) + 1

    def round(self, number):
        seed = f'{self.options.seed}/{number}'
        self.unfused = (self.fusions, 1 << number % self.fusions.bit_length())
        own = [smith.module(random.Random(f'{seed}/own/{i}')) for i in range(OWN)]
        labels = [f'seed {seed} own {i}' for i in range(OWN)]
        self.both('own', own, labels)
        bases = list(zip(own, labels))
        if self.wasm_opt:
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                made = list(pool.map(lambda i: binaryen(random.Random(f'{seed}/binaryen/{i}'),
                                                        self.scratch), range(BINARYEN)))
            named = [(m, f'seed {seed} binaryen {i}') for i, m in enumerate(made) if m]
            self.both('binaryen', [m for m, _ in named], [n for _, n in named])
            bases += named
        copies, labels = [], []
        for base, label in bases:
            rng = random.Random(f'{label} changed')
            copies += [changed(rng, base) for _ in range(CHANGES)]
            labels += [f'{label} changed {i}' for i in range(CHANGES)]
        keep = self.validity(copies, labels)
        self.both('changed', [copies[i] for i in keep], [labels[i] for i in keep])

    def report(self):
        if not self.node:
            for key, case in self.cases.items():
                if key[1] != 'unfused':
                    case.skip = 'no node (apt: nodejs), so no V8 to compare with'
        if not self.wasm_opt:
            for against in ('unfused', 'v8'):
                self.cases['binaryen', against].skip = 'no wasm-opt (apt: binaryen)'
        failed = False
        print(f'1..{len(self.cases)}')
        for number, case in enumerate(self.cases.values(), 1):
            if case.skip:
                print(f'ok {number} - {case.claim} # SKIP {case.skip}')
                continue
            # Nothing seen is nothing proved.
            seen = case.modules > 0 and (case.ends.get('return') or case.ends.get('invalid'))
            good = seen and not case.differ
            failed |= not good
            ends = ', '.join(f'{n} {word}' for word, n in sorted(case.ends.items()))
            print(f'# {case.modules} modules, {case.stopped} in part, {case.differ} differ; '
                  f'{ends}')
            print(f'{"ok" if good else "not ok"} {number} - {case.claim}')
        for name, count in sorted(self.features.items()):
            print(f'# not compared: {count} by {name}')
        return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', default='1')
    parser.add_argument('--rounds', type=int, default=1000000)
    parser.add_argument('--seconds', type=float, default=20)
    parser.add_argument('--keep', default='differ')
    parser.add_argument('trace')
    options = parser.parse_args()
    end = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory() as scratch:
        run = Run(options, scratch)
        number = 0
        while number == 0 or (number < options.rounds and time.monotonic() < end):
            run.round(number)
            number += 1
    print(f'# seed {options.seed}, {number} rounds')
    return run.report()


if __name__ == '__main__':
    sys.exit(main())
