#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""What bvisor finds on other kernels, as a page.

usage: kernels.py collect LOGDIR...   read the machines' logs into kernels.json, write the page
       kernels.py check               is the page what kernels.json says?

A machine prints the JSON of `bvisor probe` once as root and once as a user with a delegated cgroup;
one with systemd prints only what its programs came to. Of several directories the last that has
something says it.
Nothing on the page is written by hand: every cell is what the planner would answer there.
"""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, 'kernels.json')
PAGE = os.path.join(HERE, '../../docs/kernels.md')
SHORT = {'enforced': 'enforced', 'mediated': 'mediated', 'granted': 'granted', 'unsupported': '-'}

HEAD = """# Kernels

What each kind and budget is worth on which kernel, and by what: the answers of `bvisor probe` in
virtual machines that ran these kernels of Debian's, as root and as user 1000 with a delegated
cgroup. Written by `VM_PAGE=1 tests/vm/run BUILD`, not by hand; what the oracles and scenarios said
there, as far as they were run, stands at the end. A dash is refused, with the remedy that the
planner names. Numbers are mechanisms, listed below. Of a ladder the strongest rung is shown; a
budget's cell is that of one process.

"""


def hosts():
    with open(os.path.join(HERE, 'hosts.txt'), encoding='utf-8') as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith('#')]
    return {words[0]: words[2:] for words in lines}


def rows_of(probe):
    rows = {row['kind']: [row['enforcement'], row['mechanism']] for row in probe['requirements']}
    rows.update({f"budget {row['dimension']}": [row['provided'], row['mechanism']]
                 for row in probe['budgets']})
    return rows


def read_log(path):
    """{'release', 'root': rows, 'user': rows, 'oracles': {...}} of one machine."""
    with open(path, encoding='utf-8', errors='replace') as file:
        lines = [line.rstrip('\r\n') for line in file]
    found, who = {'oracles': {}}, ''
    for line in lines:
        words = line.split()
        if line.startswith('LAB init'):
            found['release'] = re.search(r'kernel=(\S+)', line)[1]
        elif line.startswith('LAB begin'):
            who = words[2]
        elif line.startswith('{"backend"') and who:
            found[who] = rows_of(json.loads(line))
        elif line.startswith('LAB program') and who:
            counts = dict(word.split('=') for word in words[3:])
            name = words[2].replace('test_', '').replace('.sh', '')
            found['oracles'].setdefault(name, {})[who] = [
                int(counts[key]) for key in ('ok', 'failed', 'skipped')]
    return found


def probed(machine):
    return 'root' in machine and 'user' in machine


class Notes:
    """Mechanisms, numbered as they come."""

    def __init__(self):
        self.numbers = {}

    def cell(self, row):
        grade, mechanism = row or ('unsupported', '')
        if grade in ('unsupported', 'granted') or not mechanism:
            return SHORT[grade]
        return f'{SHORT[grade]} {self.numbers.setdefault(mechanism, len(self.numbers) + 1)}'

    def text(self):
        return [f'{number}. {mechanism}' for mechanism, number in self.numbers.items()]


def table(columns, notes):
    """columns: [(title, rows)]; one line a kind."""
    names = list(dict.fromkeys(name for _, rows in columns for name in rows))
    lines = ['| | ' + ' | '.join(title for title, _ in columns) + ' |',
             '|---' * (len(columns) + 1) + '|']
    for name in names:
        cells = [notes.cell(rows.get(name)) for _, rows in columns]
        lines.append(f'| `{name}` | ' + ' | '.join(cells) + ' |')
    return lines + ['']


def differing(columns):
    """The same columns, with only the lines in which not all grades and mechanisms agree."""
    names = [name for name in columns[0][1]
             if len({json.dumps(rows.get(name)) for _, rows in columns}) > 1]
    return [(title, {name: rows.get(name) for name in names}) for title, rows in columns]


def oracle_lines(machines):
    names = sorted({name for machine in machines.values() for name in machine['oracles']},
                   key=lambda name: (name.endswith('.bats'), name))
    if not names:
        return []
    lines = ['## Oracles and scenarios', '',
             'Cases that held, failed, and were skipped with a reason, as root / as the user. '
             'Time is scaled for emulation. A dot was not run. `scope` is `bvisor run --scope` '
             "under Debian's systemd, as a service and in a login's session.", '',
             '| | ' + ' | '.join(machines) + ' |',
             '|---' * (len(machines) + 1) + '|']
    for name in names:
        cells = []
        for machine in machines.values():
            runs = machine['oracles'].get(name, {})
            cells.append(' / '.join(' '.join(str(n) for n in runs[who]) if who in runs else '.'
                                    for who in ('root', 'user')))
        lines.append(f'| `{name}` | ' + ' | '.join(cells) + ' |')
    return lines + ['']


def render(machines):
    known = hosts()
    plain = {name: machine for name, machine in machines.items() if not known.get(name)}
    strict = {name: machine for name, machine in machines.items()
              if known.get(name) and probed(machine)}
    lines, notes = [], Notes()
    for who, title in (('root', 'As root'), ('user', 'As a user with a delegated cgroup')):
        columns = [(re.match(r'\d+\.\d+', machine['release'])[0], machine[who])
                   for machine in plain.values()]
        lines += [f'## {title}', ''] + table(columns, notes)
    lines += ['## Restricted hosts', '', 'The same kernel 6.12 with facilities turned off by '
              'kernel words; only what differs from the first column.', '']
    lines += [f"- {name}: `{' '.join(known[name])}`" for name in strict] + ['']
    for who in ('root', 'user'):
        columns = [('6.12', machines['6.12'][who])] + [
            (name, machine[who]) for name, machine in strict.items()]
        lines += [f'### {"As root" if who == "root" else "As the user"}', '']
        lines += table(differing(columns), notes)
    lines += ['## Mechanisms', ''] + notes.text() + ['']
    lines += oracle_lines(machines)
    lines += ['## Releases', ''] + [f"- {name}: {machine['release']}"
                                    for name, machine in plain.items()]
    return HEAD + '\n'.join(lines).rstrip() + '\n'


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def merged(paths):
    machine = {'oracles': {}}
    for path in paths:
        found = read_log(path)
        oracles = {**machine['oracles'], **found['oracles']}
        machine = {**machine, **found, 'oracles': oracles}
    return machine


def collect(folders):
    logs = {name: [os.path.join(folder, name) for folder in folders
                   if os.path.exists(os.path.join(folder, name))] for name in hosts()}
    machines = {name: merged(paths) for name, paths in logs.items() if paths}
    for name, machine in machines.items():
        if not probed(machine) and 'lab.init=systemd' not in hosts()[name]:
            sys.exit(f'{logs[name][-1]}: no machine got as far as its two probes')
    with open(DATA, 'w', encoding='utf-8') as file:
        text = json.dumps(machines)
        # A line for each row, for those who read differences.
        lines = re.sub(r'(\{|\]\}?, |\}, )"', r'\1\n"', text).splitlines()
        file.write('\n'.join(line.rstrip() for line in lines) + '\n')
    with open(PAGE, 'w', encoding='utf-8') as file:
        file.write(render(machines))


def check():
    machines = json.loads(read(DATA))
    if read(PAGE) != render(machines):
        sys.exit('docs/kernels.md: is not what tests/vm/kernels.json says: make vm writes both')
    gone = set(machines) - set(hosts())
    if gone:
        sys.exit(f'tests/vm/kernels.json: not in hosts.txt: {gone}')


if sys.argv[1:2] == ['collect'] and len(sys.argv) >= 3:
    collect(sys.argv[2:])
elif sys.argv[1:] == ['check']:
    check()
else:
    sys.exit(__doc__)
