# SPDX-License-Identifier: GPL-3.0-or-later
"""queue - descriptors, legal and hostile, and the ring that they go into.

A wait descriptor with SW and IF aborts QEMU 7.2 and is never made; nor is a status address inside MMIO.
"""
import layout as L

CC, IOTLB, DEVTLB, IEC, WAIT, PIOTLB, PCACHE, PDEVTLB = 1, 2, 3, 4, 5, 6, 7, 8
SW, IF, FN = 0x20, 0x10, 0x40


def cc(g, did=0, sid=0, fm=0):
    return CC | g << 4 | did << 16 | sid << 32 | fm << 48, 0


def iotlb(g, did=0, addr=0, am=0, hints=0, ih=0):
    return IOTLB | g << 4 | hints << 6 | did << 16, addr & ~0xfff | ih << 6 | am


def devtlb(sid, addr, s=0, depth=0):
    return DEVTLB | depth << 16 | sid << 32, addr & ~0xfff | s


def iec(g=0, index=0, mask=0):
    return IEC | g << 4 | mask << 27 | index << 32, 0


def wait(data, addr, flags=SW):
    return WAIT | flags | (data & 0xffffffff) << 32, addr


# Reserved bits by type: (word, bit) that a legal descriptor has clear; and some that are free.
HOSTILE_BITS = {
    CC: [(0, b) for b in (6, 7, 8, 9, 11, 12, 15, 50, 51, 58, 63)] + [(1, b) for b in (0, 12, 40, 63)],
    IOTLB: [(0, b) for b in (8, 9, 11, 12, 15, 32, 40, 63)] + [(1, b) for b in (7, 8, 10, 11)],
    DEVTLB: [(0, b) for b in (3, 4, 5, 9, 11, 12, 15, 21, 22, 31, 48, 63)] + [(1, b) for b in (1, 2, 6, 11)],
    IEC: [(0, b) for b in (5, 9, 12, 26, 48, 63)] + [(1, b) for b in (0, 12, 63)],
    WAIT: [(0, b) for b in (7, 8, 9, 11, 12, 16, 31)] + [(1, b) for b in (0, 1)],
}


def is_deadly(lo, hi):
    """SW and IF, and nothing reserved that would be seen first."""
    return lo & 15 == WAIT and lo & 0x30 == 0x30 and not lo & 0xffffff80 and not hi & 3


