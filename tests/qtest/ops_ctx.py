# SPDX-License-Identifier: GPL-3.0-or-later
"""ops_ctx - root, context and PASID tables; global command; translation on and off."""
import layout as L
import ops


def gcmd(w, one_shot=0):
    """Write GCMD with the state that the script wants to keep."""
    w.s.reg32(L.GCMD, w.gcmd | one_shot)


def op_attach(w):
    """A device's context entry: other domain, pass-through, wrong type, wrong width."""
    rng = w.rng
    sid, dom, ctx = w.some_own_sid(), w.some_domain(), w.ctx
    w.attached[sid] = dom
    fpd = int(rng.chance(w.opt('fpd', 10)))
    aw = None if rng.chance(94) else rng.below(8)
    if ctx.scalable:
        ctx.attach(sid, dom, rng.weighted(((2, 70), (4, w.opt('pt', 12)), (1, 4), (3, 3), (0, 2), (7, 2))), fpd, aw)
    else:
        ctx.attach(sid, dom, rng.weighted(((0, 70), (2, w.opt('pt', 12)), (1, w.opt('tt1', 6)), (3, 3))), fpd, aw)
    if rng.chance(60):
        w.flush_context(sid)


def op_ctx_break(w):
    """Break or mend one entry on the way to a device's page table."""
    rng, ctx = w.rng, w.ctx
    sid = w.some_own_sid()
    if rng.chance(12):
        break_root(w)
        w.flush_context(sid)
        ops.op_dma(w)
        ctx.link()
        w.flush_context(sid)
        return
    if ctx.scalable:
        where = rng.pick(('ctx', 'ctx', 'dir', 'pasid'))
        if where == 'ctx':
            word, bits = rng.pick(((0, (0, 0, 1, 2, 3, 5, 8, 9, 11)), (0, (39, 47, 48, 63)),
                                   (1, (20, 21, 40, 63)), (2, (0, 63)), (3, (5,))))
        elif where == 'dir':
            word, bits = 0, (0, 0, 1, 2, 11)
        else:
            word, bits = rng.pick(((0, (0, 0, 1, 2, 3, 6, 7, 8)), (0, (5, 9, 10, 11)), (1, (0, 1, 16, 40)),
                                   (2, (0, 2)), (5, (7,))))
        bit = 1 << rng.pick(bits)

        def flip():
            ctx.change(sid, where, word, bit)
    else:
        half, bits = rng.pick((('lo', (0, 0, 1, 1, 2, 3)), ('lo', (4, 7, 8, 11, 39, 47, 48, 63)),
                               ('hi', (0, 1, 2)), ('hi', (3, 6, 7, 8, 9, 23, 24, 32, 63))))
        bit = 1 << rng.pick(bits)

        def flip():
            ctx.change(sid, bit if half == 'lo' else 0, bit if half == 'hi' else 0)
    flip()
    if rng.chance(70):
        w.flush_context(sid)
    if rng.chance(75):
        ops.op_dma(w)
        ops.op_dma(w)
        flip()
        if rng.chance(80):
            w.flush_context(sid)


def break_root(w):
    rng, ctx = w.rng, w.ctx
    low = ctx.low if ctx.scalable else ctx.ctx
    lo = rng.pick((0, low, low | 1 | 1 << rng.pick((1, 4, 11, 39, 47, 48, 63)), rng.pick(L.NOWHERE) | 1))
    if ctx.scalable:
        ctx.link(lo, rng.pick((ctx.high | 1, ctx.high | 1, 0, ctx.high | 3, ctx.high | 1 | 1 << 50)))
    else:
        ctx.link(lo, rng.pick((0, 0, 0, 1, 1 << 12, 1 << 63)))


def op_mend(w):
    """All context structures good again, everything flushed."""
    rng = w.rng
    w.ctx.link()
    for sid in w.sids:
        w.attach(sid, fpd=int(rng.chance(w.opt('fpd', 5))))
    w.s.reg64(L.RTADDR, w.ctx.root | (1 << 10 if w.ctx.scalable else 0))
    w.gcmd |= L.TE
    gcmd(w, L.SRTP)
    w.s.reg64(L.FRCD_HI, 1 << 63)
    w.s.reg32(L.FSTS, 1)
    w.s.see(L.GSTS, L.FSTS)
    if w.ring.on:
        w.requeue()


def op_gcmd(w):
    """Translation, root pointer, queue and remapping switched in all combinations."""
    rng = w.rng
    how = rng.weighted((('te', 30), ('srtp', 30), ('all', 10), ('noise', 10), ('root', 12), ('ir', 10)))
    if how == 'te':
        w.gcmd ^= L.TE
        gcmd(w)
        if not w.gcmd & L.TE and rng.chance(80):
            ops.op_dma(w)
            w.gcmd |= L.TE
            gcmd(w)
    elif how == 'srtp':
        gcmd(w, L.SRTP)
    elif how == 'all':
        gcmd(w, rng.pick((L.SRTP | L.SIRTP, L.SRTP | 1 << 29 | 1 << 28, 0x39800000)))
    elif how == 'noise':
        w.s.reg32(L.GCMD, w.gcmd | rng.pick((1 << 29, 1 << 28, 1 << 27, 1 << 23, 0x7fffff)))
        w.s.reg32(L.GSTS, rng.u64())
        w.s.reg64(L.GCMD, w.gcmd | rng.u64() << 32)
    elif how == 'root':
        w.s.reg64(L.RTADDR, rng.pick((w.ctx.root, w.ctx.root | 0x400, w.ctx.root | 0x800, L.DATA,
                                      rng.pick(L.NOWHERE), 0xfffffffffffff000, w.ctx.root | 1 << 39)))
        if rng.chance(60):
            gcmd(w, L.SRTP)
            ops.op_dma(w)
        w.s.see(L.RTADDR)
        w.s.reg64(L.RTADDR, w.ctx.root | (0x400 if w.ctx.scalable else 0))
        gcmd(w, L.SRTP)
    else:
        op_remap(w)
    w.s.see(L.GSTS)


def op_remap(w):
    """Interrupt remapping's registers; nothing is remapped but the unit's own messages."""
    rng = w.rng
    w.s.reg64(L.IRTA, 0x700000 | rng.below(16) | rng.pick((0, 0, 1 << 11, 1 << 39)))
    gcmd(w, rng.pick((L.SIRTP, 0)))
    w.s.see(L.IRTA, L.GSTS)
    if rng.chance(50):
        w.gcmd ^= L.IRE
        gcmd(w)
        w.s.see(L.GSTS)
