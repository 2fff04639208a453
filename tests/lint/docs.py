#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""The documents say what the code says.

usage: docs.py errors|kinds|evidence|budgets|options|links
Each table of the code (a .def file) has its document, or the whole folder of them; every row's
name must stand there in backticks. In a document, every name in the first column of its tables
must be a row too, so that what is gone from the code goes from the text.
"""
import os
import re
import sys

import lint

TABLES = {
    # subject: (table, macro, index of the name among the arguments, document)
    'errors': ('include/bvisor/errors.def', 'BV_ERROR', 2, 'docs/errors.md'),
    'kinds': ('include/bvisor/kinds.def', 'BV_KIND', 2, 'docs/backends.md'),
    'evidence': ('include/bvisor/evidence.def', 'BV_EVIDENCE', 2, 'docs'),
    'budgets': ('include/bvisor/dimensions.def', 'BV_DIMENSION', 2, 'docs'),
}


def table_names(path, macro, index):
    """The string arguments at `index` of every MACRO(...) in the table."""
    text = re.sub(r'/\*.*?\*/', ' ', lint.read(path), flags=re.S)
    names = []
    for call in re.findall(rf'^{macro}\((.*?)\)$', text, flags=re.M | re.S):
        arguments = re.findall(r'\s*("(?:[^"\\]|\\.)*"|[^,"]*)\s*(?:,|$)', call)
        names.append(arguments[index].strip().strip('"'))
    return names


def check_rows_of(document, table, names):
    """Other tables of the document may have other subjects: only names of one family count."""
    families = {name.split('-')[0] for name in names}
    for number, line in enumerate(lint.read(document).splitlines(), 1):
        found = re.match(r'\|\s*`([^`]+)`\s*\|', line)
        if found and found[1] not in names and found[1].split('-')[0] in families:
            lint.find(document, number, f'`{found[1]}` is not a row of {table}')


def check_table(subject):
    table, macro, index, document = TABLES[subject]
    names = table_names(table, macro, index)
    pages = [document] if document.endswith('.md') else lint.files('.md', under=document)
    if not names:
        lint.find(table, 1, f'no {macro} row was understood')
    if not pages or not lint.exists(pages[0]):
        lint.skip(f'there is no {document} yet to hold against {table}')
    text = ''.join(lint.read(page) for page in pages)
    for name in names:
        if f'`{name}`' not in text:
            lint.find(document, 0, f'nothing is said on `{name}` of {table}')
    if pages == [document]:
        check_rows_of(document, table, names)


def options_in(line):
    """Options of ours in a line; what follows a lone -- is another program's."""
    return re.findall(r'(?<![\w-])--[a-z][a-z0-9-]*', re.split(r'\s--\s', line)[0])


def man_options():
    found = {}
    for path in lint.files('.scd', under='man'):
        for number, line in enumerate(lint.read(path).replace('\\', '').splitlines(), 1):
            for option in options_in(line):
                found.setdefault(option, (path, number))
    return found


def check_commands(names):
    """Commands shown in documents use options that exist."""
    for path in lint.files('.md'):
        for number, line in enumerate(lint.read(path).splitlines(), 1):
            if re.search(r'\bbvisor (run|plan|probe|verify|spec)\b', line):
                for option in set(options_in(line)) - set(names):
                    lint.find(path, number, f'{option} is no option of the command')


def check_options():
    table = 'src/cli/options.def'
    if not lint.exists(table):
        lint.skip(f'there is no {table} yet')
    names = table_names(table, 'OPTION', 0)
    if not names:
        lint.find(table, 1, 'no OPTION row was understood')
    check_commands(names)
    pages = lint.files('.scd', under='man')
    if not pages and not lint.findings:
        lint.skip('there is no man page yet')
    documented = man_options()
    text = ''.join(lint.read(path) for path in pages)
    for name in names:
        if name not in documented:
            lint.find('man', 0, f'no page says what {name} of {table} does')
    for name, (path, number) in documented.items():
        if name not in names:
            lint.find(path, number, f'{name} is not a row of {table}')
    for verb in table_names('src/cli/verbs.def', 'VERB', 0):
        if not re.search(rf'\b{verb}\b', text):
            lint.find('man', 0, f'no page says what the verb {verb} does')


def check_links():
    """Relative links of every Markdown file lead somewhere."""
    pages = lint.files('.md')
    if not pages:
        lint.skip('there is no Markdown file yet')
    for path in pages:
        for number, line in enumerate(lint.read(path).splitlines(), 1):
            for link in re.findall(r'\]\(([^)\s]+)\)', line):
                target = link.split('#')[0]
                beside = os.path.join(os.path.dirname(path), target)
                if target and '://' not in link and not link.startswith('mailto:') \
                        and not lint.exists(beside):
                    lint.find(path, number, f'the link to {link} leads nowhere')


def main():
    subject = sys.argv[1]
    if subject == 'options':
        check_options()
    elif subject == 'links':
        check_links()
    else:
        check_table(subject)
    lint.finish(f'docs: {subject}')


main()