class Ring:
    """The invalidation queue as the script's author believes it to be."""

    def __init__(self, script, rng):
        self.s, self.rng = script, rng
        self.base, self.qs, self.dw = L.QUEUE[0], 0, False
        self.tail = 0           # next descriptor to write
        self.since = 0          # first descriptor since the last clean-up
        self.on = False

    @property
    def step(self):
        return 32 if self.dw else 16

    @property
    def size(self):
        return 1 << self.qs + (7 if self.dw else 8)

    def place(self, base=None, qs=None, dw=None):
        """Write IQA."""
        self.base = self.base if base is None else base
        self.qs = self.qs if qs is None else qs
        self.dw = self.dw if dw is None else dw
        self.s.reg64(L.IQA, self.base | self.qs | (0x800 if self.dw else 0))

    def store(self, i, desc):
        at = self.base + self.step * i
        words = (list(desc) + [0, 0])[:4]
        for k, word in enumerate(words[:self.step // 8]):
            self.s.w64(at + 8 * k, word)

    def put(self, descs):
        """Write descriptors at the tail, without telling."""
        for d in descs:
            assert not is_deadly(*d[:2])
            self.store(self.tail, d)
            self.tail = (self.tail + 1) % self.size

    def ring(self, narrow=False):
        """Write IQT."""
        val = self.tail * self.step
        if narrow:
            self.s.reg32(L.IQT, val)
        else:
            self.s.reg64(L.IQT, val)

    def submit(self, descs, narrow=False):
        self.put(descs)
        self.ring(narrow)

    def clean(self):
        """What a driver does after IQE: replace everything that may be bad, clear IQE, write the tail."""
        i = self.since
        while i != self.tail:
            self.store(i, wait(0x5a5a, L.STATUS + 0x40))
            i = (i + 1) % self.size
        self.s.reg32(L.FSTS, 0x10)
        self.ring()
        self.since = self.tail


def random_legal(w):
    """A descriptor that this QEMU accepts. w: the world."""
    rng = w.rng
    kind = rng.weighted((('psi', 30), ('dsi', 10), ('gi', 5), ('cc', 12), ('dev', 10), ('iec', 4), ('wait', 20),
                         ('pasid', 4)))
    if kind == 'psi':
        return iotlb(3, w.some_did(), w.some_iova(), rng.pick((0, 0, 0, 1, 2, 3, 5, 7, 8, 9, 12, 17, 18)),
                     rng.below(4), rng.below(2))
    if kind == 'dsi':
        return iotlb(2, w.some_did(), rng.pick((0, 0x1000, 0xfffffffffffff000)), 0, rng.below(4))
    if kind == 'gi':
        return iotlb(1, rng.below(9), 0, 0, rng.below(4))
    if kind == 'cc':
        return cc(rng.pick((1, 2, 2, 3, 3, 3, 3)), w.some_did(), w.some_sid(), rng.below(4))
    if kind == 'dev':
        return devtlb(w.some_sid(), rng.pick((w.some_iova(), w.some_iova(), 0x7ffffffffffff000)), rng.below(2),
                      rng.below(32))
    if kind == 'iec':
        return iec(rng.below(2), rng.below(0x10000), rng.below(32))
    if kind == 'wait':
        if rng.chance(20):
            return wait(rng.u64(), 0, IF | rng.pick((0, FN)))
        return wait(rng.u64(), L.STATUS + 4 * rng.below(64), SW | rng.pick((0, 0, FN)))
    return rng.pick((PIOTLB, PCACHE)) | rng.below(4) << 4 | w.some_did() << 16, rng.pick((0, 0x1000, 0x1fff))


def random_pasid(w, did, pasid):
    """A descriptor that names a PASID: IOTLB, cache, device TLB; legal or nearly so. did, pasid: somebody's."""
    rng = w.rng
    kind = rng.pick((PIOTLB, PIOTLB, PIOTLB, PCACHE, PDEVTLB))
    lo = kind | rng.pick((0, 1, 2, 2, 3, 3)) << 4 | rng.pick((did, did, w.some_did(), w.some_sid())) << 16
    lo |= rng.pick((pasid, pasid, 0, 1, 5, 0xfffff)) << 32
    hi = w.some_iova() | rng.pick((0, 1, 9, 18, 19, 19, 63)) if kind == PIOTLB else rng.pick((0, 0, 0, 0, 1, 0x800))
    words = [lo, hi, 0, 0]
    if rng.chance(40):
        word, bit = rng.pick([(0, b) for b in (6, 7, 8, 9, 12, 15, 52, 63)] + [(1, b) for b in (1, 6, 7, 10, 11)]
                             + [(2, 0), (3, 63)])
        words[word] ^= 1 << bit
    return tuple(words)


def random_hostile(w):
    """A descriptor with something wrong, or nearly so."""
    rng = w.rng
    kind = rng.weighted((('bit', 50), ('type', 12), ('gran', 12), ('am', 10), ('wait', 20), ('junk', 8)))
    if kind == 'bit':
        while True:
            lo, hi = random_legal(w)
            if lo & 15 in HOSTILE_BITS:
                break
        word, bit = rng.pick(HOSTILE_BITS[lo & 15])
        return (lo ^ 1 << bit, hi) if word == 0 else (lo, hi ^ 1 << bit)
    if kind == 'type':
        return rng.pick((0, 8, 9, 10, 11, 12, 13, 14, 15)) | rng.below(4) << 4, rng.pick((0, 0x1000))
    if kind == 'gran':
        return rng.pick((cc(0), iotlb(0, w.some_did()), cc(0, 1, 0x20, 3)))
    if kind == 'am':
        return iotlb(rng.pick((3, 3, 3, 2, 1)), w.some_did(), w.some_iova(), rng.pick((19, 20, 32, 63)))
    if kind == 'wait':
        return rng.pick((wait(1, L.STATUS, 0), wait(1, L.STATUS, FN), wait(rng.u64(), L.STATUS + 1),
                         wait(rng.u64(), L.STATUS + 2), wait(rng.u64(), rng.pick(L.NOWHERE)),
                         wait(1, L.RAM - 4), wait(1, L.RAM), wait(1, 0xfffffffffffffffc),
                         wait(7, L.STATUS | 1 << 39), wait(7, L.STATUS | 1 << 52)))
    lo, hi = rng.u64(), rng.u64()
    return (lo & ~0x20, hi) if lo & 15 == WAIT else (lo, hi)
