#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sums up test runs, and says what was skipped and why.

usage: test-summary.py [--steps FILE] [LABEL=]TESTLOG.json...

A test log is what `meson test` leaves. A test counts by its cases: those of cmocka (its own
format or TAP) and of bats; a test without cases counts as one. The steps file has lines of
"pass|fail|skip<TAB>name<TAB>reason". The last line printed is "N passed, N failed, N skipped".

A skip must give its reason: a line "# skip: REASON" (or TAP's "# SKIP REASON"). One that does not
is counted as a failure, and so is a test that promised more cases than it ran.
"""
import json
import re
import sys

ENDED_WELL = ('OK', 'EXPECTEDFAIL', 'SKIP')


class Case:
    def __init__(self, verdict, name, reason=''):
        if verdict == 'skip' and not reason:
            verdict, reason = 'fail', 'was skipped without a reason ("# skip: ..." before it)'
        self.verdict, self.name, self.reason = verdict, name, reason


def reason_in(lines):
    """The last "# skip: REASON" among the lines; else all that was said, on one line."""
    for line in reversed(lines):
        found = re.match(r'#?\s*skip(?:ped)?:\s*(.+)', line.strip(), re.I)
        if found:
            return found[1]
    return ' '.join(line.strip().lstrip('# ') for line in lines if line.strip())[:200]


def cmocka_cases(lines, errors):
    """[ RUN      ] name, what it printed, [       OK ] name. A reason may stand on standard error,
    which is a stream of its own: the first skip without one takes the first there, and so on."""
    cases, said = [], []
    spoken = iter([line for line in errors if re.match(r'#?\s*skip(ped)?:', line, re.I)])
    verdicts = {'OK': 'pass', 'SKIPPED': 'skip', 'FAILED': 'fail'}
    for line in lines:
        found = re.match(r'\[\s*(RUN|OK|SKIPPED|FAILED)\s*\] (.*)', line)
        if not found:
            said.append(line)
        elif found[1] == 'RUN':
            said = []
        else:
            verdict = verdicts[found[1]]
            reason = reason_in(said) if verdict != 'pass' else ''
            if verdict == 'skip' and not reason:
                reason = reason_in([next(spoken, '')])
            cases.append(Case(verdict, found[2], reason))
    return cases, sum(int(n) for n in re.findall(r'^\[=+\] Running (\d+) test', '\n'.join(lines),
                                                 re.M))


def tap_cases(lines):
    """TAP; cmocka writes a skip as "not ok N # SKIP name", with the reason in a line before."""
    cases, said, promised = [], [], 0
    for line in lines:
        plan = re.match(r'1\.\.(\d+)', line)
        found = re.match(r'(not )?ok\b\s*\d*\s*(?:- )?([^#]*?)\s*(?:#\s*(skip)\S*\s*(.*))?$', line,
                         re.I)
        if plan:
            promised += int(plan[1])
        elif not found:
            said.append(line)
        else:
            name, reason = found[2] or found[4] or '', found[4] or ''
            verdict = 'skip' if found[3] else 'fail' if found[1] else 'pass'
            if verdict == 'skip' and (not reason or reason == name):
                reason = reason_in([text for text in said if 'skip' in text.lower()])
            cases.append(Case(verdict, name, reason))
            said = []
    return cases, promised


def cases_of(record):
    """The cases of one record of a meson log."""
    out, err = (record.get(key) or '' for key in ('stdout', 'stderr'))
    lines = out.splitlines()
    cases, promised = cmocka_cases(lines, err.splitlines())
    if not cases:
        cases, promised = tap_cases(lines)
    result = record['result']
    if result == 'EXPECTEDFAIL':
        return [Case('pass', 'fails as expected')]
    if not cases and result == 'SKIP':
        return [Case('skip', '', reason_in(lines[-5:] + err.splitlines()[-5:]))]
    if not cases and result == 'OK':
        return [Case('pass', '')]
    if promised > len(cases):
        cases.append(Case('fail', '', f'{promised} cases were promised, {len(cases)} ran'))
    if result not in ENDED_WELL and all(case.verdict != 'fail' for case in cases):
        tail = ' | '.join((out + '\n' + err).strip().splitlines()[-3:])
        cases.append(Case('fail', '', f'{result}: {tail}'[:300]))
    return cases


def read_log(argument):
    label, _, path = argument.rpartition('=')
    cases = []
    with open(path, encoding='utf-8', errors='replace') as file:
        for line in file:
            record = json.loads(line)
            name = re.sub(r'^\S+:\S+ / ', '', record['name'])
            for case in cases_of(record):
                case.name = f'{name}: {case.name}' if case.name else name
                case.name = f'{label}: {case.name}' if label else case.name
                cases.append(case)
    if not cases:
        cases.append(Case('fail', argument, 'the log is empty: no test ran'))
    return cases


def read_steps(path):
    with open(path, encoding='utf-8') as file:
        fields = [(line.rstrip('\n') + '\t\t').split('\t') for line in file]
    return [Case(verdict, name, reason) for verdict, name, reason, *_ in fields]


def main():
    arguments, cases = sys.argv[1:], []
    if arguments[:1] == ['--steps']:
        cases += read_steps(arguments[1])
        arguments = arguments[2:]
    for argument in arguments:
        cases += read_log(argument)
    chosen = {verdict: [case for case in cases if case.verdict == verdict]
              for verdict in ('pass', 'fail', 'skip')}
    if chosen['skip']:
        print('Skipped:')
    grouped = {}
    for case in chosen['skip']:
        grouped.setdefault(case.reason, []).append(case.name)
    for reason, names in grouped.items():
        print(f'  {reason}')
        for name in names:
            print(f'    {name}')
    if chosen['fail']:
        print('Failed:')
    for case in chosen['fail']:
        print(f'  {case.name}: {case.reason}' if case.reason else f'  {case.name}')
    counts = [len(chosen[verdict]) for verdict in ('pass', 'fail', 'skip')]
    print('{} passed, {} failed, {} skipped'.format(*counts))
    sys.exit(1 if counts[1] or not counts[0] else 0)


main()
