# SPDX-License-Identifier: GPL-3.0-or-later
"""ops - the operations on tables, contexts and DMA that a script is made of.

Each takes the world and appends commands. What is read back is what a test can see: memory behind DMA writes, the
buffer written to a page of its own, fault registers.
"""
import layout as L
from tables import PS, R, RW, W

LEAF_BITS = (1 << 2, 1 << 3, 1 << 6, 1 << 8, 1 << 10, 1 << 11, 1 << 52, 1 << 61, 1 << 62, 1 << 63, PS)
RSVD_BITS = (11, 39, 40, 47, 48, 51, 62)


def target(w, level):
    rng = w.rng
    if level == 1:
        if rng.chance(6):
            return rng.pick((L.WINDOW, L.WINDOW + 0xff000, L.WINDOW + 0x100000) + L.NOWHERE[:4])
        return L.DATA + 0x1000 * rng.below(L.N_DATA)
    if level == 2:
        return rng.pick(L.BIG + L.BIG + (0x40000000, L.WINDOW))
    if level == 3:
        return rng.pick((0x40000000, 0xc0000000, 0x80000000, 0x1000000000))
    return 0


def op_map(w):
    """A page at some IOVA, new or changed; sometimes with odd bits."""
    rng, dom = w.rng, w.some_domain()
    level = 1 if not rng.chance(w.opt('super', 12)) else rng.pick((2, 2, 2, 3))
    iova = w.some_iova()
    if iova >> w.aw:
        iova &= (1 << w.aw) - 1
    val = target(w, level) | rng.weighted(((RW, 70), (R, 12), (W, 12), (0, 6))) | (PS if level > 1 else 0)
    if rng.chance(w.opt('odd', 12)):
        flip = rng.pick(LEAF_BITS)
        if flip != PS or val & 0xffffff000 < L.RAM:     # the walk must not read MMIO as a table
            val ^= flip
    if rng.chance(w.opt('rsvd', 5)):
        val |= 1 << rng.pick(RSVD_BITS)
    if level > 1 and rng.chance(w.opt('rsvd', 5)):
        val |= 1 << rng.pick((12, 20) if level == 2 else (12, 20, 21, 29))
    dom.put(level, iova, val)
    w.touched(dom, iova)


def op_unmap(w):
    dom, iova = w.some_mapped()
    dom.put(1, iova, w.rng.pick((0, 0, 0, 1 << 52, L.DATA)))


def op_relink(w):
    """A superpage, or an entry made unusable, becomes a table again."""
    dom, iova = w.some_mapped()
    for level in range(2, dom.levels + 1):
        dom.link(level, iova)


def op_break(w):
    """Break one entry of some level on the way to an IOVA; mend it later by op_relink or op_map."""
    rng = w.rng
    dom, iova = w.some_mapped()
    level = rng.span(1, dom.levels)
    at = dom.slot(level, iova)
    old = dom.entries.get(at, (level, 0, iova))[1]
    how = rng.weighted((('perm', 40), ('rsvd', 30), ('gone', 10), ('ones', 8), ('nowhere', 12)))
    if how == 'perm':
        val = old & ~rng.pick((R, W, RW))
    elif how == 'rsvd':
        val = old | 1 << rng.pick(RSVD_BITS + ((7,) if level == 4 else ()))
    elif how == 'gone':
        val = 0
    elif how == 'ones':
        val = (1 << 64) - 1
    else:
        val = rng.pick(L.NOWHERE) | RW
    if level > 1 and old & PS and not val & PS:
        val |= PS                   # no table at what was a leaf's target: it may be MMIO
    dom.put(level, iova, val)
    if rng.chance(60):
        use_and_mend(w, lambda: dom.put(level, iova, old))


def use_and_mend(w, mend):
    """DMA while something is broken, with or without an invalidation before; then all is good again."""
    rng = w.rng
    if rng.chance(60):
        w.flush_pages()
    op_dma(w)
    if rng.chance(50):
        op_dma(w)
    mend()
    if rng.chance(70):
        w.flush_pages()


def op_data(w):
    """Bytes into a data page by the CPU."""
    rng = w.rng
    at = L.DATA + 0x1000 * rng.below(L.N_DATA)
    n = rng.pick((1, 7, 8, 32, 100, 4096))
    if rng.chance(50):
        w.s.fill(at, n, rng.below(256))
    else:
        w.s.w64(at + 8 * rng.below(64), L.DATA + 0x1000 * rng.below(64) | rng.below(0x1000))


def dma_count(rng):
    return rng.pick((1, 2, 3, 4, 4, 5, 7, 8, 8, 8, 12, 16, 16, 24, 32, 63))


