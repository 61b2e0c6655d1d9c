# SPDX-License-Identifier: GPL-3.0-or-later
"""compare - the first line at which two programs part, told so that one can see why."""
from decode import explain
from events import first_difference
from script import commands

BEFORE = 10                 # commands shown before the differing one


def first(want, got):
    """Index of the first differing answer, or None."""
    for i in range(max(len(want), len(got))):
        if want[i:i + 1] != got[i:i + 1]:
            return i
    return None


def at(lines, i):
    return lines[i] if i < len(lines) else '(no answer)'


def bits(a, b):
    """Which bits or bytes of two answers differ."""
    if not (a.startswith('OK 0x') and b.startswith('OK 0x')):
        return ''
    a, b = a[5:], b[5:]
    if len(a) == len(b) == 16:
        x = int(a, 16) ^ int(b, 16)
        return 'bits ' + ' '.join(str(i) for i in range(64) if x >> i & 1)
    return 'bytes ' + ' '.join('+0x%x' % (i // 2) for i in range(0, min(len(a), len(b)), 2)
                               if a[i:i + 2] != b[i:i + 2])[:200]


def context(cmds, answers, i):
    """The commands before number i + 1, and it, with their meaning."""
    out = []
    for k in range(max(0, i - BEFORE), i + 1):
        mark = '>' if k == i else ' '
        out.append('%s %6d  %-44s  %s' % (mark, k + 1, cmds[k][:80], explain(cmds[k], at(answers, k))))
    return out


def report(lines, want, got, names=('qemu', 'model')):
    """Text about the first differing answer, or '' if all are equal."""
    i = first(want, got)
    if i is None:
        return ''
    cmds = commands(lines)
    if i >= len(cmds):
        return 'more answers than commands: %d and %d for %d' % (len(want), len(got), len(cmds))
    out = context(cmds, want, i)
    for name, answers in zip(names, (want, got)):
        meaning = explain(cmds[i], at(answers, i))
        out.append('  %-8s %s%s' % (name, at(answers, i)[:200], '   ' + meaning if meaning else ''))
    out.append('  %-8s %s' % ('differ', bits(at(want, i), at(got, i))))
    return '\n'.join(out)


def report_events(lines, want, got, names=('qemu', 'model')):
    """Text about the first differing event of any kind, or ''."""
    found = first_difference(want, got)
    if not found:
        return ''
    n, kind, i, a, b = found
    cmds = commands(lines)
    out = context(cmds, [], min(n, len(cmds)) - 1)
    out.append('  %s event number %d:' % (kind, i + 1))
    for name, e in zip(names, (a, b)):
        out.append('  %-8s %s' % (name, 'command %d: %s' % e if e else '(none)'))
    return '\n'.join(out)
