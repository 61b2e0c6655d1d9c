# SPDX-License-Identifier: GPL-3.0-or-later
"""ops_inval - the queue and the invalidation registers."""
import layout as L
import ops
import queue_desc as Q


def op_inval(w):
    """One or several legal descriptors, mostly with a wait behind them."""
    rng = w.rng
    if not w.ring.on:
        return op_reg_inval(w)
    descs = [Q.random_legal(w) for _ in range(rng.pick((1, 1, 1, 2, 3, 6)))]
    data = rng.u64() & 0xffffffff
    if rng.chance(60):
        descs.append(Q.wait(data, L.STATUS))
    w.ring.submit(descs, rng.chance(30))
    if rng.chance(50):
        w.s.see(L.IQH)
        w.s.cmd('readl 0x%x' % L.STATUS)
    if rng.chance(30):
        w.s.see(L.ICS, L.IECTL, L.FSTS)


def op_hostile(w):
    """Descriptors of which one or more are wrong; then look, and clean up in one of several ways."""
    rng = w.rng
    if not w.ring.on:
        return op_queue(w)
    descs = [Q.random_legal(w) if rng.chance(50) else Q.random_hostile(w) for _ in range(rng.span(1, 3))]
    descs = [d for d in descs if not Q.is_deadly(*d)]
    w.ring.submit(descs, rng.chance(30))
    w.s.see(L.IQH, L.IQT, L.FSTS, L.FECTL)
    if rng.chance(25):
        w.ring.submit([Q.wait(1, L.STATUS)])       # with IQE set only the tail moves
        w.s.see(L.IQH, L.FSTS)
    if rng.chance(20):
        w.s.reg32(L.FSTS, 0x10)                    # clearing alone does not go on
        w.s.see(L.IQH, L.FSTS)
        w.ring.ring()                              # ... this does, with the same descriptor
        w.s.see(L.IQH, L.FSTS)
    if rng.chance(85):
        w.ring.clean()
        w.s.see(L.IQH, L.FSTS, L.FECTL)
    return None


def op_pasid_desc(w):
    """A descriptor of types 6 to 8, then a DMA: is the translation still cached?"""
    if not w.ring.on:
        return op_queue(w)
    edu, dom, iova = w.some_access()
    ops.dma(w, edu, iova, 4, False)
    w.ring.submit([Q.random_pasid(w, dom.did, w.ctx.rid(w.sids[edu]) if w.ctx.scalable else 0)])
    w.s.see(L.IQH, L.FSTS)
    ops.dma(w, edu, iova, 4, False)
    if w.rng.chance(85):
        w.ring.clean()
    return None


def op_event(w):
    """Completion and fault events: mask, pending, clear."""
    rng = w.rng
    if w.ring.on and rng.chance(60):
        w.ring.submit([Q.wait(0, 0, Q.IF)])
    w.s.see(L.ICS, L.IECTL)
    if rng.chance(50):
        w.s.reg32(L.IECTL, rng.pick((0, 1 << 31, 0xffffffff, 1 << 30)))
    if rng.chance(50):
        w.s.reg32(L.ICS, rng.pick((0, 1, 0xffffffff)))
    if rng.chance(30):
        w.s.reg32(rng.pick((L.FEDATA, L.IEDATA)), rng.pick((0x30, 0x41, 0xffff0031)))
        w.s.reg32(rng.pick((L.FEADDR, L.IEADDR)), rng.pick((0xfee00000, 0xfee01004, 0xffffffff)))
    w.s.see(L.ICS, L.IECTL, L.IEDATA, L.IEADDR, L.FECTL)


