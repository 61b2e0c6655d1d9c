# SPDX-License-Identifier: GPL-3.0-or-later
"""ops_regs - the register page with accesses of all sizes, at all offsets, with values of all kinds."""
import layout as L

SIZES = (('b', 1), ('w', 2), ('l', 4), ('q', 8))


def deadly(off, n):
    """Would a write of n bytes at off put an aligned 8-byte piece on a register that aborts QEMU?"""
    for k in L.KILLS_AS_8:
        if k % 8 == 0 and off <= k and off + n >= k + 8:
            return True
    return False


def value(w):
    """A value that may come to rest in an address register: nothing behind it is MMIO."""
    rng = w.rng
    return rng.pick((0, (1 << 64) - 1, 1 << rng.span(32, 63), 1 << rng.below(12), 0xffffffff, 0x80000000,
                     1 << 63 | 1, L.DATA, L.POOL | rng.below(4096), w.ctx.root, L.QUEUE[0] | rng.below(8),
                     rng.pick(L.NOWHERE), 0xffffffff00000000, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa))


def op_reg_read(w):
    rng = w.rng
    for _ in range(rng.span(1, 4)):
        off = rng.below(L.REGS_BYTES + 0x10) if rng.chance(50) else rng.pick(L.REGS64 + L.REGS32)
        if rng.chance(15):
            w.s.read(L.VTD + off, rng.pick((1, 2, 3, 4, 8, 12, 13, 16, 33)))
        else:
            w.s.cmd('read%s 0x%x' % (rng.pick(SIZES)[0], L.VTD + off))


def op_reg_write(w):
    """A write where nothing acts, or anything may; then a read, and order restored."""
    rng = w.rng
    letter, n = rng.weighted(((SIZES[0], 10), (SIZES[1], 10), (SIZES[2], 45), (SIZES[3], 35)))
    off = rng.pick(L.REGS64 + L.REGS32) if rng.chance(60) else rng.below(L.REGS_BYTES + 0x10)
    if rng.chance(25):
        off += rng.pick((1, 2, 4, 4, 4))
    acts = any(off < reg + 8 and off + n > reg for reg in (L.GCMD, L.IQT))
    if deadly(off, n) or acts and not rng.chance(30):
        off, letter, n = L.IRTA, 'q', 8
    if rng.chance(8) and not deadly(off, 16) and not acts:
        w.s.write(L.VTD + off, b''.join((value(w) & 0xff).to_bytes(1, 'little') for _ in range(rng.span(1, 15))))
        if off <= L.GCMD + 4 or off <= L.IQT + 8 and off + 15 >= L.IQT:
            acts = True
    else:
        w.s.cmd('write%s 0x%x 0x%x' % (letter, L.VTD + off, value(w) & (1 << 8 * n) - 1))
    w.s.cmd('readl 0x%x' % (L.VTD + (off & ~3)))
    w.s.cmd('readq 0x%x' % (L.VTD + (off & ~7)))
    if off < 0x30:
        w.s.reg64(L.RTADDR, w.ctx.root | (0x400 if w.ctx.scalable else 0))
    if acts:
        w.s.see(L.GSTS, L.IQH, L.IQT, L.FSTS)
        w.requeue()
    elif L.IQA - 16 <= off <= L.IQA + 7:
        w.ring.place()


def op_see_all(w):
    w.s.see(*L.REGS32)
    w.s.see(*L.REGS64)


def op_unknown(w):
    """Where nothing is: beside the registers, beside RAM, on the configuration ports."""
    rng = w.rng
    how = rng.below(4)
    if how == 0:
        w.s.cmd('read%s 0x%x' % (rng.pick(SIZES)[0], rng.pick(L.NOWHERE) + rng.below(64)))
    elif how == 1:
        w.s.cmd('writel 0x%x 0x%x' % (L.VTD + L.REGS_BYTES + 4 * rng.below(8), rng.u64() & 0xffffffff))
        w.s.cmd('readl 0x%x' % (L.VTD + L.REGS_BYTES + 4 * rng.below(8)))
    elif how == 2:
        at = L.RAM - rng.span(1, 16)
        w.s.write(at, bytes(range(16)))
        w.s.read(at, 24)
    else:
        w.s.cmd('outl 0xcf8 0x%x' % (1 << 31 | rng.pick(w.sids) << 8 | rng.pick((0, 4, 0x10))))
        w.s.cmd('inl 0xcfc')
