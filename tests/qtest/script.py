# SPDX-License-Identifier: GPL-3.0-or-later
"""script - lines of a qtest script, and reading them back.

Lines starting with `#@` are directives (they come first), other `#` lines comments, everything else one command
with exactly one answer line.
"""
import gzip
import re

import layout as L


class Script:
    """Collects command lines. Addresses and values are ints."""

    def __init__(self):
        self.lines = []

    def cmd(self, text):
        self.lines.append(text)

    def w64(self, addr, val):
        self.cmd('writeq 0x%x 0x%x' % (addr, val & (1 << 64) - 1))

    def w32(self, addr, val):
        self.cmd('writel 0x%x 0x%x' % (addr, val & 0xffffffff))

    def reg64(self, off, val):
        self.w64(L.VTD + off, val)

    def reg32(self, off, val):
        self.w32(L.VTD + off, val)

    def see(self, *offs):
        """Read registers in their natural size."""
        for off in offs:
            self.cmd('%s 0x%x' % ('readq' if off in L.REGS64 else 'readl', L.VTD + off))

    def read(self, addr, n):
        self.cmd('read 0x%x %d' % (addr, n))

    def write(self, addr, data):
        self.cmd('write 0x%x %d 0x%s' % (addr, len(data), data.hex()))

    def fill(self, addr, n, byte):
        self.cmd('memset 0x%x %d 0x%x' % (addr, n, byte))


def load(path):
    """Lines of a script or answer file, gzip or not."""
    with (gzip.open(path, 'rt') if path.endswith('.gz') else open(path)) as f:
        return f.read().splitlines()


def directives(lines):
    """{'iommu': 'caching-mode=on', 'edu': '04.0 05.0', ...}; the rest of a line as text."""
    found = {}
    for line in lines:
        if line.startswith('#@'):
            key, _, rest = line[2:].strip().partition(' ')
            found.setdefault(key, rest.strip())
    return found


def commands(lines):
    return [x.strip() for x in lines if x.strip() and not x.startswith('#')]


def number(text):
    """strtoull(text, NULL, 0)"""
    t = text.lstrip('+-')
    val = int(t, 8) if re.match(r'0[0-7]+$', t) else int(t, 0)
    return (-val if text.startswith('-') else val) & (1 << 64) - 1


def is_dma_start(command):
    """Address of the edu's command register if this line starts a DMA, else None."""
    w = command.split()
    if len(w) < 3 or w[0] not in ('writel', 'writeq'):
        return None
    addr = number(w[1])
    at = addr - L.BAR
    if 0 <= at < 0x4000000 and at % L.BAR_STEP == 0x98 and number(w[2]) & 1:
        return addr
    return None
