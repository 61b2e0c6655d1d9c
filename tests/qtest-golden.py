#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run recorded qtest scripts on the model; compare answers and events with those of real QEMU.

  qtest-golden.py [--program PATH] [--only REGEX] [--no-events] [DIR...]

DIR holds NAME.qts.gz (script), NAME.ans.gz (answers), NAME.ev.gz (events: number of the command, text).
Every event must be equal, page walks and messages to vhost too.
QEMU visits its devices in the order of a hash of pointers; both logs are brought into one order first.
Exit 0: equal, 1: a difference (the first of each script is printed), 2: nothing to compare.
"""
import argparse
import glob
import gzip
import itertools
import os
import re
import subprocess
import sys
import tempfile

LOOK = ('vtd_re_not_present ', 'vtd_ce_not_present ')
SWITCH = 'vtd_switch_address_space '
DEVICE = 'vtd_inv_desc_cc_device '
GROUP_ENDS = (DEVICE, 'vtd_inv_qi_', 'vtd_inv_desc ', 'iotlb_msg ')


def lines_of(path):
    with gzip.open(path, 'rt') as f:
        return f.read().splitlines()


def device_groups(events, i):
    """Groups that each begin with a device's line of a device-selective context invalidation."""
    groups = []
    while i < len(events) and events[i].startswith(DEVICE):
        end = i + 1
        while end < len(events) and not events[end].startswith(GROUP_ENDS):
            end += 1
        groups.append(events[i:end])
        i = end
    return groups, i


def visits(events, i):
    """Visits: 'not present' lines closed by a 'switching address space' line."""
    groups = []
    while True:
        end = i
        while end < len(events) and events[end].startswith(LOOK):
            end += 1
        if end == len(events) or not events[end].startswith(SWITCH):
            return groups, i
        groups.append(events[i:end + 1])
        i = end + 1


def in_order(events):
    out, i = [], 0
    while i < len(events):
        groups, end = device_groups(events, i)
        if not groups:
            groups, end = visits(events, i)
            groups.sort(key=lambda g: g[-1])
        else:
            groups.sort()
        if groups:
            out += itertools.chain.from_iterable(groups)
            i = end
        else:
            out.append(events[i])
            i += 1
    return out


def normal_log(lines):
    out = []
    for number, group in itertools.groupby(lines, key=lambda line: line.split(' ', 1)[0]):
        out += [number + ' ' + e for e in in_order([line.rstrip().split(' ', 1)[1] for line in group])]
    return out


def first_difference(want, got):
    for i, (a, b) in enumerate(itertools.zip_longest(want, got, fillvalue='(end)')):
        if a != b:
            return i, a, b
    return None


def run(program, script):
    sent = [line for line in script if line.startswith('#@')]
    sent += [line for line in script if line.strip() and not line.startswith('#')]
    with tempfile.TemporaryDirectory() as d:
        log = os.path.join(d, 'events')
        p = subprocess.run([program, 'qtest', '--trace', log], input='\n'.join(sent) + '\n',
                           stdout=subprocess.PIPE, universal_newlines=True, check=True)
        with open(log) as f:
            return p.stdout.splitlines(), f.read().splitlines()


def compare(base, program, with_events):
    """Number of differing outputs (answers, events) of one script."""
    name = os.path.basename(base)
    answers, events = run(program, lines_of(base + '.qts.gz'))
    want = [line for line in lines_of(base + '.ans.gz') if not line.startswith('#')]
    pairs = [('answer', want, answers)]
    if with_events and os.path.exists(base + '.ev.gz'):
        pairs.append(('event', lines_of(base + '.ev.gz'), normal_log(events)))
    bad = 0
    for what, a, b in pairs:
        d = first_difference(a, b)
        if d:
            bad += 1
            print('%s: %s %d differs\n  qemu  %s\n  model %s' % (name, what, d[0] + 1, d[1][:200], d[2][:200]))
    return bad


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--program', default='./dmachurn')
    ap.add_argument('--only', default='')
    ap.add_argument('--no-events', action='store_true')
    ap.add_argument('dir', nargs='*', default=[os.path.join(here, 'golden', 'vtd')])
    o = ap.parse_args()
    bases = [p[:-len('.qts.gz')] for d in o.dir for p in sorted(glob.glob(os.path.join(d, '*.qts.gz')))
             if re.search(o.only, os.path.basename(p))]
    if not bases:
        print('qtest-golden.py: no scripts in ' + ' '.join(o.dir))
        return 2
    bad = sum(compare(b, o.program, not o.no_events) for b in bases)
    print('%d scripts, %d differences' % (len(bases), bad))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
