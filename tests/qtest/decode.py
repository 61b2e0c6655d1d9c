# SPDX-License-Identifier: GPL-3.0-or-later
"""decode - registers and descriptors in words, from the same rows that the model is built from."""
import os
import re

import layout as L
from script import number

SOURCE = os.environ.get('top_srcdir') or os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
DESCRIPTORS = {1: ('VTD_S_DESC_CC', None), 2: ('VTD_S_DESC_IOTLB_LO', 'VTD_S_DESC_IOTLB_HI'),
               3: ('VTD_S_DESC_DEVTLB_LO', 'VTD_S_DESC_DEVTLB_HI'), 4: ('VTD_S_DESC_IEC', None),
               5: ('VTD_S_DESC_WAIT_LO', 'VTD_S_DESC_WAIT_HI')}
# Structure of a register whose name is not that of its structure.
STRUCTURES = {'GSTS': 'GCMD', 'FECTL': 'ECTL', 'IECTL': 'ECTL'}
FAULTS = {1: 'root not present', 2: 'context not present', 3: 'context invalid or top table unreadable',
          4: 'address too wide', 5: 'no write permission', 6: 'no read permission', 7: 'table unreadable',
          8: 'root table unreadable', 9: 'context table unreadable', 10: 'root reserved', 11: 'context reserved',
          12: 'page table reserved', 14: 'interrupt range', 0x58: 'PASID tables', 0x87: 'interrupt range'}


def rows(name, macro):
    """The first arguments of every row of a .def file; none of those used holds a comma."""
    with open(os.path.join(SOURCE, 'models', 'vtd', name)) as f:
        for line in f:
            found = re.match(r'\s*%s\((.*)\)\s*$' % macro, line)
            if found:
                yield [x.strip() for x in found.group(1).split(',')]


def bit(text):
    """Bit numbers may be written as n-64."""
    high, _, low = text.partition('-')
    return int(high) - int(low or 0)


class Tables:
    """Registers by offset, fields by structure."""

    def __init__(self):
        self.regs, self.fields = {}, {}
        for r in rows('regs.def', 'R'):
            self.regs[int(r[1], 0)] = (r[0].replace('VTD_', '', 1), int(r[2]))
        for f in rows('fields.def', 'F'):
            self.fields.setdefault(f[1], []).append((f[0].replace('VTD_', '', 1), bit(f[2]), bit(f[3])))

    def register(self, off):
        """(name, first byte, bytes) of the register that covers an offset."""
        for at, (name, n) in self.regs.items():
            if at <= off < at + n:
                return name, at, n
        return 'reserved', off & ~3, 4

    def words(self, structure, val):
        """'NAME=value' of every field that is not 0."""
        out = []
        for name, hi, lo in self.fields.get(structure, ()):
            v = val >> lo & (1 << hi - lo + 1) - 1
            if v:
                out.append('%s=0x%x' % (name.split('_', 1)[-1], v))
                if name == 'FRCD_FR':
                    out[-1] += ' (%s)' % FAULTS.get(v, 'unknown')
        return ' '.join(out)

    def value(self, off, n, val):
        """A register access of n bytes at off, in words."""
        name, at, width = self.register(off)
        text = name + ('+%d' % (off - at) if off != at else '')
        if n < 4:
            return text + ' (accesses of 1 and 2 bytes do nothing)'
        val <<= 8 * (off - at)
        fields = self.words('VTD_S_' + STRUCTURES.get(name, name), val & (1 << 8 * width) - 1)
        text += ' {' + fields + '}' if fields else ''
        if n == 8 and width == 4 and off == at:
            text += ', ' + self.value(at + 4, 4, val >> 32)
        return text


def tables():
    if not hasattr(tables, 'made'):
        tables.made = Tables()
    return tables.made


def explain(command, answer=None):
    """One line about a command, and its answer if that is a register's value; '' if there is nothing to say."""
    w = command.split()
    size = {'b': 1, 'w': 2, 'l': 4, 'q': 8}.get(w[0][-1], 0)
    if w[0][:-1] not in ('read', 'write') or len(w) < 2:
        return ''
    addr = number(w[1])
    if L.VTD <= addr < L.VTD + L.REGS_BYTES:
        if w[0].startswith('write'):
            return 'write ' + tables().value(addr - L.VTD, size, number(w[2]))
        if answer and answer.startswith('OK 0x'):
            return 'read ' + tables().value(addr - L.VTD, size, int(answer[3:], 16))
        return 'read ' + tables().value(addr - L.VTD, size, 0)
    at = addr - L.BAR
    if 0 <= at < 0x4000000:
        name = {0x80: 'source', 0x88: 'destination', 0x90: 'count', 0x98: 'command'}.get(at % L.BAR_STEP, '')
        return 'edu %d %s' % (at // L.BAR_STEP, name)
    return descriptor(w, addr, size)


def descriptor(w, addr, size):
    """A write into one of the queues."""
    if size != 8 or w[0] != 'writeq' or not any(q <= addr < q + 0x100000 for q in L.QUEUE):
        return ''
    val = number(w[2])
    if addr & 8:
        return 'descriptor, high word'
    names = DESCRIPTORS.get(val & 15)
    return 'descriptor {' + (tables().words(names[0], val) if names else 'TYPE=%d' % (val & 15)) + '}'
