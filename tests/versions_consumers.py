# SPDX-License-Identifier: GPL-3.0-or-later
"""versions_consumers - the vhost and VFIO tables on the simulator's own consumers, by tests/version_steps.

The steps are put into the words of tests/vtd_rig.h; set-ups that the rig lacks (device on the root bus, TT = 1,
driver before translation) are left to the board.
"""
import re
import subprocess

import versions_drive as drive
import versions_steps as steps

SID = 0x100
NAMES = {'own': SID, 'normal': 0x1002001, 'P': 0x2000000, 'L1': 0x1004000, 'L2': 0x1003000, 'H': 0x1005000,
         'H1': 0x1006000, 'STATUS': 0x1090000}
GCMD = {steps.ON: 'te 1', steps.OFF: 'te 0', steps.SRTP: 'srtp'}


def number(text):
    total = 0
    for sign, part in re.findall(r'([+^]?)(\w+)', text):
        val = NAMES[part] if part in NAMES else int(part, 0)
        total = total ^ val if sign == '^' else total + val
    return total


def one(op, has_ats):
    word, *a = op.split()
    if op in GCMD:
        return GCMD[op]
    a = [number(x) for x in a]
    if word == 'ats':
        return 'ats %d' % (a[0] >> 15) if has_ats else ''
    if word == 'status':
        return 'start' if a[0] else 'stop'
    if word == 'iva':
        return 'mmio 0xf0 %#x; mmio 0xf8 %#x' % tuple(a)
    if word == 'l2':
        return 'l2 %#x' % a[1]
    if word in ('l3', 'h1'):
        return 'word %#x %#x' % ((0x1002000 if word == 'l3' else NAMES['H1']) + 8 * a[0], a[1])
    return ' '.join([word.replace('h', 'l2hole') if word == 'h' else word] + ['%#x' % x for x in a])


def words(ops, has_ats=False):
    return '; '.join(filter(None, (one(op.strip(), has_ats) for op in ops.split(';') if op.strip())))


def run(program, consumer, props, start, lines):
    r = subprocess.run(program + [consumer, props, start], input='\n'.join(lines) + '\n', stdout=subprocess.PIPE, text=True,
                       check=True)
    return r.stdout.rstrip('\n').split('\n')


def vhost_rows(program, table):
    v = drive.Vhost(None, table)
    props = 'qemu=%s,%s' % (table.version, v.iommu)
    start = 'te 1' + ('; ats 1' if v.enable else '')
    first = run(program, 'vhost', props, start, ['start'])[0]
    if first == 'QEMU DIED':
        return [('start', 'EXIT')]
    out = [('start', 'status 15, ATS control %s | %s' % ('0x8000' if v.enable else 'untouched', first))]
    ops = [words(op, v.has_ats) for _, op in steps.VHOST]
    for (name, op), line in zip(steps.VHOST, run(program, 'vhost', props, start + '; start', ops)):
        if line == 'QEMU DIED':
            line = 'EXIT' if op.startswith('ats') else 'ABORT'
        out.append((name, ' ; '.join(drive.named_pieces(line.split(' ; ')))))
    return out


def vfio_form(line, want):
    counts, _, shown = line.partition(' | ')
    counts = counts.replace('walks(', '').replace(')', '').replace(',', '')
    aborts = shown.endswith('ABORT')
    items = [i for i in shown.removesuffix('ABORT').strip().split(' ; ') if i]
    return drive.cut_items(counts, items, want) + ('ABORT' if aborts else '')


def vfio_rows(program, table):
    """Sections are not printed by the rig: they are left out of the comparison."""
    todo, known = drive.vfio_todo(table)
    props = 'qemu=%s,caching-mode=on,aw-bits=39' % table.version
    lines = run(program, 'vfio', props, '', [words(op) for _, op in todo])
    lines = lines[len(todo) - len(known):]
    out, is_over = [], False
    for (name, want), (_, op), line in zip(known, todo[len(todo) - len(known):], lines):
        answer = '(not reached)' if is_over or not op else vfio_form(line, want)
        is_over |= answer.endswith('ABORT')
        out.append((name, answer))
    return out


def wanted(table):
    """What the table says, without what this driver cannot see; None: not this table."""
    if table.kind == 'vhost' and not re.search('--tt|--before|--where root', table.setup):
        return table.rows
    if table.kind == 'vfio':
        return [(step, re.sub(r'(?: ; )?(?:add|del) 0x\w+(?: ; (?=[UM]))?', '', want)) for step, want in table.rows]
    return None


def rows(program, table):
    return vhost_rows(program, table) if table.kind == 'vhost' else vfio_rows(program, table._replace(rows=wanted(table)))
