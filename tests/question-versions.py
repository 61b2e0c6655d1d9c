#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between versions of QEMU in scenarios/questions, and nothing else.

tests/golden/question-versions.txt lists every (scenario, version, row) that is not as in the newest version, by
cause. Each scenario runs, cut short, with every version; a cell that differs and is not listed is a failure, and so
is one that is listed and does not differ.
"""
import os
import re
import subprocess
import sys
import tempfile

VERSIONS = ['5.2', '6.2', '7.2', '8.0', '8.2', '9.1', '10.0', '10.2', '11.1']
ROWS = ('vmexits,qi,walk,notify,consumer.miss,consumer.update,consumer.invalidate,consumer.flush,consumer.map,'
        'consumer.unmap,stale,dma,hole,fault')
# Enough for a lazy guest's flushes, few enough for seconds.
SHORT = [(r'\bios: \d+', 'ios: 600'), (r'\bpremap: \d{4,}', 'premap: 700'), (r'^duration: \d\d+ms', 'duration: 25ms')]
LABEL = 28


def figures(dmachurn, path):
    """{version: {label: text}} of the table that compare prints."""
    p = subprocess.run([dmachurn, 'compare', '--bare', '--totals', '--rows', ROWS, '--across', 'iommu.qemu',
                        '--vary', 'iommu.qemu=' + ','.join(VERSIONS), path],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if p.returncode not in (0, 3):
        sys.exit(p.stderr)
    table = {v: {} for v in VERSIONS}
    for block in p.stdout.split('\n\n'):
        lines = block.rstrip('\n').split('\n')
        first = last = lines[0].split()[1:]
        if lines[1].startswith('  the same up to'):
            last = lines[1][LABEL:].split()
        for line in lines[2:]:
            cells = line[LABEL:].split()
            if not line.startswith('  ') or len(cells) != len(first):
                continue            # a rule, or the scenario's name
            for a, b, cell in zip(first, last, cells):
                for v in VERSIONS[VERSIONS.index(a):VERSIONS.index(b) + 1]:
                    table[v]['aborts' if cell == 'aborts' else line[:LABEL].strip()] = cell
    return table


def differing(table):
    """Cells that are not as in the newest version; of a version that aborts, that alone."""
    newest = table[VERSIONS[-1]]
    for v in VERSIONS[:-1]:
        if 'aborts' in table[v]:
            yield v, 'aborts'
            continue
        for label in sorted(set(newest) | set(table[v])):
            if table[v].get(label, '-') != newest.get(label, '-'):
                yield v, label


def listed(path):
    """{(scenario, version, label)} of lines `SCENARIO... : VERSION... : LABEL / LABEL  # why`."""
    cells = set()
    for line in open(path):
        line = line.split('#')[0].strip()
        if not line:
            continue
        scenarios, versions, labels = line.split(':')
        cells |= {(s, v, label.strip()) for s in scenarios.split() for v in versions.split()
                  for label in labels.split('/')}
    return cells


def main():
    if os.environ.get('SKIP_FIGURES'):
        print('SKIP_FIGURES is set: the versions were left out')
        sys.exit(77)
    src, build = os.environ.get('top_srcdir', '.'), os.environ.get('top_builddir', 'build')
    dmachurn = os.path.join(os.path.abspath(build), 'dmachurn')
    folder = os.path.join(src, 'scenarios', 'questions')
    want = listed(os.path.join(src, 'tests', 'golden', 'question-versions.txt'))
    got, n = set(), 0
    with tempfile.TemporaryDirectory() as tmp:
        for name in sorted(os.listdir(folder)):
            text = open(os.path.join(folder, name)).read()
            for what, by in SHORT:
                text = re.sub(what, by, text, flags=re.M)
            path = os.path.join(tmp, name)
            with open(path, 'w') as f:
                f.write(text)
            got |= {(name[:-len('.yaml')], v, label) for v, label in differing(figures(dmachurn, path))}
            n += 1
    for cell in sorted(got - want):
        print('differs from %s, and no cause is listed: %s %s: %s' % ((VERSIONS[-1],) + cell))
    for cell in sorted(want - got):
        print('listed, but as in %s: %s %s: %s' % ((VERSIONS[-1],) + cell))
    print('%d scenarios x %d versions: %d cells differ from %s, each for a cause that is listed' %
          (n, len(VERSIONS), len(got & want), VERSIONS[-1]))
    sys.exit(got != want)


main()
