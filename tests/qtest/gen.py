# SPDX-License-Identifier: GPL-3.0-or-later
"""gen - one script from (seed, operations, profile): the world that operations change, and its start.

  gen.py SEED [OPS [PROFILE]]     prints the script
"""
import sys

import layout as L
import ops
import ops_ctx
import ops_inval
import ops_ir
import ops_regs
import queue_desc as Q
from profiles import OPERATIONS, PROFILES, properties
from rng import Rng
from script import Script
from tables import RW, Domain, Legacy, Pool, Scalable

MODULES = (ops, ops_ctx, ops_inval, ops_ir, ops_regs)
EDU_SETS = ('04.0 04.1 04.4 05.0', '04.0 04.1 04.4 05.0', '04.0 04.2 04.7 05.4', '03.0 10.0 1e.0 1e.5')


class World:
    """What the script has built so far, and what it may pick from."""

    def __init__(self, seed, profile):
        self.rng = Rng(seed, profile)
        self.s = Script()
        self.options = PROFILES[profile].options
        self.props = properties(PROFILES[profile], self.rng)
        self.aw = 48 if 'aw-bits=48' in self.props else 39
        self.edus = self.rng.pick(EDU_SETS).split()
        self.sids = [L.sid_of(e) for e in self.edus]
        self.pool = Pool()
        self.gcmd = 0
        self.ring = Q.Ring(self.s, self.rng)
        self.mapped = []
        self.attached = {}          # sid -> domain, as last written
        self.last_access = None
        self.filled, self.fills = False, 0
        self.is_late = False        # the last eighth: what cannot be undone is allowed

    def opt(self, name, default):
        return self.options.get(name, default)

    # ---- picks
    def some_did(self):
        return self.rng.pick([d.did for d in self.domains] * 3 + [0, 5, 0xffff])

    def some_own_sid(self):
        return self.rng.pick(self.sids)

    def some_sid(self):
        return self.rng.pick(self.sids * 2 + [self.sids[0] ^ 1, self.sids[0] ^ 4, self.sids[0] ^ 7, 0, 0xffff, 0x120])

    def some_domain(self):
        return self.rng.pick(self.domains)

    def some_mapped(self):
        return self.rng.pick(self.mapped) if self.mapped else (self.domains[0], 0x1000)

    def some_iova(self):
        """Page addresses that collide in the ways that matter: low 8 bits of the page number, other tables,
        both sides of the limits, around the interrupt window."""
        rng = self.rng
        how = rng.weighted((('near', 50), ('alias', 14), ('table', 14), ('limit', 10), ('window', 7), ('far', 5)))
        if how == 'near':
            return 0x1000 * rng.span(1, 7)
        if how == 'alias':
            return 0x1000 * rng.span(1, 7) + rng.pick((0x100000, 0x200000, 0x40000000, 0x10100000))
        if how == 'table':
            return rng.pick((0x200000, 0x201000, 0x3ff000, 0x400000, 0x40000000, 0x40200000, 0x7ffff000, 0x80000000))
        if how == 'limit':
            return rng.pick((0x7ffffff000, 0x7fffe00000, 0x8000000000, 0x8000001000, 0xfffffffff000,
                             0x1000000000000, 0x2000000000))
        if how == 'window':
            return rng.pick((0xfedff000, 0xfef00000, 0xfeffe000, 0xfef01000))
        return rng.pick((1 << 63, 0xfffffffffffff000, 1 << 52, 0x4000000000))

    def touched(self, dom, iova):
        self.mapped.append((dom, iova))
        if len(self.mapped) > 24:
            self.mapped.pop(0)

    # ---- compound steps
    def flush_context(self, sid):
        """What a driver does after a change of a context entry; now and then only half of it."""
        rng = self.rng
        if not self.ring.on:
            self.s.reg64(L.CCMD, rng.pick((1 << 63 | 1 << 61, 1 << 63 | 3 << 61 | sid << 16)))
            if rng.chance(70):
                self.s.reg64(L.IOTLB, 1 << 63 | 1 << 60)
            return
        descs = [rng.pick((Q.cc(3, 0, sid), Q.cc(3, 0, sid ^ 4, 1), Q.cc(1), Q.cc(2, self.some_did())))]
        if rng.chance(70):
            descs.append(Q.iotlb(rng.pick((1, 2)), self.some_did()))
        self.ring.submit(descs + [Q.wait(6, L.STATUS)])

    def flush_pages(self):
        """The invalidation after a change of page-table entries."""
        rng = self.rng
        dom, iova = self.mapped[-1] if self.mapped else (self.domains[0], 0)
        if not self.ring.on:
            self.s.reg64(L.IOTLB, 1 << 63 | 1 << 60)
        elif rng.chance(50):
            self.ring.submit([Q.iotlb(1)])
        else:
            self.ring.submit([Q.iotlb(2, dom.did), Q.iotlb(3, dom.did, iova), Q.wait(8, L.STATUS)])

    def attach(self, sid, fpd=0):
        self.attached[sid] = self.some_domain()
        self.ctx.attach(sid, self.attached[sid], fpd=fpd)

    def some_access(self):
        """(edu, domain, iova) of a DMA: mostly a page mapped for that device, often the same as just before."""
        rng = self.rng
        if self.last_access and rng.chance(30):
            edu, iova = self.last_access
            if rng.chance(20):
                edu = rng.below(len(self.edus))
            return edu, self.attached[self.sids[edu]], iova
        edu = rng.below(len(self.edus))
        dom = self.attached[self.sids[edu]]
        pages = [iova for d, iova in self.mapped if d is dom]
        iova = rng.pick(pages) if pages and rng.chance(75) else self.some_iova()
        self.last_access = edu, iova
        return edu, dom, iova

    def requeue(self):
        """The queue in a known state again, whatever was written to its registers: wherever the head is, waits
        lead to the tail, and behind a wait QEMU lets the queue be turned off."""
        ring = self.ring
        self.s.reg32(L.FSTS, 0x10)
        ring.place()
        lo, hi = Q.wait(0x77, L.STATUS)
        one = (lo.to_bytes(8, 'little') + hi.to_bytes(8, 'little')).ljust(ring.step, b'\0')
        for page in range(2 if ring.size * ring.step > 4096 else 1):
            self.s.write(ring.base + 4096 * page, one * (4096 // ring.step))
        self.s.reg64(L.IQT, ring.step)
        self.s.reg64(L.IQT, 2 * ring.step)
        self.s.reg32(L.GCMD, self.gcmd & ~L.QIE)
        self.s.reg64(L.IQT, 0)
        self.s.reg32(L.GCMD, self.gcmd)
        self.s.see(L.GSTS, L.IQH, L.FSTS)
        ring.tail = ring.since = 0
        ring.on = bool(self.gcmd & L.QIE)

    # ---- start
    def pci(self):
        for i, sid in enumerate(self.sids):
            for reg, val in ((0, None), (0x10, L.BAR + L.BAR_STEP * i), (4, 6)):
                self.s.cmd('outl 0xcf8 0x%x' % (1 << 31 | sid << 8 | reg))
                if val is not None:
                    self.s.cmd('outl 0xcfc 0x%x' % val)
                self.s.cmd('inl 0xcfc')

    def build(self):
        rng = self.rng
        self.pci()
        for i in range(L.N_DATA):
            self.s.fill(L.DATA + 0x1000 * i, 0x1000, 0x11 * (i % 15) + i // 15 + 1)
        for at in L.BIG:
            self.s.fill(at + 0x1000, 0x2000, at >> 16 & 0xff)
        for edu in range(len(self.edus)):           # something in each buffer
            ops.dma(self, edu, L.DATA + 0x1000 * edu, 512, False)
        deep = self.aw == 48
        self.domains = [Domain(self.s, self.pool, did, 4 if deep and rng.chance(60) else 3) for did in (7, 8, 0x107)]
        for dom in self.domains:
            dom.put(1, L.PROBE_IOVA, L.PROBE | RW)
            for _ in range(rng.span(2, 5)):
                iova = 0x1000 * rng.span(1, 7)
                dom.put(1, iova, L.DATA + 0x1000 * rng.below(L.N_DATA) | RW)
                self.touched(dom, iova)
        self.ctx = (Scalable(self.s, self.pool, rng) if rng.chance(self.opt('scalable', 0))
                    else Legacy(self.s, self.pool))
        for sid in self.sids:
            self.attach(sid)
        self.s.reg64(L.RTADDR, self.ctx.root | (0x400 if self.ctx.scalable else 0))
        self.s.reg32(L.GCMD, L.SRTP)
        if rng.chance(self.opt('queue', 90)):
            ops_inval.enable(self, 5)
        if rng.chance(self.opt('te', 95)):
            self.gcmd |= L.TE
            ops_ctx.gcmd(self)
        ops_regs.op_see_all(self)

    def finish(self):
        ops_regs.op_see_all(self)
        for i in range(0, L.N_DATA, 4):
            self.s.read(L.DATA + 0x1000 * i, 64)
        self.s.read(L.STATUS, 64)


def generate(seed, n_ops=300, profile=None):
    """Lines of the script. The same arguments give the same lines."""
    if profile is None:
        profile = Rng(seed, 'profile').weighted([(p.name, p.share) for p in PROFILES.values()])
    w = World(seed, profile)
    w.build()
    todo = {}
    for m in MODULES:
        for name in OPERATIONS:
            f = getattr(m, 'op_' + name, None)
            if f:
                todo[name] = f
    weights = PROFILES[profile].weights()
    for i in range(n_ops):
        w.is_late = i * 8 >= n_ops * 7
        todo[w.rng.weighted(weights)](w)
    w.finish()
    return ['#@ iommu ' + w.props, '#@ edu ' + ' '.join(w.edus),
            '#@ seed %d ops %d profile %s' % (seed, n_ops, profile)] + w.s.lines


if __name__ == '__main__':
    print('\n'.join(generate(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 300,
                             sys.argv[3] if len(sys.argv) > 3 else None)))
