# SPDX-License-Identifier: GPL-3.0-or-later
"""directed - short scripts for rules that random ones seldom meet. Each function fills one script."""
import layout as L
import ops_regs
import queue_desc as Q
from ops import dma
from rng import Rng
from script import Script
from tables import PS, RW, Domain, Legacy, Pool, Scalable

EDU = '04.0'
SID = 0x20


class Bench:
    """One device in one domain, queue and translation on."""

    def __init__(self, props='caching-mode=on', levels=3, scalable=False, edus=(EDU,)):
        self.props, self.edus, self.sids = props, edus, [L.sid_of(e) for e in edus]
        self.s, self.pool, self.rng = Script(), Pool(), Rng(1, 'directed')
        for i, sid in enumerate(self.sids):
            for reg, val in ((0x10, L.BAR + L.BAR_STEP * i), (4, 6)):
                self.s.cmd('outl 0xcf8 0x%x' % (1 << 31 | sid << 8 | reg))
                self.s.cmd('outl 0xcfc 0x%x' % val)
        self.dom = Domain(self.s, self.pool, 7, levels)
        self.ctx = Scalable(self.s, self.pool, self.rng) if scalable else Legacy(self.s, self.pool)
        self.ctx.attach(SID, self.dom)
        self.ring = Q.Ring(self.s, self.rng)
        self.gcmd = L.TE | L.QIE
        self.ring.place()
        self.s.reg64(L.RTADDR, self.ctx.root | (0x400 if scalable else 0))
        self.s.reg32(L.GCMD, L.SRTP)
        self.s.reg32(L.GCMD, self.gcmd)

    def read_dma(self, iova, n=8):
        dma(self, 0, iova, n, False)

    def show(self, n=8):
        """The buffer, through a page of its own, and the fault registers."""
        self.s.fill(L.PROBE, 16, 0xee)
        dma(self, 0, L.PROBE_IOVA, n, True)
        self.s.read(L.PROBE, n)
        self.s.see(L.FSTS, L.FRCD_LO, L.FRCD_HI)


def psi_in_large_pages():
    """VT-d 6.5.2.3: page-selective of an address inside a 2 MiB or 1 GiB page drops that page."""
    b = Bench()
    b.dom.put(1, L.PROBE_IOVA, L.PROBE | RW)
    for at in L.BIG:
        b.s.fill(at + 0x1000, 0x1000, at >> 20)
    b.s.w64(0x1008, 0x1111)
    for level, iova in ((2, 0x200000), (3, 0x40000000)):
        first, second = ((L.BIG[0], L.BIG[1]) if level == 2 else (0x40000000, 0))
        b.dom.put(level, iova, first | RW | PS)
        b.read_dma(iova + 0x1008)
        b.dom.put(level, iova, second | RW | PS)
        b.read_dma(iova + 0x1008)           # still the old page
        b.show()
        b.ring.submit([Q.iotlb(3, 8, iova + 0x1000), Q.iotlb(3, 7, iova + 0x200005000)])
        b.read_dma(iova + 0x1008)           # another domain, another page: still
        b.show()
        b.ring.submit([Q.iotlb(3, 7, iova + 0x3000)])
        b.read_dma(iova + 0x1008)
        b.show()
    return b


def cached_pages_1024():
    """1024 translations are kept, one more empties the cache."""
    b = Bench()
    first = 0x10000000
    for base in (first, first + 0x200000, first + 0x400000):
        b.s.write(b.dom.table(1, base), b''.join((L.DATA + 0x1000 * (i & 7) | RW).to_bytes(8, 'little')
                                                 for i in range(512)))
    b.dom.put(1, L.PROBE_IOVA, L.PROBE | RW)
    for i in range(8):
        b.s.fill(L.DATA + 0x1000 * i, 0x1000, 0x20 + i)
    for i in range(0, 1022, 2):
        b.read_dma(first + 0x1000 * i + 0xffc)
    b.read_dma(first + 0x1000 * 1022)       # 1023 pages
    b.dom.s.w64(b.dom.table(1, first), L.DATA + 0x7000 | RW)
    b.show()                                # and the probe's page: 1024
    b.read_dma(first)                       # kept: the old page
    b.show()
    b.read_dma(first + 0x1000 * 1023)       # the 1025th
    b.read_dma(first)
    b.show()
    return b


