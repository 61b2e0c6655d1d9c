# SPDX-License-Identifier: GPL-3.0-or-later
"""Which dmachurn a script runs: --dmachurn PROGRAM, else $DMACHURN, else build/dmachurn, else the one in PATH."""
import os
import shutil
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def add_option(parser):
    parser.add_argument('--dmachurn', metavar='PROGRAM', help='default: $DMACHURN, build/dmachurn, or the one in PATH')


def find(given):
    """The program's absolute path; exit status 2 with one line when there is none."""
    built = os.path.join(ROOT, 'build', 'dmachurn')
    name = given or os.environ.get('DMACHURN') or (built if os.path.exists(built) else 'dmachurn')
    path = shutil.which(name)
    if not path:
        print('%s: %s: no such program; build it, or name it with --dmachurn' % (os.path.basename(sys.argv[0]), name),
              file=sys.stderr)
        sys.exit(2)
    return os.path.abspath(path)
