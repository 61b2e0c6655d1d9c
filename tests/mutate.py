#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Break the model in one place at a time and see that the golden scripts notice.

  tests/mutate.py [--build DIR] [--only RE] [--jobs N] [--seeds N]
  tests/mutate.py --check         does each mutation still name one place? Builds and runs nothing

DIR is a finished build (default: the current folder). Each mutant is one changed file, compiled on its own and
linked before the libraries. Golden scripts run until one differs; if none does, generated ones are compared with
the unbroken program, and the mutant counts as noticed only by them. Exit status 1 if a mutant survives.
"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.dirname(HERE)
sys.path[:0] = [HERE, os.path.join(HERE, 'qtest')]

import gen  # noqa: E402
import golden  # noqa: E402
import model  # noqa: E402
from mutations import MUTATIONS  # noqa: E402

PACKAGES = ('gsl', 'sqlite3', 'yaml-0.1')
LIBS = ('libcli.a', 'libqtest.a', 'libresults.a', 'libmodels.a', 'libsim.a')
GOLDEN = os.path.join(HERE, 'golden', 'qtest')
DEF_USERS = {'models/vtd/regs.def': ['models/vtd/vtd_spec.c'], 'models/vtd/fields.def': ['models/vtd/*.c']}


def pkg(what):
    return subprocess.run(['pkg-config', what, *PACKAGES], capture_output=True, text=True).stdout.split()


def sources(path):
    """C files to compile for a changed file."""
    if path not in DEF_USERS:
        return [path]
    return sorted(os.path.relpath(f, SRC) for pat in DEF_USERS[path] for f in glob.glob(os.path.join(SRC, pat)))


def build(o, tmp, path, old, new):
    """Compile the mutant into tmp. -> program, or None and the compiler's words."""
    with open(os.path.join(SRC, path)) as f:
        text = f.read()
    if text.count(old) != 1:
        return None, '%d places have the old text' % text.count(old)
    changed = os.path.join(tmp, path)
    os.makedirs(os.path.dirname(changed))
    with open(changed, 'w') as f:
        f.write(text.replace(old, new))
    objects = []
    for c in sources(path):
        at = changed if c == path else os.path.join(SRC, c)
        objects.append(os.path.join(tmp, os.path.basename(c) + '.o'))
        cmd = [o.cc, '-O1', '-w', '-std=gnu11', '-D_GNU_SOURCE', '-DHAVE_CONFIG_H', '-I' + tmp, '-I' + SRC,
               '-I' + o.build, *pkg('--cflags'), '-c', at, '-o', objects[-1]]
        done = subprocess.run(cmd, capture_output=True, text=True)
        if done.returncode:
            return None, done.stderr[:400]
    program = os.path.join(tmp, 'dmachurn')
    done = subprocess.run([o.cc, '-o', program, os.path.join(o.build, 'cli', 'main.o'), *objects,
                           *(os.path.join(o.build, a) for a in LIBS), *pkg('--libs'), '-lm'],
                          capture_output=True, text=True)
    return (program, '') if done.returncode == 0 else (None, done.stderr[:400])


def noticed(o, program, order):
    """Name of the script that tells the mutant from the model, or None."""
    for path in order:
        if golden.check_one(path, [program, 'qtest']):
            order.remove(path)          # likely to notice the next one too
            order.insert(0, path)
            return os.path.basename(golden.base(path))
    for seed in range(1, o.seeds + 1):
        lines = gen.generate(seed, 300)
        if model.run(lines, [program, 'qtest'], True) != model.run(lines, [o.program, 'qtest'], True):
            return 'seed %d (no golden script)' % seed
    return None


def one(job):
    o, (what, path, old, new), order = job
    tmp = tempfile.mkdtemp(prefix='dmachurn-mutant.')
    try:
        program, why = build(o, tmp, path, old, new)
        return what, path, noticed(o, program, order) if program else None, why
    finally:
        shutil.rmtree(tmp)


def check():
    """Exit status: 1 if a mutation's old text is not once in its file, or it changes nothing."""
    bad = 0
    for what, path, old, new in MUTATIONS:
        with open(os.path.join(SRC, path)) as f:
            n = f.read().count(old)
        if n != 1 or old == new:
            bad += 1
            print('%s: %s: %d places have the old text' % (path, what, n))
    print('%d mutations: %d name no single place' % (len(MUTATIONS), bad))
    return 1 if bad else 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--build', default='.')
    p.add_argument('--only', default='', help='mutants whose name matches')
    p.add_argument('--jobs', type=int, default=2)
    p.add_argument('--seeds', type=int, default=40, help='generated scripts to try when no golden one notices')
    p.add_argument('--cc', default='cc')
    p.add_argument('--check', action='store_true', help='see that each mutation names one place')
    o = p.parse_args()
    if o.check:
        return check()
    o.build = os.path.abspath(o.build)
    o.program = os.path.join(o.build, 'dmachurn')
    todo = [m for m in MUTATIONS if re.search(o.only, m[0])]
    order = sorted(glob.glob(os.path.join(GOLDEN, '*.qts.gz')), key=os.path.getsize)
    t0, bad, weak = time.monotonic(), 0, 0
    with ThreadPoolExecutor(o.jobs) as pool:
        for what, path, by, why in pool.map(one, [(o, m, list(order)) for m in todo]):
            bad += by is None
            weak += by is not None and by.startswith('seed')
            print('%-9s %-55s %-24s %s' % ('noticed' if by else 'BROKEN' if why else 'SURVIVED', what,
                                           os.path.basename(path), by or why), flush=True)
    print('%d mutants: %d noticed by golden scripts, %d by generated ones alone, %d not (%.0f s)'
          % (len(todo), len(todo) - bad - weak, weak, bad, time.monotonic() - t0))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