def ccmd_low_half():
    """Only the upper half of CCMD and IOTLB acts, also when ICC and IVT are set already."""
    b = Bench()
    b.s.reg64(L.CCMD, 1 << 63 | 1 << 61)
    b.s.reg64(L.IOTLB, 1 << 63 | 1 << 60)
    b.s.see(L.CCMD, L.IOTLB)                # the queue is on: both wait
    b.ring.submit([Q.wait(1, L.STATUS)])
    b.s.reg32(L.GCMD, L.TE)
    b.s.reg32(L.CCMD, 7)
    b.s.reg32(L.IOTLB, 7)
    b.s.see(L.GSTS, L.CCMD, L.IOTLB)
    b.s.reg32(L.CCMD + 4, 1 << 31 | 1 << 29)
    b.s.reg32(L.IOTLB + 4, 1 << 31 | 1 << 28)
    b.s.see(L.CCMD, L.IOTLB)
    return b


def queue_off_behind_bad_wait():
    """A queue that stopped at a bad wait descriptor is not idle."""
    b = Bench()
    b.ring.submit([Q.wait(1, L.STATUS), Q.wait(1, L.STATUS + 1)])
    b.s.reg32(L.GCMD, L.TE)
    b.s.see(L.GSTS, L.IQH, L.FSTS)
    return b


def no_512g_pages():
    """Bit 7 of a level-4 entry is reserved; every reserved bit of each level, alone."""
    b = Bench('aw-bits=48,caching-mode=on', 4)
    b.dom.put(1, L.PROBE_IOVA, L.PROBE | RW)
    b.dom.put(1, 0x1000, L.DATA | RW)
    each_reserved_bit(b, 4, range(3, 64))
    return b


def each_reserved_bit(b, levels, bits):
    for level in range(1, levels + 1):
        for bit in bits:
            at = b.dom.slot(level, 0x1000)
            old = b.dom.entries[at][1]
            if 12 <= bit < 39 or bit == 7 and level in (2, 3):
                continue                    # address bits; a large page over the firmware's memory
            b.s.w64(at, old | 1 << bit)
            b.ring.submit([Q.iotlb(1)])
            b.read_dma(0x1000, 4)
            b.s.see(L.FRCD_HI)
            b.s.reg64(L.FRCD_HI, 1 << 63)
            b.s.w64(at, old)


def reserved_bits(props):
    """Every bit of a leaf and a table entry, alone, with these properties."""
    b = Bench(props)
    b.dom.put(1, 0x1000, L.DATA | RW)
    each_reserved_bit(b, 2, (11, 39, 47, 51, 52, 61, 62, 63))
    for bit in (11, 12, 20, 39, 62, 63):
        b.dom.put(2, 0x400000, L.BIG[0] | RW | PS | 1 << bit)
        b.ring.submit([Q.iotlb(1)])
        b.read_dma(0x400000, 4)
        b.s.see(L.FRCD_HI)
        b.s.reg64(L.FRCD_HI, 1 << 63)
    return b


def scalable_entries():
    """Each bit of the scalable context entry, of the directory entry and of the PASID entry, alone."""
    b = Bench('caching-mode=on,x-scalable-mode=on', 3, True)
    b.ctx.may_fpd[SID] = False
    b.dom.put(1, L.PROBE_IOVA, L.PROBE | RW)
    b.dom.put(1, 0x1000, L.DATA | RW)
    places = [('ctx', 0, k) for k in (0, 2, 3, 4, 5, 6, 7, 8, 9, 11, 39, 63)]
    places += [('ctx', 1, k) for k in (20, 21, 63)] + [('ctx', 2, 0), ('ctx', 2, 63), ('ctx', 3, 0)]
    places += [('dir', 0, k) for k in (0, 2, 11)]
    places += [('pasid', 0, k) for k in (0, 2, 3, 4, 5, 6, 7, 8, 9, 11)] + [('pasid', 1, k) for k in (0, 15, 16, 63)]
    for where, word, bit in places:
        b.ctx.change(SID, where, word, 1 << bit)
        b.ring.submit([Q.cc(1), Q.iotlb(1)])
        b.read_dma(0x1000, 4)
        b.show(4)
        b.s.reg64(L.FRCD_HI, 1 << 63)
        b.ctx.change(SID, where, word, 1 << bit)
    for low, high in ((b.ctx.low | 1, 0), (b.ctx.low | 1, 2), (b.ctx.low | 3, 1), (0, b.ctx.high | 1)):
        b.ctx.link(low, high)
        b.ring.submit([Q.cc(1), Q.iotlb(1)])
        b.read_dma(0x1000, 4)
        b.show(4)
        b.s.reg64(L.FRCD_HI, 1 << 63)
    return b