def op_queue(w):
    """Turn the queue on or off, move it, change its size and width, or wreck it."""
    rng, ring = w.rng, w.ring
    how = rng.weighted((('off', 30), ('off_busy', 12), ('iqa', 15), ('tail', 18), ('wrap', 10), ('nowhere', 8)))
    if not ring.on:
        return enable(w)
    if how == 'nowhere' and not w.is_late:         # such a queue cannot be turned off again
        how = 'wrap'
    if how == 'off':
        ring.submit([Q.wait(rng.u64(), L.STATUS)])
        disable(w)
        if rng.chance(80):
            enable(w)
    elif how == 'off_busy':
        ring.submit([Q.iotlb(1)])                  # the last one is no wait: QEMU refuses
        w.s.reg32(L.GCMD, w.gcmd & ~L.QIE)
        w.s.see(L.GSTS, L.IQH)
        ring.submit([Q.wait(2, L.STATUS)])
        w.s.see(L.GSTS, L.IQH)
    elif how == 'iqa':
        w.s.reg64(L.IQA, rng.pick((L.QUEUE[1], L.QUEUE[1] | 7, 0xfffffffffffff807, ring.base | ring.qs)))
        w.s.see(L.IQA)
        w.s.cmd('readl 0x%x' % (L.VTD + L.IQA + 4))
        ring.place()
    elif how == 'tail':
        w.s.reg64(L.IQT, rng.pick((ring.size * ring.step, 0x7fff0, ring.size * ring.step + 0x10, 0xffffffffffffffff)))
        w.s.see(L.IQH, L.IQT, L.FSTS)
        ring.clean()
        w.s.see(L.IQH, L.FSTS)
    elif how == 'wrap':
        n = min(ring.size - 1, 600)
        ring.put([Q.wait(i, L.STATUS + 4 * (i & 15)) if i % 8 == 7 else Q.iotlb(3, w.some_did(), w.some_iova())
                  for i in range(rng.pick((n // 2, n)) if ring.size <= 512 else 20)])
        ring.ring()
        w.s.see(L.IQH, L.FSTS)
    else:
        ring.submit([Q.wait(3, L.STATUS)])
        disable(w)
        base = ring.base
        ring.place(rng.pick(L.NOWHERE[:4] + (L.RAM - 0x1000,)))
        w.s.reg32(L.GCMD, w.gcmd | L.QIE)
        w.s.see(L.GSTS, L.IQA)
        w.s.reg64(L.IQT, 0x20)
        w.s.see(L.IQH, L.FSTS)
        w.s.reg32(L.FSTS, 0x10)
        w.s.reg64(L.IQT, 0)
        w.s.reg32(L.GCMD, w.gcmd)                  # refused: nothing has run
        w.s.see(L.GSTS)
        ring.place(base)
        w.requeue()
    return None


def disable(w):
    w.gcmd &= ~L.QIE
    w.s.reg32(L.GCMD, w.gcmd)
    w.s.see(L.GSTS, L.IQH, L.IQT)
    w.ring.on = False


def enable(w, stale_tail=10):
    """IQA, tail 0 (or a stale one), QIE."""
    rng, ring = w.rng, w.ring
    ring.place(rng.pick(L.QUEUE), rng.pick((0, 0, 0, 1, 2, 7)),
               w.opt('dw', 0) and rng.chance(w.opt('dw', 0)))
    if rng.chance(stale_tail):
        ring.tail = 0
        ring.put([Q.wait(rng.u64(), L.STATUS + 8) for _ in range(4)])
        ring.ring()                                # runs as soon as QIE is set
    else:
        w.s.reg64(L.IQT, 0)
        ring.tail = 0
    ring.since = 0
    w.gcmd |= L.QIE
    ring.on = True
    w.s.reg32(L.GCMD, w.gcmd)
    w.s.see(L.GSTS, L.IQA, L.IQH)


def op_reg_inval(w):
    """Invalidation by CCMD and IOTLB registers; with the queue on they must stay unanswered."""
    rng = w.rng
    if rng.chance(40):
        val = 1 << 63 | rng.pick((0, 1, 2, 3, 3)) << 61 | rng.below(4) << 32 | w.some_sid() << 16 | w.some_did()
        if rng.chance(15):
            val ^= rng.pick((1 << 63, 3 << 59, 1 << 34, 1 << 50))
        if rng.chance(75):
            w.s.reg64(L.CCMD, val)
        else:
            w.s.reg32(L.CCMD, val)
            w.s.reg32(L.CCMD + 4, val >> 32)
        w.s.see(L.CCMD)
    else:
        w.s.reg64(L.IVA, w.some_iova() & ~0xfff | rng.below(2) << 6 | rng.pick((0, 0, 0, 1, 2, 5, 8, 9, 18, 19, 63)))
        val = 1 << 63 | rng.pick((0, 1, 2, 2, 3, 3, 3)) << 60 | rng.below(4) << 48 | w.some_did() << 32
        if rng.chance(15):
            val ^= rng.pick((1 << 63, 1 << 62, 3 << 57, 0xffffffff))
        if rng.chance(75):
            w.s.reg64(L.IOTLB, val)
        else:
            w.s.reg32(L.IOTLB, val)
            w.s.reg32(L.IOTLB + 4, val >> 32)
        w.s.see(L.IOTLB, L.IVA)
