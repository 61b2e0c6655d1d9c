# SPDX-License-Identifier: GPL-3.0-or-later
"""shrink - fewer commands that still show a difference.

Drops ever smaller runs of commands while the two programs still part; a DMA's start and its clock_step stay
together.
"""
from script import commands, is_dma_start


def units(cmds):
    """Commands in groups that may only go together."""
    out, i = [], 0
    while i < len(cmds):
        n = 2 if is_dma_start(cmds[i]) is not None and i + 1 < len(cmds) else 1
        out.append(cmds[i:i + n])
        i += n
    return out


def shrink(lines, differs, say=lambda text: None):
    """Lines of the smallest script found for which differs(lines) is an index (of the first difference)."""
    head = [x for x in lines if x.startswith('#@')]
    cmds = commands(lines)

    def whole(groups):
        return head + [c for g in groups for c in g]
    at = differs(lines)
    if at is None:
        raise ValueError('nothing to shrink: no difference')
    groups = units(cmds[:at + 1])
    size = max(1, len(groups) // 2)
    while True:
        i, dropped = 0, False
        while i < len(groups):
            trial = groups[:i] + groups[i + size:]
            at = differs(whole(trial)) if trial else None
            if at is not None:
                n_left, kept = at + 1, []
                for g in trial:                     # what lies behind the difference goes too
                    if n_left <= 0:
                        break
                    kept.append(g)
                    n_left -= len(g)
                groups, dropped = kept, True
            else:
                i += size
        say('%d commands' % sum(len(g) for g in groups))
        if size == 1 and not dropped:
            return whole(groups)
        size = max(1, size // 2)