def dma(w, edu, iova, n, to_memory, off=0):
    """One DMA by edu number `edu`."""
    bar = L.BAR + L.BAR_STEP * edu
    src, dst = (L.BUF + off, iova) if to_memory else (iova, L.BUF + off)
    w.s.w64(bar + 0x80, src)
    w.s.w64(bar + 0x88, dst)
    w.s.w64(bar + 0x90, n)
    w.s.w64(bar + 0x98, 3 if to_memory else 1)
    w.s.cmd('clock_step 100000000')


def probe(w, edu, n):
    """Write the start of the buffer out where it can be read."""
    w.s.fill(L.PROBE, max(n, 8), 0xee)
    dma(w, edu, L.PROBE_IOVA, n, True)
    w.s.read(L.PROBE, n)


def op_dma(w):
    """A DMA at an address that may or may not be mapped; what it did is read back."""
    rng = w.rng
    edu, dom, iova = w.some_access()
    n, to_memory = dma_count(rng), rng.chance(45)
    iova += rng.pick((0, 0, 0, 0, 1, 2, 3, 4, 8, 0x10, 0x7f8, 0xff8, 0xffc, 0xfff, 0x1ff8))
    if rng.chance(3):
        n = rng.pick((255, 255, 1000, 4095))
    iova &= (1 << 64) - 1
    n = min(n, (1 << 64) - iova)        # what goes on behind the last address begins at 0: the firmware's page
    if is_firmwares(iova, iova + n - 1):
        iova = L.WINDOW + 0x100000 + (iova & 0xfff)
    dma(w, edu, iova, n, to_memory, rng.pick((0, 0, 0, 8, 64)) if n < 4000 else 0)
    if to_memory:
        at = dom.target(iova)
        if at is not None and at + 8 < L.RAM:
            w.s.read(at & ~7, min(n, 32) + 8)
    else:
        probe(w, edu, min(n + 8, 96))
    if rng.chance(40):
        w.s.see(L.FSTS, L.FRCD_LO, L.FRCD_HI)


def is_firmwares(first, last):
    """Untranslated DMA there would meet a device or memory that only QEMU has."""
    return any(first <= end and last >= start for start, end in L.NOT_OURS)


def op_window(w):
    """DMA at, into and out of the interrupt window."""
    rng = w.rng
    edu = rng.below(len(w.edus))
    iova = L.WINDOW + rng.pick((0, 4, 0x10, 0x800, 0xffff8, 0xffffc, 0x100000, 0x100004, 0x1ffff8))
    to_memory = rng.chance(40)
    n = rng.pick((4, 8, 16, 5))
    dma(w, edu, iova, n, to_memory, 2048)       # that part of the buffer stays zero
    if not to_memory:
        dma(w, edu, L.PROBE_IOVA, n, True, 2048)
        w.s.read(L.PROBE, 16)
    w.s.see(L.FSTS, L.FRCD_HI)


def op_faults(w):
    """Look at the fault registers, and take some of it away."""
    rng = w.rng
    w.s.see(L.FSTS, L.FECTL, L.FRCD_LO, L.FRCD_HI)
    how = rng.below(6)
    if how in (0, 1, 2):
        if rng.chance(50):
            w.s.reg64(L.FRCD_HI, 1 << 63)
        else:
            w.s.reg32(L.FRCD_HI + 4, 1 << 31)
    if how in (1, 2, 3):
        w.s.reg32(L.FSTS, rng.pick((1, 0x11, 0xffffffff, 0x10)))
    if how == 4:
        w.s.reg32(L.FECTL, rng.pick((0, 1 << 31, 0xffffffff)))
    w.s.see(L.FSTS, L.FECTL, L.FRCD_HI)


def op_master(w):
    """Bus mastering of one device off or on."""
    rng = w.rng
    edu = rng.below(len(w.edus))
    w.s.cmd('outl 0xcf8 0x%x' % (1 << 31 | w.sids[edu] << 8 | 4))
    w.s.cmd('outl 0xcfc 0x%x' % rng.pick((2, 6, 6, 6)))
    w.s.cmd('inl 0xcfc')


def op_fill(w):
    """Many pages through the IOTLB: two per DMA, so that 1024 entries overflow."""
    rng = w.rng
    dom = w.domains[0]
    first = 0x10000000
    pages = 1100
    if not w.filled:
        w.filled = True
        for base in range(first, first + pages * 0x1000, 0x200000):
            table = dom.table(1, base)
            w.s.write(table, b''.join((L.DATA + 0x1000 * (i % L.N_DATA) | RW).to_bytes(8, 'little')
                                      for i in range(512)))
    w.fills += 1
    n = rng.pick((500, 515, 530)) if w.fills <= 2 else 30
    start = rng.below(20)
    edu = rng.below(len(w.edus))
    for i in range(n):
        dma(w, edu, first + 0x1000 * ((start + 2 * i) % (pages - 1)) + 0xffc, 8, False)
    probe(w, edu, 8)
    w.s.see(L.FSTS)