def function_masks():
    """VT-d 6.5.2.1: which functions each FM reaches: those whose context entries are read anew."""
    b = Bench(edus=('04.0', '04.1', '04.2', '04.4', '04.6', '04.7', '05.0'))
    other = Domain(b.s, b.pool, 8, 3)
    for k, dom in enumerate((b.dom, other)):
        b.s.fill(L.DATA + 0x1000 * k, 0x1000, 0x31 + k)
        dom.put(1, 0x1000, L.DATA + 0x1000 * k | RW)
        dom.put(1, L.PROBE_IOVA, L.PROBE | RW)
    for fm in range(4):
        for want in (0x20, 0x27):
            for dom in (b.dom, other):
                for sid in b.sids:
                    b.ctx.attach(sid, dom)
                descs = [Q.cc(1)] if dom is b.dom else [Q.cc(3, 0, want, fm)]
                b.ring.submit(descs + [Q.iotlb(1), Q.wait(1, L.STATUS)])
                for edu in range(len(b.edus)):
                    dma(b, edu, 0x1000, 4, False)
                    if dom is other:
                        dma(b, edu, L.PROBE_IOVA, 4, True)
                        b.s.cmd('readl 0x%x' % L.PROBE)
    return b


def scalable_rejected_entry():
    """With FPD in a cached context entry a PASID entry that has become bad is used all the same: the cache is asked
    first, then the tables are walked as the entry says (no section: QEMU 7.2)."""
    b = Bench('caching-mode=on,x-scalable-mode=on', 3, True)
    b.ctx.may_fpd[SID] = True
    b.dom.put(1, L.PROBE_IOVA, L.PROBE | RW)
    for i in range(4):
        b.dom.put(1, 0x1000 * i, L.DATA + 0x1000 * i | RW)
        b.s.fill(L.DATA + 0x1000 * i, 0x1000, 0x41 + i)
    for flip in (1, 2 << 6, 4 << 6, 1 << 2, 3 << 2):        # P, PGTT, PGTT, AW
        b.ctx.attach(SID, b.dom, 2, 1)
        b.ring.submit([Q.cc(1), Q.iotlb(1)])
        b.read_dma(0x1000)
        b.show()
        b.ctx.change(SID, 'pasid', 0, flip)
        b.read_dma(0x1000)                  # cached
        b.show()
        b.read_dma(0x2000)                  # not cached
        b.show()
        b.ring.submit([Q.iotlb(1)])
        b.read_dma(0x3000)
        b.show()
        b.ring.submit([Q.cc(1)])
        b.read_dma(0x3000)                  # now the entry is looked at
        b.show()
        b.s.reg64(L.FRCD_HI, 1 << 63)
    return b


def fpd_hides(scalable):
    """VT-d 7.1.3: which faults FPD hides: those of the page walk, and the interrupt range."""
    b = Bench('caching-mode=on' + (',x-scalable-mode=on' if scalable else ''), 3, scalable)
    if scalable:
        b.ctx.may_fpd[SID] = True
    b.dom.put(1, 0x1000, L.WINDOW + 0xff000 | RW)       # interrupt range
    b.dom.put(1, 0x2000, L.DATA)                        # no permission
    b.dom.put(1, 0x3000, L.DATA | RW | 1 << 62)         # reserved
    b.dom.put(2, 0x200000, L.NOWHERE[0] | RW)           # unreadable table
    b.dom.put(2, 0x400000, (1 << 64) - 1)               # all ones
    for fpd in (0, 1):
        b.ctx.attach(SID, b.dom, 2 if scalable else 0, fpd)
        b.ring.submit([Q.cc(1), Q.iotlb(1)])
        for iova in (0x1000, 0x2000, 0x3000, 0x200000, 0x400000, 1 << 39, 1 << 63):
            b.read_dma(iova, 1)
            b.s.see(L.FSTS, L.FRCD_LO, L.FRCD_HI)
            b.s.reg64(L.FRCD_HI, 1 << 63)
    return b


SCRIPTS = {
    'fpd-hides': lambda: fpd_hides(False),
    'fpd-hides-scalable': lambda: fpd_hides(True),
    'scalable-rejected-entry': scalable_rejected_entry,
    'function-masks': function_masks,
    'psi-in-large-pages': psi_in_large_pages,
    'cached-pages-1024': cached_pages_1024,
    'ccmd-low-half': ccmd_low_half,
    'queue-off-behind-bad-wait': queue_off_behind_bad_wait,
    'no-512g-pages': no_512g_pages,
    'reserved-bits': lambda: reserved_bits('caching-mode=on'),
    'reserved-bits-dt': lambda: reserved_bits('caching-mode=on,device-iotlb=on'),
    'reserved-bits-snoop': lambda: reserved_bits('caching-mode=on,snoop-control=on'),
    'reserved-bits-scalable': lambda: reserved_bits('caching-mode=on,x-scalable-mode=on'),
    'scalable-entries': scalable_entries,
}


def lines(name):
    b = SCRIPTS[name]()
    ops_regs.op_see_all(b)
    return ['#@ iommu ' + b.props, '#@ edu ' + ' '.join(b.edus), '#@ seed directed ' + name] + b.s.lines
