#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs folders of WASI programs and compares what they do with what is written beside them.

usage: suite.py [--at-least N] [--worker WORD] WASI_RUN FOLDER...

With --worker, WASI_RUN is the command bvisor, and each program is run by its wasm backend, with the
engine where the word says. The guest's names are kept.

Two layouts are understood, per module: NAME.json (args, env, root, exit_code, stdout, stderr), and
NAME.arg .env .stdin .stdout .stderr .status with NAME.dir. Fixtures are copied to a scratch
directory first. Exit status: 0 when nothing failed and at least N programs ran, 77 when a folder
is missing.
"""
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile

TIMEOUT = 120


# What these expect is not ours to give: an environment in an order of the caller's (a spec's is a
# set), and a parent directory that is not granted (as the working directory, here it is).
NOT_BY_BACKEND = ('env_vars-many.wasm', 'fopen-directory-parent-directory.wasm')


def read(path, default=None):
    if not os.path.exists(path):
        return default
    with open(path, 'rb') as file:
        return file.read()


def by_json(base):
    spec = json.loads(read(base + '.json', b'{}'))
    out = spec.get('stdout')
    err = spec.get('stderr')
    return {
        'args': spec.get('args', []),
        'env': [f'{name}={value}' for name, value in spec.get('env', {}).items()],
        'root': spec.get('root'), 'guest': '/', 'stdin': b'',
        'status': spec.get('exit_code', 0),
        'stdout': out.encode() if out is not None else None,
        'stderr': err.encode() if err is not None else None,
    }


def by_files(base):
    name = os.path.basename(base)
    return {
        'args': read(base + '.arg', b'').decode().splitlines(),
        'env': read(base + '.env', b'').decode().splitlines(),
        'root': name + '.dir' if os.path.isdir(base + '.dir') else None, 'guest': name + '.dir',
        'stdin': read(base + '.stdin', b''),
        'status': int(read(base + '.status', b'0')),
        'stdout': read(base + '.stdout'), 'stderr': read(base + '.stderr'),
    }


def make_writable(root):
    """The data may be read-only where it stands; the tests write to their copy of it."""
    for folder, _, names in os.walk(root):
        for path in [folder] + [os.path.join(folder, name) for name in names]:
            if not os.path.islink(path):
                os.chmod(path, os.stat(path).st_mode | stat.S_IWUSR)


def by_backend(runner, worker, module, spec, folder, scratch):
    line = [runner, 'run', '--worker', worker, '--wall', '110s', '--cpu', '110s', '--cwd', '/']
    if spec['root']:
        root = os.path.join(scratch, spec['root'])
        shutil.copytree(os.path.join(folder, spec['root']), root, symlinks=True)
        make_writable(root)
        if spec['guest'] == '/':
            line += ['--bind', f'{root}:/:rw']
        else:
            line[-1] = scratch
            line += ['--rw', scratch]
    for entry in spec['env']:
        line += ['--env', entry]
    return line + ['--', os.path.basename(module)] + spec['args']


def command(runner, worker, module, spec, folder, scratch):
    if worker:
        return by_backend(runner, worker, module, spec, folder, scratch)
    line = [runner]
    if spec['root']:
        root = os.path.join(scratch, spec['root'])
        shutil.copytree(os.path.join(folder, spec['root']), root, symlinks=True)
        make_writable(root)
        line += ['--dir', f'{spec["guest"]}={root}']
    for entry in spec['env']:
        line += ['--env', entry]
    return line + [os.path.basename(module)] + spec['args']


def differences(spec, done):
    found = []
    if done.returncode != spec['status']:
        found.append(f'status {done.returncode}, expected {spec["status"]}')
    for stream in ('stdout', 'stderr'):
        got = getattr(done, stream)
        if spec[stream] is not None and got != spec[stream]:
            found.append(f'{stream} is {got[:200]!r}, expected {spec[stream][:200]!r}')
    if found and done.stderr:
        found.append(done.stderr.decode(errors='replace').strip()[-400:])
    return found


def run_one(runner, worker, module):
    base = module[:-len('.wasm')]
    folder = os.path.dirname(module)
    has_json = any(name.endswith('.json') for name in os.listdir(folder))
    spec = by_json(base) if has_json else by_files(base)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            done = subprocess.run(command(runner, worker, module, spec, folder,
                                          scratch),
                                  input=spec['stdin'], capture_output=True, timeout=TIMEOUT,
                                  cwd=folder)
        except subprocess.TimeoutExpired:
            return [f'still running after {TIMEOUT} s']
    return differences(spec, done)


def main():
    args = sys.argv[1:]
    at_least = 1
    if args[0] == '--at-least':
        at_least = int(args[1])
        args = args[2:]
    worker = None
    if args[0] == '--worker':
        worker = args[1]
        args = args[2:]
    runner, folders = os.path.abspath(args[0]), args[1:]
    passed = failed = 0
    for folder in folders:
        if not os.path.isdir(folder):
            print(f'SKIP wasi suite: {folder} does not exist; put the test data there, or name '
                  'its place in BVISOR_WASM_DATA')
            sys.exit(77)
        for name in sorted(os.listdir(folder)):
            if not name.endswith('.wasm'):
                continue
            if worker and name in NOT_BY_BACKEND:
                print(f'# left out: {name}, see the head of this file')
                continue
            found = run_one(runner, worker, os.path.join(folder, name))
            passed += not found
            failed += bool(found)
            for difference in found:
                print(f'FAIL {os.path.basename(folder)}/{name}: {difference}')
    print(f'passed {passed}, failed {failed}')
    if passed + failed < at_least:
        print(f'expected at least {at_least} programs')
        sys.exit(1)
    sys.exit(1 if failed else 0)


main()
