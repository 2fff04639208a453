#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs programs natively and in WebAssembly engines, turn about, and prints the ratios.

    peers.py [--rounds N] [--only NAME,...] CONFIG

The config is an INI file. [bench] names a folder of C programs, to be compiled natively and for
wasm32-wasi, and a CoreMark module; every other section is an engine, whose command has {module} in
it. A section without a program that can be run is left out, and says so. Times are processor
seconds of the whole process, start-up included; an engine whose output differs from the native
program's has no time. Nothing here asserts a time.
"""
import argparse
import configparser
import math
import os
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def run(command):
    """Processor seconds and output of a command, or None if it fails."""
    before = os.times()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                          stdin=subprocess.DEVNULL, timeout=600)
    after = os.times()
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    return (spent, done.stdout) if done.returncode == 0 else None


def build(folder, out):
    """Every C program of the folder as (name, native program, module)."""
    for source in sorted(Path(folder).glob('*.c')):
        native, module = out / source.stem, out / (source.stem + '.wasm')
        subprocess.run(['gcc', '-O2', '-w', '-o', native, source, '-lm'], check=True)
        subprocess.run(['clang', '--target=wasm32-wasi', '-O2', '-w', '-o', module, source],
                       check=True)
        yield source.stem, native, module


class Engine:
    """One section of the config."""

    def __init__(self, name, command):
        self.name = name
        self.words = shlex.split(os.path.expandvars(command))
        self.times = {}
        self.wrong = set()

    def usable(self):
        return shutil.which(self.words[0]) is not None

    def command(self, module):
        return [word.replace('{module}', str(module)) for word in self.words]


def measure(program, engines, native, rounds):
    """Medians over the rounds; within a round everyone runs once."""
    name, binary, module = program
    for _ in range(rounds):
        spent, wanted = run([binary])
        native.setdefault(name, []).append(spent)
        for engine in engines:
            got = run(engine.command(module))
            if got is None or got[1] != wanted:
                engine.wrong.add(name)
            else:
                engine.times.setdefault(name, []).append(got[0])


def row(name, cells):
    print(name.ljust(12) + ''.join(str(cell).rjust(14) for cell in cells), flush=True)


def compare(programs, engines, rounds):
    native = {}
    row('', ['native'] + [engine.name for engine in engines])
    for program in programs:
        name = program[0]
        measure(program, engines, native, rounds)
        base = statistics.median(native[name])
        cells = [f'{base:.3f} s']
        for engine in engines:
            times = engine.times.get(name)
            wrong = name in engine.wrong or not times
            cells.append('wrong' if wrong else f'{statistics.median(times) / base:.2f}x')
        row(name, cells)
    cells = ['1.00x']
    for engine in engines:
        logs = [math.log(statistics.median(times) / statistics.median(native[name]))
                for name, times in engine.times.items()]
        cells.append(f'{math.exp(statistics.mean(logs)):.2f}x' if logs else '-')
    row('geomean', cells)


# (module (memory 16) (func (export "_start")))
EMPTY = (b'\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\5\3\1\0\x10'
         b'\7\x0a\1\6_start\0\0\x0a\4\1\2\0\x0b')


def starts(engines, folder, rounds=31):
    """A whole process around an empty module, turn about: medians of a clock on the wall."""
    module = folder / 'empty.wasm'
    module.write_bytes(EMPTY)
    times = {engine.name: [] for engine in engines}
    for _ in range(rounds):
        for engine in engines:
            command = [os.fspath(word) for word in engine.command(module)]
            begin = time.perf_counter()
            pid = os.posix_spawn(shutil.which(command[0]), command, os.environ)
            if os.waitpid(pid, 0)[1] == 0:
                times[engine.name].append(time.perf_counter() - begin)
    for name, taken in times.items():
        if taken:
            print(f'{name}: process with an empty module, {statistics.median(taken) * 1e6:.0f} us')


def coremark(module, engines, rounds):
    scores = {engine.name: [] for engine in engines}
    for _ in range(rounds):
        for engine in engines:
            got = run(engine.command(module))
            found = got and re.search(rb'Iterations/Sec\s*:\s*([0-9.]+)', got[1])
            if found:
                scores[engine.name].append(float(found.group(1)))
    row('coremark/s', ['-'] + [f'{statistics.median(scores[engine.name]):.0f}'
                               if scores[engine.name] else '-' for engine in engines])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--only', help='programs, by commas; none: only CoreMark')
    parser.add_argument('config')
    args = parser.parse_args()
    config = configparser.ConfigParser(interpolation=None)
    with open(args.config, encoding='utf-8') as file:
        config.read_file(file)
    bench = config['bench']
    engines = [Engine(name, config[name]['command']) for name in config.sections()
               if name != 'bench']
    for engine in engines:
        if not engine.usable():
            print(f'{engine.name}: left out, no {engine.words[0]}', file=sys.stderr)
    engines = [engine for engine in engines if engine.usable()]
    folder = Path(os.path.expandvars(bench['programs']))
    if not folder.is_dir():
        sys.exit(f'peers.py: {folder}: no such folder; set BVISOR_WASM_DATA')
    with tempfile.TemporaryDirectory() as out:
        starts(engines, Path(out))
        programs = list(build(folder, Path(out)))
        if args.only:
            programs = [p for p in programs if p[0] in args.only.split(',')]
        if programs:
            compare(programs, engines, args.rounds)
    module = os.path.expandvars(bench.get('coremark', ''))
    if module and not args.only and os.path.exists(module):
        coremark(module, engines, max(1, args.rounds // 2))


if __name__ == '__main__':
    main()
