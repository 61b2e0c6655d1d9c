# SPDX-License-Identifier: GPL-3.0-or-later
"""golden - kept scripts with QEMU's answers and events: check them, or make them anew.

  golden.py check DIR PROGRAM...            run PROGRAM on each NAME.qts.gz, as the QEMU that its first line names;
                                            exit 1 if an answer or event differs
  golden.py make DIR NAME SEED OPS PROFILE [ev]  generate, run on QEMU, keep answers, with ev the events too
  golden.py keep DIR NAME FILE [ev]         the same with a script that exists
  golden.py directed DIR                    the scripts of directed.py
  golden.py again DIR                       new answers and events from QEMU for every script of its version kept

QEMU names the program (qemu-system-x86_64).
"""
import glob
import gzip
import os
import sys

import compare
import directed
import fit
import gen
import model
import qemu
import script
from events import kind_of

QEMU = os.environ.get('QEMU', 'qemu-system-x86_64')


def base(path):
    return path[:-len('.qts.gz')]


def store(path, lines):
    with open(path, 'wb') as f:
        f.write(gzip.compress(('\n'.join(lines) + '\n').encode(), 9, mtime=0))


def load_events(path):
    """[(command number, event)], or None if none are kept."""
    if not os.path.exists(path):
        return None
    return [(int(n), e) for n, _, e in (x.partition(' ') for x in script.load(path) if x)]


def version_of(lines):
    """That of the QEMU that answered."""
    return script.directives(lines).get('qemu', '7.2')


def check_one(path, argv):
    """Text of the first difference, or ''."""
    lines = script.load(path)
    want = script.load(base(path) + '.ans.gz')
    events = load_events(base(path) + '.ev.gz')
    status, got, seen = model.run(lines, argv + ['--qemu', version_of(lines)], events is not None)
    text = compare.report(lines, want, got, ('golden', 'model'))
    if not text and status != 'ok':
        return 'the model ended: ' + status
    if not text and events is not None:
        seen = [(n, e) for n, e in seen if kind_of(e) != 'translation']
        text = compare.report_events(lines, events, seen, ('golden', 'model'))
    return text


def check(folder, argv):
    paths = sorted(glob.glob(os.path.join(folder, '*.qts.gz')))
    if not paths:
        print('no golden scripts in ' + folder)
        return 1
    bad = 0
    for path in paths:
        text = check_one(path, argv)
        if text:
            bad += 1
            print('%s (%s):\n%s' % (os.path.basename(base(path)),
                                    script.directives(script.load(path)).get('seed', 'by hand'), text))
    print('%d golden scripts: %d differ' % (len(paths), bad))
    return 1 if bad else 0


def answer(path, lines, with_events):
    """Keep script, answers and events of QEMU. Translations are left out: their lines are long and many, and
    the hit, update and fault lines tell the same."""
    version = qemu.version(QEMU)
    lines = ['#@ qemu ' + version] + [x for x in fit.fit(lines, version) if not x.startswith('#@ qemu')]
    status, answers, events = qemu.run(lines, with_events, QEMU)
    if status != 'ok':
        raise SystemExit('%s: QEMU %s' % (path, status))
    store(base(path) + '.qts.gz', lines)
    store(base(path) + '.ans.gz', answers)
    if with_events:
        kept = [(n, e) for n, e in events if kind_of(e) not in (None, 'translation')]
        store(base(path) + '.ev.gz', ['%d %s' % e for e in kept])


def main(args):
    if args[:1] == ['check'] and len(args) > 2:
        return check(args[1], args[2:])
    if args[:1] == ['make'] and len(args) in (6, 7):
        answer(os.path.join(args[1], args[2] + '.qts.gz'), gen.generate(int(args[3]), int(args[4]), args[5]),
               len(args) == 7)
        return 0
    if args[:1] == ['keep'] and len(args) in (4, 5):
        answer(os.path.join(args[1], args[2] + '.qts.gz'), script.load(args[3]), len(args) == 5)
        return 0
    if args[:1] == ['directed'] and len(args) == 2:
        for name in directed.SCRIPTS:
            answer(os.path.join(args[1], name + '.qts.gz'), directed.lines(name), False)
        return 0
    if args[:1] == ['again'] and len(args) == 2:
        for path in sorted(glob.glob(os.path.join(args[1], '*.qts.gz'))):
            lines = script.load(path)
            if fit.number(version_of(lines)) == fit.number(qemu.version(QEMU)):
                answer(path, lines, os.path.exists(base(path) + '.ev.gz'))
        return 0
    print(__doc__)
    return 2


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
