# SPDX-License-Identifier: GPL-3.0-or-later
"""model - one script on a program that speaks the protocol on standard input and output."""
import os
import subprocess
import tempfile

from events import normal
from script import commands


def run(lines, argv, events=False, limit_s=60.0):
    """-> (status, answers, [(command number, event)]); argv gets `--trace FILE' if events are wanted."""
    text = '\n'.join([x for x in lines if x.startswith('#@')] + commands(lines)) + '\n'
    fd, trace = tempfile.mkstemp(prefix='dmachurn-trace.') if events else (None, None)
    try:
        done = subprocess.run(list(argv) + (['--trace', trace] if events else []), input=text, text=True,
                              capture_output=True, timeout=limit_s, errors='replace')
    except subprocess.TimeoutExpired:
        return 'no end within %g s' % limit_s, [], []
    finally:
        if fd is not None:
            os.close(fd)
    status = 'ok' if done.returncode == 0 else 'exit status %d: %s' % (done.returncode, done.stderr[-300:])
    seen = []
    if events:
        seen = read_events(trace)
        os.unlink(trace)
    return status, done.stdout.splitlines(), seen


def read_events(path):
    """Lines `NUMBER EVENT' -> normalised list."""
    seen, here, number = [], [], None
    with open(path) as f:
        for line in f:
            n, _, event = line.rstrip().partition(' ')
            if int(n) != number:
                seen += [(number, x) for x in normal(here)]
                number, here = int(n), []
            here.append(event)
    return seen + [(number, x) for x in normal(here)]
